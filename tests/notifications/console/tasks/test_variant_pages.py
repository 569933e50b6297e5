"""Words for some readers alone: another text for an audience, a region or both, with its own page, counters and preview."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.campaigns import draft_tasks
from notifications.campaigns.rehearsal import MARK, send_test
from notifications.models import Campaign, DraftTask
from tests import make
from tests.notifications.campaigns.test_programmes import parents_and_educators
from tests.notifications.campaigns.test_variants import text

pytestmark = pytest.mark.django_db

READERS = {"countries": ["GB"], "audiences": ["parent", "educator"]}
FIELDS = {"outer_title": "New advice", "outer_body": "Read it in the app.", "inner_title": "For Wales", "inner_body": "In full."}


@pytest.fixture
def draft(client: Client) -> Campaign:
    parents_and_educators()
    for number in range(25):
        make.installation(300 + number, region="GB-WLS")
    client.force_login(make.campaign_staff()[0])
    return make.campaign(state="draft", audience=READERS)


def add(client: Client, draft: Campaign, **chosen: str) -> Any:
    address = reverse("admin:campaign-words", args=[draft.pk])
    return client.post(address, {"action": "add-variant", "locale": "en", "audience": "", "region": "", **chosen})


def test_an_author_writes_another_text_for_a_region(client: Client, draft: Campaign) -> None:
    words = reverse("admin:campaign-words", args=[draft.pk])
    offered = client.get(words).content.decode()
    address = add(client, draft, region="GB-WLS")["Location"]
    shown = client.get(address).content.decode()
    version = draft_tasks.version(draft, DraftTask.WORDS, locale="en")

    client.post(address, {**FIELDS, "action": "save", "version": version})
    draft.refresh_from_db()
    listed = client.get(words).content.decode()

    assert '<option value="GB-WLS">Wales</option>' in offered
    assert "Words in English for readers in Wales" in shown
    assert draft.words["en"]["variants"]["GB-WLS"]["inner"]["title"] == "For Wales"
    assert "English for readers in Wales" in listed
    assert "About 20 phones get this text." in listed
    assert "About 40 phones get this text." in listed
    assert "About 20 phones get the text for readers in Wales." in listed


def test_an_author_writes_another_text_for_an_audience_in_a_region_and_removes_it(client: Client, draft: Campaign) -> None:
    address = add(client, draft, audience="educator", region="GB-WLS")["Location"]
    version = draft_tasks.version(draft, DraftTask.WORDS, locale="en")
    client.post(address, {**FIELDS, "action": "save", "version": version})
    kept = client.post(
        reverse("admin:campaign-autosave", args=[draft.pk]),
        {"action": "keep", "place": "words.en.educator+GB-WLS", "version": version, "outer_title": "More"},
    )

    history = client.get(reverse("admin:campaign-history", args=[draft.pk])).content.decode()
    removal = {"action": "remove", "locale": "en", "variant": "educator+GB-WLS"}
    client.post(reverse("admin:campaign-words", args=[draft.pk]), removal)
    draft.refresh_from_db()

    assert address.endswith("/words/en/educator+GB-WLS/")
    assert kept.json()["kept"]
    assert "English, educators in Wales" in history
    assert "variants" not in draft.words["en"]


@pytest.mark.parametrize("chosen", [{}, {"region": "FR-IDF"}, {"audience": "teen"}, {"locale": "cy", "region": "GB-WLS"}])
def test_a_choice_that_fits_no_readers_is_refused(client: Client, draft: Campaign, chosen: dict[str, str]) -> None:
    answer = add(client, draft, **chosen)

    assert answer.status_code == 400
    assert client.get(reverse("admin:campaign-text-for", args=[draft.pk, "en", "teen"])).status_code == 404


def test_the_approver_sees_each_text_with_its_readers(client: Client, draft: Campaign) -> None:
    words = text("For everyone", variants={"GB-WLS": text("In Wales"), "educator": text("For schools")})
    campaign = make.campaign(state="submitted", audience=READERS, messages={"en": words})
    client.force_login(make.campaign_staff()[1])

    shown = client.get(reverse("admin:campaign-approve", args=[campaign.pk])).content.decode()

    for title in ("For everyone", "In Wales", "For schools"):
        assert title in shown
    assert re.search(r"educators, parents in Wales</p>", shown, re.IGNORECASE)
    assert "About 20 phones get the text for readers in Wales." in shown


def test_the_words_say_which_text_nobody_would_get(client: Client, draft: Campaign) -> None:
    words = text("For everyone", variants={"GB-WLS": text("In Wales")})
    audience = {"countries": ["GB"], "regions": ["GB-NIR"], "audiences": ["parent"]}
    late = make.campaign(state="draft", audience=audience, messages={"en": words})

    shown = client.get(reverse("admin:campaign-check", args=[late.pk])).content.decode()

    assert "The campaign is not for readers in Wales" in shown
    assert f"/campaigns/{late.pk}/words/en/GB-WLS/" in shown


def test_a_correction_asks_about_each_text(client: Client, draft: Campaign) -> None:
    words = text("For everyone", variants={"GB-WLS": text("In Wales")})
    alert = make.campaign(audience=READERS, messages={"en": words})
    address = f"{reverse('admin:campaign-correct', args=[alert.pk])}?as=wrong"
    form = {"action": "submit-correction", "as": "wrong"}
    for key in ("", "GB-WLS"):
        shown = words["variants"][key] if key else words
        for part in ("outer", "inner"):
            form |= {f"text-en-{key}-{part}-{name}": value for name, value in shown[part].items()}
    form["text-en--inner-title"] = "The right text"

    refused = client.post(address, form)
    client.post(address, form | {"same-en/GB-WLS": "yes"})

    assert "English for readers in Wales: change the text, or tick" in refused.content.decode()
    made = Campaign.objects.get(kind="update")
    assert (made.state, made.unchanged_locales) == ("submitted", ["en/GB-WLS"])


def test_a_test_phone_in_a_region_gets_the_text_for_it(client: Client, draft: Campaign) -> None:
    from notifications.models import PairingRequest
    from notifications.models.test_phone import PairingOffer
    from tests.notifications.test_test_phones import BODY

    author = make.campaign_staff()[0]
    make.app("parent-test", test=True)
    offer = PairingRequest.objects.register(at=timezone.now(), **{**BODY, "region": "GB-WLS"})
    assert isinstance(offer, PairingOffer)
    PairingRequest.objects.pair(offer.code, name="Pixel", by=author, at=timezone.now())
    words = text("For everyone", variants={"GB-WLS": text("In Wales")})
    campaign = make.campaign(state="draft", audience=READERS, messages={"en": words})

    sent = send_test(campaign, by=author, at=timezone.now())

    assert all(f"{MARK}In Wales" in body for body in sent.bodies.values())
