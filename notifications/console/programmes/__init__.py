"""The console's pages about programmes: campaigns that are submitted, read and approved together."""

from notifications.console.programmes import approve, overview, programme

__all__ = ["approve", "overview", "programme"]
