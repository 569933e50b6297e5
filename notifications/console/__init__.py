"""The console's pages about campaigns."""

from notifications.console import campaign_edit, campaigns, todo_cards

__all__ = ["campaign_edit", "campaigns", "todo_cards"]
