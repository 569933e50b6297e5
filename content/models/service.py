"""Services (HSDS): helplines, hotlines, police reports, removal tools. ServiceRevision alone changes their facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction

from content.linting.tokens import tokens
from content.models.rights import require_service_country
from content.models.service_facts import FACTS, ServiceFacts, Status
from core import audit, roles
from core.audit_verbs import Verb
from core.models import User
from core.querysets import manager_of

if TYPE_CHECKING:
    from content.models.service_revision import ServiceRevision

_same_facts = ", ".join(f'r."{name}"' for name in FACTS)
_new_facts = ", ".join(f'NEW."{name}"' for name in FACTS)
_facts_before = ", ".join(f'OLD."{name}"' for name in FACTS)

#: No statement can make a service differ from its newest approved revision. A service without one is in no pack.
_ONLY_APPROVED = f"""
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a service is closed, never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.revision_id IS NOT NULL THEN
            RAISE EXCEPTION 'a service begins without an approved revision' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.revision_id, {_facts_before}) IS NOT DISTINCT FROM (NEW.id, NEW.revision_id, {_new_facts}) THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM content_servicerevision r
        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.service_id = NEW.id AND r.service_id = OLD.id
        AND ({_same_facts}) IS NOT DISTINCT FROM ({_new_facts});
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the facts of a service change only by an approved revision that says so'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM content_servicerevision r
        WHERE r.service_id = NEW.id AND r.state = 'approved' AND r.id > NEW.revision_id;
    IF FOUND OR NEW.revision_id < OLD.revision_id THEN
        RAISE EXCEPTION 'an approved revision takes effect once; a newer one was approved'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ServiceQuerySet(models.QuerySet["Service"]):
    """Find services, and apply approved revisions."""

    def approved(self) -> ServiceQuerySet:
        """Filter those whose facts were approved; no other is compiled or offered."""
        return self.filter(revision__isnull=False)

    def active(self) -> ServiceQuerySet:
        """Filter those that are in service."""
        return self.approved().filter(status=Status.ACTIVE)

    def named_in(self, text: str) -> frozenset[str]:
        """Return the ids of the services that tokens in the text name, as far as they exist."""
        named = {token.name for token in tokens(text) if token.kind == "service"}
        return frozenset(self.filter(pk__in=named).values_list("pk", flat=True)) if named else frozenset()

    def dialled_among(self, numbers: Iterable[str]) -> frozenset[str]:
        """Return those of the numbers that people dial or send a message to, in any country, proposed ones included."""
        wanted = set(numbers)
        if not wanted:
            return frozenset()
        found: set[str] = set()
        for name in ("address", "dial"):
            channel, revision = f"channels__{name}", f"channelrevisions__{name}"
            found.update(self.filter(**{f"{channel}__in": wanted}).values_list(channel, flat=True))
            proposed = self.filter(**{f"{revision}__in": wanted, "channelrevisions__state": "proposed"})
            found.update(proposed.values_list(revision, flat=True))
        return frozenset(found) & wanted

    def apply(self, revision: ServiceRevision) -> None:
        """Give the service the facts of the approved revision, in the transaction that approves it."""
        self.filter(pk=revision.service_id).update(**revision.facts(), revision=revision)


class Service(ServiceFacts):
    """One service under its official name, with its approved facts. Its texts are units, its numbers are channels."""

    id = models.SlugField(max_length=80, primary_key=True)
    revision = models.OneToOneField(
        "content.ServiceRevision",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The newest approved one; unset: nobody has approved the service yet, and it is in no pack.",
    )

    # Provenance, for staff only: it is never in a pack.
    more_sources = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    source_kind = models.CharField(max_length=10, blank=True)
    source_year = models.PositiveSmallIntegerField(null=True, blank=True)
    compiled_on = models.DateField(null=True, blank=True, help_text="When the entry was compiled; not a live check.")
    notes = models.TextField(blank=True)
    needs_before_launch = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    objects: ClassVar[ServiceQuerySet] = manager_of(ServiceQuerySet)

    class Meta(ServiceFacts.Meta):
        ordering = ("id",)
        triggers = (
            pgtrigger.Trigger(
                name="only_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_ONLY_APPROVED,
            ),
        )

    def __str__(self) -> str:
        return self.name

    def write_notes(self, notes: str, *, by: User, at: datetime) -> None:
        """Replace the notes for colleagues, which no reader sees. Files that are loaded later do not overwrite them."""
        roles.require(by, "content.propose_channelrevision")
        require_service_country(by, self)
        with transaction.atomic():
            if Service.objects.filter(pk=self.pk).exclude(notes=notes).update(notes=notes):
                audit.record(by=by, verb=Verb.SERVICE_CHANGED, row=self, at=at, notes=notes)
        self.refresh_from_db()
