"""Read the file of emergency numbers that come from a phone library's table: one worldwide service for each country."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Annotated, Any

import pycountry
from annotated_types import MinLen
from pydantic import AfterValidator, Field, ValidationError

from content.importing.facts_entry import assigned_country
from content.importing.facts_file import FactsRefused, ImportedChannel, ImportedService
from content.linting.channel import channel_faults
from content.models import Channel, Service
from content.models.channel_facts import FACTS
from content.models.service_facts import Status
from content.terms import WORLDWIDE, Audience, ChannelType, Confidence, Cost, NumberType, Role, Situation
from core.file_models import Day, FileModel, Text, fault_lines

#: Added to the country's code in lower case, it is the id of the service.
SUFFIX = "-emergency-number"
ORGANIZATION = "Emergency services"
#: A crisis line has one of these; a directory of links is none.
CRISIS_CHANNELS = (ChannelType.PHONE, ChannelType.SMS, ChannelType.CHAT)
CHECK_FIRST = "whether the number is right, and which service answers"

_Country = Annotated[str, Text(2), AfterValidator(assigned_country)]
_Number = Annotated[str, Field(pattern=r"^[0-9]{2,5}$")]


class EmergencyNumbers(FileModel):
    """The emergency numbers of the countries that have no pack of their own."""

    schema_url: str | None = Field(None, alias="$schema")
    source: Annotated[str, Text(500)]
    """Where the table is published."""
    library: Annotated[str, Text(40)]
    version: Annotated[str, Text(20)]
    read_on: Day
    numbers: dict[_Country, Annotated[list[_Number], MinLen(1)]]
    """Short numbers by ISO 3166-1 code, best first."""
    not_known: dict[_Country, Annotated[str, Text(200)]]
    """Why a country has none here."""


def read_emergency_numbers(data: bytes, *, covered: Collection[str] = ()) -> list[ImportedService]:
    """Return a service for each country of the file; FactsRefused names each rule that is broken.

    `covered` are the countries whose emergency number is known from elsewhere; the file must not name them.
    """
    try:
        file = EmergencyNumbers.model_validate(json.loads(data))
    except (ValueError, RecursionError) as error:
        faults = fault_lines(error) if isinstance(error, ValidationError) else []
        raise FactsRefused("The file of emergency numbers cannot be read. " + " ".join(faults), faults=faults) from error
    faults = [f"{country}: has an emergency number in the file of services." for country in file.numbers if country in covered]
    faults += [f"{country}: is said to have no number." for country in file.numbers if country in file.not_known]
    services = [_service(country, numbers, file) for country, numbers in file.numbers.items()]
    faults += [f"{service.id}: {reason}" for service in services for reason in _channel_faults(service)]
    if faults:
        raise FactsRefused("The file of emergency numbers was not loaded. " + " ".join(faults), faults=faults)
    return services


def countries_covered(services: Collection[ImportedService]) -> frozenset[str]:
    """Return the countries that need no number from the library: they are in the area of a worldwide number, or have a pack.

    A country without a crisis line has no pack of its own (see `gate`), so its readers get the worldwide one.
    """
    emergency = [service for service in services if Role.EMERGENCY in service.fields["roles"] and service.channels]
    with_line = {service.fields["country_id"] for service in services if _is_crisis_line(service)}
    own = {service.fields["country_id"] for service in emergency} & with_line
    return frozenset(own.union(*(service.fields["area"] or () for service in emergency)) - {WORLDWIDE})


def _is_crisis_line(service: ImportedService) -> bool:
    return (
        Role.HELPLINE in service.fields["roles"]
        and Situation.SELF_HARM_RISK in service.fields["situations"]
        and any(channel.facts["type"] in CRISIS_CHANNELS for channel in service.channels)
    )


def _service(country: str, numbers: Collection[str], file: EmergencyNumbers) -> ImportedService:
    names = {place.alpha_2: place.name for place in pycountry.countries}
    fields: dict[str, Any] = {
        "name": f"Emergency number ({names[country]})",
        "country_id": WORLDWIDE,
        "regions": [],
        "area": [country],
        "roles": [Role.EMERGENCY.value],
        "audiences": list(Audience.values),
        "situations": [],
        "general": True,
        "min_age": None,
        "max_age": None,
        "age_measured": "",
        "languages": None,
        "zone": "",
        "status": Status.ACTIVE.value,
        "successor_id": None,
        "confidence": Confidence.CONFIRMED_IN_SOURCE.value,
        "source": file.source,
        "more_sources": [],
        "source_kind": "secondary",
        "source_year": None,
        "compiled_on": file.read_on,
        "notes": f"From the table of emergency numbers of {file.library} {file.version}.",
        "needs_before_launch": [CHECK_FIRST],
    }
    channels = [ImportedChannel(_facts(number, file), label=None, steps=None) for number in numbers]
    return ImportedService(f"{country.lower()}{SUFFIX}", ORGANIZATION, fields, purpose=None, channels=channels)


def _facts(number: str, file: EmergencyNumbers) -> dict[str, Any]:
    return dict.fromkeys(FACTS, "") | {
        "type": ChannelType.PHONE.value,
        "number_type": NumberType.SHORT.value,
        "dial": number,
        "address": number,
        "cost": Cost.UNKNOWN.value,
        "anonymous": None,
        "on_bill": None,
        "situations": None,
        "source": file.source,
    }


def _channel_faults(imported: ImportedService) -> list[str]:
    service = Service(id=imported.id, **imported.fields)
    return [
        reason
        for position, channel in enumerate(imported.channels, start=1)
        for reason in channel_faults(Channel(service=service, position=position, **channel.facts))
    ]
