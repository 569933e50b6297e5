#!/bin/sh
# The first argument is the role of the container. web (for apps) and console
# (for staff) neither migrate nor wait for the database. No process of the product runs as a
# superuser or as the owner of the tables, because no rule would hold against it.
set -eu

role="${1:-web}"
[ "$#" -gt 0 ] && shift

case "$role" in
  web)
    python manage.py runtime_role
    SERVES=readers exec python -m config.serve --host 0.0.0.0 --port "${PORT:-8000}" --workers "${WEB_WORKERS:-2}" "$@"
    ;;
  console)
    python manage.py runtime_role
    SERVES=console exec python -m config.serve --host 0.0.0.0 --port "${PORT:-8000}" --workers "${CONSOLE_WORKERS:-1}" "$@"
    ;;
  worker)
    python manage.py runtime_role
    exec python -m core.watchdog worker python -m celery -A config.celery worker --without-mingle --without-gossip \
      --concurrency "${WORKER_PROCESSES:-2}" --loglevel "${LOG_LEVEL:-INFO}" "$@"
    ;;
  beat)
    python manage.py runtime_role
    exec python -m core.watchdog beat python -m celery -A config.celery beat --pidfile= --loglevel WARNING "$@"
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
