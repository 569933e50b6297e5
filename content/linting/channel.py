"""The rules for a number or address, wherever it comes from: a file, the console or a correction form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import opening_hours
import phonenumbers

from content.linting.time_zones import is_time_zone
from content.linting.web_address import url_faults
from content.terms import ChannelType, NumberType, Situation

if TYPE_CHECKING:
    from content.models.channel_facts import ChannelFacts

_PREMIUM = "is a premium-rate number. Help for children must not cost extra."
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIAL = re.compile(r"[0-9+*#]+( [0-9+*#]+)*")
_MAILBOX = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_CHAT = re.compile(r"https://\S+|whatsapp:\+[1-9][0-9]{6,14}|telegram:@[A-Za-z][A-Za-z0-9_]{3,31}")
_NOT_DIALLED = re.compile(r"[^0-9+*#]")


def channel_faults(channel: ChannelFacts) -> list[str]:
    """Return one sentence for each rule that the channel breaks."""
    faults = [
        f"The {name} is longer than {limit} characters."
        for name, limit in _length_limits(channel).items()
        if len(getattr(channel, name)) > limit
    ]
    if not channel.address.isprintable():
        faults.append(f"{channel.address!r} contains invisible characters.")
    if channel.type in (ChannelType.PHONE, ChannelType.SMS):
        faults += _number_faults(channel)
    elif channel.dial or channel.number_type:
        faults.append(f"A channel of type {channel.type} cannot have a number to dial.")
    faults += _address_faults(channel)
    if channel.keyword and channel.type != ChannelType.SMS:
        faults.append("Only a text message can have a keyword.")
    if channel.situations is not None:
        faults += [f"There is no situation {name}." for name in channel.situations if name not in Situation.values]
        if not channel.situations:
            faults.append("A channel is for at least one situation.")
    return faults + hours_faults(channel.hours, channel.service.zone)


def hours_faults(hours: str, zone: str) -> list[str]:
    """Return what is wrong with opening hours in the time zone of the service."""
    if not hours:
        return []
    if '"' in hours:
        # The form has comments in quotation marks: free text that no second reader of texts would see.
        return [f"The hours {hours!r} hold a comment. Write times alone."]
    if not hours.isascii() or not hours.isprintable() or not opening_hours.validate(hours):
        return [f"The hours {hours!r} are not valid OpenStreetMap opening_hours."]
    if hours != "24/7" and not zone:
        return [f"The hours {hours!r} have no time zone."]
    if zone and not is_time_zone(zone):
        return [f"{zone!r} is not an IANA time zone."]
    return []


def digits(number: str) -> str:
    """Return the characters of a printed number that are dialled."""
    return _NOT_DIALLED.sub("", number)


def _length_limits(channel: ChannelFacts) -> dict[str, int]:
    """Return by column the most characters that it holds."""
    facts = channel.facts()
    return {
        field.name: field.max_length for field in channel._meta.fields if field.name in facts and field.max_length is not None
    }


def _address_faults(channel: ChannelFacts) -> list[str]:
    address, is_chat = channel.address, channel.type == ChannelType.CHAT
    faults = url_faults(address) if channel.type == ChannelType.URL or (is_chat and "://" in address) else []
    if channel.type == ChannelType.EMAIL and not _MAILBOX.fullmatch(address):
        faults.append(f"{address!r} is not an e-mail address.")
    if is_chat and not _CHAT.fullmatch(address):
        faults.append(f"{address!r} is not a chat address. It must be https://…, whatsapp:+… or telegram:@….")
    if channel.type == ChannelType.APP and address:
        faults.append("A channel inside an app has steps instead of an address.")
    return faults


def _number_faults(channel: ChannelFacts) -> list[str]:
    if not channel.dial:
        return ["A number must say how it is dialled."]
    faults = []
    if not _DIAL.fullmatch(channel.dial):
        faults.append(f"{channel.dial!r} may contain only digits, +, *, # and single spaces.")
    if channel.number_type == NumberType.SHORT:
        if "+" in channel.address + channel.dial:
            faults.append(f"{channel.dial} is a short number. It does not connect with a country code.")
        elif {"*", "#"}.intersection(channel.address + channel.dial):
            # Such codes control the phone and its network: one of them diverts all calls to another number.
            faults.append(f"{channel.dial} has * or #. A number for help has digits alone.")
        elif digits(channel.dial) != channel.address:
            faults.append(f"{channel.dial!r} does not dial {channel.address!r}.")
        elif _short_is_premium(channel.address, channel.service.country_id):
            faults.append(f"{channel.address} {_PREMIUM}")
    elif channel.number_type == NumberType.E164:
        faults += _e164_faults(channel.address, channel.dial, channel.service.country_id)
    else:
        faults.append("The number type must be e164 or short.")
    return faults


def _e164_faults(address: str, dial: str, country: str) -> list[str]:
    try:
        number = phonenumbers.parse(address, None)
        dialled = phonenumbers.parse(digits(dial), country)
    except phonenumbers.NumberParseException:
        return [f"{address!r}, dialled {dial!r}, is not a phone number of {country}."]
    if not _E164.fullmatch(address) or not phonenumbers.is_valid_number(number):
        return [f"{address!r} is not a possible phone number."]
    if phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        return [f"{address} {_PREMIUM}"]
    if (
        "*" in dial
        or "#" in dial
        or (number.country_code, number.national_number) != (dialled.country_code, dialled.national_number)
    ):
        return [f"{dial!r} does not dial {address} inside {country}."]
    return []


def _short_is_premium(short: str, country: str) -> bool:
    """Return whether the number is known to cost extra. Many short numbers are in no list, and those are accepted."""
    try:
        number = phonenumbers.parse(short, country)
    except phonenumbers.NumberParseException:
        return False
    cost = phonenumbers.expected_cost_for_region(number, country)
    return bool(cost == phonenumbers.ShortNumberCost.PREMIUM_RATE)
