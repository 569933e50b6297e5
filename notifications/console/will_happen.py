"""What a campaign will do, in sentences for people, from `notifications.campaigns.forecast`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from core.console.display import language_text, zone_text
from core.errors import DomainError
from notifications.campaigns import forecast, messages
from notifications.campaigns.audience import rounded
from notifications.campaigns.forecast import Forecast
from notifications.campaigns.schedule import Clock, Delay
from notifications.console import campaign_display
from notifications.models import Campaign

#: Starts and zones that are named one by one.
_NAMED = 6


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


def will_happen(campaign: Campaign, *, at: datetime) -> WillHappen:
    """Return what a campaign does if it is approved at `at`."""
    try:
        found = forecast.of(campaign, at=at)
    except DomainError as error:
        return WillHappen(sentences=(), warnings=(error.detail,))
    return WillHappen(
        sentences=tuple(_sentences(campaign, found)),
        warnings=tuple(_warnings(campaign, found)),
        devices=rounded(found.devices),
        first_due=found.opens_at,
    )


def _sentences(campaign: Campaign, found: Forecast) -> list[str]:
    starts = found.starts
    if not starts:
        return []
    if found.feed_only:
        return [f"No phone gets a message. The alert is in the feed from {_instant(campaign, starts[0].due_at)}."]
    said = [
        f"{_phones(start.devices, start.topics)}{_zones(start.zones) if len(starts) > 1 else ''}: "
        f"{'at once' if campaign.schedule_kind == 'now' and start.due_at == found.at else _instant(campaign, start.due_at)}."
        for start in starts[:_NAMED]
    ]
    if len(starts) > _NAMED:
        rest = starts[_NAMED:]
        last = _instant(campaign, rest[-1].due_at)
        said.append(f"{_phones(sum(s.devices for s in rest), sum(s.topics for s in rest))} in other time zones: until {last}.")
    return [*said, *_languages(found), _sound(campaign)]


def _sound(campaign: Campaign) -> str:
    """Say which phones make a sound."""
    sounds = {audience: messages.is_audible(campaign, audience) for audience in messages.readers(campaign)}
    if not any(sounds.values()):
        return "Phones make no sound."
    if all(sounds.values()):
        return "Phones make a sound, unless they are muted."
    return "Phones make a sound, unless they are muted. Those of teenagers make none."


def _languages(found: Forecast) -> list[str]:
    """Say how many phones get which text."""
    own: Counter[str] = Counter()
    fallback: Counter[tuple[str, str]] = Counter()
    for group in found.languages:
        if group.fallback:
            fallback[group.locale, group.served] += group.devices
        else:
            own[group.served] += group.devices
    said = [f"{_count(number)} in {language_text(locale)}" for locale, number in own.most_common() if number]
    sentences = [f"Languages: {'; '.join(said)}."] if said else []
    for (locale, served), number in fallback.most_common(_NAMED):
        if number:
            name = "a language that is not known" if locale == "und" else language_text(locale)
            sentences.append(f"{_count(number)} set to {name} get the {language_text(served)} text.")
    return sentences


def _warnings(campaign: Campaign, found: Forecast) -> list[str]:
    warnings = []
    if not found.starts:
        warnings.append("Nobody is due: quiet hours, or the start itself, last until the end of the campaign.")
    if found.delayed:
        warnings.append(f"{_count(found.delayed)} wait for the end of their quiet hours.")
    if found.starts and found.skipped:
        warnings.append(f"{_count(found.skipped)} get nothing: their quiet hours last until the end of the campaign.")
    if any(zone.delay == Delay.PAST for zone in found.zones):
        warnings.append("The time that was chosen has passed: it starts at once.")
    changed = [zone_text(zone.zone or campaign.home_zone) for zone in found.zones if zone.clock != Clock.ONCE]
    if changed:
        warnings.append(f"The clocks change at this time in: {', '.join(sorted(changed)[:_NAMED])}.")
    return warnings


def _phones(devices: int, topics: int) -> str:
    parts = [_count(devices)] if devices or not topics else []
    if topics:
        parts.append(f"{topics} {'topic' if topics == 1 else 'topics'}, whose phones cannot be counted")
    return " and ".join(parts)


def _count(devices: int) -> str:
    number = rounded(devices)
    return "Fewer than 20 phones" if number is None else f"About {number:,} phones"


def _zones(zones: tuple[str, ...]) -> str:
    named = [zone_text(zone) if zone else "home time zone" for zone in zones]
    return f" ({', '.join(named[:3])}{' and others' if len(named) > 3 else ''})"


def _instant(campaign: Campaign, instant: datetime) -> str:
    return campaign_display.instant_and_home_text(instant, campaign.home_zone, seconds=True)
