"""The audit log as a file outside the database, which shows by itself whether a line was changed, removed or put in.

Each line is a JSON object: `position`, `digest`, `by` (the person's user name, for reading) and `digested`, the text of which
`digest` is the SHA-256. That text is a JSON array: the digest of the line before, then id, instant (UTC), id of the person, verb,
model, row and details of the entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256

from django.db import connection

from core import audit_chain
from core.audit_chain import ChainBroken, ChainHead
from core.models.audit_link import DIGESTED_SQL

_LINES = f"""
    WITH links AS (
        SELECT position, entry_id, digest, coalesce(lag(digest) OVER (ORDER BY position), '') AS previous
        FROM core_auditlink WHERE position BETWEEN %(after)s AND %(after)s + %(size)s
    )
    SELECT position, digest, person.username, {DIGESTED_SQL}
    FROM links JOIN core_auditentry entry ON entry.id = links.entry_id JOIN core_user person ON person.id = entry.by_id
    WHERE position > %(after)s ORDER BY position
"""  # noqa: S608  (constants)
_CHUNK = 5000


def lines(*, after: int = 0) -> Iterator[str]:
    """Yield the lines of the entries behind a position, in their order. Raises ChainBroken before the first line."""
    end = audit_chain.check()
    while after < end.position:
        with connection.cursor() as cursor:
            cursor.execute(_LINES, {"after": after, "size": _CHUNK})
            found = cursor.fetchall()
        for position, digest, by, digested in found:
            if position > end.position:
                return
            yield json.dumps({"position": position, "digest": digest, "by": by, "digested": digested}, ensure_ascii=False)
        after += _CHUNK


def check(exported: Iterable[str], *, expected: ChainHead | None = None) -> ChainHead:
    """Compute every digest of exported lines again, without a database, and return the end of their chain.

    Raises ChainBroken, with the first faulty line: also where the lines do not hold `expected`, an end noted earlier.
    """
    head, missing = ChainHead(0, ""), expected
    for number, line in enumerate(exported, start=1):
        try:
            given = json.loads(line)
            position, digest, digested = given["position"], given["digest"], given["digested"]
            previous = json.loads(digested)[0]
        except (ValueError, TypeError, KeyError, IndexError):
            raise ChainBroken(f"Line {number} is not a line of an exported audit log.") from None
        # An export may begin behind a position: then the first digest is taken as it is.
        begins = head.position == 0 and position > 1
        if sha256(str(digested).encode()).hexdigest() != digest:
            raise ChainBroken(f"Line {number} was changed: its text does not have its digest.")
        if not begins and (position, previous) != (head.position + 1, head.digest):
            raise ChainBroken(f"Line {number} does not follow the line before it.")
        head = ChainHead(position, digest)
        missing = None if head == expected else missing
    if missing is not None:
        raise ChainBroken(f"The file does not hold position {missing.position} as it was noted earlier.")
    return head
