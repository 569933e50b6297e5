"""Services of packs as Open Referral HSDS 3.0 objects; fields that HSDS does not have are under `fingerpost`.

HSDS has no null: what is not known is left out. docs/signposting-data.md has the mapping field by field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Required, TypedDict, cast

import pycountry

from content.exporting.home_packs import notices
from content.exporting.hsds_ids import identifier
from content.exporting.hsds_schedule import schedule_fields
from content.exporting.hsds_taxonomies import term
from content.exporting.open_data import CHANNEL_FACTS, CHANNEL_TEXTS, SERVICE_TEXTS
from content.linting.language_names import english_name
from content.resolver.types import AgeRule, PackedChannel, PackedService
from content.terms import WORLDWIDE, AgeMeasured, ChannelType, Cost

VERSION = "3.0"
#: The name of our extension, in every object that has one.
EXTENSION: Final = "fingerpost"
#: Fields of our extension: of a service, those that only a whole service has, and of a channel.
SERVICE_EXTENSION = (
    "id", "country", "regions", "area", "roles", "audiences", "situations", "named_situations", "eligibility", "languages",
    "zone", *SERVICE_TEXTS, "reviewed", "assured", "checked_on", "assured_until", "removal_power", "notices",
)  # fmt: skip
WHOLE_SERVICE_EXTENSION = ("routes", "channels")
CHANNEL_EXTENSION = (*CHANNEL_FACTS, "spoken", *CHANNEL_TEXTS)
#: Fields of a service in a pack that are not in the extension, because HSDS has fields for them.
HSDS_FIELDS = ("name", "name_display", "organization", "region_names")
_PHONE_TYPES = {ChannelType.PHONE.value: "voice", ChannelType.SMS.value: "text"}
_ISOLATES = "\u2066\u2069"

#: A JSON object of HSDS.
HsdsObject = dict[str, object]


class HsdsService(TypedDict, total=False):
    """A service of HSDS 3.0. A field that is not known is absent; the lists are only in a whole service."""

    id: Required[str]
    organization_id: str
    name: str
    description: str
    url: str
    email: str
    status: str
    fees_description: str
    eligibility_description: str
    minimum_age: int
    maximum_age: int
    assured_date: str
    assurer_email: str
    organization: HsdsObject
    fingerpost: Required[HsdsObject]
    phones: list[HsdsObject]
    schedules: list[HsdsObject]
    service_areas: list[HsdsObject]
    languages: list[HsdsObject]
    cost_options: list[HsdsObject]
    attributes: list[HsdsObject]
    #: These two depend on the instant and on earlier releases, so the API adds them.
    alert: str
    last_modified: str


def summary(service: PackedService, *, assurer: str) -> HsdsService:
    """Return the service as HSDS lists it: with its organization, and without the objects that a service has several of.

    `assurer` is the mailbox of those who answer for the checks, or empty. Alerts are not included: they depend on the instant.
    """
    ages = service["eligibility"]
    assured = service["checked_on"] if service["assured"] else None
    fields = _without_none(
        id=identifier("service", service["id"]),
        organization_id=identifier("organization", service["organization"]["id"]),
        name=service["name"],
        description=service["purpose"]["text"] if service["purpose"] else None,
        url=_first_href(service, "https:"),
        email=_first_href(service, "mailto:"),
        status="active",
        fees_description="Free of charge." if _is_free(service) else None,
        eligibility_description=_eligibility_description(ages),
        # Nobody is younger now than in an image, but many are older, so an upper age limit at the time of the image is not an
        # upper limit of the person's age.
        minimum_age=ages["min_age"],
        maximum_age=ages["max_age"] if ages["age_measured"] != AgeMeasured.IMAGE_TAKEN else None,
        assured_date=assured,
        assurer_email=(assurer or None) if assured else None,
        organization={
            "id": identifier("organization", service["organization"]["id"]),
            "name": service["organization"]["name"],
            "description": "Fingerpost holds no description of this organization.",
            EXTENSION: {"id": service["organization"]["id"]},
        },
        **{EXTENSION: _extension(service)},
    )
    return cast(HsdsService, fields)


def nested(service: PackedService, *, assurer: str) -> HsdsService:
    """Return the service with all its HSDS objects and the whole extension; see `summary`."""
    whole = summary(service, assurer=assurer)
    whole[EXTENSION] = {
        **_extension(service),
        "routes": service.get("routes", {}),
        # Packs of older releases lack some of the fields.
        "channels": [{name: channel.get(name) for name in CHANNEL_EXTENSION} for channel in service["channels"]],
    }
    lists: dict[str, list[HsdsObject]] = {
        "phones": [_phone(service["id"], channel) for channel in service["channels"] if channel["type"] in _PHONE_TYPES],
        "schedules": list(_schedules(service)),
        "service_areas": list(_areas(service)),
        "languages": [_language(service["id"], tag) for tag in service["languages"] or ()],
        "cost_options": list(_cost_options(service)),
        "attributes": list(_attributes(service)),
    }
    return cast(HsdsService, {**whole, **{name: objects for name, objects in lists.items() if objects}})


def _extension(service: PackedService) -> HsdsObject:
    return {name: service.get(name) for name in SERVICE_EXTENSION} | {"notices": notices(service)}


def _eligibility_description(ages: AgeRule) -> str | None:
    low, high = ages["min_age"], ages["max_age"]
    if low is None and high is None:
        return None
    limits = f"Up to {high}" if low is None else f"From {low}" if high is None else f"From {low} to {high}"
    moment = "when the image was made" if ages["age_measured"] == AgeMeasured.IMAGE_TAKEN else "now"
    return f"{limits} years of age {moment}."


def _is_free(service: PackedService) -> bool:
    return all(channel["cost"] == Cost.FREE for channel in service["channels"])


def _first_href(service: PackedService, scheme: str) -> str | None:
    """Return the first `href` of this scheme among the channels, an e-mail address without its scheme."""
    hrefs = (channel["href"] for channel in service["channels"])
    found = next((href for href in hrefs if href is not None and href.startswith(scheme)), None)
    return found.removeprefix("mailto:") if found is not None else None


def _phone(service: str, channel: PackedChannel) -> HsdsObject:
    return _without_none(
        id=identifier("phone", service, str(channel["position"])),
        service_id=identifier("service", service),
        # As printed, without isolates: a short number never gets a country code.
        number=channel["dial"],
        type=_PHONE_TYPES[channel["type"]],
        description=_phone_description(channel),
        **{EXTENSION: {"position": channel["position"], "keyword": channel["keyword"], "display": channel["display"]}},
    )


def _phone_description(channel: PackedChannel) -> str | None:
    label = channel["label"]["text"] if channel["label"] else None
    keyword = f"Text {channel['keyword']} to {channel['display']}." if channel["keyword"] else None
    return " ".join(part for part in (label, keyword) if part) or None


def _schedules(service: PackedService) -> Iterator[HsdsObject]:
    positions: dict[tuple[str, str | None], list[int]] = {}
    for channel in service["channels"]:
        if channel["hours"]:
            positions.setdefault((channel["hours"], channel["zone"] or service["zone"]), []).append(channel["position"])
    for (hours, zone), of_channels in positions.items():
        for number, fields in enumerate(schedule_fields(hours, zone)):
            yield {
                "id": identifier("schedule", service["id"], hours, str(number)),
                "service_id": identifier("service", service["id"]),
                **fields,
                # HSDS ties hours to the service; `positions` are the channels that they apply to.
                EXTENSION: {"positions": of_channels, "hours": hours, "zone": zone},
            }


def _areas(service: PackedService) -> Iterator[HsdsObject]:
    area = service.get("area")
    regions = zip(service["regions"], service["region_names"], strict=True)
    places = [(code, name.strip(_ISOLATES)) for code, name in regions]
    if not places and service["country"] == WORLDWIDE:
        places = [(code, _country_name(code)) for code in area] if area is not None else [(WORLDWIDE, "Worldwide")]
    for code, name in places or [(service["country"], _country_name(service["country"]))]:
        yield {
            "id": identifier("area", service["id"], code),
            "service_id": identifier("service", service["id"]),
            "name": name,
            EXTENSION: {"code": code},
        }


def _country_name(code: str) -> str:
    found = pycountry.countries.get(alpha_2=code)
    return str(found.name) if found is not None else code


def _language(service: str, tag: str) -> HsdsObject:
    return {
        "id": identifier("language", service, tag),
        "service_id": identifier("service", service),
        # Sign languages, for example, have a tag and no name.
        "name": english_name(tag) or tag,
        "code": tag.split("-", maxsplit=1)[0],
        "note": tag,
    }


def _cost_options(service: PackedService) -> Iterator[HsdsObject]:
    if _is_free(service):
        yield {
            "id": identifier("cost", service["id"]),
            "service_id": identifier("service", service["id"]),
            "option": "Free of charge",
            "amount": 0,
        }


def _attributes(service: PackedService) -> Iterator[HsdsObject]:
    for taxonomy, codes in (("role", service["roles"]), ("audience", service["audiences"])):
        for code in codes:
            yield {
                "id": identifier("attribute", service["id"], taxonomy, code),
                "link_id": identifier("service", service["id"]),
                "taxonomy_term_id": identifier("term", taxonomy, code),
                "link_type": taxonomy,
                "link_entity": "service",
                "taxonomy_term": term(taxonomy, code),
            }


def _without_none(**fields: object) -> HsdsObject:
    return {name: value for name, value in fields.items() if value is not None}
