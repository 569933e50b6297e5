"""What is installed today reads a pack of next year: new roles, channel types, situations, steps, members."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from api.sandbox.next_year import NEW, of_next_year
from content.resolver.resolve import resolve
from content.resolver.types import Query
from tests import reference_resolver
from tests.make import NOON
from tests.packs import Packs, publish

ROOT = Path(__file__).resolve().parents[2]
SITUATIONS = ["blackmail", "self-harm-risk", "image-shared", "hacked-account", "not-sure"]


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Generate a Python client from the contract with openapi-python-client, and import it."""
    folder = tmp_path_factory.mktemp("client")
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"),
            *("--path", str(ROOT / "docs/openapi.yaml"), "--config", str(ROOT / "docs/clients/openapi-python-client.yaml")),
            *("--output-path", str(folder / "fingerpost_client")),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    sys.path.insert(0, str(folder))
    yield importlib.import_module("fingerpost_client")
    sys.path.remove(str(folder))


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


def test_a_generated_client_reads_the_pack_of_next_year(real_packs: Packs, client_package: ModuleType) -> None:
    models = importlib.import_module("fingerpost_client.models")
    later = json.loads(json.dumps(of_next_year(real_packs["GB", "en"])))

    pack = models.Pack.from_dict(later)

    childline = next(service for service in pack.services if service.id == "gb-childline")
    assert NEW in childline.roles
    assert childline.channels[-1].type_ == NEW
    assert childline.additional_properties["member_of_next_year"] == {NEW: [1, None]}
    assert pack.plan_order["default"]["teen"][-1] == NEW


@pytest.mark.django_db
def test_a_server_of_today_answers_from_a_pack_of_next_year(api: Client, real_packs: Packs, client_package: ModuleType) -> None:
    models = importlib.import_module("fingerpost_client.models")
    publish({place: of_next_year(real_packs[place]) for place in [("GB", "en"), ("ZZ", "en")]}, [("GB", "en"), ("ZZ", "en")])

    def read(path: str, model: str) -> Any:
        response = api.get(path)
        assert response.status_code == 200, path
        return getattr(models, model).from_dict(response.json())

    assert read("/v1/packs/GB/en", "Pack").services
    assert read("/v1/services?country=GB&locale=en", "ServiceList").services
    assert read("/v1/tips?country=GB&locale=en", "TipList").tips
    assert read("/v1/facts?country=GB&locale=en", "FigureList").figures
    answer = api.post("/v1/help", {"country": "GB", "situation": "blackmail", "age": 15}, content_type="application/json")
    plan = models.HelpAnswer.from_dict(answer.json())
    assert plan.plan[0].step == "danger-now"
