#!/bin/sh
# The first argument is the role of the container. web neither migrates nor waits for the database: it serves at once.
set -eu

role="${1:-web}"
[ "$#" -gt 0 ] && shift

case "$role" in
  web)
    exec python -m config.serve --host 0.0.0.0 --port "${PORT:-8000}" --workers "${WEB_WORKERS:-2}" "$@"
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
    echo "Unknown role '$role'. The roles are web, worker, beat, migrate and manage." >&2
    exit 2
    ;;
esac
