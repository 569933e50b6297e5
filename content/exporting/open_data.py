"""Everything public of a release in one document, and each of its services once: read from its packs and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypedDict, cast

from content.exporting.home_packs import current_release, home_packs, notices, release_services, stored_pack
from content.models import Release
from content.resolver.types import PackContent, PackedFigure, PackedPhrase, PackedService, PackedTip
from core.canonical import canonical_json
from core.errors import Invalid

#: Version of the format of the document.
FORMAT = 1
SCHEMA = Path(__file__).parent / "open_data.schema.json"
LICENCE: Final = {
    "texts": "CC-BY-4.0",
    "texts_url": "https://creativecommons.org/licenses/by/4.0/",
    "attribution": "Fingerpost",
    "facts": "Names, numbers, addresses and hours are facts of the organizations; no right in them is claimed.",
}

#: The facts of a service and of a channel, which are exported as packs hold them. A field that packs learn to hold is exported
#: only once it is listed here.
SERVICE_FACTS = (
    "id", "name", "name_display", "organization", "country", "regions", "region_names", "area", "roles", "audiences",
    "situations", "named_situations", "eligibility", "languages", "zone", "assured", "checked_on", "assured_until",
    "removal_power",
)  # fmt: skip
CHANNEL_FACTS = (
    "position", "type", "dial", "dial_kind", "tel", "href", "display", "keyword", "hours", "zone", "cost", "anonymous",
    "needs_voice", "on_bill", "situations", "assured", "checked_on", "assured_until",
)  # fmt: skip
#: Our own texts, which are exported by language.
SERVICE_TEXTS = ("purpose", "after", "answers_in")
CHANNEL_TEXTS = ("label", "steps")
ROUTE_TEXTS = ("steps", "asks")
#: The facts of a figure; what is counted is exported by language. Without `display` and `audiences`: anyone who quotes a figure
#: writes it in a language of their own, for adults.
FIGURE_FACTS = (
    "id", "value", "unit", "qualifier", "counted_by", "country", "period", "source", "source_url", "read_on", "old",
)  # fmt: skip
#: Fields of a service and of a channel that are exported in another shape than packs hold them in.
RESHAPED = ("notices", "routes", "channels", "spoken")
#: Fields of a service or channel that are not exported, each with the reason.
LEFT_OUT: Final = {
    "reviewed": "Of a service: whether a second reader approved all its texts in one locale. Here each text says it of itself.",
    "week": "Of a channel: its hours as a table. It follows from `hours`, which is exported.",
}


class ExportedText(TypedDict):
    """A text in one language."""

    text: str
    dir: str
    reviewed: bool


#: By BCP 47 tag of the language that the text is in.
TextsByLanguage = dict[str, ExportedText]


class ExportedTip(TypedDict):
    """One tip; `texts` are its texts as packs hold them, each with the `countries` whose packs do."""

    slug: str
    kind: str
    audiences: list[str]
    situations: list[str]
    order: int
    texts: list[dict[str, object]]


class OpenData(TypedDict):
    """The document; open_data.schema.json describes every part of it."""

    format: int
    release: int
    published_at: str
    schema: str
    licence: Mapping[str, str]
    countries: list[str]
    locales: list[str]
    labels: dict[str, dict[str, TextsByLanguage]]
    tips: list[ExportedTip]
    services: list[Mapping[str, object]]
    figures: list[Mapping[str, object]]
    retired: list[dict[str, str | None]]


def open_data(release: Release) -> OpenData:
    """Return the document; the same release gives the same one."""
    places = release.pack_digests()
    home = release_services(home_packs(places), stored_pack)
    services = {name: _ServiceExport(service) for name, service in home.services.items()}
    labels: dict[str, dict[str, TextsByLanguage]] = {}
    tips: dict[str, _TipExport] = {}
    figures: dict[str, _FigureExport] = {}
    for digest in places.values():
        pack = stored_pack(digest)
        _add_labels(labels, pack)
        for service in pack["services"]:
            if service["id"] in services and service["country"] == pack["country"]:
                services[service["id"]].add_texts(service, locale=pack["locale"])
        for tip in pack["tips"]:
            tips.setdefault(tip["slug"], _TipExport(tip)).add_texts(tip, country=pack["country"])
        # Packs of older releases have none.
        for figure in pack.get("figures", ()):
            figures.setdefault(figure["id"], _FigureExport(figure)).add_texts(figure)
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
        "tips": [tips[slug].value() for slug in sorted(tips)],
        "services": [service.value() for service in services.values()],
        "figures": [figures[name].value() for name in sorted(figures)],
        "retired": [{"id": name, "successor": successor} for name, successor in home.retired.items()],
    }


def export_open_data(file: Path) -> Release:
    """Write the document of the published release, and its schema beside it. Raises NoRelease; Invalid: it cannot be written."""
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


class _TextFields:
    """The texts of one object by field and language, collected from packs in several locales."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields: dict[str, TextsByLanguage] = {field: {} for field in fields}

    def add(self, part: Mapping[str, object]) -> None:
        for field, texts in self.fields.items():
            _add_text(texts, cast(PackedPhrase | None, part.get(field)))


class _ServiceExport:
    """One service: its facts from its home pack, and its texts from the packs of its country in all locales."""

    def __init__(self, service: PackedService) -> None:
        # Packs of older releases lack some of the fields.
        self._facts = {name: service.get(name) for name in SERVICE_FACTS}
        self._notices = notices(service)
        self._texts = _TextFields(SERVICE_TEXTS)
        self._routes = {situation: _TextFields(ROUTE_TEXTS) for situation in service.get("routes", {})}
        self._channels = {channel["position"]: _TextFields(CHANNEL_TEXTS) for channel in service["channels"]}
        self._channel_facts = {
            channel["position"]: {name: channel.get(name) for name in CHANNEL_FACTS} for channel in service["channels"]
        }
        self._spoken: dict[int, dict[str, str]] = {position: {} for position in self._channels}

    def add_texts(self, service: PackedService, *, locale: str) -> None:
        """Add the texts of the service as a pack of its country in this locale has them."""
        self._texts.add(service)
        for situation, route in service.get("routes", {}).items():
            if situation in self._routes:
                self._routes[situation].add(route)
        for channel in service["channels"]:
            position, spoken = channel["position"], channel.get("spoken")
            if position not in self._channels:
                continue
            self._channels[position].add(channel)
            # A number that is spoken digit by digit is in no language, and follows from `dial`.
            if spoken is not None and any(character.isalpha() for character in spoken):
                self._spoken[position][locale] = spoken

    def value(self) -> Mapping[str, object]:
        """Return the service as the document has it."""
        return {
            **self._facts,
            "notices": self._notices,
            **self._texts.fields,
            "routes": {situation: texts.fields for situation, texts in self._routes.items()},
            "channels": [
                {**self._channel_facts[position], "spoken": self._spoken[position], **texts.fields}
                for position, texts in self._channels.items()
            ],
        }


class _FigureExport:
    """One figure, and the words for what is counted in all languages."""

    def __init__(self, figure: PackedFigure) -> None:
        self._facts = {name: cast(Mapping[str, object], figure)[name] for name in FIGURE_FACTS} | {
            name: figure[name].strip("\u2066\u2069") for name in ("counted_by", "source")
        }
        self._counts: TextsByLanguage = {}

    def add_texts(self, figure: PackedFigure) -> None:
        """Add what is counted, as a pack has it."""
        _add_text(self._counts, figure["counts"])

    def value(self) -> Mapping[str, object]:
        """Return the figure as the document has it."""
        return {**self._facts, "counts": self._counts}


class _TipExport:
    """One tip, and its texts from the packs of all countries in all locales, each text once."""

    def __init__(self, tip: PackedTip) -> None:
        self._tip = tip
        self._texts: dict[bytes, dict[str, object]] = {}
        self._countries: dict[bytes, list[str]] = {}

    def add_texts(self, tip: PackedTip, *, country: str) -> None:
        """Add the text of the tip as a pack of this country has it; the services that it names differ between countries."""
        text: dict[str, object] = {
            "lang": tip["lang"],
            "dir": tip["dir"],
            "reviewed": tip["reviewed"],
            "title": tip["title"],
            "short": tip["short"],
            "do_now": tip["do_now"],
            "do_not": tip["do_not"],
            "more_html": tip["more_html"],
            "services": tip["services"],
        }
        key = canonical_json(text)
        self._texts.setdefault(key, text)
        countries = self._countries.setdefault(key, [])
        if country not in countries:
            countries.append(country)

    def value(self) -> ExportedTip:
        """Return the tip as the document has it."""
        return {
            "slug": self._tip["slug"],
            "kind": self._tip["kind"],
            "audiences": self._tip["audiences"],
            "situations": self._tip["situations"],
            "order": self._tip["order"],
            "texts": [{**text, "countries": self._countries[key]} for key, text in self._texts.items()],
        }


def _add_labels(labels: dict[str, dict[str, TextsByLanguage]], pack: PackContent) -> None:
    for group, phrases in cast(Mapping[str, Mapping[str, PackedPhrase]], pack["labels"]).items():
        for name, phrase in phrases.items():
            _add_text(labels.setdefault(group, {}).setdefault(name, {}), phrase)


def _add_text(texts: TextsByLanguage, phrase: PackedPhrase | None) -> None:
    """Add the phrase under the language that it is in, which as a fallback may differ from the language of its pack."""
    if phrase is not None:
        texts.setdefault(phrase["lang"], {"text": phrase["text"], "dir": phrase["dir"], "reviewed": phrase["reviewed"]})
