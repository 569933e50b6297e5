"""Load the settings of a process, or end it with one sentence."""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

#: The exit status where a setting is missing or wrong: to start again does not help.
BAD_SETTING = 2


def require_settings() -> None:
    """Load the settings. Ends the process with status 2, and the reason on standard error, where one is missing or wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        # Any setting: the first one that is read loads all of them.
        _ = settings.SECRET_KEY
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)  # noqa: T201
        raise SystemExit(BAD_SETTING) from None
