"""Everything public of a release in one document, and each of its services once: read from its packs and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

#: What is told of a service and of a channel beside our words; what packs learn to hold is added here on purpose.
SERVICE_FACTS = (
    "id", "name", "name_display", "organization", "country", "regions", "region_names", "area", "roles", "audiences",
    "situations", "named_situations", "eligibility", "languages", "zone", "assured", "checked_on", "assured_until",
)  # fmt: skip
CHANNEL_FACTS = (
    "position", "type", "dial", "href", "display", "keyword", "hours", "zone", "cost", "anonymous", "needs_voice", "on_bill",
    "assured", "checked_on", "assured_until",
)  # fmt: skip

Pack = Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """The services of a release by id, as their home country's pack has them, and the retired ones with their successors."""

    services: Mapping[str, Mapping[str, Any]]
    retired: Mapping[str, str | None]


def current_release() -> Release:
    """Return the published release. Raises NoRelease."""
    release = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if release is None:
        raise NoRelease()
    return release


def country_pack(release: Release, country: str) -> Pack:
    """Return the country's pack in the source language, else in the first there is; else the worldwide one. Raises NoRelease."""
    places = _places(release)
    for code in (country, WORLDWIDE):
        for _, pack in _packs(release, {code: places[code]} if code in places else {}):
            return pack
    raise NoRelease()


def _places(release: Release) -> dict[str, str]:
    """Return for each country the locale that it is read in."""
    places: dict[str, str] = {}
    for country, locale in sorted(release.release_packs.order_by().values_list("country_id", "locale_id")):
        if country not in places or locale == SOURCE_LOCALE:
            places[country] = locale
    return places


def listed(release: Release) -> Listed:
    """Read one pack of each country: in the source language, else in the first there is."""
    places = _places(release)
    services: dict[str, Mapping[str, Any]] = {}
    retired: dict[str, str | None] = {}
    for country, pack in _packs(release, places):
        # A pack that was kept back may still hold what another country has given up since: home decides.
        for service in pack["services"]:
            if service["country"] == country or service["country"] not in places:
                services.setdefault(service["id"], service)
        retired |= {entry["id"]: entry["successor"] for entry in pack["retired"]}
    return Listed(
        dict(sorted(services.items())), {name: other for name, other in sorted(retired.items()) if name not in services}
    )


def _packs(release: Release, places: Mapping[str, str]) -> Iterator[tuple[str, Pack]]:
    for country, locale in places.items():
        found = release.pack_body(country, locale)
        if found is not None:
            yield country, json.loads(found[1])


def open_data(release: Release) -> dict[str, Any]:
    """Return the document; the same release gives the same one."""
    home = listed(release)
    services = {name: _facts(service) for name, service in home.services.items()}
    labels: dict[str, dict[str, dict[str, Any]]] = {}
    tips: dict[str, dict[str, Any]] = {}
    countries: set[str] = set()
    places = sorted(release.release_packs.order_by().values_list("country_id", "locale_id"))
    for country, locale in places:
        for code, pack in _packs(release, {country: locale}):
            countries.add(code)
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
        "countries": sorted(countries),
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
    channels = [{name: channel[name] for name in CHANNEL_FACTS} for channel in service["channels"]]
    return {
        **{name: service[name] for name in SERVICE_FACTS},
        "purpose": {},
        "channels": [channel | {"label": {}, "steps": {}} for channel in channels],
    }


def _take_words(services: Mapping[str, dict[str, Any]], pack: Pack) -> None:
    for service in pack["services"]:
        if service["id"] not in services or service["country"] != pack["country"]:
            continue
        mine = services[service["id"]]
        _take(mine["purpose"], service["purpose"])
        channels = {channel["position"]: channel for channel in mine["channels"]}
        for channel in service["channels"]:
            for words in ("label", "steps"):
                if channel["position"] in channels:
                    _take(channels[channel["position"]][words], channel[words])


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
