"""Keep on the server what is typed at a task, a few seconds after the last key; the script of the task pages calls it."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.http import HttpResponse, JsonResponse, QueryDict

from core.console.display import time_text
from core.console.pages import page
from core.errors import Invalid
from notifications.campaigns import draft_entries
from notifications.console.rights import AUTHOR
from notifications.console.tasks.task_page import DraftPage, typed_fields
from notifications.models.draft_task import DraftTask

_PLACE = re.compile(rf"({'|'.join(DraftTask.values)})(\.[A-Za-z0-9-]{{2,35}})?(\.[A-Za-z0-9+-]{{2,20}})?")


@page("campaigns/<int:id>/autosave/", "campaign-autosave")
class AutosavePage(DraftPage):
    """Where unsaved values are kept; a person who opens the address is shown the task list."""

    template_name = "notifications/tasks/autosave.html"
    title = "Unsaved changes"
    actions = {"keep": (AUTHOR,)}

    def checked_tasks(self) -> Collection[DraftTask]:
        return ()

    def action_keep(self, data: QueryDict) -> HttpResponse:
        place = data.get("place", "")
        if not _PLACE.fullmatch(place):
            raise Invalid("There is no such task.", code="place")
        kept = draft_entries.keep(
            self.campaign, place, typed_fields(data), from_version=data.get("version", "")[:64], by=self.user, at=self.at
        )
        return JsonResponse({"kept": time_text(self.at) if kept else None})
