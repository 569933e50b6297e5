"""Correcting an alert, taking it back, and saying that it is over."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications.campaigns import audience, lifecycle, messages
from notifications.models import Campaign
from tests import make
from tests.notifications.console.test_live import page

pytestmark = pytest.mark.django_db

TEXTS = make.definition()["messages"]["en"]
ARABIC = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}


def fields(**words: Any) -> dict[str, str]:
    """Return the form's texts by locale."""
    return {
        f"text-{locale}--{part}-{name}": text
        for locale, pair in words.items()
        for part, inside in pair.items()
        for name, text in inside.items()
    }


@pytest.fixture
def wrong(client: Client) -> Campaign:
    campaign = make.campaign(messages={"en": TEXTS, "ar": ARABIC})
    client.force_login(make.campaign_staff()[0])
    return campaign


def test_the_page_offers_three_ways_and_shows_the_old_text_crossed_out(client: Client, wrong: Campaign) -> None:
    choices = client.get(page(wrong, "campaign-correct")).content.decode()
    form = client.get(page(wrong, "campaign-correct") + "?as=wrong").content.decode()

    for button in ("The alert was wrong", "Recall the alert", "The alert no longer applies"):
        assert button in choices
    assert f'<del lang="en" dir="ltr">{TEXTS["outer"]["title"]}</del>' in form
    assert f'<del lang="ar" dir="rtl">{ARABIC["inner"]["body"]}</del>' in form
    assert "A test runs at any hour." in form


def test_every_language_is_changed_or_confirmed(client: Client, wrong: Campaign) -> None:
    right = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Do not pay. Tell an adult."}}
    sent = {"action": "submit-correction", "as": "wrong", **fields(en=right, ar=ARABIC)}

    untouched = client.post(page(wrong, "campaign-correct"), sent)
    both = client.post(page(wrong, "campaign-correct"), {**sent, "same-ar": "yes", "same-en": "yes"})
    done = client.post(page(wrong, "campaign-correct"), {**sent, "same-ar": "yes"})

    assert untouched.status_code == both.status_code == 400
    assert "Arabic: change the text, or tick that it is right as it is." in untouched.content.decode()
    assert "Do not pay. Tell an adult." in untouched.content.decode()
    update = Campaign.objects.get(references=wrong.pk)
    assert done["Location"] == page(update, "campaign")
    assert (update.state, update.kind, update.words["en"]["inner"]["body"]) == (
        "submitted",
        "update",
        "Do not pay. Tell an adult.",
    )
    assert (update.audiences, update.services, update.quiet_override) == (wrong.audiences, wrong.services, wrong.quiet_override)


@pytest.mark.parametrize(("choice", "kind"), [("back", "cancel"), ("over", "all-clear")])
def test_a_recall_is_two_clicks_with_prepared_texts(client: Client, wrong: Campaign, choice: str, kind: str) -> None:
    shown = client.get(page(wrong, "campaign-correct") + f"?as={choice}")
    prepared = {field.key: field.value for language in shown.context["languages"] for field in language.fields}

    client.post(page(wrong, "campaign-correct"), {"action": "submit-correction", "as": choice, **prepared})
    made = Campaign.objects.get(references=wrong.pk)
    lifecycle.approve(made, fingerprint=made.fingerprint, by=make.campaign_staff()[1], at=timezone.now())

    assert all(prepared.values())
    assert (made.kind, made.state) == (kind, "approved")
    assert set(made.words) == {"ar", "en"}


def test_a_refused_text_is_named_and_nothing_is_lost(client: Client, wrong: Campaign) -> None:
    bad = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Ring 0800 1111 now."}}
    sent = {"action": "submit-correction", "as": "wrong", **fields(en=bad, ar=ARABIC), "same-ar": "yes"}

    answer = client.post(page(wrong, "campaign-correct"), sent)

    assert answer.status_code == 400
    assert "In-app text (English):" in answer.content.decode()
    assert "Ring 0800 1111 now." in answer.content.decode()
    assert not Campaign.objects.filter(references=wrong.pk).exists()


def test_a_caution_in_a_correction_is_answered_on_the_page(client: Client, wrong: Campaign) -> None:
    text = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Help for every victim."}}
    sent = {"action": "submit-correction", "as": "wrong", **fields(en=text, ar=ARABIC), "same-ar": "yes"}

    refused = client.post(page(wrong, "campaign-correct"), sent)
    ((_, name, _),) = refused.context["cautions"]
    client.post(page(wrong, "campaign-correct"), {**sent, name: "The organization calls itself so."})

    assert refused.status_code == 400
    assert "Help for every victim." in refused.content.decode()
    assert Campaign.objects.get(references=wrong.pk).caution_answers.get().reason == "The organization calls itself so."


def test_a_correction_of_an_alert_to_very_many_asks_for_the_number(
    client: Client, wrong: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "CONFIRM_ABOVE", 10)
    right = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Do not pay. Tell an adult."}}
    sent = {"action": "submit-correction", "as": "wrong", **fields(en=right, ar=ARABIC), "same-ar": "yes"}

    without = client.post(page(wrong, "campaign-correct"), sent)
    client.post(page(wrong, "campaign-correct"), {**sent, "number": "20"})

    assert without.status_code == 400
    assert "Type 20 to confirm that so many phones get the message." in without.content.decode()
    assert Campaign.objects.get(references=wrong.pk).reach_confirmed == 20


def test_a_correction_names_the_successor_of_a_service_that_has_closed(client: Client, wrong: Campaign) -> None:
    make.service("gb-new")
    make.service_facts("gb-line", status="defunct", successor_id="gb-new")
    right = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Do not pay. Tell an adult."}}
    sent = {"action": "submit-correction", "as": "wrong", **fields(en=right, ar=ARABIC), "same-ar": "yes"}

    client.post(page(wrong, "campaign-correct"), sent)

    assert Campaign.objects.get(references=wrong.pk).services == ["gb-new"]


def test_only_the_newest_of_a_thread_is_corrected(client: Client, wrong: Campaign) -> None:
    update = make.campaign(kind="update", references=wrong.pk, name="The right day", messages={"en": TEXTS, "ar": ARABIC})

    shown = client.get(page(wrong, "campaign-correct")).content.decode()
    sent = {"action": "submit-correction", "as": "wrong", **fields(en=ARABIC, ar=TEXTS)}
    refused = client.post(page(wrong, "campaign-correct"), sent)

    assert page(update, "campaign-correct") in shown
    assert refused.status_code == 409


def test_the_prepared_texts_pass_the_checks_of_their_languages() -> None:
    prepared = json.loads(files("notifications").joinpath("data/correction_texts.json").read_text("utf-8"))

    for kind in ("cancel", "all-clear"):
        campaign = Campaign(words=prepared[kind], countries=["GB"])
        assert prepared[kind].keys() >= {"en", "cy", "ar"}
        for place, locale, text in messages.texts_by_place(campaign):
            assert [fault.detail for fault in messages.place_faults(campaign, place, locale, text)] == [], place
