"""Each fault and each complaint is held by tests and runs that exist, and the operator's page shows the faults."""

from __future__ import annotations

import re

from tests.guards.test_abuse_cases import missing
from tests.operators_complaints import COMPLAINTS
from tests.survived_faults import DOCUMENT, FAULTS, NOT_MEASURED, document
from tools.faults.page import PAGE
from tools.faults.runs import RUNS


def test_every_fault_names_tests_and_runs_that_exist_or_says_why_it_was_not_tried() -> None:
    for fault in FAULTS:
        assert bool(fault.tests or fault.runs) != bool(fault.why_not), fault.number
        assert bool(fault.outcome) != bool(fault.why_not), fault.number
        assert list(missing(fault.tests)) == []
        assert set(fault.runs) <= RUNS.keys(), fault.number


def test_no_fault_and_no_run_is_left_out() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 55))
    # Single messages that fail are no fault of the list: they are every day.
    assert {run for fault in FAULTS for run in fault.runs} == RUNS.keys() - {"single-failures"}


def test_every_run_has_figures_or_says_that_it_has_none() -> None:
    measured: dict[bool, set[str]] = {False: set(), True: set()}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        rows = re.findall(r"^\| `([a-z0-9-]+)` ", part, re.MULTILINE)
        measured["in the short form" in part.partition("\n")[0]].update(rows)

    assert RUNS.keys() - measured[False] <= NOT_MEASURED.keys()
    assert {run for run, said in NOT_MEASURED.items() if "short form" in said} <= measured[True]


def test_the_operators_page_shows_the_table() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")

    assert page == document(page)


def test_every_complaint_names_tests_that_exist() -> None:
    assert [name for tests in COMPLAINTS.values() for name in missing(tests)] == []
    assert [complaint for complaint, tests in COMPLAINTS.items() if not tests] == []
    assert len(COMPLAINTS) == 16
