"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

# These need Django's settings, which are there from here on.
from api.reads.edition_store import library  # noqa: E402
from api.reads.fast_path import FastLane  # noqa: E402

application = FastLane(django, library)
library.start()
