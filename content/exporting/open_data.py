"""Everything public of a release in one document, and each of its services once: read from its packs and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from content.models import Pack as StoredPack
from content.models import Release
from content.models.release import NoRelease, ReleaseState
from content.terms import SOURCE_LOCALE, WORLDWIDE
from core.canonical import canonical_json
from core.errors import Invalid

#: Version of the document's own format.
FORMAT = 1
SCHEMA = Path(__file__).parent / "open_data.schema.json"
LICENCE = {
    "texts": "CC-BY-4.0",
    "texts_url": "https://creativecommons.org/licenses/by/4.0/",
    "attribution": "Fingerpost",
    "facts": "Names, numbers, addresses and hours are facts of the organizations; no right in them is claimed.",
}

#: Facts of a service and of a channel, told as packs hold them; what packs learn to hold is added here on purpose.
SERVICE_FACTS = (
    "id", "name", "name_display", "organization", "country", "regions", "region_names", "area", "roles", "audiences",
    "situations", "named_situations", "eligibility", "languages", "zone", "assured", "checked_on", "assured_until",
)  # fmt: skip
CHANNEL_FACTS = (
    "position", "type", "dial", "dial_kind", "tel", "href", "display", "keyword", "hours", "zone", "cost", "anonymous",
    "needs_voice", "on_bill", "assured", "checked_on", "assured_until",
)  # fmt: skip
#: Our words, told by language.
SERVICE_WORDS, CHANNEL_WORDS, ROUTE_WORDS = ("purpose", "after", "answers_in"), ("label", "steps"), ("steps", "asks")
#: Told in a shape of their own.
SHAPED = ("notices", "routes", "channels", "spoken")
#: What a pack holds of a service or channel and this file does not, with the reason.
LEFT_OUT = {
    "reviewed": "Of a service: whether a second reader approved all its texts in one locale. Here each text says it of itself."
}

Pack = Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """The services of a release by id, as their home country's pack has them, and the retired ones with their successors."""

    services: Mapping[str, Mapping[str, Any]]
    retired: Mapping[str, str | None]
    #: What a kind of notice says, in the source language where there is a pack in it.
    notice_texts: Mapping[str, str]


def current_release() -> Release:
    """Return the published release. Raises NoRelease."""
    release = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if release is None:
        raise NoRelease()
    return release


def country_pack(release: Release, country: str) -> Pack:
    """Return the country's pack in the source language, else in the first there is; else the worldwide one. Raises NoRelease."""
    homes = home_packs(release.places())
    name = homes.get(country) or homes.get(WORLDWIDE)
    if name is None:
        raise NoRelease()
    return stored(name)


def home_packs(places: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Return the digest of the one pack that each country is read in: in the source language, else in the first there is."""
    homes: dict[str, str] = {}
    for (country, locale), name in sorted(places.items()):
        if country not in homes or locale == SOURCE_LOCALE:
            homes[country] = name
    return homes


def stored(name: str) -> Pack:
    """Return the pack of this digest from the database."""
    found: Pack = json.loads(StoredPack.objects.values_list("body", flat=True).get(pk=name))
    return found


def listed(homes: Mapping[str, str], read: Callable[[str], Pack]) -> Listed:
    """Read the one pack of each country, one after the other; `read` returns a pack by its digest."""
    services: dict[str, Mapping[str, Any]] = {}
    retired: dict[str, str | None] = {}
    labels: dict[str, Mapping[str, Any]] = {}
    for country, name in homes.items():
        pack = read(name)
        # A pack that was kept back may still hold what another country has given up since: home decides.
        for service in pack["services"]:
            if service["country"] == country or service["country"] not in homes:
                services.setdefault(service["id"], service)
        retired |= {entry["id"]: entry["successor"] for entry in pack["retired"]}
        for kind, label in pack["labels"].get("notices", {}).items():
            if kind not in labels or label["lang"] == SOURCE_LOCALE:
                labels[kind] = label
    return Listed(
        dict(sorted(services.items())),
        {name: other for name, other in sorted(retired.items()) if name not in services},
        {kind: label["text"] for kind, label in labels.items()},
    )


def notices(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what is announced of the service; packs of older releases know of no notices."""
    return list(service.get("notices") or ())


def open_data(release: Release) -> dict[str, Any]:
    """Return the document; the same release gives the same one."""
    places = release.places()
    home = listed(home_packs(places), stored)
    services = {name: _facts(service) for name, service in home.services.items()}
    labels: dict[str, dict[str, dict[str, Any]]] = {}
    tips: dict[str, dict[str, Any]] = {}
    for name in places.values():
        pack = stored(name)
        _take_labels(labels, pack)
        _take_words(services, pack)
        _take_tips(tips, pack)
    assert release.published_at is not None
    return {
        "format": FORMAT,
        "release": release.number,
        "published_at": release.published_at.isoformat(timespec="seconds"),
        "schema": SCHEMA.name,
        "licence": LICENCE,
        "countries": sorted({country for country, _ in places}),
        "locales": sorted({locale for _, locale in places}),
        "labels": labels,
        "tips": [tips[slug] | {"texts": list(tips[slug]["texts"].values())} for slug in sorted(tips)],
        "services": list(services.values()),
        "retired": [{"id": name, "successor": successor} for name, successor in home.retired.items()],
    }


def export_open_data(file: Path) -> Release:
    """Write the document of the published release, and its schema beside it; NoRelease before there is one."""
    release = current_release()
    body = canonical_json(open_data(release))
    try:
        for path, data in ((file, body), (file.with_name(SCHEMA.name), SCHEMA.read_bytes())):
            draft = path.with_name(f"{path.name}.draft")
            draft.write_bytes(data)
            draft.replace(path)
    except OSError as error:
        raise Invalid(f"{file} cannot be written: {error.strerror}.", code="file") from None
    return release


def _facts(service: Mapping[str, Any]) -> dict[str, Any]:
    # Packs of older releases lack what packs have learnt since.
    return {
        **{name: service.get(name) for name in SERVICE_FACTS},
        "notices": notices(service),
        **{name: {} for name in SERVICE_WORDS},
        "routes": {name: {part: {} for part in ROUTE_WORDS} for name in service.get("routes", ())},
        "channels": [
            {**{name: channel.get(name) for name in CHANNEL_FACTS}, "spoken": {}, **{name: {} for name in CHANNEL_WORDS}}
            for channel in service["channels"]
        ],
    }


def _take_words(services: Mapping[str, dict[str, Any]], pack: Pack) -> None:
    for service in pack["services"]:
        if service["id"] not in services or service["country"] != pack["country"]:
            continue
        mine = services[service["id"]]
        _take_each(mine, service, SERVICE_WORDS)
        for situation, route in service.get("routes", {}).items():
            if situation in mine["routes"]:
                _take_each(mine["routes"][situation], route, ROUTE_WORDS)
        channels = {channel["position"]: channel for channel in mine["channels"]}
        for channel in service["channels"]:
            if channel["position"] in channels:
                _take_each(channels[channel["position"]], channel, CHANNEL_WORDS)
                _take_spoken(channels[channel["position"]]["spoken"], channel.get("spoken"), pack["locale"])


def _take_spoken(by_locale: dict[str, str], spoken: str | None, locale: str) -> None:
    """Keep the number in words; digit by digit it is in no language, and made from `dial` by whoever wants it."""
    if spoken is not None and any(sign.isalpha() for sign in spoken):
        by_locale[locale] = spoken


def _take_each(mine: Mapping[str, dict[str, Any]], held: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        _take(mine[name], held.get(name))


def _take_labels(labels: dict[str, dict[str, dict[str, Any]]], pack: Pack) -> None:
    for group, values in pack["labels"].items():
        for value, phrase in values.items():
            _take(labels.setdefault(group, {}).setdefault(value, {}), phrase)


def _take(by_language: dict[str, Any], phrase: Mapping[str, Any] | None) -> None:
    """Keep the phrase under the language that it is in: a pack in another may hold it as the next best."""
    if phrase is not None:
        by_language.setdefault(phrase["lang"], {name: phrase[name] for name in ("text", "dir", "reviewed")})


def _take_tips(tips: dict[str, dict[str, Any]], pack: Pack) -> None:
    for tip in pack["tips"]:
        about = {name: tip[name] for name in ("slug", "kind", "audiences", "situations", "order")}
        mine = tips.setdefault(tip["slug"], about | {"texts": {}})
        words = ("lang", "dir", "reviewed", "title", "short", "do_now", "do_not", "more_html", "services")
        text = {name: tip[name] for name in words}
        # The services that a text names may differ from country to country.
        held = mine["texts"].setdefault(canonical_json(text), text | {"countries": []})
        if pack["country"] not in held["countries"]:
            held["countries"].append(pack["country"])
