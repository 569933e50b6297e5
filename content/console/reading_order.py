"""The order in which staff work through texts: tip by tip as in the list of tips, and each tip as its readers read it."""

from __future__ import annotations

from collections.abc import Iterable

from content.console.unit_names import slug_of
from content.models import Tip

#: The parts of a tip in the order of its page, for texts that the tip does not show (yet).
_PARTS = {"title": 0, "short": 1, "do-now": 2, "do-not": 3, "more": 4}
_Place = tuple[int, str, int, int, int, str]


class ReadingOrder:
    """The places of unit keys, read in one query. Texts of no tip are behind all others, by key."""

    def __init__(self) -> None:
        tips = list(Tip.objects.order_by("order", "slug"))
        self._tips = {tip.slug: place for place, tip in enumerate(tips)}
        keys = (key for tip in tips for _, key in tip.keys())  # noqa: SIM118  a method of the tip
        self._keys = {key: place for place, key in enumerate(keys)}

    def sorted(self, keys: Iterable[str]) -> list[str]:
        """Return the keys in their order."""
        return sorted(keys, key=self._place)

    def after(self, key: str, keys: Iterable[str]) -> str | None:
        """Return the next one of the keys, of which this one need not be; None behind the last."""
        place = self._place(key)
        return min((one for one in keys if self._place(one) > place), key=self._place, default=None)

    def before(self, key: str, keys: Iterable[str]) -> str | None:
        """Return the one before; None in front of the first."""
        place = self._place(key)
        return max((one for one in keys if self._place(one) < place), key=self._place, default=None)

    def _place(self, key: str) -> _Place:
        slug = slug_of(key)
        if not slug:
            return len(self._tips) + 1, "", 0, 0, 0, key
        part, _, number = key.split(".", 2)[2].partition(".")
        step = int(number) if number.isdecimal() else 0
        hidden = len(self._keys)
        return self._tips.get(slug, len(self._tips)), slug, self._keys.get(key, hidden), _PARTS.get(part, 5), step, key
