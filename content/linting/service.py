"""The rules for the facts of a service and the name of an organization; numbers and addresses have rules of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import langcodes
import pycountry

from content.linting.channel import hours_faults
from content.linting.time_zones import is_time_zone
from content.terms import WORLDWIDE, AgeMeasured, Audience, Confidence, Role, Situation

if TYPE_CHECKING:
    from content.models.service_facts import ServiceFacts

MAX_AGE = 120
MAX_NAME = 200


def service_faults(
    service: ServiceFacts, *, countries: Collection[str], statuses: Collection[str], hours: Iterable[str]
) -> list[str]:
    """Return one sentence for each rule that the facts break.

    `countries` and `statuses` are those that exist, and `hours` the opening hours of the channels of the service.
    """
    faults = [
        *name_faults(service.name),
        *_role_faults(service),
        *_audience_faults(service),
        *_area_faults(service, countries),
        *(f"{tag!r} is not a language tag." for tag in service.languages or () if not langcodes.tag_is_valid(tag)),
    ]
    if service.zone and not is_time_zone(service.zone):
        faults.append(f"{service.zone!r} is not an IANA time zone.")
    if service.status not in statuses:
        faults.append(f"There is no status {service.status}.")
    faults += age_faults(service.min_age, service.max_age, service.age_measured)
    if service.confidence == Confidence.CONFIRMED_IN_SOURCE and not service.source:
        faults.append("Enter the source in which the facts are confirmed.")
    return faults + [fault for found in hours for fault in hours_faults(found, service.zone)]


def name_faults(name: str) -> list[str]:
    """Return one sentence for each rule that the name of a service or an organization breaks."""
    faults = []
    if not name.strip():
        faults.append("Enter the name.")
    if len(name) > MAX_NAME:
        faults.append(f"A name has at most {MAX_NAME} characters.")
    # Joiners are letters of some scripts; line breaks and characters that turn the direction of a text are not.
    if not name.replace("\u200c", "").replace("\u200d", "").isprintable():
        faults.append("A name is one line without invisible characters.")
    return faults


def _role_faults(service: ServiceFacts) -> list[str]:
    faults = [] if service.roles else ["Choose at least one role."]
    if unknown := sorted({*service.roles} - {*Role.values}):
        faults.append(f"There is no role {', '.join(unknown)}.")
    return faults


def _audience_faults(service: ServiceFacts) -> list[str]:
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


def _area_faults(service: ServiceFacts, countries: Collection[str]) -> list[str]:
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


def _is_region(region: str, service: ServiceFacts) -> bool:
    found = pycountry.subdivisions.get(code=region)
    return found is not None and found.country_code == service.country_id
