"""The approval page and the page of second readings."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import User
from notifications.campaigns import lifecycle
from notifications.models import Campaign, SecondReading, Segment, SegmentCount
from tests import make

pytestmark = pytest.mark.django_db

TEXTS = make.definition()["messages"]["en"]
ARABIC = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}


def page(campaign: Campaign, name: str = "campaign-approve") -> str:
    return reverse(f"admin:{name}", args=[campaign.pk])


def approval_form(campaign: Campaign, *languages: str, **more: Any) -> dict[str, Any]:
    return {"action": "approve", "fingerprint": campaign.fingerprint, "language": list(languages), **more}


@pytest.fixture
def two_languages() -> Campaign:
    return make.campaign(state="submitted", messages={"en": TEXTS, "ar": ARABIC})


@pytest.fixture
def english_approver(client: Client) -> User:
    approver = make.person("reads-english", "campaign-approver", locales=("en",))
    client.force_login(approver)
    return approver


def test_an_approver_ticks_each_language_that_they_read(client: Client, two_languages: Campaign) -> None:
    client.force_login(make.campaign_staff()[1])

    refused = client.post(page(two_languages), approval_form(two_languages, "en"))
    approved = client.post(page(two_languages), approval_form(two_languages, "en", "ar"))
    two_languages.refresh_from_db()

    assert refused.status_code == 400
    assert "Arabic: read the text" in refused.content.decode()
    assert 'name="language" value="en" form="approve" required checked' in refused.content.decode()
    assert approved["Location"] == page(two_languages, "campaign-live")
    assert two_languages.state == "approved"
    assert SecondReading.objects.count() == 2


def test_a_language_without_a_second_reader_is_named(client: Client, two_languages: Campaign, english_approver: User) -> None:
    shown = client.get(page(two_languages)).content.decode()
    answer = client.post(page(two_languages), approval_form(two_languages, "en"))

    assert "The campaign cannot be approved yet: Arabic waits for a second reader." in shown
    assert 'name="language" value="ar"' not in shown
    assert answer.status_code == 409
    assert "confirmed the text in: Arabic" in answer.content.decode()
    assert Campaign.objects.get().state == "submitted"


def test_a_second_reader_confirms_and_says_what_the_text_says(
    client: Client, two_languages: Campaign, english_approver: User
) -> None:
    rim = make.person("rim", "localisation-reviewer", locales=("ar",))
    client.force_login(rim)
    seen = client.get(page(two_languages, "campaign-read")).content.decode()
    form = {"action": "confirm", "locale": "ar", "fingerprint": two_languages.fingerprint}

    without = client.post(page(two_languages, "campaign-read"), form)
    client.post(page(two_languages, "campaign-read"), {**form, "meaning": "Do not pay anyone who threatens you."})
    client.force_login(english_approver)
    shown = client.get(page(two_languages)).content.decode()
    client.post(page(two_languages), approval_form(two_languages, "en"))

    assert "Confirm the Arabic text" in seen
    assert "Confirm the English text" not in seen
    assert without.status_code == 400
    assert "Read by rim" in shown
    assert "Do not pay anyone who threatens you." in shown
    assert Campaign.objects.get().state == "approved"


def test_the_approver_sees_what_changed_since_they_last_looked(client: Client) -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="submitted")
    client.force_login(approver)
    first = client.get(page(campaign)).content.decode()
    client.post(page(campaign), {"action": "return", "reason": "The text is too long."})
    shorter = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Do not pay. It is never their fault."}}
    changed = make.definition(messages={"en": shorter}, quiet_hours="respect")
    lifecycle.edit(campaign, changed, by=author, at=timezone.now())
    lifecycle.submit(campaign, by=author, at=timezone.now())

    again = client.get(page(campaign))
    reloaded = client.get(page(campaign)).content.decode()

    assert "Changed since you last looked" not in first
    changes = again.context["changes"]
    assert [(text.language, text.name) for text in changes.texts] == [("English", "In-app text")]
    assert ("removed", "the young person's") in changes.texts[0].parts
    assert [(fact.name, fact.after) for fact in changes.facts if fact.name == "Quiet hours"] == [("Quiet hours", "Respected")]
    assert "<ins>their</ins>" in reloaded


def test_an_update_is_shown_against_the_alert_that_it_corrects(client: Client) -> None:
    _, approver = make.campaign_staff()
    wrong = make.campaign(messages={"en": TEXTS, "ar": ARABIC})
    right = {**TEXTS, "outer": {**TEXTS["outer"], "body": "Take three minutes to read it."}}
    update = make.campaign(state="submitted", kind="update", references=wrong.pk, messages={"en": right, "ar": ARABIC})
    client.force_login(approver)

    answer = client.get(page(update))
    html = answer.content.decode()

    assert "Against the alert that it corrects" in html
    assert "<del>two</del><ins>three</ins>" in html
    assert answer.context["corrected"].unchanged == ("Arabic",)


def test_an_approver_who_sent_it_back_does_not_edit_it(client: Client) -> None:
    make.campaign(state="submitted")
    campaign = Campaign.objects.get()
    both = make.person("both", "campaign-author", "campaign-approver")
    client.force_login(both)

    empty = client.post(page(campaign), {"action": "return", "reason": " "})
    client.post(page(campaign), {"action": "return", "reason": "It names the wrong day."})
    campaign.refresh_from_db()
    submitted = client.post(page(campaign, "campaign-check"), {"action": "submit"})

    assert empty.status_code == 400
    assert (campaign.state, campaign.reason, campaign.returned_by) == ("draft", "It names the wrong day.", [both.pk])
    assert submitted.status_code == 403


def test_a_large_audience_is_confirmed_by_its_number(client: Client) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign(state="submitted")
    SegmentCount.objects.create(segment=Segment.objects.get(), devices=160_500, folded=False)
    client.force_login(make.campaign_staff()[1])
    shown = client.get(page(campaign)).content.decode()

    form = approval_form(campaign, "en", shown_number="160530")
    without = client.post(page(campaign), form)
    client.post(page(campaign), {**form, "number": "160,530"})
    campaign.refresh_from_db()

    assert "About 160,530 phones (the United Kingdom): at once." in shown
    assert "Type 160,530 to confirm" in shown
    assert without.status_code == 400
    assert campaign.state == "approved"


def test_a_second_urgent_alert_waits_for_a_second_approver(client: Client) -> None:
    urgent = {**make.definition()["alert"], "severity": "Severe"}
    make.campaign(alert=urgent)
    again = make.campaign(state="submitted", alert=urgent)
    client.force_login(make.campaign_staff()[1])
    shown = client.get(page(again)).content.decode()

    without = client.post(page(again), approval_form(again, "en"))
    first = client.post(page(again), approval_form(again, "en", urgent_reason="A new threat."))
    client.force_login(make.person("second", "campaign-approver"))
    to_second = client.get(page(again)).content.decode()
    client.post(page(again), approval_form(again, "en"))
    again.refresh_from_db()

    assert "The same people got an urgent alert in the last 7 days." in shown
    assert without.status_code == 400
    assert first["Location"] == page(again, "campaign")
    assert "A new threat." in to_second
    assert again.state == "approved"


@pytest.mark.parametrize(
    ("severity", "audiences", "sentence"),
    [
        ("Moderate", ["parent", "teen"], "Phones make no sound."),
        ("Severe", ["parent", "educator"], "Phones make a sound, unless they are muted."),
        ("Severe", ["parent", "teen"], "Phones make a sound, unless they are muted. Those of teenagers make none."),
        ("Extreme", ["parent", "teen"], "Phones make a sound, unless they are muted."),
    ],
)
def test_the_page_says_which_phones_make_a_sound(client: Client, severity: str, audiences: list[str], sentence: str) -> None:
    alert = {**make.definition()["alert"], "severity": severity}
    campaign = make.campaign(state="submitted", alert=alert, audience={"countries": ["GB"], "audiences": audiences})
    client.force_login(make.campaign_staff()[1])

    shown = client.get(page(campaign)).content.decode()

    assert f"{sentence}<" in shown
