"""Test phones: pair one's own phones, and send a campaign's texts to them as a rehearsal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from core import audit
from core.audit_verbs import Verb
from core.console.display import language_text
from core.console.pages import Link, Page, page
from core.errors import NotFound
from notifications.campaigns.rehearsal import TESTER_RIGHTS, send_test
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.rights import CAMPAIGN_STAFF
from notifications.models import PairedPhone, PairingRequest, TestSend
from notifications.models.segment import Platform

PLATFORMS = {Platform.ANDROID: "Android", Platform.IOS: "iPhone or iPad", Platform.WEB: "Web"}


@page("test-phones/", "test-phones", order=64)
class TestPhonesPage(Page):
    """The user's own test phones."""

    template_name = "notifications/test_phones.html"
    title = "Test phones"
    menu = "Test phones"
    menu_permissions = CAMPAIGN_STAFF
    actions = {"pair": TESTER_RIGHTS, "remove": TESTER_RIGHTS}

    def context(self) -> dict[str, Any]:
        return {"phones": own_phones(self)}

    def action_pair(self, data: QueryDict) -> str | None:
        phone = PairingRequest.objects.pair(data.get("code", ""), name=data.get("name", ""), by=self.user, at=self.at)
        self.success(f"Paired for 24 hours: {phone.name or 'your phone'}.")
        return None

    def action_remove(self, data: QueryDict) -> str | None:
        number = data.get("phone", "")
        phone = PairedPhone.objects.filter(by=self.user, pk=int(number)).first() if number.isdecimal() else None
        if phone is None:
            raise NotFound("You have no such phone.")
        audit.record(by=self.user, verb=Verb.TEST_PHONE_REMOVED, at=self.at, row=phone)
        phone.registration.delete()
        self.success("Removed. Nothing is sent to that phone any more.")
        return None


def own_phones(page: Page) -> list[dict[str, Any]]:
    """Return the user's paired phones, in words."""
    phones = PairedPhone.objects.current(at=page.at).filter(by=page.user).select_related("registration__segment__app")
    return [
        {
            "phone": phone,
            "app": phone.registration.segment.app.title,
            "platform": PLATFORMS[Platform(phone.registration.segment.platform)],
            "language": language_text(phone.registration.segment.locale),
        }
        for phone in phones.order_by("paired_at")
    ]


@page("campaigns/<int:id>/test/", "campaign-test")
class TestSendPage(CampaignBasePage):
    """Send the texts of a campaign to one's own phones, and see whether they arrived at FCM."""

    template_name = "notifications/campaign_test.html"
    actions = {"test-send": TESTER_RIGHTS}

    def heading(self) -> str:
        return f"Test {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign,
            "phones": own_phones(self),
            "languages": [(locale, language_text(locale)) for locale in sorted(self.campaign.words)],
            "sends": TestSend.objects.filter(campaign=self.campaign).select_related("by")[:10],
        }

    def action_test_send(self, data: QueryDict) -> str | None:
        made = send_test(self.campaign, by=self.user, at=self.at, locale=data.get("locale", ""))
        phones = "1 phone" if made.phones == 1 else f"{made.phones} phones"
        self.success(f"On its way to your {phones}, marked as a rehearsal.")
        return reverse("admin:campaign-test", args=[self.campaign.pk])
