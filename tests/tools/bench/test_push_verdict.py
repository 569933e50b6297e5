"""The push bench fails for whoever is missed or told twice, and for counts that do not add up; its page keeps what is by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.bench.push import million, page, verdict
from tools.bench.push.tables import chart, shown, spread, table


def seen(**changes: Any) -> dict[str, Any]:
    """Return what the emulator says when 100 addresses took one message each."""
    return {"addresses": 100, "accepted_total": 100, "doubled": 0, "repeats": 0, "by_answer": {"ACCEPT": 100}} | changes


def counts(**changes: Any) -> dict[str, Any]:
    """Return the counts of a campaign that reached 100 devices."""
    return {
        "id": 7, "devices": 100, "accepted": 100, "rejected": {}, "unknown": 0, "pending": 0, "skipped": 0, "halted": None,
    } | changes  # fmt: skip


def test_everybody_once_is_no_fault() -> None:
    assert verdict.everybody_once("a send", 100, seen()) == []
    assert verdict.finished("a send", 100, counts()) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"addresses": 99}, "a send: 1 of 100 missed"),
        ({"doubled": 2}, "a send: 2 addresses told twice"),
        ({"by_answer": {"ACCEPT": 100, "QUOTA": 1, "QUOTA_PROJECT": 2}}, "a send: 3 answers 429"),
    ],
)
def test_a_missed_a_doubled_and_a_refused_message_are_faults(changes: dict[str, Any], fault: str) -> None:
    assert verdict.everybody_once("a send", 100, seen(**changes)) == [fault]


def test_counts_that_do_not_add_up_are_a_fault() -> None:
    wrong = counts(accepted=90, rejected={"unregistered": 4}, unknown=1, skipped=2, pending=2)

    assert verdict.adds_up(wrong) == ["campaign 7 has 100 devices and outcomes or waits for 99"]


def test_a_campaign_that_was_halted_or_reached_others_is_a_fault() -> None:
    assert verdict.finished("a send", 100, counts(halted="A batch died.")) == ["a send was halted: A batch died."]
    assert verdict.finished("a send", 101, counts()) == ["a send: 101 registered, 100 in the audience, 100 accepted"]


def test_repeats_after_kills_are_a_fault_only_beyond_what_was_unsettled() -> None:
    assert verdict.everybody("a send", 100, seen(doubled=5, repeats=5), held=5) == []
    assert len(verdict.everybody("a send", 100, seen(doubled=6, repeats=6), held=5)) == 1


def test_an_address_may_be_told_again_once_for_each_kill_that_found_it_unsettled_and_by_its_tag_alone() -> None:
    each = [{"address": name, "tag": "7", "accepted": times} for name, times in (("once", 1), ("held", 3), ("two", 2))]

    assert verdict.repeated_only("a send", each, tag="7", held={"held": 2, "two": 1}) == []
    assert len(verdict.repeated_only("a send", each, tag="7", held={"held": 1, "two": 1})) == 1
    assert len(verdict.repeated_only("a send", each, tag="7", held={"held": 2})) == 1
    assert len(verdict.repeated_only("a send", each, tag="8", held={"held": 2, "two": 1})) == 1


def test_a_stopped_campaign_counts_as_accepted_what_the_phones_took() -> None:
    stopped = counts(accepted=60, skipped=38, unknown=2)

    assert verdict.nobody_twice("a stop", stopped, seen(accepted_total=61, addresses=61)) == []
    assert len(verdict.nobody_twice("a stop", stopped, seen(accepted_total=63, addresses=63))) == 1
    assert len(verdict.nobody_twice("a stop", stopped, seen(accepted_total=59, addresses=59))) == 1
    assert len(verdict.nobody_twice("a stop", counts(accepted=60, pending=40), seen(accepted_total=60))) == 1


@pytest.mark.parametrize(
    ("devices", "rate", "seconds"), [(5_000, 10_000, 0.5), (300_000, 10_000, 60), (75_000, 10_000, 30), (1_000_000, 10_000, 130)]
)
def test_the_least_time_is_that_of_ramp_and_rate(devices: int, rate: float, seconds: float) -> None:
    assert million.least_seconds(devices, rate) == pytest.approx(seconds)


def test_tables_stand_in_columns_and_figures_keep_what_they_can_bear() -> None:
    assert table(("a", "b"), [("long name", 1234567)]) == (
        "| a         | b         |\n| --------- | --------- |\n| long name | 1,234,567 |"
    )
    assert [shown(value) for value in (1234.5, 12.34, 1.234, 5, "text", True)] == ["1,234", "12.3", "1.23", "5", "text", "True"]
    assert (spread([3]), spread([3, 9, 4])) == ("3", "4 (3–9)")


def test_a_chart_has_few_lines_and_each_is_the_mean_of_its_seconds() -> None:
    lines = chart([10, 30, 0, 0], lines=2).splitlines()

    assert [line.split()[:3] for line in lines] == [["0", "s", "20"], ["2", "s", "0"]]
    assert lines[0].endswith("█" * 60)
    assert chart([]) == ""


def test_a_run_writes_its_sections_anew_and_keeps_what_people_wrote(tmp_path: Path) -> None:
    path = tmp_path / "push.md"
    path.write_text(f"# Push\n\nHow it is done.\n\n## {page.BY_HAND}\n\nLessons, by hand.\n")
    page.write({"One": "first", "Two": "outdated"}, path=path)

    page.write({"Two": "new", "Three": "third"}, path=path)

    text = path.read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## One",
        "## Two",
        "## Three",
        f"## {page.BY_HAND}",
    ]
    assert text.startswith("# Push\n\nHow it is done.\n\n## One\n\nfirst\n\n## Two\n\nnew\n\n")
    assert "outdated" not in text
    assert text.endswith("Lessons, by hand.\n")
