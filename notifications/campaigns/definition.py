"""The written form of a campaign: what `campaign create` reads and what the console's form fills in, checked in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from content.terms import HANDOUT_SITUATIONS
from core.errors import Invalid
from core.file_models import faults
from core.instants import rfc3339
from notifications import cap
from notifications.campaigns import inserted_facts, variants
from notifications.campaigns.definition_fields import AudienceDefinition, Definition, QuietHours
from notifications.models.app import App
from notifications.models.campaign import ALL, Campaign, CampaignKind, ScheduleKind
from notifications.registrations import values

_REFERRING = {CampaignKind.UPDATE, CampaignKind.CANCEL, CampaignKind.ALL_CLEAR}


class InvalidDefinition(Invalid):
    """The definition of the campaign breaks a rule."""

    code = "definition"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}", field=field)


def parse(document: Any) -> dict[str, Any]:
    """Return the columns of a Campaign, canonical and sorted; InvalidDefinition names the first field that is wrong."""
    try:
        definition = Definition.model_validate(document)
    except ValidationError as error:
        place, sentence = next(faults(error))
        raise InvalidDefinition(".".join(part for part in place if isinstance(part, str)) or "campaign", sentence) from error
    audience, home, schedule, alert = definition.audience, definition.home, definition.schedule, definition.alert
    words = _words(definition, document["messages"])
    thread = _thread(definition)
    return {
        "name": definition.name,
        "apps": _apps(definition.apps),
        "countries": _sorted(audience.countries),
        "regions": _regions(audience),
        "audiences": _sorted(audience.audiences),
        "locales": _sorted(audience.locales),
        "words": words,
        "named_services": named_services(words),
        "services": _sorted(definition.services),
        "tips": _tips(definition),
        "handouts": _sorted(definition.handouts),
        "handout_situations": _handout_situations(definition),
        "home_zone": home.zone,
        "home_locale": home.locale,
        "schedule_kind": ScheduleKind.LOCAL if schedule.local else ScheduleKind.AT if schedule.at else ScheduleKind.NOW,
        "schedule_at": schedule.local or schedule.at,
        "not_after": definition.not_after,
        "quiet_deferral": definition.quiet_hours == "defer",
        **alert.model_dump(),
        **thread,
        **_quiet_override(definition, thread["references"]),
    }


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
        "quiet_hours": _written_quiet_hours(campaign),
    }
    if campaign.references_id:
        document["references"] = campaign.references_id
    # Left out where there are none: the fingerprints of earlier campaigns do not hold the field.
    if campaign.handouts:
        document["handouts"] = campaign.handouts
    if campaign.handout_situations:
        document["handout_situations"] = campaign.handout_situations
    if campaign.unchanged_locales:
        document["unchanged"] = campaign.unchanged_locales
    return document


def named_services(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the services that tokens in the texts stand for, by id; frozen with the campaign."""
    return inserted_facts.names_of(inserted_facts.services_named(all_texts(words)))


def all_texts(words: Mapping[str, Any]) -> Iterator[str]:
    """Yield each text of `Campaign.words`, variants included."""
    for *_, text in variants.places(words):
        for part in ("outer", "inner"):
            yield from text[part].values()


def _written_quiet_hours(campaign: Campaign) -> dict[str, str] | str:
    if campaign.quiet_override:
        return {"override": campaign.quiet_override}
    return "defer" if campaign.quiet_deferral else "respect"


def _all_or(names: list[str]) -> list[str] | str:
    return "all" if names == ALL else names


def _sorted(names: list[str]) -> list[str]:
    return sorted(set(names))


def _handout_situations(definition: Definition) -> list[str]:
    if definition.handout_situations and not definition.handouts:
        raise InvalidDefinition("handout_situations", "name the handouts that are attached for these situations.")
    return [situation for situation in HANDOUT_SITUATIONS if situation in definition.handout_situations]


def _apps(names: list[str]) -> list[str]:
    known = set(App.objects.filter(name__in=names).values_list("name", flat=True))
    for name in names:
        if names != ALL and name not in known:
            raise InvalidDefinition("apps", f"there is no app called {name}.")
    return _sorted(names)


def _regions(audience: AudienceDefinition) -> list[str]:
    """Return the regions, each of which lies in a country of the audience."""
    if audience.regions == ALL:
        return list(ALL)
    if audience.countries == ALL:
        raise InvalidDefinition("audience.regions", "name the countries of these regions instead of every country.")
    for region in audience.regions:
        country = region[:2]
        if country not in audience.countries:
            raise InvalidDefinition("audience.regions", f"{region} is in none of the countries.")
        try:
            values.region(country, region)
        except values.InvalidValue as error:
            raise InvalidDefinition("audience.regions", error.detail) from error
    return _sorted(audience.regions)


def _words(definition: Definition, messages: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts by canonical locale, among them those of the home locale."""
    if len(definition.messages) < len(messages):
        tags = sorted(str(tag) for tag in messages)
        raise InvalidDefinition("messages", f"two of {', '.join(tags)} are the same locale.")
    if definition.home.locale not in definition.messages:
        raise InvalidDefinition("messages", f"the home locale {definition.home.locale} has no text.")
    return {locale: texts.stored() for locale, texts in definition.messages.items()}


def _tips(definition: Definition) -> dict[str, str]:
    audiences, tips = definition.audience.audiences, definition.tips or {}
    for audience in tips:
        if audiences != ALL and audience not in audiences:
            raise InvalidDefinition(f"tips.{audience}", "the campaign is not for this audience.")
    return dict(sorted(tips.items()))


def _thread(definition: Definition) -> dict[str, Any]:
    """Return the kind, and the campaign and thread that this one follows."""
    kind = definition.kind
    if kind == CampaignKind.EXERCISE and definition.alert.status == cap.AlertStatus.ACTUAL:
        raise InvalidDefinition("alert.status", "an exercise is Exercise or Test, never Actual.")
    if kind not in _REFERRING:
        if definition.references is not None:
            raise InvalidDefinition("references", f"a campaign of the kind {kind} begins its own thread; leave this field out.")
        if definition.unchanged:
            raise InvalidDefinition("unchanged", f"a campaign of the kind {kind} follows no other; leave this field out.")
        return {"kind": kind, "references": None, "thread": None, "unchanged_locales": []}
    earlier = Campaign.objects.approved().filter(pk=definition.references or 0).first()
    if earlier is None:
        raise InvalidDefinition("references", f"a campaign of the kind {kind} needs the number of an approved campaign.")
    unchanged = _sorted(definition.unchanged)
    return {"kind": kind, "references": earlier, "thread": earlier.thread or earlier, "unchanged_locales": unchanged}


def _quiet_override(definition: Definition, earlier: Campaign | None) -> dict[str, str]:
    """Return why quiet hours are overridden; a correction without a rule of its own follows that of the alert."""
    quiet = definition.quiet_hours
    if earlier is not None and "quiet_hours" not in definition.model_fields_set:
        return {"quiet_override": earlier.quiet_override}
    return {"quiet_override": quiet.override if isinstance(quiet, QuietHours) else ""}
