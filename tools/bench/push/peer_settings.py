"""Fingerpost's settings plus fcm-django, for the process that measures that package."""

from __future__ import annotations

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "fcm_django"]
# Its primary keys have 32 bits; Django would print a warning at every start.
SILENCED_SYSTEM_CHECKS = ["models.W042"]
