"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

# These need Django's settings, which are there from here on.
from api.fastlane import FastLane  # noqa: E402
from api.library import library  # noqa: E402

application = FastLane(django, library)
library.start()
