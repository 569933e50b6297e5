"""What staff did, newest first; nobody can change it."""

from __future__ import annotations

from typing import Any

from core.console.pages import Page, page
from core.models import AuditEntry, User


@page("audit/", "audit", order=90)
class AuditPage(Page):
    """The audit, narrowed by person, act or kind of row."""

    template = "core/audit.html"
    title = "Audit"
    menu = "Audit"

    def context(self) -> dict[str, Any]:
        asked = {name: self.request.GET.get(name, "") for name in ("by", "verb", "model")}
        entries = AuditEntry.objects.select_related("by")
        if asked["by"]:
            entries = entries.filter(by__username=asked["by"])
        if asked["verb"]:
            entries = entries.filter(verb=asked["verb"])
        if asked["model"]:
            entries = entries.filter(model=asked["model"])
        every = AuditEntry.objects.order_by()
        return {
            "asked": asked,
            "entries": self.slice(entries),
            "people": User.objects.filter(pk__in=every.values("by")).order_by("username"),
            "verbs": every.values_list("verb", flat=True).distinct().order_by("verb"),
            "models": every.exclude(model="").values_list("model", flat=True).distinct().order_by("model"),
        }
