"""One thing that has to change before a draft can be submitted, and one that its author has to answer for."""

from __future__ import annotations

from dataclasses import dataclass

from core.canonical import canonical_json, digest
from notifications.models.draft_task import DraftTask


@dataclass(frozen=True)
class DraftProblem:
    """What is wrong, at which task, and at which field of the definition."""

    task: DraftTask
    #: Path in the definition, such as `messages.en.outer.title`.
    field: str
    detail: str

    @property
    def locale(self) -> str:
        """Return the locale of a problem in a text, else ""."""
        return self.field.split(".")[1] if self.field.startswith("messages.") else ""

    @property
    def variant(self) -> str:
        """Return the key of the variant that a problem is in, else ""."""
        parts = self.field.split(".")
        return parts[3] if len(parts) > 3 and parts[2] == "variants" else ""


@dataclass(frozen=True)
class Caution(DraftProblem):
    """What may be right all the same: the author says why, and the approver reads it."""

    code: str
    text: str
    #: The author's reason; "" while there is none.
    reason: str = ""

    @property
    def key(self) -> str:
        """Return the digest that ties an answer to this text."""
        return digest(canonical_json([self.field, self.code, self.text, self.detail]))


#: Top of a path in the definition → the task that decides it.
_TASKS = {
    "apps": DraftTask.WHO,
    "audience": DraftTask.WHO,
    "reach_confirmed": DraftTask.WHO,
    "messages": DraftTask.WORDS,
    "unchanged": DraftTask.WORDS,
    "translations": DraftTask.WORDS,
    "services": DraftTask.HELP,
    "tips": DraftTask.HELP,
    "handouts": DraftTask.HELP,
    "handout_situations": DraftTask.HELP,
    "schedule": DraftTask.WHEN,
    "not_after": DraftTask.WHEN,
    "quiet_hours": DraftTask.WHEN,
    "home": DraftTask.WHEN,
}


def task_of(field: str) -> DraftTask:
    """Return the task that decides a field of the definition."""
    if field == "home.locale":
        return DraftTask.WORDS
    top, _, rest = field.partition(".")
    if top == "tasks":
        return DraftTask(rest)
    return _TASKS.get(top, DraftTask.PURPOSE)
