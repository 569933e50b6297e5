"""A campaign as a list of tasks: each task a page of its own, saved by itself."""

from notifications.console.tasks import (
    ask_translators,
    attached_help,
    autosave,
    check,
    purpose,
    start,
    task_list,
    text,
    when,
    who,
    words,
)

__all__ = [
    "ask_translators",
    "attached_help",
    "autosave",
    "check",
    "purpose",
    "start",
    "task_list",
    "text",
    "when",
    "who",
    "words",
]
