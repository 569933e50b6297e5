"""The console's pages about campaigns."""

from notifications.admin import campaigns, compose, waiting

__all__ = ["campaigns", "compose", "waiting"]
