"""What is installed today reads a pack of next year: new roles, channel types, situations, steps, members."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from api.sandbox.next_year import NEW, of_next_year
from content.resolver.resolve import resolve
from content.resolver.types import Query
from tests import reference_resolver
from tests.make import NOON
from tests.packs import Packs

ROOT = Path(__file__).resolve().parents[2]
SITUATIONS = ["blackmail", "self-harm-risk", "image-shared", "hacked-account", "not-sure"]


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("audience", ["teen", "parent"])
def test_both_resolvers_make_the_plan_of_this_year(real_packs: Packs, situation: str, audience: str) -> None:
    today = real_packs["GB", "en"]
    later = of_next_year(today)
    query = Query(country="GB", situation=situation, audience=audience, age=15, languages=("cy",))
    plain = {"country": "GB", "situation": situation, "audience": audience, "age": 15, "languages": ["cy"]}
    at = "2026-12-01T12:00:00Z"

    ours, now = resolve(later, query, NOON), resolve(today, query, NOON)
    theirs = reference_resolver.plan(later, plain, at)

    assert [(step.step, step.service) for step in ours.steps] == [(step.step, step.service) for step in now.steps]
    assert (ours.tips, ours.more_tips) == (now.tips, now.more_tips)
    assert [step["step"] for step in theirs["steps"]] == [
        step["step"] for step in reference_resolver.plan(today, plain, at)["steps"]
    ]


def test_a_situation_of_next_year_has_a_plan_for_those_who_know_it(real_packs: Packs) -> None:
    later = of_next_year(real_packs["GB", "en"])

    plan = resolve(later, Query(country="GB", situation=NEW, audience="teen"), NOON)

    assert [step.step for step in plan.steps] == ["danger-now"]


def test_the_contract_of_today_allows_the_pack_of_next_year(real_packs: Packs) -> None:
    contract = YAML(typ="safe").load((ROOT / "docs/openapi.yaml").read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$ref": "#/components/schemas/Pack", **contract})

    found = [
        f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(of_next_year(real_packs["GB", "en"]))
    ]

    assert found == []
