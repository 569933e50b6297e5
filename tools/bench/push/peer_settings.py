"""Fingerpost's settings with fcm-django beside it, for the one process that measures that package."""

from __future__ import annotations

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "fcm_django"]
# Their keys are 32-bit; Django would warn of it at each start.
SILENCED_SYSTEM_CHECKS = ["models.W042"]
