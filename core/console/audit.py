"""The audit log: everything staff did, newest first."""

from __future__ import annotations

from typing import Any

from core.console.pages import Page, page
from core.models import AuditEntry, User


@page("audit/", "audit", order=90)
class AuditPage(Page):
    """The audit log, with filters by person, action and kind of record."""

    template_name = "core/audit.html"
    title = "Audit log"
    menu = "Audit log"
    menu_permissions = ("core.read_audit",)
    permission_required = "core.read_audit"

    def context(self) -> dict[str, Any]:
        filters = {name: self.request.GET.get(name, "") for name in ("by", "verb", "model")}
        entries = AuditEntry.objects.select_related("by")
        if filters["by"]:
            entries = entries.filter(by__username=filters["by"])
        if filters["verb"]:
            entries = entries.filter(verb=filters["verb"])
        if filters["model"]:
            entries = entries.filter(model=filters["model"])
        every = AuditEntry.objects.order_by()
        return {
            "filters": filters,
            "entries": self.paginate(entries),
            "people": User.objects.filter(pk__in=every.values("by")).order_by("username"),
            "verbs": every.values_list("verb", flat=True).distinct().order_by("verb"),
            "models": every.exclude(model="").values_list("model", flat=True).distinct().order_by("model"),
        }
