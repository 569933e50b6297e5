"""Staff: the only people the product knows by name. Readers of the apps have no account."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

SYSTEM_NAME = "fingerpost-system"


class StaffManager(UserManager["User"]):
    """Find staff by what they are for."""

    def system(self) -> User:
        """Return the actor in whose name the product itself acts (it cannot sign in)."""
        user, _ = self.get_or_create(username=SYSTEM_NAME, defaults={"is_active": False, "password": "!"})
        return user


class User(AbstractUser):
    """A member of staff, with the locales that the person reads (["*"] for all)."""

    locales = ArrayField(
        models.CharField(max_length=35),
        default=list,
        blank=True,
        help_text="Locales this person reads and may translate or review, as BCP 47 tags; * for all.",
    )

    objects: ClassVar[StaffManager] = StaffManager()

    def reads(self, locale: str) -> bool:
        """Tell whether the person reads the locale."""
        return "*" in self.locales or locale in self.locales
