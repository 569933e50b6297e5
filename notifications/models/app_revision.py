"""Proposed changes of how an app receives alerts, and of whether it stores addresses of teenagers; two people decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from content.models import Country
from content.models.revision import (
    Revision,
    RevisionQuerySet,
    RevisionState,
    four_eyes,
    require_changed,
    revision_lifecycle,
    revision_triggers,
)
from core import roles
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of
from notifications.models.app import App, PushMode

ADMINISTER_APPS = "notifications.administer_apps"
_FACTS = ("push_mode", "mode_by_country", "basis_for_teens")
#: What is recorded of a legal basis, and how long each may be.
BASIS_FIELDS = ("basis", "source")
_MAX_TEXT = 300

LIFECYCLE = revision_lifecycle(
    "notifications.AppRevision",
    approved=(Verb.APP_CHANGE_APPROVED, "a second administrator approves it, and it takes effect"),
    withdrawn=(Verb.APP_CHANGE_WITHDRAWN, "the proposer withdraws it, or a second administrator rejects it"),
)


class AppRevisionQuerySet(RevisionQuerySet["AppRevision"]):
    """Find and propose revisions."""

    def propose(self, *, app: App, facts: Mapping[str, Any], by: User, at: datetime, reason: str = "") -> AppRevision:
        """Propose these facts of an app (push_mode, mode_by_country, basis_for_teens); facts that are left out stay.

        Raises Invalid where a fact breaks a rule, and AlreadyProposed where another proposal is waiting.
        """
        roles.require(by, ADMINISTER_APPS)
        now = {name: getattr(app, name) for name in _FACTS}
        new = {**now, **facts}
        revision = self.model(app=app, **new, reason=reason.strip()[:_MAX_TEXT], proposed_by=by, proposed_at=at)
        if faults := revision.faults():
            raise Invalid(" ".join(faults), code="facts", faults=faults)
        require_changed(new, now)
        return self.insert(revision, verb=Verb.APP_CHANGE_PROPOSED, app=app.pk, **new)


class AppRevision(Revision):
    """The facts of an app as they will be, with who proposed and who approved them."""

    app = models.ForeignKey(App, on_delete=models.PROTECT, related_name="revisions")
    push_mode = models.CharField(max_length=13, choices=PushMode.choices)
    mode_by_country = models.JSONField(default=dict, blank=True)
    basis_for_teens = models.JSONField(default=dict, blank=True, help_text="Country code to basis and source.")

    approve_permission: ClassVar[str] = ADMINISTER_APPS
    subject: ClassVar[str] = "a change of an app"

    objects: ClassVar[AppRevisionQuerySet] = manager_of(AppRevisionQuerySet)

    class Meta:
        ordering = ("-id",)
        constraints = (
            four_eyes(),
            models.CheckConstraint(condition=Q(push_mode__in=PushMode.values), name="apprevision_push_mode"),
            models.UniqueConstraint(fields=("app",), condition=Q(state=RevisionState.PROPOSED), name="apprevision_one_proposal"),
        )
        triggers = revision_triggers(LIFECYCLE, ["app", *_FACTS, "reason", "proposed_by", "proposed_at"])

    def __str__(self) -> str:
        return f"change of {self.app_id}"

    def of_the_same_row(self) -> models.QuerySet[AppRevision]:
        """Return all revisions of the app."""
        return AppRevision.objects.filter(app_id=self.app_id)

    def faults(self) -> list[str]:
        """Return one sentence for each rule that the facts break."""
        faults = [] if self.push_mode in PushMode.values else [f"Push mode: {self.push_mode} is none of {_choices()}."]
        known = set(Country.objects.filter(pk__in={*self.mode_by_country, *self.basis_for_teens}).values_list("pk", flat=True))
        unknown = sorted({*self.mode_by_country, *self.basis_for_teens} - known)
        faults += [f"There is no country {code}." for code in unknown]
        wrong = sorted(code for code, mode in self.mode_by_country.items() if mode not in PushMode.values)
        faults += [f"Push mode in {code}: choose one of {_choices()}." for code in wrong]
        # What earlier versions recorded is one text; it stays until it is changed.
        added = {code: basis for code, basis in self.basis_for_teens.items() if self.app.basis_for_teens.get(code) != basis}
        faults += [
            f"Addresses of teenagers in {code}: enter the legal basis and its source, at most {_MAX_TEXT} characters each."
            for code, basis in sorted(added.items())
            if not _is_complete(basis)
        ]
        return faults

    def apply(self, *, by: User, at: datetime) -> None:
        """Give the app the facts of this revision."""
        facts = {name: getattr(self, name) for name in _FACTS}
        App.objects.filter(pk=self.app_id).update(revision=self, **facts)


def _choices() -> str:
    return ", ".join(PushMode.values)


def _is_complete(basis: object) -> bool:
    return (
        isinstance(basis, dict)
        and set(basis) == set(BASIS_FIELDS)
        and all(isinstance(text, str) and 0 < len(text.strip()) <= _MAX_TEXT for text in basis.values())
    )
