#!/bin/sh
# The first argument is the role of the container. web (for apps) and console
# (for staff) neither migrate nor wait for the database: they serve at once.
set -eu

role="${1:-web}"
[ "$#" -gt 0 ] && shift

case "$role" in
  web)
    SERVES=readers exec python -m config.serve --host 0.0.0.0 --port "${PORT:-8000}" --workers "${WEB_WORKERS:-2}" "$@"
    ;;
  console)
    SERVES=console exec python -m config.serve --host 0.0.0.0 --port "${PORT:-8000}" --workers "${CONSOLE_WORKERS:-1}" "$@"
    ;;
  worker)
    exec python -m celery -A config.celery worker --without-mingle --without-gossip \
      --concurrency "${WORKER_PROCESSES:-2}" --loglevel INFO "$@"
    ;;
  beat)
    exec python -m celery -A config.celery beat --pidfile= --loglevel WARNING "$@"
    ;;
  migrate)
    exec python manage.py migrate --no-input "$@"
    ;;
  manage)
    exec python manage.py "$@"
    ;;
  *)
    echo "Unknown role '$role'. The roles are web, console, worker, beat, migrate and manage." >&2
    exit 2
    ;;
esac
