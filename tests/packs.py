"""Small packs as the resolver gets them, and small releases made of the real ones (the fixture `real_packs`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from content.compiling.compiler import build_pack, own_countries
from content.compiling.facts import Snapshot
from content.compiling.pack_parts import PackPartBuilder
from content.importing.reference import load_reference
from content.models import Pack, Release, ReleasePack
from content.publishing.publish import publish as publish_release
from content.terms import PLAN_ORDER, Audience, Situation
from core.canonical import digest
from tests.made_once import made_once
from tests.make import NOON, person

#: Countries without a known crisis line, so the gate keeps their packs back and their readers get the worldwide one.
KEPT_BACK = frozenset({"BD", "DZ", "SA", "TR"})

#: Locales of which `real_packs` has every country; of all others it has the packs of Great Britain. A locale changes a
#: pack by its words, its script, its direction and the form of its tag, and each of those is among these.
SAMPLED_LOCALES = frozenset({"en", "cy", "ar", "ur", "hi", "ja", "pt-BR"})

#: Packs of JSON: a test may read any key of them, and make one that no compiler would.
Packs = Mapping[tuple[str, str], Any]


class RealPacks(dict[tuple[str, str], Any]):
    """The packs of `real_packs` as they are. A copy with other packs is a usual dict."""


#: How often these packs were published in this process, and from the second time on how to insert their rows.
_times: Counter[tuple[tuple[str, str], ...]] = Counter()
_published: dict[tuple[tuple[str, str], ...], Callable[[], None]] = {}
#: Larger releases are seldom published twice.
_KEPT_PACKS = 30


def build_sample(snapshot: Snapshot) -> dict[tuple[str, str], bytes]:
    """Build the sampled packs of a snapshot: a quarter of the time and memory of all of them."""
    parts = PackPartBuilder(snapshot)
    return {
        (country, locale): build_pack(parts, country, locale).body
        for country in own_countries(snapshot)
        for locale in sorted(snapshot.directions)
        if country == "GB" or locale in SAMPLED_LOCALES
    }


def candidate(packs: Packs, places: Iterable[tuple[str, str]]) -> Release:
    """Make a release of these packs that nobody has published yet."""
    load_reference()
    compiled_by = person(f"compiler-{Release.objects.count()}", "publisher")
    release = Release.objects.create(compiled_by=compiled_by, compiled_at=NOON, base_id=Release.objects.current_number())
    # The bytes of `canonical_json` in a tenth of its time; a body of other bytes would not have the digest that clients ask for.
    bodies = {place: orjson.dumps(packs[place], option=orjson.OPT_SORT_KEYS) for place in places}
    digests = {place: digest(body) for place, body in bodies.items()}
    rows = {digests[place]: Pack(digest=digests[place], body=body.decode(), size=len(body)) for place, body in bodies.items()}
    Pack.objects.bulk_create(rows.values(), ignore_conflicts=True)
    ReleasePack.objects.bulk_create(
        ReleasePack(release=release, country_id=country, locale_id=locale, pack_id=digests[country, locale])
        for country, locale in bodies
    )
    return release


def publish(packs: Packs, places: Iterable[tuple[str, str]], *, at: datetime = NOON) -> Release:
    """Publish a release of these packs, compiled by one person and published by another.

    What is published of the real packs again and again is made once (tests/made_once.py).
    """
    chosen = tuple(places)
    if not isinstance(packs, RealPacks) or at != NOON or len(chosen) > _KEPT_PACKS:
        return _publish(packs, chosen, at=at)
    _times[chosen] += 1
    if _times[chosen] == 1:
        return _publish(packs, chosen, at=at)
    if chosen not in _published:

        @made_once
        def again() -> None:
            _publish(packs, chosen, at=NOON)

        _published[chosen] = again
    _published[chosen]()
    return Release.objects.current()


def _publish(packs: Packs, places: Iterable[tuple[str, str]], *, at: datetime) -> Release:
    release = candidate(packs, places)
    publish_release(release, by=person(f"publisher-{release.number}", "publisher"), at=at)
    return release


def noticed(pack: Any, *notices: Any) -> Any:
    """Return the pack with notices on its first service, and the words for their kinds."""
    first, *others = pack["services"]
    found = list(notices) or [notice()]
    label = {"text": "Closed just now.", "lang": "en", "dir": "ltr", "reviewed": True}
    labels = {**pack["labels"], "notices": {entry["kind"]: label for entry in found}}
    return {**pack, "labels": labels, "services": [{**first, "notices": found}, *others]}


def notice(**changed: Any) -> Any:
    """Make a notice of a whole service, for two days around New Year."""
    value = {"kind": "closed", "from": "2026-12-31T18:00:00Z", "until": "2027-01-02T09:00:00Z", "position": None}
    return value | changed


def service(name: str, *roles: str, **changed: Any) -> Any:
    """Make a service as packs hold it: national, for everybody and every situation, one free phone that is always answered."""
    value: dict[str, Any] = {
        "id": name,
        "name": name,
        "country": "GB",
        "regions": [],
        "area": None,
        "roles": list(roles),
        "audiences": list(Audience.values),
        "situations": list(Situation.values),
        "named_situations": list(Situation.values),
        "eligibility": {"min_age": None, "max_age": None, "age_measured": None},
        "languages": None,
        "zone": "Europe/London",
        "assured_until": None,
        "channels": [channel()],
    }
    for rule in ("min_age", "max_age", "age_measured"):
        if rule in changed:
            value["eligibility"] = {**value["eligibility"], rule: changed.pop(rule)}
    return value | changed


def channel(kind: str = "phone", **changed: Any) -> Any:
    """Make a channel as packs hold it, as far as the resolver looks."""
    value = {"type": kind, "hours": "24/7", "zone": None, "cost": "free", "anonymous": None, "needs_voice": kind == "phone"}
    return value | changed


def pack(*services: Any, **changed: Any) -> Any:
    """Make a pack as far as the resolver looks."""
    value: dict[str, Any] = {
        "country": "GB",
        "labels": {"situations": {situation: {} for situation in Situation.values}},
        "tips": [],
        "services": list(services),
        "plan_order": PLAN_ORDER,
        "retired": [],
    }
    return value | changed
