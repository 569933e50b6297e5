"""Channels as packs hold them, and what the checks of its channels say of a whole service."""

from __future__ import annotations

from collections.abc import Sequence

from content.compiling.eligibility import ChannelEligibility
from content.compiling.facts import ChannelFact
from content.compiling.rendering import dial_kind, display, href, spoken, tel
from content.resolver.types import PackedAssurance, PackedChannel, PackedPhrase
from content.resolver.week import usual_week
from content.terms import ChannelType


def packed_channel(
    channel: ChannelFact,
    eligibility: ChannelEligibility,
    *,
    zone: str,
    caller: str,
    digit_words: Sequence[str] | None,
    label: PackedPhrase | None,
    steps: PackedPhrase | None,
) -> PackedChannel:
    """Return the channel as a pack holds it.

    `zone` is the time zone of its service, `caller` the country from which it is called (see `rendering.tel`), and
    `digit_words` are the words for zero to nine in the pack's locale, None where it has none.
    """
    return {
        "position": channel.position,
        "type": channel.type,
        "dial": channel.dial or None,
        "dial_kind": dial_kind(channel),
        "tel": tel(channel, caller),
        "href": href(channel),
        "display": display(channel),
        "spoken": spoken(channel, digit_words),
        "keyword": channel.keyword or None,
        "hours": channel.hours or None,
        "week": usual_week(channel.hours),
        "zone": zone or None,
        "cost": channel.cost,
        "anonymous": channel.anonymous,
        "needs_voice": channel.type == ChannelType.PHONE,
        "on_bill": channel.on_bill,
        "situations": list(channel.situations) if channel.situations is not None else None,
        "assured": eligibility.assured,
        "checked_on": channel.checked_on.isoformat() if channel.checked_on else None,
        "assured_until": channel.assured_until.isoformat() if channel.assured_until else None,
        "label": label,
        "steps": steps,
    }


def service_assurance(channels: Sequence[PackedAssurance]) -> PackedAssurance:
    """Return the assurance of a service with these channels, of which there is at least one.

    The service is assured if every channel is. Its dates are the earliest of its channels', and None where a channel has none,
    because then the service as a whole was never checked.
    """
    return {
        "assured": all(channel["assured"] for channel in channels),
        "checked_on": _earliest([channel["checked_on"] for channel in channels]),
        "assured_until": _earliest([channel["assured_until"] for channel in channels]),
    }


def _earliest(days: Sequence[str | None]) -> str | None:
    known = [day for day in days if day is not None]
    return min(known) if len(known) == len(days) else None
