"""The rules for the facts of a service that people may edit; its numbers and addresses have rules of their own."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import langcodes
import pycountry

from content.linting.channel import hours_faults
from content.linting.time_zones import is_time_zone
from content.terms import WORLDWIDE, AgeMeasured, Audience, Situation

if TYPE_CHECKING:
    from content.models.service import Service

MAX_AGE = 120


def service_faults(service: Service, *, countries: Collection[str], statuses: Collection[str]) -> list[str]:
    """Return one sentence for each rule that the service breaks; `countries` and `statuses` are those that exist."""
    faults = [
        *_audience_faults(service),
        *_area_faults(service, countries),
        *(f"{tag!r} is not a language tag." for tag in service.languages or () if not langcodes.tag_is_valid(tag)),
    ]
    if service.zone and not is_time_zone(service.zone):
        faults.append(f"{service.zone!r} is not an IANA time zone.")
    if service.status not in statuses:
        faults.append(f"There is no status {service.status}.")
    faults += age_faults(service.min_age, service.max_age, service.age_measured)
    return faults + _hours_faults(service)


def _audience_faults(service: Service) -> list[str]:
    faults = []
    if unknown := sorted({*service.audiences} - {*Audience.values}):
        faults.append(f"There is no audience {', '.join(unknown)}.")
    if not service.audiences:
        faults.append("Choose at least one audience.")
    if unknown := sorted({*service.situations} - {*Situation.values}):
        faults.append(f"There is no situation {', '.join(unknown)}.")
    if not (service.situations or service.general):
        faults.append("Choose at least one situation, or say that the service helps with all of them.")
    return faults


def _area_faults(service: Service, countries: Collection[str]) -> list[str]:
    faults = [
        f"{region} is not a region of {service.country_id}." for region in service.regions if not _is_region(region, service)
    ]
    if service.area is not None:
        if service.country_id != WORLDWIDE:
            faults.append("Only a worldwide service can have a list of countries that it works in.")
        faults += [f"There is no country {code}." for code in service.area if code not in countries or code == WORLDWIDE]
    return faults


def age_faults(min_age: int | None, max_age: int | None, measured: str) -> list[str]:
    """Return one sentence for each rule that an age rule of a service or a tip breaks."""
    ages = [age for age in (min_age, max_age) if age is not None]
    faults = [f"An age must be between 0 and {MAX_AGE}; {age} is not." for age in ages if not 0 <= age <= MAX_AGE]
    if min_age is not None and max_age is not None and min_age > max_age:
        faults.append("The lowest age is above the highest age.")
    if ages and measured not in AgeMeasured.values:
        faults.append("Choose the moment at which the age counts: now, or when the image was taken.")
    return faults


def _hours_faults(service: Service) -> list[str]:
    """Return what is wrong with the hours of the channels in the time zone of the service."""
    return [fault for channel in service.channels.all() for fault in hours_faults(channel.hours, service.zone)]


def _is_region(region: str, service: Service) -> bool:
    found = pycountry.subdivisions.get(code=region)
    return found is not None and found.country_code == service.country_id
