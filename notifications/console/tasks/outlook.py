"""What a draft will do, as sentences for the foot of each page, from the product's one forecast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from core.console.display import country_text, language_text, local_text, region_text, zone_text
from notifications.campaigns import audience
from notifications.campaigns.forecast import Forecast
from notifications.campaigns.schedule import zone_of
from notifications.models import Campaign
from notifications.models.campaign import ALL, ScheduleKind
from notifications.models.draft_task import DraftTask

#: Zones or languages that one sentence names.
_NAMED = 3


def sentences(campaign: Campaign, forecast: Forecast | None) -> list[str]:
    """Return what happens if the draft is approved as it is saved now."""
    if forecast is None:
        return ["Choose who it is for, and this line says how many phones get it, when, and in which language."]
    return [*_who(campaign, forecast), *_languages(forecast), *_when(campaign, forecast)]


def phones(number: int) -> str:
    """Return a number of installations in round numbers: “about 160,530 phones”, or “fewer than 20 phones”."""
    shown = audience.rounded(number)
    return "fewer than 20 phones" if shown is None else f"about {shown:,} phones"


def place_text(campaign: Campaign) -> str:
    """Return where the readers are, by name."""
    if campaign.countries == ALL:
        return "every country"
    regions = [] if campaign.regions == ALL else campaign.regions
    in_parts = {region[:2] for region in regions}
    names = [region_text(region) for region in regions]
    return and_list([*names, *(country_text(code) for code in campaign.countries if code not in in_parts)])


def clock_text(instant: datetime, zone: str, home: str) -> str:
    """Return an instant by the clock of a zone, to the second: “1 December 2026 at 06:00:00 (London time)”."""
    local = instant.astimezone(zone_of(zone, home))
    return f"{local:%A} {local_text(local, seconds=True)} ({zone_text(zone or home)})"


def and_list(names: list[str]) -> str:
    """Return names as a list in a sentence: “Wales, Scotland and England”."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _who(campaign: Campaign, forecast: Forecast) -> Iterator[str]:
    if forecast.feed_only:
        yield f"No phone in {place_text(campaign)} gets a push message; the alert is in the app’s list of alerts only."
        return
    if forecast.devices:
        yield f"The alert goes to {phones(forecast.devices)} in {place_text(campaign)}."
    if forecast.topics:
        yield f"{forecast.topics} topics of apps that store no address get the alert; how many phones follow them is not known."


def _languages(forecast: Forecast) -> Iterator[str]:
    by_text: Counter[str] = Counter()
    for language in forecast.languages:
        by_text[language.served] += language.devices
    parts = [f"{phones(number)} in {language_text(tag)}" for tag, number in by_text.most_common(_NAMED) if number]
    if parts:
        rest = len(by_text) - _NAMED
        said = and_list(parts)
        others = f", and others in {rest} more languages" if rest > 0 else ""
        yield f"{said[:1].upper()}{said[1:]}{others}."


def _when(campaign: Campaign, forecast: Forecast) -> Iterator[str]:
    if DraftTask.WHEN in campaign.open_tasks:
        yield "Nobody has chosen yet when it starts."
        return
    if forecast.opens_at is None:
        yield "Nobody would get it: quiet hours, or the start itself, last until its end."
        return
    first = forecast.starts[0]
    zone = first.zones[0] if campaign.home_zone not in first.zones else campaign.home_zone
    if campaign.schedule_kind == ScheduleKind.NOW:
        yield "The campaign starts as soon as it is approved."
    else:
        yield f"The first phones get it on {clock_text(first.due_at, zone, campaign.home_zone)}."
    if forecast.delayed:
        yield f"{phones(forecast.delayed).capitalize()} are in their quiet hours then, and get it when the hours end."
    if forecast.skipped:
        yield f"{phones(forecast.skipped).capitalize()} do not get it at all, because it ends before they may."
