"""The console's pages about campaigns."""

from notifications.console import (
    approve,
    calendar,
    campaign_list,
    campaigns,
    correct,
    history,
    in_flight,
    live,
    report,
    second_reading,
    tasks,
    test_phones,
    today,
    translate,
    translation_work,
)

__all__ = [
    "approve",
    "calendar",
    "campaign_list",
    "campaigns",
    "correct",
    "history",
    "in_flight",
    "live",
    "report",
    "second_reading",
    "tasks",
    "test_phones",
    "today",
    "translate",
    "translation_work",
]
