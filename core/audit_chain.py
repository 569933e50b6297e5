"""Check the chain of the audit log: a changed, missing or inserted entry breaks it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from core.errors import Conflict, Invalid
from core.models.audit_link import DIGEST_SQL

# Row comparisons stop at the first fault. One statement, and so one snapshot: each committed entry in it has its link.
_FIRST_FAULT = f"""
    WITH links AS (
        SELECT position, entry_id, digest, coalesce(lag(digest) OVER (ORDER BY position), '') AS previous,
               row_number() OVER (ORDER BY position) AS expected
        FROM core_auditlink
    )
    SELECT position, CASE WHEN position <> expected THEN 'gap' WHEN entry.id IS NULL THEN 'missing' ELSE 'changed' END
    FROM links LEFT JOIN core_auditentry entry ON entry.id = links.entry_id
    WHERE position <> expected OR entry.id IS NULL OR digest <> {DIGEST_SQL}
    ORDER BY position LIMIT 1
"""  # noqa: S608  (constants)
_UNLINKED = "SELECT min(e.id) FROM core_auditentry e LEFT JOIN core_auditlink l ON l.entry_id = e.id WHERE l.position IS NULL"
_EMPTIED = """
    SELECT NOT EXISTS (SELECT FROM core_auditentry)
        AND pg_sequence_last_value(pg_get_serial_sequence('core_auditentry', 'id')::regclass) IS NOT NULL
"""
_FAULTS = {
    "gap": "The audit log has a gap: links before position {} are missing.",
    "missing": "The audit log has a gap: the entry at position {} is missing.",
    "changed": "The audit log was changed: the entry at position {} is not the one that was written.",
}


class ChainBroken(Conflict):
    """The audit log was changed after it was written."""

    code = "audit-chain"


@dataclass(frozen=True)
class ChainHead:
    """The end of the chain. Kept outside the database, it shows later whether the log was shortened or replaced."""

    position: int
    digest: str

    def __str__(self) -> str:
        return f"{self.position}:{self.digest}"


def parse_head(text: str) -> ChainHead:
    """Return the head that `str(head)` wrote; raise Invalid (code `head`) for anything else."""
    position, _, digest = text.strip().partition(":")
    if not (position.isascii() and position.isdecimal() and len(position) < 19 and len(digest) == 64):
        raise Invalid("A head is a position, a colon and 64 hexadecimal digits, as this command prints it.", code="head")
    return ChainHead(int(position), digest.lower())


def head() -> ChainHead:
    """Return the end of the chain; position 0 for a log that was never written to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, digest FROM core_auditlink ORDER BY position DESC LIMIT 1")
        return ChainHead(*(cursor.fetchone() or (0, "")))


def check(*, expected: ChainHead | None = None) -> ChainHead:
    """Compute every digest again and return the end of the chain.

    Raises ChainBroken, with the first fault as a sentence: also where `expected`, an end noted earlier, is not in the chain.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EMPTIED)
        if cursor.fetchone()[0]:
            raise ChainBroken("The audit log is empty, although entries were written to it.")
        cursor.execute(_FIRST_FAULT)
        if fault := cursor.fetchone():
            raise ChainBroken(_FAULTS[fault[1]].format(fault[0]))
        cursor.execute(_UNLINKED)
        if (unlinked := cursor.fetchone()[0]) is not None:
            raise ChainBroken(f"The chain of the audit log was shortened: entry {unlinked} is not in it.")
        if expected is not None and expected.position:
            cursor.execute("SELECT digest FROM core_auditlink WHERE position = %s", [expected.position])
            if (found := cursor.fetchone()) is None or found[0] != expected.digest:
                raise ChainBroken(f"The audit log does not continue from position {expected.position} as it was noted earlier.")
    return head()
