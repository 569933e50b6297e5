"""What differs between two definitions of a campaign, for people: texts word by word, everything else before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from content.console.handouts import handout_names
from content.console.labels import label, labels
from content.console.translation_status import differences
from core.console.display import country_text, language_text, region_text, sentence_case, zone_text
from notifications.campaigns import inserted_facts, texts, variants
from notifications.console import campaign_display
from notifications.console.cap_words import CERTAINTIES, SEVERITIES, STATUSES, URGENCIES
from notifications.models import Campaign
from notifications.models.campaign import ScheduleKind

#: The texts of one language, in the order in which phones show them.
TEXT_NAMES = {
    ("outer", "title"): "Lock screen title",
    ("outer", "body"): "Lock screen text",
    ("inner", "title"): "In-app title",
    ("inner", "body"): "In-app text",
}
_EVERY = {
    "countries": "Every country",
    "regions": "Every region",
    "audiences": "Everyone",
    "locales": "Readers of every language",
}


@dataclass(frozen=True)
class TextChange:
    """One text before and after, in parts ("same" | "removed" | "added", text)."""

    locale: str
    language: str
    dir: str
    name: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FactChange:
    """One value other than a text, before and after, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class DefinitionChanges:
    """All differences between two definitions."""

    texts: tuple[TextChange, ...]
    facts: tuple[FactChange, ...]
    #: Names of the languages that both have, with the same texts.
    unchanged: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.texts or self.facts)


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any], *, names: Mapping[str, str]) -> DefinitionChanges:
    """Compare two documents of `definition.write`; `names` maps apps, services and tips to what staff call them."""
    old, new = before.get("messages", {}), after.get("messages", {})
    facts_before, facts_after = dict(_facts(before, names)), dict(_facts(after, names))
    return DefinitionChanges(
        texts=tuple(_text_changes(old, new, names)),
        facts=tuple(
            FactChange(name, facts_before.get(name, "None"), facts_after.get(name, "None"))
            for name in dict.fromkeys([*facts_before, *facts_after])
            if facts_before.get(name) != facts_after.get(name)
        ),
        unchanged=tuple(language_text(locale) for locale in sorted(old.keys() & new.keys()) if old[locale] == new[locale]),
    )


def _text_changes(old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[TextChange]:
    for locale in sorted(old.keys() | new.keys()):
        before, after = dict(_named_texts(old.get(locale, {}))), dict(_named_texts(new.get(locale, {})))
        for name in dict.fromkeys([*before, *after]):
            one, other = (inserted_facts.render(text.get(name, ""), locale, named_services=names) for text in (before, after))
            if one != other:
                yield TextChange(locale, language_text(locale), texts.direction(locale), name, tuple(differences(one, other)))


def _named_texts(words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each text of one language with its name; its variants follow."""
    for key in variants.keys_of(words):
        shown = variants.text_of(words, key)
        for (part, field), name in TEXT_NAMES.items():
            if text := shown.get(part, {}).get(field, ""):
                yield f"{name} ({variants.readers_text(key)})" if key else name, text


def _facts(document: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of everything but the texts."""
    audience, alert, home = document.get("audience", {}), document.get("alert", {}), document.get("home", {})
    yield "Name", document.get("name", "")
    yield "Kind", campaign_display.KINDS.get(document.get("kind", ""), "")
    yield "Apps", _listed("apps", document.get("apps", []), names)
    yield "Countries", _listed("countries", audience.get("countries", []), names)
    yield "Regions", _listed("regions", audience.get("regions", []), names)
    yield "Audience", _listed("audiences", audience.get("audiences", []), names)
    yield "Languages", _listed("locales", audience.get("locales", []), names)
    yield "How serious", SEVERITIES.get(alert.get("severity", ""), "")
    yield "How soon to act", URGENCIES.get(alert.get("urgency", ""), "")
    yield "How certain", CERTAINTIES.get(alert.get("certainty", ""), "")
    yield "Who gets it", STATUSES.get(alert.get("status", ""), "")
    yield "Start", _start(document, home.get("zone", ""))
    yield "End", _end(document, home.get("zone", ""))
    quiet = document.get("quiet_hours")
    yield "Quiet hours", f"Overridden: {quiet['override']}" if isinstance(quiet, dict) else "Respected"
    yield "Clock of phones whose time zone is not known", zone_text(home.get("zone", ""))
    yield "Main language", language_text(home.get("locale", ""))
    yield "Services", _listed("services", document.get("services", []), names)
    yield "Handouts", ", ".join(handout_names(document.get("handouts", []))) or "None"
    yield "Situations of the handouts", labels("situation", document.get("handout_situations", [])) or "None"
    for who, slug in document.get("tips", {}).items():
        yield f"Tip for {label('audience', who).lower()}", names.get(slug, slug)


def _listed(kind: str, values: Any, names: Mapping[str, str]) -> str:
    if values == "all":
        return _EVERY.get(kind, "All")
    if kind == "audiences":
        return labels("audience", values)
    words: dict[str, Callable[[str], str]] = {"countries": country_text, "regions": region_text, "locales": language_text}
    word = words.get(kind)
    return ", ".join(word(value) if word else names.get(value, value) for value in values) or "None"


def _start(document: Mapping[str, Any], zone: str) -> str:
    schedule = document.get("schedule", {})
    if "local" in schedule:
        kind, start = ScheduleKind.LOCAL, schedule["local"]
    else:
        start = schedule.get("at", "now")
        kind = ScheduleKind.NOW if start == "now" else ScheduleKind.AT
    return sentence_case(campaign_display.begins_text(Campaign(schedule_kind=kind, schedule_at=start, home_zone=zone)))


def _end(document: Mapping[str, Any], zone: str) -> str:
    end = document.get("not_after")
    return campaign_display.home_text(datetime.fromisoformat(end), zone) if end else ""
