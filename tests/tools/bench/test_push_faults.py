"""The push measurements fail for missed or doubled devices and wrong sums; their report keeps the section written by people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.bench.push import faults, million, page
from tools.bench.push.tables import chart, shown, spread, table


def seen(**changes: Any) -> dict[str, Any]:
    """Return the emulator's counts after one message to each of 100 addresses."""
    return {"addresses": 100, "accepted_total": 100, "doubled": 0, "repeats": 0, "by_answer": {"ACCEPT": 100}} | changes


def progress(**changes: Any) -> dict[str, Any]:
    """Return the progress of a campaign that reached 100 devices."""
    return {
        "id": 7, "devices": 100, "accepted": 100, "rejected": {}, "unknown": 0, "pending": 0, "skipped": 0, "halted": None,
    } | changes  # fmt: skip


def test_one_message_for_every_device_is_no_fault() -> None:
    assert faults.exactly_once_faults("a send", 100, seen()) == []
    assert faults.finished_faults("a send", 100, progress()) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"addresses": 99}, "a send: 1 of 100 missed"),
        ({"doubled": 2}, "a send: 2 addresses reached twice"),
        ({"by_answer": {"ACCEPT": 100, "QUOTA": 1, "QUOTA_PROJECT": 2}}, "a send: 3 responses 429"),
    ],
)
def test_missed_doubled_and_refused_messages_are_faults(changes: dict[str, Any], fault: str) -> None:
    assert faults.exactly_once_faults("a send", 100, seen(**changes)) == [fault]


def test_counts_that_do_not_add_up_are_a_fault() -> None:
    wrong = progress(accepted=90, rejected={"unregistered": 4}, unknown=1, skipped=2, pending=2)

    assert faults.sum_faults(wrong) == ["campaign 7 has 100 devices, and outcomes or pending ones for 99"]


def test_a_halted_campaign_or_another_audience_is_a_fault() -> None:
    assert faults.finished_faults("a send", 100, progress(halted="A batch died.")) == ["a send was halted: A batch died."]
    assert faults.finished_faults("a send", 101, progress()) == ["a send: 101 registered, 100 in the audience, 100 accepted"]


def test_repeats_after_kills_are_limited_by_what_was_unsettled() -> None:
    assert faults.interrupted_faults("a send", 100, seen(doubled=5, repeats=5), unsettled=5) == []
    assert len(faults.interrupted_faults("a send", 100, seen(doubled=6, repeats=6), unsettled=5)) == 1


def test_an_address_may_repeat_once_per_kill_and_only_with_its_tag() -> None:
    each = [{"address": name, "tag": "7", "accepted": times} for name, times in (("once", 1), ("held", 3), ("two", 2))]

    assert faults.repeat_faults("a send", each, tag="7", unsettled={"held": 2, "two": 1}) == []
    assert len(faults.repeat_faults("a send", each, tag="7", unsettled={"held": 1, "two": 1})) == 1
    assert len(faults.repeat_faults("a send", each, tag="7", unsettled={"held": 2})) == 1
    assert len(faults.repeat_faults("a send", each, tag="8", unsettled={"held": 2, "two": 1})) == 1


def test_a_stopped_campaign_has_the_counts_of_the_emulator() -> None:
    stopped = progress(accepted=60, skipped=38, unknown=2)

    assert faults.stopped_faults("a stop", stopped, seen(accepted_total=61, addresses=61)) == []
    assert len(faults.stopped_faults("a stop", stopped, seen(accepted_total=63, addresses=63))) == 1
    assert len(faults.stopped_faults("a stop", stopped, seen(accepted_total=59, addresses=59))) == 1
    assert len(faults.stopped_faults("a stop", progress(accepted=60, pending=40), seen(accepted_total=60))) == 1


@pytest.mark.parametrize(
    ("devices", "rate", "seconds"), [(5_000, 10_000, 0.5), (300_000, 10_000, 60), (75_000, 10_000, 30), (1_000_000, 10_000, 130)]
)
def test_the_shortest_time_follows_from_ramp_and_rate(devices: int, rate: float, seconds: float) -> None:
    assert million.shortest_seconds(devices, rate) == pytest.approx(seconds)


def test_tables_are_aligned_and_figures_are_rounded() -> None:
    assert table(("a", "b"), [("long name", 1234567)]) == (
        "| a         | b         |\n| --------- | --------- |\n| long name | 1,234,567 |"
    )
    assert [shown(value) for value in (1234.5, 12.34, 1.234, 5, "text", True)] == ["1,234", "12.3", "1.23", "5", "text", "True"]
    assert (spread([3]), spread([3, 9, 4])) == ("3", "4 (3–9)")


def test_a_line_of_a_chart_is_the_mean_of_its_seconds() -> None:
    lines = chart([10, 30, 0, 0], lines=2).splitlines()

    assert [line.split()[:3] for line in lines] == [["0", "s", "20"], ["2", "s", "0"]]
    assert lines[0].endswith("█" * 60)
    assert chart([]) == ""


def test_a_run_replaces_its_sections_and_keeps_those_of_people(tmp_path: Path) -> None:
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
