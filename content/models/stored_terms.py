"""The term lists that were approved in the console, kept in memory so that a check of a text costs no query.

Each thread keeps its own copy. It is compared with the database by the sum of the revisions of all languages, which grows with
each approval: after MAX_AGE seconds, and at the next check after `recheck_terms`, which every approval of a text, every
submission of a campaign and every compilation call.
"""

from __future__ import annotations

import threading
import time

from django.db.models import Sum

from content.models.locale import Locale

#: Seconds for which another process may still check drafts with the list before; approvals and releases never do.
MAX_AGE = 5.0


class _Kept(threading.local):
    """The lists of one thread by locale, the sum of revisions that they are of, and until when they are not compared."""

    def __init__(self) -> None:
        self.lists: dict[str, str] = {}
        self.version: int | None = None
        self.until = 0.0


_kept = _Kept()


def stored_terms(code: str) -> str:
    """Return the term list that was approved for a locale in the console, as YAML; "" where it has none."""
    now = time.monotonic()
    if now >= _kept.until:
        # The revision of a language never goes back (a trigger of Locale), so each approval makes the sum larger. The largest
        # revision would not do: of two proposals, the earlier one may be approved last.
        version = Locale.objects.aggregate(version=Sum("revision_id"))["version"] or 0
        if version != _kept.version:
            _kept.lists = dict(Locale.objects.exclude(terms="").values_list("code", "terms"))
            _kept.version = version
        _kept.until = now + MAX_AGE
    return _kept.lists.get(code, "")


def recheck_terms() -> None:
    """Compare the lists with the database before the next check of a text in this thread."""
    _kept.until = 0.0


def forget_terms() -> None:
    """Read the lists again before the next check of a text in this thread."""
    _kept.until, _kept.version = 0.0, None
