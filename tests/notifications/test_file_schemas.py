"""The JSON Schemas for editors: as the models have them, and fit for the files that ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from content.linting.term_list import TERMS_DIR
from notifications.management.commands.file_schemas import SCHEMAS, schema_text
from tests import make

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "content" / "facts"
SHIPPED = {
    FACTS / "figures.json": "figures",
    FACTS / "emergency_numbers.json": "emergency-numbers",
    FACTS / "reporting_tools.json": "facts",
    FACTS / "contact.yaml": "contact",
    FACTS / "tips.yaml": "tips",
    **dict.fromkeys(sorted((FACTS / "targets").glob("*.yaml")), "targets"),
    **dict.fromkeys(sorted(TERMS_DIR.glob("*.yaml")), "terms"),
}


def errors(name: str, document: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(json.loads(schema_text(name))).iter_errors(document)]


def read(file: Path) -> Any:
    text = file.read_text("utf-8")
    return json.loads(text) if file.suffix == ".json" else YAML(typ="safe").load(text)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_the_models(name: str) -> None:
    committed = (ROOT / "docs" / "schemas" / f"{name}.json").read_text("utf-8")

    assert committed == schema_text(name), "run ./run manage file_schemas docs/schemas"


def test_the_command_writes_every_schema(tmp_path: Path) -> None:
    call_command("file_schemas", str(tmp_path))

    assert {file.stem for file in tmp_path.iterdir()} == {file.stem for file in (ROOT / "docs" / "schemas").iterdir()}


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_file_fits_its_schema_and_names_it(file: Path) -> None:
    name = SHIPPED[file]
    folder = "../" * len(file.parent.relative_to(ROOT).parts) + "docs/schemas"

    assert errors(name, read(file)) == []
    assert f"{folder}/{name}.json" in "".join(file.read_text("utf-8").splitlines()[:2])


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("campaign", {"name": "Only a name"}),
        ("contact", {"after": {}, "routes": {"platform-x": {"boredom": {"steps": None, "asks": None}}}}),
        ("facts", {"entries": [{"id": "GB Childline"}]}),
        ("targets", {"step.talk": 7}),
        ("tips", {"labels": {}, "tips": [], "images": []}),
    ],
)
def test_a_schema_refuses_what_the_model_refuses(name: str, document: Any) -> None:
    assert errors(name, document)


def test_a_campaign_as_staff_write_it_fits_its_schema() -> None:
    assert errors("campaign", make.definition()) == []
