"""The files of tests that take longest, for a run that has no earlier one to go by: a fresh clone, or CI.

Each process of several takes the next file when it is done with one, so the longest begin first. A later run goes by the seconds
that the last one took (tools/sandbox/pytest_plugins/summary.py).
"""

from __future__ import annotations

from typing import Final

#: Seconds of `./run test --all` on two cores, from the longest down; a file that is not here takes less than the last one.
SECONDS: Final[dict[str, float]] = {
    "tests/test_journey.py": 200,
    "tests/tools/bench/test_push_bench.py": 170,
    "tests/faults/test_debian_services.py": 130,
    "tests/faults/test_runs.py": 125,
    "tests/tools/test_soak.py": 120,
    "tests/browser/test_console_accessibility.py": 110,
    "tests/faults/test_survival.py": 105,
    "tests/browser/test_campaign_story.py": 100,
    "tests/tools/bench/test_whole_read_bench.py": 90,
    "tests/faults/test_order_of_many_revisions.py": 80,
    "tests/tools/bench/test_whole_stampede.py": 75,
    "tests/faults/test_order_across_workers.py": 70,
    "tests/test_journey_with_another_fcm.py": 50,
    "tests/faults/test_link_worker.py": 45,
    "tests/api/pages/test_handout_pdf.py": 40,
    "tests/notifications/delivery/test_brakes.py": 30,
    "tests/guards/test_access.py": 30,
    "tests/api/test_contract.py": 25,
    "tests/notifications/delivery/test_error_table.py": 21,
    "tests/notifications/console/tasks/test_controls.py": 20,
    "tests/guards/test_delivery_promises.py": 20,
}
