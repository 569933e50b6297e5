"""A campaign as a list of tasks: each task a page of its own, saved by itself."""

from notifications.console.tasks import attached_help, autosave, check, purpose, start, task_list, text, when, who, words

__all__ = ["attached_help", "autosave", "check", "purpose", "start", "task_list", "text", "when", "who", "words"]
