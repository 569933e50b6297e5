"""The written form of a campaign: what `campaign create` reads and the console's form fills, checked in one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from content.linting.text import tidy
from content.terms import Audience
from core.errors import Invalid
from notifications import cap
from notifications.models.app import App
from notifications.models.campaign import ALL, Campaign, Kind, ScheduleKind
from notifications.models.campaign_state import APPROVED_ON
from notifications.registrations import values

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
#: Characters of each text; the outer ones have to fit on a lock screen.
LONGEST = {("outer", "title"): 65, ("outer", "body"): 180, ("inner", "title"): 120, ("inner", "body"): 1500}
_KEYS = {
    "name", "kind", "references", "apps", "audience", "messages", "services", "tips", "alert", "home", "schedule",
    "not_after", "quiet_hours",
}  # fmt: skip
_OPTIONAL = {"references", "tips", "quiet_hours"}
_REFERRING = {Kind.UPDATE, Kind.CANCEL, Kind.ALL_CLEAR}


class BadDefinition(Invalid):
    """The campaign is not written as it should be."""

    code = "definition"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}", field=field)


def parse(document: Any) -> dict[str, Any]:
    """Return the columns of a Campaign, canonical and sorted; BadDefinition names the first field that is wrong."""
    top = _mapping("campaign", document, allowed=_KEYS, required=_KEYS - _OPTIONAL)
    audience = _mapping(
        "audience", top["audience"], allowed={"countries", "regions", "audiences", "locales"}, required={"countries", "audiences"}
    )
    home = _mapping("home", top["home"], allowed={"zone", "locale"}, required={"zone", "locale"})
    countries = _list("audience.countries", audience["countries"], values.country)
    audiences = _list("audience.audiences", audience["audiences"], _one_of(Audience.values))
    words = _words(top["messages"])
    fields = {
        "name": _text("name", top["name"], 120),
        "apps": _list("apps", top["apps"], _app),
        "countries": countries,
        "regions": _list("audience.regions", audience.get("regions", "all"), lambda region: _region(countries, region)),
        "audiences": audiences,
        "locales": _list("audience.locales", audience.get("locales", "all"), values.locale),
        "words": words,
        "services": _list("services", top["services"], _slug, all_allowed=False),
        "tips": _tips(top.get("tips") or {}, audiences),
        "home_zone": values.time_zone(_text("home.zone", home["zone"], 40)),
        "home_locale": _checked("home.locale", home["locale"], values.locale),
        "not_after": _instant("not_after", top["not_after"]),
        "quiet_override": _quiet_hours(top.get("quiet_hours", "respect")),
        **_schedule(top["schedule"]),
        **_alert(top["alert"]),
        **_kind(top["kind"], top.get("references")),
    }
    if not fields["home_zone"]:
        raise BadDefinition("home.zone", "this is no IANA time zone.")
    if fields["home_locale"] not in words:
        raise BadDefinition("messages", f"the home locale {fields['home_locale']} has no text.")
    if fields["kind"] == Kind.EXERCISE and fields["status"] == cap.Status.ACTUAL:
        raise BadDefinition("alert.status", "an exercise is Exercise or Test, never Actual.")
    return fields


def write(campaign: Campaign) -> dict[str, Any]:
    """Return the document that `parse` reads into this campaign."""
    document: dict[str, Any] = {
        "name": campaign.name,
        "kind": campaign.kind,
        "apps": _all_or(campaign.apps),
        "audience": {name: _all_or(getattr(campaign, name)) for name in ("countries", "regions", "audiences", "locales")},
        "messages": campaign.words,
        "services": campaign.services,
        "tips": campaign.tips,
        "alert": {name: getattr(campaign, name) for name in ("severity", "urgency", "certainty", "status")},
        "home": {"zone": campaign.home_zone, "locale": campaign.home_locale},
        "schedule": {"local": campaign.schedule_at}
        if campaign.schedule_kind == ScheduleKind.LOCAL
        else {"at": campaign.schedule_at or "now"},
        "not_after": rfc3339(campaign.not_after),
        "quiet_hours": {"override": campaign.quiet_override} if campaign.quiet_override else "respect",
    }
    if campaign.references_id:
        document["references"] = campaign.references_id
    return document


def rfc3339(instant: datetime) -> str:
    """Return the instant in UTC, to the second, with Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _all_or(names: list[str]) -> list[str] | str:
    return "all" if names == ALL else names


def _mapping(field: str, value: Any, *, allowed: set[str], required: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadDefinition(field, "expected names with values.")
    if unknown := sorted(str(key) for key in value.keys() - allowed):
        raise BadDefinition(field, f"does not know {', '.join(unknown)}.")
    if missing := sorted(required - value.keys()):
        raise BadDefinition(field, f"lacks {', '.join(missing)}.")
    return value


def _text(field: str, value: Any, longest: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadDefinition(field, "expected a text.")
    if len(value) > longest:
        raise BadDefinition(field, f"has {len(value)} characters; {longest} are the most.")
    return tidy(value)


def _checked(field: str, value: Any, check: Callable[[str], str]) -> str:
    try:
        return check(_text(field, value, 100))
    except values.NotAValue as error:
        raise BadDefinition(field, error.detail) from error


def _list(field: str, value: Any, check: Callable[[str], str], *, all_allowed: bool = True) -> list[str]:
    """Return sorted, different, checked values; the word "all" (alone) stands for all of them."""
    if all_allowed and value in ("all", ALL):
        return list(ALL)
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise BadDefinition(field, "expected a list that is not empty" + (", or the word all." if all_allowed else "."))
    return sorted({_checked(field, item, check) for item in value})


def _one_of(allowed: Sequence[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise values.NotAValue("", f"{value} is none of {', '.join(allowed)}.")
        return value

    return check


def _slug(value: str) -> str:
    if not _ID.fullmatch(value) or len(value) > 80:
        raise values.NotAValue("", f"{value} is no id.")
    return value


def _app(value: str) -> str:
    if not App.objects.filter(name=value).exists():
        raise values.NotAValue("", f"there is no app called {value}.")
    return value


def _region(countries: list[str], value: str) -> str:
    country = value[:2]
    if countries != ALL and country not in countries:
        raise values.NotAValue("", f"{value} lies in none of the countries.")
    return values.region(country, value)


def _words(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not value:
        raise BadDefinition("messages", "expected locales with texts.")
    words: dict[str, Any] = {}
    for tag, texts in value.items():
        locale = _checked("messages", tag, values.locale)
        if locale in words:
            raise BadDefinition("messages", f"{locale} stands there twice.")
        field = f"messages.{tag}"
        texts = _mapping(field, texts, allowed={"outer", "inner", "variants"}, required={"outer", "inner"})
        words[locale] = _pair(field, texts)
        variants = texts.get("variants") or {}
        for audience, variant in _mapping(f"{field}.variants", variants, allowed=set(Audience.values), required=set()).items():
            place = f"{field}.variants.{audience}"
            pair = _pair(place, _mapping(place, variant, allowed={"outer", "inner"}, required={"outer", "inner"}))
            words[locale].setdefault("variants", {})[audience] = pair
    return words


def _pair(field: str, texts: Mapping[str, Any]) -> dict[str, Any]:
    pair: dict[str, Any] = {}
    for part in ("outer", "inner"):
        place = f"{field}.{part}"
        text = _mapping(place, texts[part], allowed={"title", "body"}, required={"title", "body"})
        pair[part] = {name: _text(f"{place}.{name}", text[name], LONGEST[part, name]) for name in ("title", "body")}
    return pair


def _tips(value: Any, audiences: list[str]) -> dict[str, str]:
    allowed = set(Audience.values if audiences == ALL else audiences)
    tips = _mapping("tips", value, allowed=allowed, required=set())
    return {audience: _checked(f"tips.{audience}", slug, _slug) for audience, slug in sorted(tips.items())}


def _alert(value: Any) -> dict[str, str]:
    enumerations = {"severity": cap.Severity, "urgency": cap.Urgency, "certainty": cap.Certainty, "status": cap.Status}
    alert = _mapping("alert", value, allowed=set(enumerations), required=set(enumerations))
    return {name: _checked(f"alert.{name}", alert[name], _one_of(words.values)) for name, words in enumerations.items()}


def _kind(kind: Any, references: Any) -> dict[str, Any]:
    kind = _checked("kind", kind, _one_of(Kind.values))
    if kind not in _REFERRING:
        if references is not None:
            raise BadDefinition("references", f"a campaign of the kind {kind} begins a thread of its own.")
        return {"kind": kind, "references": None, "thread": None}
    earlier = Campaign.objects.filter(pk=references, state__in=APPROVED_ON).first() if isinstance(references, int) else None
    if earlier is None:
        raise BadDefinition("references", f"a campaign of the kind {kind} names the number of an approved one that it follows.")
    return {"kind": kind, "references": earlier, "thread": earlier.thread or earlier}


def _schedule(value: Any) -> dict[str, str]:
    schedule = _mapping("schedule", value, allowed={"at", "local"}, required=set())
    if len(schedule) != 1:
        raise BadDefinition("schedule", "expected either at or local.")
    if schedule.get("at") == "now":
        return {"schedule_kind": ScheduleKind.NOW, "schedule_at": ""}
    if "at" in schedule:
        return {"schedule_kind": ScheduleKind.AT, "schedule_at": rfc3339(_instant("schedule.at", schedule["at"]))}
    local = _text("schedule.local", schedule["local"], 19)
    try:
        if not _LOCAL.fullmatch(local):
            raise ValueError(local)
        datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("UTC"))
    except ValueError:
        raise BadDefinition("schedule.local", "expected a local time such as 2026-12-01T17:00.") from None
    return {"schedule_kind": ScheduleKind.LOCAL, "schedule_at": local}


def _instant(field: str, value: Any) -> datetime:
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadDefinition(field, "expected an instant with its offset, such as 2026-12-01T06:00:00Z.")
    return instant.astimezone(UTC).replace(microsecond=0)


def _quiet_hours(value: Any) -> str:
    if value == "respect":
        return ""
    override = _mapping("quiet_hours", value, allowed={"override"}, required={"override"})
    return _text("quiet_hours.override", override["override"], 300)
