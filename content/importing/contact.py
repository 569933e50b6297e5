"""Drafts of the texts in contact.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from content.contact_file import read_contact
from content.importing.drafts import Draft


def contact_drafts(service: str) -> Iterator[Draft]:
    """Yield a draft for each text about one service."""
    contact, owner = read_contact(), f"service:{service}"
    if service in contact.after:
        yield Draft(f"service.{service}.after", owner, contact.after[service])
    for situation, route in contact.routes.get(service, {}).items():
        for part, text in route.texts():
            yield Draft(f"route.{service}.{situation}.{part}", owner, text)
