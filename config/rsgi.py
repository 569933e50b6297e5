"""The RSGI application that granian serves."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

# These need Django's settings, which are loaded by now.
from django.conf import settings  # noqa: E402

from api import request_counts  # noqa: E402
from api.hsds.catalogue import prepare  # noqa: E402
from api.reads.collector import Collector, exempt_all  # noqa: E402
from api.reads.edition_store import store  # noqa: E402
from api.reads.fast_path import FastPath  # noqa: E402
from core.served_paths import CONSOLE, NoMemory  # noqa: E402
from core.server import Memory, Server  # noqa: E402

memory: Memory = NoMemory()
if settings.SERVES != CONSOLE:
    # First what prepares an edition, then the fast path: readers get the edition as soon as that has its responses.
    store.before_change.append(prepare)
    memory = FastPath(django, store)
    store.before_change.append(Collector().exempt)
application = Server(django, memory, threads=settings.WEB_THREADS, count=request_counts.count)
store.start()
# Django loads the routes, and with them most of the code, with the first request otherwise.
import_module(settings.ROOT_URLCONF)
exempt_all()
# Readers who come before there is an edition would wait for it in Django's threads: many of them at once would be turned away.
store.wait_for_first_refresh()
