"""What a campaign will do, in sentences for people: the only wording of `notifications.campaigns.forecast`, on every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.console.display import country_in_text, language_text, listed, region_text, zone_text
from core.errors import DomainError
from notifications.campaigns import audience, forecast, messages
from notifications.campaigns.audience import Audiences, rounded
from notifications.campaigns.forecast import Forecast, Start
from notifications.campaigns.schedule import Clock, Delay
from notifications.campaigns.variants import readers_text
from notifications.console import campaign_display
from notifications.models import Campaign
from notifications.models.campaign import ALL, ScheduleKind
from notifications.models.draft_task import DraftTask

#: Starts, languages and zones that are named one by one.
_NAMED = 6
#: Sending that takes less is not mentioned.
_WORTH_SAYING = timedelta(seconds=5)
#: Phones at one moment from which on helplines should know of the alert beforehand.
_MANY_AT_ONCE = audience.CONFIRM_ABOVE
#: Zones that the line of one start names.
_ZONES_NAMED = 3


@dataclass(frozen=True)
class WillHappen:
    """What happens if the campaign is approved now."""

    #: In order; the first says how many and when.
    sentences: tuple[str, ...]
    #: What someone should look at twice.
    warnings: tuple[str, ...] = ()
    #: Registrations in the audience, rounded down to tens; None below 20.
    devices: int | None = None
    #: When the first phones are due.
    first_due: datetime | None = None


def will_happen(campaign: Campaign, *, at: datetime, known: Audiences | None = None) -> WillHappen:
    """Return what a campaign does if it is approved at `at`; `known` holds its audience, if it was read already."""
    try:
        found = forecast.of(campaign, at=at, known=known)
    except DomainError as error:
        return WillHappen(sentences=(), warnings=(error.detail,))
    return worded(campaign, found)


def worded(campaign: Campaign, found: Forecast | None) -> WillHappen:
    """Return a forecast in words; None is that of a draft whose audience is not chosen yet."""
    if found is None:
        return WillHappen(("Choose who it is for, and this line says how many phones get it, when, and in which language.",))
    undecided = DraftTask.WHEN in campaign.open_tasks
    return WillHappen(
        sentences=tuple(_sentences(campaign, found, undecided=undecided)),
        warnings=() if undecided else tuple(_warnings(campaign, found)),
        devices=rounded(found.devices),
        first_due=found.opens_at,
    )


def phones(number: int) -> str:
    """Return a number of installations in round numbers: “about 160,530 phones”, or “fewer than 20 phones”."""
    shown = rounded(number)
    return "fewer than 20 phones" if shown is None else f"about {shown:,} phones"


def place_text(campaign: Campaign) -> str:
    """Return where the readers are, by name: “Wales and France”."""
    if campaign.countries == ALL:
        return "every country"
    regions = [] if campaign.regions == ALL else campaign.regions
    in_parts = {region[:2] for region in regions}
    names = [*map(region_text, regions), *(country_in_text(code) for code in campaign.countries if code not in in_parts)]
    return listed(names)


def _sentences(campaign: Campaign, found: Forecast, *, undecided: bool) -> Iterator[str]:
    place = place_text(campaign)
    if found.feed_only:
        opens = "" if undecided or found.opens_at is None else f" from {_instant(campaign, found.opens_at)}"
        yield f"No phone gets a message ({place}). The alert is in the feed{opens}."
    elif undecided:
        yield f"{_capital(reached(found.devices, found.topics))} ({place}). Nobody has chosen yet when it starts."
    else:
        yield from _starts(campaign, found.starts, place, at_once=found.at)
        yield from _end(campaign, found)
    yield from _languages(found)
    if not (undecided or found.feed_only):
        yield _sound(campaign)


def _sound(campaign: Campaign) -> str:
    """Say which phones make a sound."""
    sounds = {audience: messages.is_audible(campaign, audience) for audience in messages.readers(campaign)}
    if not any(sounds.values()):
        return "Phones make no sound."
    if all(sounds.values()):
        return "Phones make a sound, unless they are muted."
    return "Phones make a sound, unless they are muted. Those of teenagers make none."


def _starts(campaign: Campaign, starts: tuple[Start, ...], place: str, *, at_once: datetime) -> Iterator[str]:
    """Say how many phones are sent to at each instant."""
    for number, start in enumerate(starts[:_NAMED]):
        where = [*([place] if number == 0 else []), *([_zones(start.zones)] if len(starts) > 1 else [])]
        more = f" ({'; '.join(where)})" if where else ""
        now = campaign.schedule_kind == ScheduleKind.NOW and start.due_at == at_once
        when = "at once" if now else _instant(campaign, start.due_at)
        yield f"{_capital(reached(start.devices, start.topics))}{more}: {when}."
    if rest := starts[_NAMED:]:
        others = reached(sum(start.devices for start in rest), sum(start.topics for start in rest))
        yield f"{_capital(others)} in other time zones: until {_instant(campaign, rest[-1].due_at)}."


def _end(campaign: Campaign, found: Forecast) -> Iterator[str]:
    """Say when the last message leaves, where that takes a while and comes before the end of the campaign."""
    ended = forecast.all_sent_at(found)
    if ended is None or found.last_due_at is None or ended > campaign.not_after:
        return
    if ended - found.last_due_at >= _WORTH_SAYING:
        yield (
            f"At the full rate the last message leaves at {_instant(campaign, ended.replace(microsecond=0))}; later, if another "
            "campaign is sent at the same time."
        )


def _languages(found: Forecast) -> Iterator[str]:
    """Say how many phones get which text."""
    own: Counter[str] = Counter()
    fallback: Counter[tuple[str, str]] = Counter()
    for group in found.languages:
        if group.fallback:
            fallback[group.locale, group.served] += group.devices
        else:
            own[group.served] += group.devices
    said = [f"{phones(number)} in {language_text(locale)}" for locale, number in own.most_common(_NAMED) if number]
    if said:
        more = f"; others in {len(own) - _NAMED} more languages" if len(own) > _NAMED else ""
        yield f"Languages: {'; '.join(said)}{more}."
    for (locale, served), number in fallback.most_common(_NAMED):
        if number:
            name = "a language that is not known" if locale == "und" else language_text(locale)
            yield f"{_capital(phones(number))} set to {name} get the {language_text(served)} text."
    yield from _variants(found)


def _variants(found: Forecast) -> Iterator[str]:
    """Say how many phones get each text for some readers alone; nothing where there is one text for everyone."""
    by_variant: Counter[str] = Counter()
    for text in found.texts:
        if text.variant:
            by_variant[text.variant] += text.devices
    for variant, number in sorted(by_variant.items()):
        yield f"{_capital(phones(number))} get the text for {readers_text(variant)}."


def _warnings(campaign: Campaign, found: Forecast) -> Iterator[str]:
    if not found.starts:
        yield "Nobody is due: quiet hours, or the start itself, last until the end of the campaign."
    if found.delayed:
        yield f"{_capital(phones(found.delayed))} wait for the end of their quiet hours."
    if found.starts and found.skipped:
        yield f"{_capital(phones(found.skipped))} get nothing: their quiet hours last until the end of the campaign."
    if (ended := forecast.all_sent_at(found)) is not None and ended > campaign.not_after:
        yield (
            f"Sending takes until {_instant(campaign, ended.replace(microsecond=0))} at least, which is after the end: the last "
            "phones get nothing. Choose a later end or an earlier start."
        )
    most = max((start.devices for start in found.starts), default=0)
    if most > _MANY_AT_ONCE:
        yield (
            f"{_capital(phones(most))} show the campaign’s helplines at the same moment. Tell the helplines before the start, or "
            "spread it: start by each phone’s own clock, or write one campaign for each region."
        )
    if any(zone.delay == Delay.PAST for zone in found.zones):
        yield "The time that was chosen has passed: it starts at once."
    changed = sorted(zone_text(zone.zone or campaign.home_zone) for zone in found.zones if zone.clock != Clock.ONCE)
    if changed:
        yield f"The clocks change at this time in: {', '.join(changed[:_NAMED])}."


def reached(devices: int, topics: int) -> str:
    """Return whom an alert reaches: “about 160,530 phones and 12,924 topics, whose phones cannot be counted”."""
    parts = [phones(devices)] if devices or not topics else []
    if topics:
        parts.append(f"{campaign_display.topics_text(topics)}, whose phones cannot be counted,")
    return " and ".join(parts).rstrip(",")


def _zones(zones: tuple[str, ...]) -> str:
    named = [zone_text(zone) if zone else "home time zone" for zone in zones]
    others = " and others" if len(named) > _ZONES_NAMED else ""
    return f"{', '.join(named[:_ZONES_NAMED])}{others}"


def _instant(campaign: Campaign, instant: datetime) -> str:
    return campaign_display.home_text(instant, campaign.home_zone, seconds=True)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
