"""The console's pages about campaigns."""

from notifications.console import calendar, campaign_edit, campaigns, in_flight, today

__all__ = ["calendar", "campaign_edit", "campaigns", "in_flight", "today"]
