"""The file of facts for tests: whole, with the few entries that suffice, or with one entry changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from content.importing.facts import FACTS_DIR, load_facts
from content.models import ChannelRevision
from core.models import User
from tests import make
from tests.make import NOON

FILE = (FACTS_DIR / "reporting_tools.json").read_bytes()
AREAS = json.loads((FACTS_DIR / "areas.json").read_bytes())


def some_of(file: bytes) -> bytes:
    """Return a file of the entries that the tests of later files use."""
    names = {
        "gb-childline",
        "gb-ceop-safety-centre",
        "platform-skype",
        "platform-teams",
        "zz-take-it-down",
        "zz-stopncii",
        "de-polizei-110",
        *AREAS,
    }
    return json.dumps({"entries": [entry for entry in json.loads(file)["entries"] if entry["id"] in names]}).encode()


def with_entry(name: str, change: Callable[[dict[str, Any]], object], file: bytes = FILE) -> bytes:
    """Return the file with one entry changed."""
    facts = json.loads(file)
    change(next(entry for entry in facts["entries"] if entry["id"] == name))
    return json.dumps(facts).encode()


SOME = some_of(FILE)


def load(data: bytes = FILE) -> Any:
    """Load a file of facts."""
    return load_facts(data, by=User.objects.system(), at=NOON)


def approve_all() -> None:
    """Approve every proposed service and channel."""
    make.approve_services()
    for revision in ChannelRevision.objects.proposed().order_by("pk"):
        revision.approve(by=make.checker(), at=NOON)


def channel(number: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change of a channel of an entry, for `with_entry`."""
    return lambda entry: entry["channels"][number].update(values)
