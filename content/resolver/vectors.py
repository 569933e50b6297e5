"""Test vectors for resolvers: each case of docs/resolver-vectors.json with what ours answers on docs/resolver-packs.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from content.resolver.resolve import Query, resolve
from content.resolver.types import Plan

_DOCS = Path(__file__).parents[2] / "docs"
VECTORS = _DOCS / "resolver-vectors.json"
PACKS = _DOCS / "resolver-packs.json"


def read_packs() -> dict[str, Any]:
    """Return the fixed packs by name: as far as a resolver looks, without words."""
    file = json.loads(PACKS.read_text(encoding="utf-8"))
    # Every country's pack has the same order of steps and the same situations, so the file holds them once.
    shared = {"plan_order": file["plan_order"], "labels": {"situations": dict.fromkeys(file["situations"])}}
    return {name: {**shared, **pack} for name, pack in file["packs"].items()}


def read_cases() -> list[dict[str, Any]]:
    """Return the cases in order; one that was just written has no `expect` yet."""
    cases: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    return cases


def answer(case: Mapping[str, Any], packs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the resolver answers, as plain values: every field of each step, and the tips."""
    return plain(resolve(packs[case["pack"]], query_of(case), datetime.fromisoformat(case["at"])))


def query_of(case: Mapping[str, Any]) -> Query:
    """Return the case's query as the resolver takes it."""
    told: dict[str, Any] = {**case["query"]}
    return Query(**{**told, "languages": tuple(told.get("languages", ()))})


def plain(plan: Plan) -> dict[str, Any]:
    """Return the plan as it stands in a vector; times are RFC 3339 in UTC."""
    steps = []
    for step in plan.steps:
        value = asdict(step) | {"why": list(step.why), "alternatives": list(step.alternatives)}
        for name in ("closes_at", "opens_at"):
            value[name] = _time(value[name])
        steps.append(value)
    return {"steps": steps, "tips": list(plan.tips)}


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def written(cases: list[dict[str, Any]]) -> str:
    """Return the file of these cases with a line for each step, so that a change of a rule can be read in a diff."""
    blocks = []
    for case in cases:
        head = ",\n".join(f"  {json.dumps(name)}: {_line(case[name])}" for name in ("name", "pack", "query", "at"))
        steps = ",\n".join(f"    {_line(step)}" for step in case["expect"]["steps"])
        blocks.append(f' {{\n{head},\n  "expect": {{"tips": {_line(case["expect"]["tips"])}, "steps": [\n{steps}\n  ]}}\n }}')
    return '{"about": "docs/resolver.md says how to read this", "cases": [\n' + ",\n".join(blocks) + "\n]}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
