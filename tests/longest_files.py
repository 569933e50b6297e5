"""The files of tests that take longest, for a run that has no earlier one to go by: a fresh clone, or CI.

Each process of several takes the next file when it is done with one, so the longest begin first. A later run goes by the seconds
that the last one took (tools/sandbox/pytest_plugins/summary.py).
"""

from __future__ import annotations

from typing import Final

#: Seconds of `./run test --all` on two cores, from the longest down; a file that is not here takes less than the last one.
SECONDS: Final[dict[str, float]] = {
    "tests/test_journey.py": 309,
    "tests/tools/bench/test_push_bench.py": 227,
    "tests/faults/test_survival.py": 181,
    "tests/faults/test_debian_services.py": 181,
    "tests/faults/test_runs.py": 178,
    "tests/tools/bench/test_whole_stampede.py": 130,
    "tests/tools/bench/test_whole_read_bench.py": 120,
    "tests/browser/test_console_accessibility.py": 112,
    "tests/browser/test_new_tip_by_keyboard.py": 112,
    "tests/content/test_commands_on_all_facts.py": 110,
    "tests/browser/test_campaign_story.py": 105,
    "tests/faults/test_order_of_many_revisions.py": 104,
    "tests/faults/test_lost_acknowledgements.py": 100,
    "tests/browser/test_documents.py": 91,
    "tests/browser/test_campaign_paths.py": 88,
    "tests/faults/test_slow_clients.py": 83,
    "tests/api/pages/test_handout_pdf.py": 81,
    "tests/browser/test_task_pages.py": 81,
    "tests/faults/test_order_across_workers.py": 81,
    "tests/tools/sandbox/test_kept_database.py": 75,
    "tests/browser/test_phone_previews.py": 71,
    "tests/tools/test_soak.py": 67,
    "tests/test_journey_with_another_fcm.py": 64,
    "tests/browser/test_text_pages.py": 62,
    "tests/faults/test_link_worker.py": 55,
    "tests/browser/test_handout_page.py": 53,
    "tests/browser/test_localisation_pages.py": 43,
    "tests/browser/test_release_pages.py": 42,
    "tests/browser/test_notices.py": 39,
    "tests/api/clients/test_openapi_generator.py": 38,
    "tests/browser/test_console_stories.py": 35,
    "tests/browser/companion/test_choosing.py": 35,
}
