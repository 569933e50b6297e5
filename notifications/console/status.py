"""Status: what needs a person, what is late and what works, in sentences, for the people who run the service."""

from __future__ import annotations

from typing import Any

from content.console.status_lines import content_lines
from core.console.pages import Page, page
from core.console.status_lines import Condition, core_lines
from notifications.console.rights import CAMPAIGN_READERS
from notifications.console.status_lines import sending_lines

#: Each part of the page: its title, and its sentence when nothing is in it.
_PARTS = {
    Condition.NEEDS_PERSON: ("Needs a person", "Nothing needs a person at the moment."),
    Condition.LATE: ("Late", "Nothing is late."),
    Condition.WORKS: ("Works", "Nothing works at the moment."),
}


@page("status/", "status", order=88)
class StatusPage(Page):
    """The state of the whole service; nothing can be changed here."""

    template_name = "notifications/status.html"
    title = "Status"
    menu = "Status"
    menu_permissions = ("core.administer_staff", "core.read_audit")
    reader_permissions = CAMPAIGN_READERS

    def context(self) -> dict[str, Any]:
        lines = [line for source in (sending_lines, content_lines, core_lines) for line in source(self.user, at=self.at)]
        parts = [
            {
                "name": condition.value,
                "title": title,
                "empty": empty,
                "lines": [line for line in lines if line.condition is condition],
            }
            for condition, (title, empty) in _PARTS.items()
        ]
        return {"parts": parts}
