"""The rules for a number or address, whoever proposes it: a file, a person at the console, or a test."""

from __future__ import annotations

import re
import zoneinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import opening_hours
import phonenumbers

from content.terms import ChannelType, NumberType

if TYPE_CHECKING:
    from content.models.channel_facts import ChannelFacts

#: Said of a number that costs the caller extra; a child must never be sent there.
_PREMIUM = "is a premium-rate number; no help for children costs extra."
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NOT_DIALLED = re.compile(r"[^0-9+*#]")


def channel_faults(channel: ChannelFacts) -> list[str]:
    """Return one sentence for each rule that the facts break; an empty list where they are in order."""
    faults = [
        f"The {name} is longer than {most} characters."
        for name, most in _lengths(channel).items()
        if len(getattr(channel, name)) > most
    ]
    if not channel.address.isprintable():
        faults.append(f"{channel.address!r} holds characters that nobody sees.")
    if channel.type in (ChannelType.PHONE, ChannelType.SMS):
        faults += _number_faults(channel)
    elif channel.dial or channel.number_type:
        faults.append(f"A channel of type {channel.type} has no number to dial.")
    if channel.type == ChannelType.URL or (channel.type == ChannelType.CHAT and "://" in channel.address):
        faults += address_faults(channel.address)
    if channel.type == ChannelType.EMAIL and not re.fullmatch(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+", channel.address):
        faults.append(f"{channel.address!r} is no mailbox.")
    if channel.type == ChannelType.CHAT and not re.fullmatch(
        r"https://\S+|whatsapp:\+[1-9][0-9]{6,14}|telegram:@[A-Za-z][A-Za-z0-9_]{3,31}", channel.address
    ):
        faults.append(f"{channel.address!r} is no chat: it takes https://…, whatsapp:+… or telegram:@….")
    if channel.type == ChannelType.APP and channel.address:
        faults.append("An in-app route has steps, which are words, and no address.")
    if channel.keyword and channel.type != ChannelType.SMS:
        faults.append("Only a text message has a keyword.")
    return faults + hours_faults(channel.hours, channel.service.zone)


def hours_faults(hours: str, zone: str) -> list[str]:
    """Return what is wrong with opening hours in the service's zone."""
    if not hours:
        return []
    if not hours.isascii() or not hours.isprintable() or not opening_hours.validate(hours):
        return [f"The hours {hours!r} are not in the form of OpenStreetMap's opening_hours."]
    if hours != "24/7" and not zone:
        return [f"The hours {hours!r} have no time zone."]
    if zone and zone not in _zones():
        return [f"{zone!r} is no IANA time zone."]
    return []


def digits(number: str) -> str:
    """Return only what is dialled of a number as printed."""
    return _NOT_DIALLED.sub("", number)


def _lengths(channel: ChannelFacts) -> dict[str, int]:
    """Return how many characters each of the facts has room for."""
    facts = channel.facts()
    return {
        field.name: field.max_length for field in channel._meta.fields if field.name in facts and field.max_length is not None
    }


def _number_faults(channel: ChannelFacts) -> list[str]:
    faults = []
    if not channel.dial:
        return ["A number says how it is dialled."]
    if not re.fullmatch(r"[0-9+*#]+( [0-9+*#]+)*", channel.dial):
        faults.append(f"{channel.dial!r} holds more than digits, + * # and single spaces.")
    if channel.number_type == NumberType.SHORT:
        if "+" in channel.address + channel.dial:
            faults.append(f"{channel.dial} is a short number; with a country code it does not connect.")
        elif digits(channel.dial) != channel.address:
            faults.append(f"{channel.dial!r} is not dialled as {channel.address!r}.")
        elif _short_is_premium(channel.address, channel.service.country_id):
            faults.append(f"{channel.address} {_PREMIUM}")
    elif channel.number_type == NumberType.E164:
        faults += _e164_faults(channel.address, channel.dial, channel.service.country_id)
    else:
        faults.append("A number is either e164 or short.")
    return faults


def _e164_faults(address: str, dial: str, country: str) -> list[str]:
    try:
        number = phonenumbers.parse(address, None)
        dialled = phonenumbers.parse(digits(dial), country)
    except phonenumbers.NumberParseException:
        return [f"{address!r}, dialled {dial!r}, is not read as a number of {country}."]
    if not _E164.fullmatch(address) or not phonenumbers.is_valid_number(number):
        return [f"{address!r} is no number that can exist."]
    if phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        return [f"{address} {_PREMIUM}"]
    if (
        "*" in dial
        or "#" in dial
        or (number.country_code, number.national_number) != (dialled.country_code, dialled.national_number)
    ):
        return [f"{dial!r} is not what is dialled inside {country} for {address}."]
    return []


def _short_is_premium(short: str, country: str) -> bool:
    """Tell whether the number is known to cost extra; many real short numbers are in no list, and are none of those."""
    try:
        number = phonenumbers.parse(short, country)
    except phonenumbers.NumberParseException:
        return False
    cost = phonenumbers.expected_cost_for_region(number, country)
    return bool(cost == phonenumbers.ShortNumberCost.PREMIUM_RATE)


def address_faults(address: str) -> list[str]:
    """Return one sentence for each rule that a web address breaks."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return [f"{address!r} is no https address."]
    if not address.startswith("https://") or not parts.hostname or "." not in parts.hostname:
        return [f"{address!r} is no https address."]
    if parts.username or parts.password or not address.isascii() or any(character.isspace() for character in address):
        return [f"{address!r} is not a plain address."]
    return []


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
