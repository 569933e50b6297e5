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


def lines(*, end: ChainHead, after: int = 0) -> Iterator[str]:
    """Yield the lines of the entries behind a position up to `end`, which `audit_chain.check` returned, in their order."""
    while after < end.position:
        with connection.cursor() as cursor:
            cursor.execute(_LINES, {"after": after, "size": _CHUNK})
            found = cursor.fetchall()
        for position, digest, by, digested in found:
            if position > end.position:
                return
            yield json.dumps({"position": position, "digest": digest, "by": by, "digested": digested}, ensure_ascii=False)
        after += _CHUNK


def check(exported: Iterable[str], *, after: int = 0, expected: ChainHead | None = None) -> ChainHead:
    """Compute every digest of the lines behind a position again, without a database, and return the end of their chain.

    Raises ChainBroken, with the first faulty line: also where the lines begin at another position, where there are none, and
    where they do not hold `expected`, an end noted earlier. Only that shows whether lines are missing at the end.
    """
    # Behind a position, the digest before the first line is taken as it is, unless `expected` tells it.
    given = expected is not None and expected.position == after > 0
    head, missing = (expected, None) if expected is not None and given else (ChainHead(after, ""), expected)
    known, number = given or after == 0, 0
    for number, line in enumerate(exported, start=1):
        position, digest, digested, previous = _parts(line, number)
        if sha256(digested.encode()).hexdigest() != digest:
            raise ChainBroken(f"Line {number} was changed: its text does not have its digest.")
        if number == 1 and position != after + 1:
            raise ChainBroken(f"The file begins at position {position} and not at {after + 1}.")
        if position != head.position + 1 or (known and previous != head.digest):
            raise ChainBroken(f"Line {number} does not follow the line before it.")
        head, known = ChainHead(position, digest), True
        missing = None if head == expected else missing
    if number == 0:
        raise ChainBroken("The file has no lines.")
    if missing is not None:
        raise ChainBroken(f"The file does not hold position {missing.position} as it was noted earlier.")
    return head


def _parts(line: str, number: int) -> tuple[int, str, str, str]:
    """Return position, digest and digested text of a line, and the digest of the line before. Raises ChainBroken."""
    try:
        given = json.loads(line)
        position, digest, digested = given["position"], given["digest"], given["digested"]
        previous = json.loads(digested)[0]
        # JSON may hold unpaired surrogates, which have no bytes and so no digest.
        digested.encode()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise _not_a_line(number) from None
    if type(position) is not int or not all(isinstance(part, str) for part in (digest, digested, previous)):
        raise _not_a_line(number)
    return position, digest, digested, previous


def _not_a_line(number: int) -> ChainBroken:
    return ChainBroken(f"Line {number} is not a line of an exported audit log.")
