"""./run bench companion: a score below its limit or a page that has grown fails, and the figures are the medians."""

from __future__ import annotations

import copy
from typing import Any

from tools.bench.companion.measure import MAX_APP_BYTES, faults, report

ROUND: Any = {
    "first screen": {
        "version": "12.8.2",
        "scores": {"performance": 95, "accessibility": 100, "best-practices": 100},
        "below": [["total-blocking-time", "250 ms"]],
    },
    "plan": {"version": "12.8.2", "scores": {"accessibility": 100, "best-practices": 96}, "below": []},
}


def figures(*performance: int, **changed: Any) -> Any:
    """Return what the browser measured in rounds with these scores of performance."""
    rounds = [copy.deepcopy(ROUND) for _ in performance]
    for one, score in zip(rounds, performance, strict=True):
        one["first screen"]["scores"]["performance"] = score
    slow = [{"empty": 800, "choices": 2400, "plan": 4000} for _ in performance]
    return {
        "lighthouse": rounds,
        "bytes": {"app": 62_000, "manifests": 7_000, "packs": 53_000, "requests": 29},
        "slow": slow,
        "browser": "Chrome/156",
        **changed,
    }


def test_what_is_asked_for_has_no_fault() -> None:
    assert faults(figures(85, 95, 99)) == []


def test_a_low_score_and_a_large_app_are_named() -> None:
    low = figures(80, 85, 99, bytes={"app": MAX_APP_BYTES + 1, "manifests": 0, "packs": 0, "requests": 1})
    low["lighthouse"][1]["plan"]["scores"]["accessibility"] = 94

    assert faults(low) == [
        "performance of the first screen is 85, below 90.",
        "accessibility of the plan is 94, below 95.",
        f"The files of the app took {MAX_APP_BYTES + 1} bytes, more than {MAX_APP_BYTES}.",
    ]


def test_the_report_has_scores_bytes_and_ratios() -> None:
    text = report(figures(95, 99))

    assert "Lighthouse 12.8.2, Chrome/156, 2 rounds." in text
    assert "| first screen | performance    | 95 to 99 | 90       |" in text
    assert "Audits below 90: total-blocking-time (250 ms)." in text
    assert "122,000" in text
    assert [line.split("|")[3].strip() for line in text.splitlines()[-3:]] == ["1.0", "3.0", "5.0"]
