"""Seal all stored addresses again under the first key of ADDRESS_KEYS, in batches, while registrations and sending go on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from notifications.models.registration import Registration
from notifications.registrations import sealed

#: Addresses in one transaction; a registration that refreshes meanwhile waits for it.
BATCH = 500
#: How often a batch is tried that another transaction interfered with.
_TRIES = 5
_UPDATE = """
    UPDATE notifications_registration r SET address_sealed = new.sealed, address_digest = new.digest
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, sealed, digest) WHERE r.id = new.id
"""
_COUNT_BY_KEY = """
    SELECT least(split_part(address_digest, '.', 1), split_part(address_sealed, '.', 1)), count(*)
    FROM notifications_registration GROUP BY 1 ORDER BY 1
"""


@dataclass
class Resealed:
    """What a run did: addresses sealed again, rows of an address that had a newer row, and addresses that no key opens."""

    moved: int = 0
    merged: int = 0
    damaged: int = 0


def reseal_addresses(*, batch: int = BATCH) -> Resealed:
    """Seal again, and digest again, every address that is stored under another key than the first.

    What was committed stays, so an interrupted run is continued by the next one. A row that somebody else has locked is left for
    another pass. Raises sealed.KeyMissing where ADDRESS_KEYS lacks the key of a stored address.
    """
    total = Resealed()
    while True:
        done = _one_pass(batch)
        total.moved += done.moved
        total.merged += done.merged
        total.damaged = done.damaged
        if not done.moved + done.merged:
            return total


def count_by_key() -> dict[str, int]:
    """Return the number of stored addresses by the id of their key."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_BY_KEY)
        return dict(cursor.fetchall())


def _one_pass(batch: int) -> Resealed:
    total, after, tries = Resealed(), uuid.UUID(int=0), 0
    while True:
        try:
            step, last = _one_batch(after, batch)
        except IntegrityError:
            # An app registered one of these addresses under the new key between our look and our update.
            tries += 1
            if tries == _TRIES:
                raise
            continue
        if last is None:
            return total
        total.moved += step.moved
        total.merged += step.merged
        total.damaged += step.damaged
        after, tries = last, 0


@transaction.atomic
def _one_batch(after: uuid.UUID, limit: int) -> tuple[Resealed, uuid.UUID | None]:
    """Seal the next addresses again; return what was done and the last id, or None when there is nothing after `after`."""
    current = f"{next(iter(settings.ADDRESS_KEYS))}."
    rows = list(
        Registration.objects.filter(pk__gt=after)
        .exclude(address_digest__startswith=current, address_sealed__startswith=current)
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")
        .values_list("pk", "address_sealed", "address_digest", "segment__app__project")[:limit]
    )
    if not rows:
        return Resealed(), None
    addresses = sealed.unseal_all((row[1], row[2]) for row in rows)
    digests = {
        row[0]: sealed.digest(row[3], address) for row, address in zip(rows, addresses, strict=True) if address is not None
    }
    # The app has registered again under the new key, and holds the secret of that row.
    newer = set(
        Registration.objects.filter(address_digest__in=digests.values())
        .exclude(pk__in=digests)
        .values_list("address_digest", flat=True)
    )
    old = [pk for pk, digest in digests.items() if digest in newer]
    Registration.objects.filter(pk__in=old).delete()
    moved = [
        (row[0], sealed.seal(address, row_digest=digests[row[0]]), digests[row[0]])
        for row, address in zip(rows, addresses, strict=True)
        if address is not None and digests[row[0]] not in newer
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [[row[place] for row in moved] for place in range(3)])
    return Resealed(len(moved), len(old), addresses.count(None)), rows[-1][0]
