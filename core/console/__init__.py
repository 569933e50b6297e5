"""The console's pages about people and what they did."""

from core.console import audit, people

__all__ = ["audit", "people"]
