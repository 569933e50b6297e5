"""The console: its site, its page framework, and the pages about staff and the audit log."""

from core.console import audit, people

__all__ = ["audit", "people"]
