"""The permissions of those who work on campaigns, as pages and menus name them."""

from __future__ import annotations

from typing import Final

AUTHOR: Final = "notifications.author_campaign"
APPROVER: Final = "notifications.approve_campaign"
STOPPER: Final = "notifications.stop_campaign"
CAMPAIGN_STAFF: Final = (AUTHOR, APPROVER, STOPPER)
#: Who reads campaigns before they are sent: not those who only translate and review texts. Editors get a request for each text,
#: without the campaign that it is for (`notifications.console.translate`), and reviewers the page of second readings.
CAMPAIGN_READERS: Final = (*CAMPAIGN_STAFF, "core.read_audit", "content.compile_release", "content.assure_channel")
