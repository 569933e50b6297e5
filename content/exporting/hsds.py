"""Services of packs as Open Referral HSDS 3.0 has them; what it has no word for stands under `fingerpost`.

HSDS knows no null: what is not known is left out. docs/signposting-data.md tells field by field what becomes what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pycountry
from babel import Locale, UnknownLocaleError

from content.exporting.hsds_schedule import schedule_fields
from content.exporting.open_data import CHANNEL_FACTS, CHANNEL_WORDS, SERVICE_WORDS, notices
from content.terms import WORLDWIDE, AgeMeasured, Audience, ChannelType, Cost, Role

VERSION = "3.0"
#: The name of our extensions, in every object that has any.
EXTENSION = "fingerpost"
#: What the extension tells of a service: in the list, and besides of a whole one; and of a channel.
SERVICE_TOLD = (
    "id", "country", "regions", "area", "roles", "audiences", "situations", "named_situations", "eligibility", "languages",
    "zone", *SERVICE_WORDS, "reviewed", "assured", "checked_on", "assured_until", "notices",
)  # fmt: skip
WHOLE_TOLD = ("routes", "channels")
CHANNEL_TOLD = (*CHANNEL_FACTS, "spoken", *CHANNEL_WORDS)
#: What a pack holds of a service and the extension does not: HSDS has a word for each.
IN_HSDS = ("name", "name_display", "organization", "region_names")
_NAMESPACE = uuid5(NAMESPACE_DNS, "hsds.fingerpost")

#: Taxonomy to its name, what it is, and its terms with theirs. Situations are none: a term stands in addresses.
_TAXONOMIES: dict[str, tuple[str, str, dict[str, tuple[str, str]]]] = {
    "role": (
        "Fingerpost: roles",
        "What a service does for somebody who needs help.",
        {
            Role.EMERGENCY.value: ("Emergency", "The number for danger now."),
            Role.POLICE_REPORT.value: ("Report to the police", "Takes reports of a crime."),
            Role.IMAGE_REMOVAL.value: ("Image removal", "Helps to get an image off the internet."),
            Role.HELPLINE.value: ("Helpline", "Somebody who listens."),
            Role.HOTLINE_CSAM_REPORT.value: ("Hotline", "Takes reports of child sexual abuse material."),
            Role.PLATFORM_REPORT.value: ("Report to the platform", "A site's or an app's own way to report."),
            Role.ADVICE.value: ("Advice", "Tells what can be done."),
        },
    ),
    "audience": (
        "Fingerpost: audiences",
        "Who may ask the service.",
        {
            Audience.TEEN.value: ("Teen", "The young person."),
            Audience.PARENT.value: ("Parent", "A parent or carer."),
            Audience.EDUCATOR.value: ("Educator", "Somebody who works with young people."),
            Audience.BYSTANDER.value: ("Bystander", "Somebody who saw it happen."),
        },
    ),
}
_NUMBERS = {ChannelType.PHONE.value: "voice", ChannelType.SMS.value: "text"}


def identifier(kind: str, *names: str) -> str:
    """Return the UUID of a thing, the same in every release and on every installation."""
    return str(uuid5(_NAMESPACE, ":".join((kind, *names))))


def taxonomies() -> list[dict[str, str]]:
    """Return the HSDS taxonomies."""
    return [
        {"id": identifier("taxonomy", name), "name": title, "description": about, "version": "1"}
        for name, (title, about, _) in _TAXONOMIES.items()
    ]


def taxonomy_terms() -> list[dict[str, str]]:
    """Return the HSDS taxonomy terms of all taxonomies."""
    return [_term(taxonomy, code) for taxonomy, (_, _, terms) in _TAXONOMIES.items() for code in terms]


def summary(service: Mapping[str, Any], *, assurer: str) -> dict[str, Any]:
    """Return what HSDS lists of a service: the fields that it has one of, and its organization; no alert, which has its time.

    `assurer` is the mailbox of who answers for the checks, or empty.
    """
    own, ages = identifier("service", service["id"]), service["eligibility"]
    assured = service["checked_on"] if service["assured"] else None
    return _known(
        id=own,
        organization_id=identifier("organization", service["organization"]["id"]),
        name=service["name"],
        description=service["purpose"]["text"] if service["purpose"] else None,
        url=_first_address(service, "https:"),
        email=_first_address(service, "mailto:"),
        status="active",
        fees_description="Free of charge." if _is_free(service) else None,
        eligibility_description=_eligibility(ages),
        # Nobody is younger now than in a picture of them, but many are older: then no upper age holds for the person.
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


def nested(service: Mapping[str, Any], *, assurer: str) -> dict[str, Any]:
    """Return the service with all that belongs to it."""
    own = identifier("service", service["id"])
    found = summary(service, assurer=assurer)
    found[EXTENSION] = found[EXTENSION] | {
        "routes": service.get("routes", {}),
        # Packs of older releases lack what packs have learnt since.
        "channels": [{name: way.get(name) for name in CHANNEL_TOLD} for way in service["channels"]],
    }
    return found | _filled(
        phones=[_phone(service["id"], channel) for channel in service["channels"] if channel["type"] in _NUMBERS],
        schedules=list(_schedules(service)),
        service_areas=list(_areas(service)),
        languages=[_language(service["id"], tag) for tag in service["languages"] or ()],
        cost_options=[{"id": identifier("cost", service["id"]), "service_id": own, "option": "Free of charge", "amount": 0}]
        if _is_free(service)
        else [],
        attributes=[
            {
                "id": identifier("attribute", service["id"], taxonomy, code),
                "link_id": own,
                "taxonomy_term_id": identifier("term", taxonomy, code),
                "link_type": taxonomy,
                "link_entity": "service",
                "taxonomy_term": _term(taxonomy, code),
            }
            for taxonomy, codes in (("role", service["roles"]), ("audience", service["audiences"]))
            for code in codes
        ],
    )


def _extension(service: Mapping[str, Any]) -> dict[str, Any]:
    return {name: service.get(name) for name in SERVICE_TOLD} | {"notices": notices(service)}


def _eligibility(ages: Mapping[str, Any]) -> str | None:
    low, high = ages["min_age"], ages["max_age"]
    if low is None and high is None:
        return None
    span = f"Up to {high}" if low is None else f"From {low}" if high is None else f"From {low} to {high}"
    measured = "when the image was made" if ages["age_measured"] == AgeMeasured.IMAGE_TAKEN else "now"
    return f"{span} years of age {measured}."


def _is_free(service: Mapping[str, Any]) -> bool:
    return all(channel["cost"] == Cost.FREE for channel in service["channels"])


def _first_address(service: Mapping[str, Any], scheme: str) -> str | None:
    addresses = (channel["href"] for channel in service["channels"] if (channel["href"] or "").startswith(scheme))
    found: str | None = next(addresses, None)
    return found.removeprefix("mailto:") if found is not None else None


def _phone(service: str, channel: Mapping[str, Any]) -> dict[str, Any]:
    # `number` is what is dialled, as printed: never with invisible characters, and a short number never with a country code.
    return _known(
        id=identifier("phone", service, str(channel["position"])),
        service_id=identifier("service", service),
        number=channel["dial"],
        type=_NUMBERS[channel["type"]],
        description=_phone_words(channel),
        **{EXTENSION: {"position": channel["position"], "keyword": channel["keyword"], "display": channel["display"]}},
    )


def _phone_words(channel: Mapping[str, Any]) -> str | None:
    label = channel["label"]["text"] if channel["label"] else None
    keyword = f"Text {channel['keyword']} to {channel['display']}." if channel["keyword"] else None
    return " ".join(part for part in (label, keyword) if part) or None


def _schedules(service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    shared: dict[tuple[str, str | None], list[int]] = {}
    for channel in service["channels"]:
        if channel["hours"]:
            shared.setdefault((channel["hours"], channel["zone"] or service["zone"]), []).append(channel["position"])
    for (hours, zone), positions in shared.items():
        for number, fields in enumerate(schedule_fields(hours, zone)):
            yield {
                "id": identifier("schedule", service["id"], hours, str(number)),
                "service_id": identifier("service", service["id"]),
                **fields,
                # HSDS ties hours to the service; these are the channels that they are of.
                EXTENSION: {"positions": positions, "hours": hours, "zone": zone},
            }


def _areas(service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    regions = zip(service["regions"], service["region_names"], strict=True)
    places = [(code, name.strip("\u2066\u2069")) for code, name in regions]
    if not places and service["country"] == WORLDWIDE:
        places = (
            [(code, _country(code)) for code in service["area"]] if service["area"] is not None else [(WORLDWIDE, "Worldwide")]
        )
    for code, name in places or [(service["country"], _country(service["country"]))]:
        yield {
            "id": identifier("area", service["id"], code),
            "service_id": identifier("service", service["id"]),
            "name": name,
            EXTENSION: {"code": code},
        }


def _country(code: str) -> str:
    found = pycountry.countries.get(alpha_2=code)
    return str(found.name) if found is not None else code


def _language(service: str, tag: str) -> dict[str, str]:
    try:
        name = Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        # A sign language, for one, is no locale of CLDR.
        name = tag
    return {
        "id": identifier("language", service, tag),
        "service_id": identifier("service", service),
        "name": name,
        "code": tag.split("-")[0],
        "note": tag,
    }


def _term(taxonomy: str, code: str) -> dict[str, str]:
    title, _, terms = _TAXONOMIES[taxonomy]
    return {
        "id": identifier("term", taxonomy, code),
        "code": code,
        "name": terms[code][0],
        "description": terms[code][1],
        "taxonomy": title,
        "taxonomy_id": identifier("taxonomy", taxonomy),
        "language": "en",
    }


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _filled(**lists: list[Any]) -> dict[str, Iterable[Any]]:
    return {name: value for name, value in lists.items() if value}
