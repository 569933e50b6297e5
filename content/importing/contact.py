"""What happens after contact, and each platform's routes by situation, from contact.yaml: drafts that need review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from content.importing.drafts import Draft
from content.importing.shapes import optional, text
from content.linting.text import text_faults
from content.terms import ANY_SITUATION, APP_STEPS, Situation
from core.errors import Invalid

CONTACT_FILE = Path(__file__).parent.parent / "facts" / "contact.yaml"
_PARTS = ("steps", "asks")


class ContactRefused(Invalid):
    """The file of what happens after contact breaks its rules, and nothing of it was loaded."""

    code = "contact-refused"


@lru_cache(maxsize=1)
def read_contact(path: Path = CONTACT_FILE) -> Mapping[str, Any]:
    """Return `after` and `routes` by service id; ContactRefused with every rule that is broken."""
    value = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    if faults := list(contact_faults(value)):
        raise ContactRefused("The words about contact were not loaded. " + " ".join(faults), faults=faults)
    return dict(value)


def contact_faults(value: Any) -> Iterator[str]:
    """Say what the file holds that it cannot."""
    if not isinstance(value, dict) or set(value) != {"after", "routes"} or not all(isinstance(v, dict) for v in value.values()):
        yield "It takes two mappings, after and routes."
        return
    for service, words in value["after"].items():
        yield from (f"after {service}: {fault}" for fault in _faults(words))
    for service, routes in value["routes"].items():
        if not isinstance(routes, dict) or ANY_SITUATION not in routes:
            yield f"routes {service}: it takes a mapping of situations, with any."
            continue
        for situation, route in routes.items():
            where = f"routes {service} {situation}"
            if situation != ANY_SITUATION and situation not in Situation.values:
                yield f"{where}: there is no such situation."
            elif not isinstance(route, dict) or set(route) != set(_PARTS) or not all(map(optional(text(500)), route.values())):
                yield f"{where}: it takes steps and asks, each a text or null."
            else:
                for words in filter(None, route.values()):
                    yield from (f"{where}: {fault}" for fault in _faults(words))


def contact_drafts(service: str) -> Iterator[Draft]:
    """Yield the drafts about one service."""
    contact, owner = read_contact(), f"service:{service}"
    if service in contact["after"]:
        yield Draft(f"service.{service}.after", owner, contact["after"][service])
    for situation, route in contact["routes"].get(service, {}).items():
        for part in _PARTS:
            if route[part] is not None and route[part] != APP_STEPS:
                yield Draft(f"route.{service}.{situation}.{part}", owner, route[part])


def _faults(words: Any) -> list[str]:
    if not text(500)(words):
        return ["it is no text."]
    faults = text_faults(words, locale="en", allowed_numbers=(), allowed_hosts=(), known_services=())
    return [fault.detail for fault in faults if not fault.caution]
