"""Test vectors for resolvers: each case of docs/resolver-vectors.json with the plan that this one makes of its fixed pack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NotRequired, TypedDict, cast

from content.resolver.opening_hours import ALWAYS
from content.resolver.resolve import resolve
from content.resolver.types import PackContent, PackedChannel, PackedService, Plan, PlanStep, Query

_DOCS = Path(__file__).parents[2] / "docs"
VECTORS = _DOCS / "resolver-vectors.json"
PACKS = _DOCS / "resolver-packs.json"


class StepVector(TypedDict):
    """A step as plain values (see `PlanStep`); times are RFC 3339 in UTC."""

    step: str
    service: str | None
    why: list[str]
    open: bool | None
    closes_at: str | None
    opens_at: str | None
    stale: bool
    language_match: bool | None
    alternatives: list[str]
    conditions: dict[str, str]
    notes: dict[str, str]


class PlanVector(TypedDict):
    """A plan as plain values: its steps, and the slugs of its tips."""

    steps: list[StepVector]
    tips: list[str]
    more_tips: list[str]


_TIPS: Final[tuple[Literal["tips"], Literal["more_tips"]]] = ("tips", "more_tips")


class Case(TypedDict):
    """One case. `pack` names one of the fixed packs; `query` has the fields of `Query` that are given."""

    name: str
    pack: str
    query: Mapping[str, object]
    at: str
    #: A case that was just written has none yet.
    expect: NotRequired[PlanVector]
    #: The plan of a resolver that reads the table `week` instead of the hours, where it differs.
    expect_by_week: NotRequired[PlanVector]


def read_packs() -> dict[str, PackContent]:
    """Return the fixed packs by name. They hold what a resolver looks at, and no words."""
    file = json.loads(PACKS.read_text(encoding="utf-8"))
    # Every pack has the same order of steps, situations, aliases and holidays, so the file holds those once.
    shared = {name: file[name] for name in ("plan_order", "aliases", "public_holidays")}
    shared["labels"] = {"situations": dict.fromkeys(file["situations"])}
    return {name: cast(PackContent, {**shared, **pack}) for name, pack in file["packs"].items()}


def read_cases() -> list[Case]:
    """Return the cases in the order of the file."""
    cases: list[Case] = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    return cases


def answer(case: Case, packs: Mapping[str, PackContent]) -> PlanVector:
    """Return the plan that the resolver makes for the case."""
    return plain(resolve(packs[case["pack"]], query_of(case), datetime.fromisoformat(case["at"])))


def fill_in(case: Case, packs: Mapping[str, PackContent]) -> bool:
    """Write into the case the plans that the resolver makes for it; return whether that changed it."""
    by_hours, by_week = answer(case, packs), answer(case, {case["pack"]: read_by_week(packs[case["pack"]])})
    filled: Case = {"name": case["name"], "pack": case["pack"], "query": case["query"], "at": case["at"], "expect": by_hours}
    if by_week != by_hours:
        filled["expect_by_week"] = by_week
    changed = case != filled
    case.pop("expect_by_week", None)
    case.update(filled)
    return changed


def read_by_week(pack: PackContent) -> PackContent:
    """Return the pack as a resolver without a parser of opening hours reads it: hours without a table are unknown."""

    def read(channel: PackedChannel) -> PackedChannel:
        known = channel["hours"] == ALWAYS or channel.get("week") is not None
        return channel if known else {**channel, "hours": None}

    services: list[PackedService] = [
        {**service, "channels": [read(channel) for channel in service["channels"]]} for service in pack["services"]
    ]
    return {**pack, "services": services}


def query_of(case: Case) -> Query:
    """Return the query of the case as the resolver takes it."""
    fields = {name: tuple(cast(list[str], value)) if name == "languages" else value for name, value in case["query"].items()}
    return Query(**fields)  # type: ignore[arg-type]  # the file is ours, and a field that is wrong fails here


def plain(plan: Plan) -> PlanVector:
    """Return the plan as a vector has it."""
    return {
        "steps": [_plain_step(step) for step in plan.steps],
        "tips": list(plan.tips),
        "more_tips": list(plan.more_tips),
    }


def _plain_step(step: PlanStep) -> StepVector:
    return {
        "step": step.step,
        "service": step.service,
        "why": list(step.why),
        "open": step.open,
        "closes_at": _rfc3339(step.closes_at),
        "opens_at": _rfc3339(step.opens_at),
        "stale": step.stale,
        "language_match": step.language_match,
        "alternatives": list(step.alternatives),
        "conditions": dict(step.conditions),
        "notes": dict(step.notes),
    }


def _rfc3339(value: datetime | None) -> str | None:
    # The resolver imports nothing of the product but its terms.
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(cases: list[Case]) -> str:
    """Return the text of the file of these cases: one line for each step, so that a diff shows how a rule changed."""
    blocks = []
    for case in cases:
        head = ",\n".join(
            f"  {json.dumps(name)}: {_line(value)}"
            for name, value in (("name", case["name"]), ("pack", case["pack"]), ("query", case["query"]), ("at", case["at"]))
        )
        plans = [f'  "expect": {_plan_to_json(case["expect"])}']
        if "expect_by_week" in case:
            plans.append(f'  "expect_by_week": {_plan_to_json(case["expect_by_week"])}')
        blocks.append(",\n".join([f" {{\n{head}", *plans]) + "\n }")
    return '{"about": "docs/resolver.md explains this file", "cases": [\n' + ",\n".join(blocks) + "\n]}\n"


def _plan_to_json(plan: PlanVector) -> str:
    steps = ",\n".join(f"    {_line(step)}" for step in plan["steps"])
    slugs = ", ".join(f'"{name}": {_line(plan[name])}' for name in _TIPS)
    return f'{{{slugs}, "steps": [\n{steps}\n  ]}}'


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
