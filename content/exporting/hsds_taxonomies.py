"""Our roles and audiences as HSDS taxonomies. Situations are not, because the id of a term is part of a URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from content.exporting.hsds_ids import identifier
from content.terms import Audience, Role


@dataclass(frozen=True)
class _Taxonomy:
    name: str
    description: str
    #: By code: name and description.
    terms: dict[str, tuple[str, str]]


_TAXONOMIES: Final = {
    "role": _Taxonomy(
        "Fingerpost: roles",
        "What a service does for somebody who needs help.",
        {
            Role.EMERGENCY.value: ("Emergency", "The number to call in immediate danger."),
            Role.POLICE_REPORT.value: ("Report to the police", "Takes reports of a crime."),
            Role.IMAGE_REMOVAL.value: ("Image removal", "Helps to remove an image from the internet."),
            Role.HELPLINE.value: ("Helpline", "People who listen."),
            Role.HOTLINE_CSAM_REPORT.value: ("Hotline", "Takes reports of child sexual abuse material."),
            Role.PLATFORM_REPORT.value: ("Report to the platform", "The report form of a site or an app."),
            Role.ADVICE.value: ("Advice", "Explains what can be done."),
        },
    ),
    "audience": _Taxonomy(
        "Fingerpost: audiences",
        "Who the service is for.",
        {
            Audience.TEEN.value: ("Teen", "The young person."),
            Audience.PARENT.value: ("Parent", "A parent or carer."),
            Audience.EDUCATOR.value: ("Educator", "A person who works with young people."),
            Audience.BYSTANDER.value: ("Bystander", "A person who saw what happened."),
            Audience.SURVIVOR.value: ("Survivor", "An adult who was harmed as a child."),
        },
    ),
}


def taxonomies() -> list[dict[str, str]]:
    """Return the HSDS taxonomies."""
    return [
        {"id": identifier("taxonomy", key), "name": taxonomy.name, "description": taxonomy.description, "version": "1"}
        for key, taxonomy in _TAXONOMIES.items()
    ]


def taxonomy_terms() -> list[dict[str, str]]:
    """Return the HSDS taxonomy terms of all taxonomies."""
    return [term(key, code) for key, taxonomy in _TAXONOMIES.items() for code in taxonomy.terms]


def term(taxonomy: str, code: str) -> dict[str, str]:
    """Return the HSDS taxonomy term of a code in a taxonomy ("role" or "audience")."""
    name, description = _TAXONOMIES[taxonomy].terms[code]
    return {
        "id": identifier("term", taxonomy, code),
        "code": code,
        "name": name,
        "description": description,
        "taxonomy": _TAXONOMIES[taxonomy].name,
        "taxonomy_id": identifier("taxonomy", taxonomy),
        "language": "en",
    }
