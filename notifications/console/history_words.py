"""The words of the history: what each entry says, and the fields of a campaign with their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import get_current_timezone_name

from content.console.handouts import handout_names
from content.console.labels import labels
from core.audit_verbs import Verb
from core.console.display import country_text, language_text, local_text, region_text, verb_text, zone_text, zoned_text
from core.models import AuditEntry
from core.models.user import SYSTEM_NAME
from notifications.campaigns import inserted_facts, variants
from notifications.console.cap_words import CERTAINTIES, SEVERITIES, STATUSES, URGENCIES
from notifications.models.campaign import ALL

#: Verb → what a person, or the product, did. A reason follows after a colon.
_SENTENCES: Mapping[str, str] = {
    Verb.CAMPAIGN_WRITTEN: "{who} wrote the draft",
    Verb.CAMPAIGN_EDITED: "{who} changed the draft",
    Verb.CAMPAIGN_DELETED: "{who} deleted the draft",
    Verb.CAMPAIGN_SUBMITTED: "{who} submitted the campaign for approval",
    Verb.CAMPAIGN_RETURNED: "{who} sent the campaign back",
    Verb.CAMPAIGN_REJECTED: "{who} rejected the campaign",
    Verb.CAMPAIGN_APPROVED: "{who} approved the campaign",
    Verb.CAMPAIGN_TEST_SENT: "{who} sent a test to their own phones",
    Verb.CAMPAIGN_REOPENED: "{who} sent the approved campaign back",
    Verb.CAMPAIGN_STARTED: "The campaign started",
    Verb.CAMPAIGN_REFUSED: "The product refused to start the campaign",
    Verb.CAMPAIGN_HELD: "The product put the campaign on hold",
    Verb.CAMPAIGN_RELEASED: "{who} released the campaign",
    Verb.CAMPAIGN_PAUSED: "{who} paused the campaign",
    Verb.CAMPAIGN_RESUMED: "{who} resumed the campaign",
    Verb.CAMPAIGN_HALTED: "The product halted the campaign",
    Verb.CAMPAIGN_STOPPED: "{who} stopped the campaign for good",
    Verb.CAMPAIGN_EXPIRED: "The campaign expired before it started",
    Verb.CAMPAIGN_FINISHED: "The campaign finished",
    Verb.CAMPAIGN_WITHDRAWN: "{who} removed the alert from the feed",
    Verb.CAMPAIGN_TEXT_CONFIRMED: "{who} confirmed a text as its second reader",
    Verb.CAMPAIGN_FIRST_APPROVED: "{who} approved the campaign, as the first of two people",
    Verb.CAMPAIGN_TRANSLATION_REQUESTED: "{who} requested {text} from the translators",
    Verb.CAMPAIGN_TRANSLATION_MOVED: "{who} changed the deadline for {text}",
    Verb.CAMPAIGN_TRANSLATION_STARTED: "{who} began to translate {text}",
    Verb.CAMPAIGN_TRANSLATION_HANDED_IN: "{who} handed in {text}",
    Verb.CAMPAIGN_TRANSLATION_SENT_BACK: "{who} sent {text} back to the translators",
    Verb.CAMPAIGN_TRANSLATION_READ: "{who} read {text} for the request to the translators",
    Verb.CAMPAIGN_TRANSLATION_WITHDRAWN: "{who} withdrew the request for {text}",
    Verb.CAMPAIGN_JOINED: "{who} added the campaign to the programme “{programme}”",
    Verb.CAMPAIGN_LEFT: "{who} removed the campaign from the programme “{programme}”",
    Verb.PROGRAMME_CREATED: "{who} created the programme",
    Verb.PROGRAMME_EDITED: "{who} changed the name or the note of the programme",
    Verb.PROGRAMME_DELETED: "{who} deleted the programme",
    Verb.PROGRAMME_SUBMITTED: "{who} submitted all drafts of the programme together",
    Verb.PROGRAMME_FIRST_APPROVED: "{who} approved the programme, as the first of two people",
    Verb.PROGRAMME_APPROVED: "{who} approved all campaigns of the programme together",
    Verb.PROGRAMME_RETURNED: "{who} sent the programme back",
    Verb.PROGRAMME_STOPPED: "{who} stopped all campaigns of the programme",
    Verb.SENDING_STOPPED: "{who} stopped all sending",
    Verb.SENDING_RESUMED: "{who} allowed sending again",
}
_FIELDS: Mapping[str, str] = {
    "name": "Name",
    "note": "Note",
    "kind": "Kind",
    "references": "Earlier campaign",
    "apps": "Apps",
    "countries": "Countries",
    "regions": "Regions",
    "audiences": "Audiences",
    "locales": "Languages of the readers",
    "services": "Help services",
    "tips": "Tips",
    "handouts": "Handouts",
    "handout_situations": "Situations of the handouts",
    "severity": "How serious",
    "urgency": "How soon to act",
    "certainty": "How certain",
    "status": "Who gets it",
    "home_zone": "Clock of phones whose time zone is not known",
    "home_locale": "Main language",
    "schedule_kind": "Kind of start",
    "schedule_at": "Start",
    "not_after": "End",
    "named_services": "Services named in the texts",
    "reach_confirmed": "Confirmed number of phones",
    "quiet_override": "Reason for overriding quiet hours",
    "quiet_deferral": "Phones in quiet hours wait, also for an exact second",
    "unchanged_locales": "Texts that stay as they were",
}
_PARTS = {
    "outer.title": "Lock screen title",
    "outer.body": "Lock screen text",
    "inner.title": "In-app title",
    "inner.body": "In-app text",
}


@dataclass(frozen=True)
class HistoryChange:
    """One changed field, in words."""

    name: str
    before: str
    after: str
    #: Language tag of a text; "" for other fields.
    lang: str = ""


def sentence(entry: AuditEntry, *, locale: str = "") -> str:
    """Say what happened, such as "David sent the campaign back: the second sentence is unclear.".

    `locale` is the language of a request to translators.
    """
    person = entry.by.get_full_name() or entry.by.username
    who = "The product" if entry.by.username == SYSTEM_NAME else person
    text = _SENTENCES.get(entry.verb)
    named = f"the text in {language_text(locale)}" if locale else "a text"
    programme = entry.details.get("programme", "")
    words = text.format(who=who, text=named, programme=programme) if text else f"{verb_text(entry.verb)} ({who})"
    if entry.verb == Verb.CAMPAIGN_TEXT_CONFIRMED and (read := entry.details.get("locale")):
        words = f"{who} confirmed the text in {language_text(str(read))} as its second reader"
    reason = str(entry.details.get("reason", "")).strip()
    return f"{words}: {reason}" if reason else f"{words}."


def change_text(change: Mapping[str, Any], names: Mapping[str, str]) -> HistoryChange:
    """Return one change of an entry (`edits.FieldChange`) in words; `names` are those of apps, services and tips."""
    field = str(change["field"])
    if field.startswith("words."):
        _, locale, *path = field.split(".")
        part = _PARTS.get(".".join(path[-2:]), "Text")
        who = f", {variants.readers_text(path[1])}" if path[0] == "variants" else ""
        name = f"{part} ({language_text(locale)}{who})"
        return HistoryChange(name, _text(change["before"], locale, names), _text(change["after"], locale, names), locale)
    before, after = (_value(field, change[side], names) for side in ("before", "after"))
    return HistoryChange(_FIELDS.get(field, field.replace("_", " ").capitalize()), before, after)


def _text(value: Any, locale: str, names: Mapping[str, str]) -> str:
    return "" if value is None else inserted_facts.render(str(value), locale, named_services=names)


def _value(field: str, value: Any, names: Mapping[str, str]) -> str:
    """Return the value of a field as people say it; "none" for nothing."""
    if value in (None, "", [], {}):
        return "none"
    if value == ALL:
        return "all"
    if field in ("apps", "services", "named_services"):
        return ", ".join(names.get(name, name) for name in value)
    if field == "tips":
        return "; ".join(f"{labels('recipient', [who])}: {names.get(tip, tip)}" for who, tip in value.items())
    if field in _VALUES:
        return _VALUES[field](value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _start(value: str) -> str:
    start = datetime.fromisoformat(value)
    if start.tzinfo is None:
        return f"{local_text(start, seconds=value.count(':') > 1)}, local time of each phone"
    return zoned_text(start, get_current_timezone_name(), seconds=True)


def _each(word: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda values: ", ".join(map(word, values))


_STARTS = {"now": "as soon as approved", "at": "at one time everywhere", "local": "by the clock of each phone"}
#: Field → its value in words.
_VALUES: Mapping[str, Callable[[Any], str]] = {
    "countries": _each(country_text),
    "regions": _each(region_text),
    "locales": _each(language_text),
    "unchanged_locales": _each(lambda name: variants.title_of(*variants.named(name))),
    "quiet_deferral": lambda value: "yes" if value else "no",
    "handouts": lambda values: ", ".join(handout_names(values)),
    "audiences": lambda values: labels("recipient", values),
    "handout_situations": lambda values: labels("situation", values),
    "home_locale": language_text,
    "home_zone": zone_text,
    "kind": lambda value: str(value).replace("-", " "),
    "not_after": lambda value: zoned_text(datetime.fromisoformat(value), get_current_timezone_name()),
    "schedule_at": _start,
    "schedule_kind": lambda value: {"now": "as soon as approved", "at": "at one time everywhere"}.get(
        value, "by each phone's clock"
    ),
    "severity": lambda value: SEVERITIES.get(value, value),
    "urgency": lambda value: URGENCIES.get(value, value),
    "certainty": lambda value: CERTAINTIES.get(value, value),
    "status": lambda value: STATUSES.get(value, value),
}
