"""The permissions of those who work on campaigns, as pages and menus name them."""

from __future__ import annotations

from typing import Final

AUTHOR: Final = "notifications.author_campaign"
APPROVER: Final = "notifications.approve_campaign"
STOPPER: Final = "notifications.stop_campaign"
CAMPAIGN_STAFF: Final = (AUTHOR, APPROVER, STOPPER)
