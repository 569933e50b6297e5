"""Staff accounts. Readers of the apps have none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from core.message_kinds import MessageKind
from core.models.account_rules import ACCOUNT_BY_CHANGE

SYSTEM_NAME = "fingerpost-system"
#: What pages call it: it imports texts and facts, and publishes and withdraws at times that people have set.
PRODUCT_NAME = "Fingerpost itself"


def everything() -> list[str]:
    """Return the limits of a person without limits."""
    return ["*"]


class StaffManager(UserManager["User"]):
    """The staff, and the user that acts for the product itself."""

    def system(self) -> User:
        """Return the user in whose name the product itself acts; it cannot sign in."""
        user, _ = self.get_or_create(username=SYSTEM_NAME, defaults={"is_active": False, "password": UNUSABLE_PASSWORD_PREFIX})
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

    muted_messages = ArrayField(
        models.CharField(max_length=20, choices=MessageKind.choices),
        default=list,
        db_default=[],
        blank=True,
        help_text="What this person does not want e-mails about.",
    )
    #: Limits of campaign authors and approvers; "*" means all.
    campaign_apps = ArrayField(
        models.CharField(max_length=40),
        default=everything,
        db_default=["*"],
        blank=True,
        help_text="Apps whose campaigns this person writes or approves.",
    )
    campaign_countries = ArrayField(
        models.CharField(max_length=3),
        default=everything,
        db_default=["*"],
        blank=True,
        help_text="Countries for which this person writes or approves campaigns.",
    )
    #: Limits of editors, reviewers and assurers; "*" means all.
    content_countries = ArrayField(
        models.CharField(max_length=3),
        default=everything,
        db_default=["*"],
        blank=True,
        help_text="Countries whose services, and texts for that country alone, this person writes, approves and checks.",
    )
    away_until = models.DateField(null=True, blank=True, help_text="The last day of an absence, by the person's own clock.")
    #: Since when the account's approvals pause; core.credentials sets it.
    credentials_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    #: Counts changes of rights; a session that was opened before the last one ends.
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects: ClassVar[StaffManager] = StaffManager()

    #: Rights come from roles alone, so Django's backend never asks for permissions of single users; it reads this cache instead.
    _user_perm_cache: ClassVar[frozenset[str]] = frozenset()

    class Meta(AbstractUser.Meta):
        permissions = (
            ("administer_staff", "Can propose and approve changes of accounts"),
            ("hand_out_rights", "Can hand out and withdraw roles, languages and countries that the person has"),
            ("read_audit", "Can read the audit log"),
        )
        constraints = (
            # Rights hang on this row, so that no password, role or token may ever open it.
            models.CheckConstraint(
                condition=~Q(username=SYSTEM_NAME)
                | Q(is_active=False, is_staff=False, is_superuser=False, password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="user_system_cannot_sign_in",
            ),
        )
        triggers = (ACCOUNT_BY_CHANGE,)

    @property
    def is_system(self) -> bool:
        """Whether this is the user that acts for the product itself. A CHECK keeps its account closed."""
        return self.username == SYSTEM_NAME

    @property
    def shown_name(self) -> str:
        """The name on pages: the username, or for what the product has done, words that no username can be."""
        return PRODUCT_NAME if self.is_system else self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session must match, which ends with the password and with the rights."""
        own = str(super()._get_session_auth_hash(secret=secret))  # type: ignore[misc]  # django-stubs does not know it
        if self.session_epoch == 0:
            return own
        return salted_hmac("core.models.user.epoch", f"{own}|{self.session_epoch}", secret=secret).hexdigest()

    def acts_on(self, apps: Iterable[str], countries: Iterable[str]) -> bool:
        """Return whether the person's limits include all of these apps and countries."""
        return _includes(self.campaign_apps, apps) and _includes(self.campaign_countries, countries)

    def covers(self, countries: Iterable[str] | None) -> bool:
        """Return whether the person works on content that is read in all of these countries; None is every country."""
        return _includes(self.content_countries, ["*"] if countries is None else countries)

    def is_away(self, at: datetime) -> bool:
        """Return whether the person has said that they are away on that day."""
        return self.away_until is not None and at.astimezone(ZoneInfo(self.time_zone)).date() <= self.away_until

    def reads(self, locale: str) -> bool:
        """Return whether the user reads the locale."""
        return "*" in self.locales or locale in self.locales


def _includes(own: list[str], wanted: Iterable[str]) -> bool:
    return "*" in own or set(wanted) <= set(own)
