"""The publisher of a candidate confirms each thing that readers lose by it, or get back after a rollback."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from content.models import Release, ReleaseEffect
from core.canonical import canonical_json, digest
from core.errors import Conflict, Invalid
from core.models import User

#: How many effects an error names.
_NAMED = 3


class NotConfirmed(Conflict):
    """Confirm everything that this release takes away or brings back, then publish it."""

    code = "not-confirmed"


def candidate_digest(release: Release) -> str:
    """Return the digest of the candidate's packs and effects; a confirmation is of this digest alone."""
    packs = [[*place, pack] for place, pack in release.pack_digests().items()]
    effects = [[effect.pk, effect.kind, effect.item, effect.places] for effect in release.effects.order_by("pk")]
    return digest(canonical_json([release.number, packs, effects]))


def confirm(release: Release, *, shown: str, effects: Collection[int], by: User, at: datetime) -> None:
    """Record that the person confirms these effects (their ids) of the candidate whose digest they were shown.

    Raises Invalid for the digest or an effect of another candidate; nothing is recorded then.
    """
    with transaction.atomic():
        if shown != candidate_digest(release):
            raise Invalid("You confirmed the changes of another candidate. Read those of this one.", code="candidate")
        confirmed = release.effects.filter(pk__in=effects).update(confirmed_by=by, confirmed_at=at)
        if confirmed != len({*effects}):
            raise Invalid("Some of what you confirmed belongs to another candidate.", code="candidate")


def require_confirmed(release: Release, *, by: User) -> None:
    """Raise NotConfirmed, which names what is missing, unless the person has confirmed every effect of the release."""
    missing = list(release.effects.unconfirmed(by)[: _NAMED + 1]) if release.effects.exists() else []
    if missing:
        names = "; ".join(_described(effect) for effect in missing[:_NAMED])
        more = "; and others" if len(missing) > _NAMED else ""
        raise NotConfirmed(f"Confirm first what this release takes away or brings back: {names}{more}.")


def _described(effect: ReleaseEffect) -> str:
    return f"{effect.kind} {effect.name or effect.item}"
