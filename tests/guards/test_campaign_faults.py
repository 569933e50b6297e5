"""Each fault that the campaign pages once had is held by tests that exist."""

from __future__ import annotations

from tests.campaign_faults import FAULTS
from tests.guards.test_abuse_cases import missing


def test_every_fault_of_the_campaign_pages_names_tests_that_exist() -> None:
    assert [name for tests in FAULTS.values() for name in missing(tests)] == []
    assert [fault for fault, tests in FAULTS.items() if not tests] == []
    assert len(FAULTS) == 26
