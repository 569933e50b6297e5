"""Read and check contact.yaml: what happens after contact, and how to report inside each platform, by situation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationError
from ruamel.yaml import YAML

from content.linting.text import text_faults
from content.terms import ANY_SITUATION, APP_STEPS, Situation
from core.errors import Invalid
from core.file_models import FileModel, OneOf, Slug, Text, fault_lines

CONTACT_FILE = Path(__file__).parent / "facts" / "contact.yaml"


class ContactRefused(Invalid):
    """contact.yaml breaks a rule, and nothing of it was loaded."""

    code = "contact-refused"


class ContactRoute(FileModel):
    """One way to report inside a platform; null where something is not known."""

    steps: Annotated[str, Text(500)] | None
    """Where to tap, or the word app: the steps of the channel inside the app."""
    asks: Annotated[str, Text(500)] | None
    """What the form asks for."""

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the name and text of each part that is words."""
        if self.steps is not None and self.steps != APP_STEPS:
            yield "steps", self.steps
        if self.asks is not None:
            yield "asks", self.asks


def _with_any(routes: dict[str, ContactRoute]) -> dict[str, ContactRoute]:
    if ANY_SITUATION not in routes:
        raise ValueError(f"a route for the situation {ANY_SITUATION!r} is required")
    return routes


_Situation = Annotated[str, OneOf([ANY_SITUATION, *Situation.values])]


class Contact(FileModel):
    """What people learn before they contact a service, in the source language."""

    after: dict[Annotated[str, Slug(80)], Annotated[str, Text(500)]]
    """What happens after contact, by service."""
    routes: dict[Annotated[str, Slug(80)], Annotated[dict[_Situation, ContactRoute], AfterValidator(_with_any)]]
    """How to report inside a platform, by service and situation."""

    def rule_faults(self) -> Iterator[str]:
        """Yield what the rules for texts refuse, with its place."""
        texts = {f"after.{service}": text for service, text in self.after.items()}
        texts |= {
            f"routes.{service}.{situation}.{part}": text
            for service, routes in self.routes.items()
            for situation, route in routes.items()
            for part, text in route.texts()
        }
        for place, text in texts.items():
            yield from (f"{CONTACT_FILE.name}: {place}: {reason}" for reason in _text_faults(text))


@lru_cache(maxsize=1)
def read_contact(file: Path = CONTACT_FILE) -> Contact:
    """Return the contents of the file; ContactRefused lists every rule that is broken."""
    return parse_contact(YAML(typ="safe").load(file.read_text(encoding="utf-8")))


def parse_contact(document: Any) -> Contact:
    """Return the contents of the file, checked; ContactRefused lists every rule that is broken."""
    try:
        contact = Contact.model_validate(document)
        reasons = list(contact.rule_faults())
    except ValidationError as error:
        reasons = fault_lines(error, CONTACT_FILE.name)
    if reasons:
        raise ContactRefused(f"{CONTACT_FILE.name} was not loaded. " + " ".join(reasons), faults=reasons)
    return contact


def read_routes() -> Mapping[str, Mapping[str, Mapping[str, str | None]]]:
    """Return `steps` and `asks` by service and situation, as plain values."""
    routes: dict[str, dict[str, dict[str, str | None]]] = read_contact().model_dump()["routes"]
    return routes


def _text_faults(text: str) -> list[str]:
    found = text_faults(text, locale="en", allowed_numbers=(), allowed_hosts=(), known_services=())
    return [fault.detail for fault in found if fault.refuses]
