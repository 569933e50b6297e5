"""The small lists of facts: what ships with Fingerpost, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from content.fact_lists import FactListRefused, read_aliases, read_removal_powers
from content.importing.facts import SERVICES_FILE
from content.terms import Situation


def write(folder: Path, text: str) -> Path:
    file = folder / "list.json"
    file.write_text(text, encoding="utf-8")
    return file


def test_everyday_words_mean_one_situation() -> None:
    aliases = read_aliases()

    assert aliases["sextortion"] == "blackmail"
    assert set(aliases.values()) == set(Situation.values)
    assert not set(aliases) & set(Situation.values)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"blackmail": ["threats"], "grooming": ["threats"]}', "threats already means blackmail"),
        ('{"blackmail": ["threats", "threats"]}', "threats already means blackmail"),
        ('{"blackmail": ["a"], "blackmail": ["b"]}', "a key is given twice"),
        ('{"blackmail": ["grooming"]}', "is the id of a situation"),
        ('{"bullying": ["mean"]}', "unknown value"),
        ('{"blackmail": ["Two Words"]}', "not a slug"),
        ("[]", "cannot be"),
        ("{", "Expecting"),
    ],
)
def test_a_list_of_aliases_with_a_fault_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(FactListRefused, match=reason):
        read_aliases(write(tmp_path, text))


def test_each_removal_power_is_that_of_a_service_that_removes_images() -> None:
    services = {entry["id"]: entry for entry in json.loads(SERVICES_FILE.read_text(encoding="utf-8"))["entries"]}

    for service, power in read_removal_powers().items():
        assert "image-removal" in services[service]["kinds"], service
        assert power in ("order", "request")


def test_a_power_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FactListRefused, match="source"):
        read_removal_powers(write(tmp_path, '{"au-esafety": {"power": "order", "why": "It can."}}'))
