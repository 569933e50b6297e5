"""The rules for the facts of a service that people may amend; its numbers have rules of their own."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

import langcodes
import pycountry

from content.linting.channel import hours_faults
from content.terms import WORLDWIDE, AgeMeasured, Audience, Situation

if TYPE_CHECKING:
    from content.models.service import Service

#: An age above this is a slip of the finger.
OLDEST = 120


def service_faults(service: Service, *, countries: Collection[str], statuses: Collection[str]) -> list[str]:
    """Return one sentence for each rule that the facts break; an empty list where they are in order."""
    faults = []
    if unknown := sorted({*service.audiences} - {*Audience.values}):
        faults.append(f"There is no audience {', '.join(unknown)}.")
    if not service.audiences:
        faults.append("A service is for somebody: choose at least one audience.")
    if unknown := sorted({*service.situations} - {*Situation.values}):
        faults.append(f"There is no situation {', '.join(unknown)}.")
    if not (service.situations or service.general):
        faults.append("A service is for some situation: choose one, or say that it takes on every one.")
    faults += [f"{region} is no region of {service.country_id}." for region in service.regions if not _lies_in(region, service)]
    if service.area is not None:
        if service.country_id != WORLDWIDE:
            faults.append("Only a worldwide service has a list of countries that it works in.")
        faults += [f"There is no country {code}." for code in service.area if code not in countries or code == WORLDWIDE]
    faults += [f"{tag!r} is no language tag." for tag in service.languages or () if not langcodes.tag_is_valid(tag)]
    if service.zone and service.zone not in _zones():
        faults.append(f"{service.zone!r} is no IANA time zone.")
    if service.status not in statuses:
        faults.append(f"There is no status {service.status}.")
    return faults + _age_faults(service) + _hour_faults(service)


def _age_faults(service: Service) -> list[str]:
    ages = [age for age in (service.min_age, service.max_age) if age is not None]
    faults = [f"{age} is no age." for age in ages if not 0 <= age <= OLDEST]
    if service.min_age is not None and service.max_age is not None and service.min_age > service.max_age:
        faults.append("The lowest age lies above the highest.")
    if ages and service.age_measured not in AgeMeasured.values:
        faults.append("Say at which moment the age counts: now, or when the image was taken.")
    return faults


def _hour_faults(service: Service) -> list[str]:
    """Find hours of channels that the zone leaves without a clock."""
    return [fault for channel in service.channels.all() for fault in hours_faults(channel.hours, service.zone)]


def _lies_in(region: str, service: Service) -> bool:
    found = pycountry.subdivisions.get(code=region)
    return found is not None and found.country_code == service.country_id


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
