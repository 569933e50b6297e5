"""What readers read, kept in memory: a read asks the database for the current number and, once a process, for the bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from content.models import Country, Release, ReleasePack
from content.models.release import NoRelease, ReleaseState
from content.terms import WORLDWIDE

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """A bounded memory of the values asked for last; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Return the value of the key, made now if it is not held; what `make` raises is not remembered."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        value = make()
        with self._lock:
            self._held[key] = value
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()


@dataclass(frozen=True, slots=True)
class Bytes:
    """One pack as it is served."""

    digest: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Served:
    """The published release as readers see it: own packs exist for `countries`, every assigned country is answered."""

    number: int
    countries: tuple[str, ...]
    locales: tuple[str, ...]
    assigned: frozenset[str]
    #: What it holds: the gate may have kept single packs back.
    places: frozenset[tuple[str, str]]

    def pack(self, country: str, locale: str) -> Bytes:
        """Return the pack's bytes; (country, locale) must be one of `places`."""
        return _bytes.get((self.number, country, locale), lambda: _load(self.number, country, locale))

    def parsed(self, country: str, locale: str) -> tuple[str, dict[str, Any]]:
        """Return (digest, pack) with the pack as a dict that nobody may change."""
        pack = self.pack(country, locale)
        return pack.digest, _parsed.get(pack.digest, lambda: orjson.loads(pack.body))

    def home(self, service: str) -> str | None:
        """Return the country whose pack holds this service, or held it until it retired."""
        return _homes.get(self.number, lambda: _index(self)).get(service)


# 48 × about 200 KB and 24 × about 1 MB: what one region of the world reads; the rest is read again from the table.
_bytes: Recent[tuple[int, str, str], Bytes] = Recent(48)
_parsed: Recent[str, dict[str, Any]] = Recent(24)
_served: Recent[int, Served] = Recent(2)
_homes: Recent[int, dict[str, str]] = Recent(2)


def current() -> Served:
    """Return the published release (one query); NoRelease where nothing was published yet."""
    number = Release.objects.current_number()
    if number is None:
        raise NoRelease()
    return _served.get(number, lambda: _describe(number))


def published(country: str, locale: str, digest: str) -> bytes | None:
    """Return the bytes that were published for this country and locale under this digest, now or earlier, or None."""
    body = (
        ReleasePack.objects.filter(
            # A country that has its own packs now was answered with the worldwide one before.
            country_id__in=[country, WORLDWIDE],
            locale_id=locale,
            pack_id=digest,
            release__state__in=[ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED],
        )
        .values_list("pack__body", flat=True)
        .first()
    )
    return body.encode() if body is not None else None


def forget() -> None:
    """Empty the memory, for tests."""
    for held in (_bytes, _parsed, _served, _homes):
        held.clear()


def _describe(number: int) -> Served:
    places = frozenset(Release(number=number).release_packs.order_by().values_list("country_id", "locale_id"))
    return Served(
        number=number,
        countries=tuple(sorted({country for country, _ in places})),
        locales=tuple(sorted({locale for _, locale in places})),
        assigned=frozenset(Country.objects.values_list("code", flat=True)),
        places=places,
    )


def _index(served: Served) -> dict[str, str]:
    # Read once a release and process, without filling the memory of parsed packs.
    homes: dict[str, str] = {}
    for country in served.countries:
        locale = next(locale for place, locale in sorted(served.places) if place == country)
        pack = orjson.loads(_load(served.number, country, locale).body)
        homes |= {s["id"]: s["country"] for s in pack["services"]} | {s["id"]: country for s in pack["retired"]}
    return homes


def _load(number: int, country: str, locale: str) -> Bytes:
    found = Release(number=number).pack_body(country, locale)
    if found is None:
        raise LookupError(f"Release {number} holds no pack {country}/{locale}.")
    return Bytes(digest=found[0], body=found[1].encode())
