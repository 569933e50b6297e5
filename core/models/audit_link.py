"""The chain of the audit log: each entry's digest includes the digest of the entry before it.

PostgreSQL computes the digests itself. An entry gets its link when its transaction commits, so that the lock that puts the links
in one order is held for a moment only. The database role of the product needs SELECT and INSERT on both tables, and nothing else.
"""

from __future__ import annotations

from typing import Final

import pgtrigger
from django.db import models

from core.models.append_only import append_only
from core.models.audit_entry import AuditEntry

#: Key of the advisory lock under which links are added.
_LOCK: Final = 7_411_606_023
#: What is digested of an entry (alias `entry`) after the digest `previous`: a JSON array, as text.
DIGESTED_SQL: Final = """jsonb_build_array(
        previous, entry.id, to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        entry.by_id, entry.verb, entry.model, entry.row, entry.details
    )::text"""
#: Its digest: SHA-256 of the text in UTF-8, in hexadecimal.
DIGEST_SQL: Final = f"""
    encode(sha256(convert_to({DIGESTED_SQL}, 'UTF8')), 'hex')
"""


class AuditLink(models.Model):
    """The place of one audit entry in the chain; triggers write it, and it is never changed."""

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="link")
    digest = models.CharField(max_length=64)

    class Meta:
        triggers = (
            pgtrigger.Trigger(
                name="next_in_chain",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("previous", "TEXT"), ("last_position", "BIGINT")],
                func=f"""
                    PERFORM pg_advisory_xact_lock({_LOCK});
                    SELECT position, digest INTO last_position, previous
                        FROM core_auditlink ORDER BY position DESC LIMIT 1;
                    previous := coalesce(previous, '');
                    NEW.position := coalesce(last_position, 0) + 1;
                    SELECT {DIGEST_SQL} INTO NEW.digest FROM core_auditentry entry WHERE entry.id = NEW.entry_id;
                    RETURN NEW;
                """,  # noqa: S608  (constants of this module)
            ),
            *append_only(),
        )

    def __str__(self) -> str:
        return f"{self.position}:{self.digest}"
