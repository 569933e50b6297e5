"""Staff accounts. Readers of the apps have none."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

SYSTEM_NAME = "fingerpost-system"


class StaffManager(UserManager["User"]):
    """The staff, and the user that acts for the product itself."""

    def system(self) -> User:
        """Return the user in whose name the product itself acts; it cannot sign in."""
        user, _ = self.get_or_create(username=SYSTEM_NAME, defaults={"is_active": False, "password": "!"})
        return user


class User(AbstractUser):
    """A member of staff, with the locales that they read (["*"] for all)."""

    locales = ArrayField(
        models.CharField(max_length=35),
        default=list,
        blank=True,
        help_text="Locales this person reads and may translate or review, as BCP 47 tags; * for all.",
    )

    time_zone = models.CharField(
        max_length=40, default="Europe/London", db_default="Europe/London", help_text="IANA name; the clock of the console."
    )

    objects: ClassVar[StaffManager] = StaffManager()

    def reads(self, locale: str) -> bool:
        """Return whether the user reads the locale."""
        return "*" in self.locales or locale in self.locales
