"""The apps that campaign staff can be limited to."""

from __future__ import annotations

from core.console.limits import provides_apps
from notifications.models import App


@provides_apps
def apps() -> list[tuple[str, str]]:
    """Return the apps with their titles."""
    return list(App.objects.order_by("title").values_list("name", "title"))
