"""What a reader tells, and the plan that answers it: plain values, the same for every edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: A service as packs hold it.
Service = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """What the reader told: ages are the young person's, whoever asks; None is not told."""

    country: str
    situation: str
    audience: str = "teen"
    region: str | None = None
    age: int | None = None
    age_in_image: int | None = None
    site: str | None = None
    languages: tuple[str, ...] = ()
    can_speak: bool | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan; `service` is null where none is known, `conditions` are for the reader to judge, by service id."""

    step: str
    service: str | None
    why: tuple[str, ...]
    open: bool | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    stale: bool = False
    language_match: bool | None = None
    alternatives: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order, every service they name (as in the pack) and the slugs of the tips that belong to them."""

    steps: tuple[Step, ...]
    services: Mapping[str, Service]
    tips: tuple[str, ...]
