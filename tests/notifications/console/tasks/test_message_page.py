"""The texts of a campaign in the console: problems are named at their place, and facts are inserted."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests import make
from tests.notifications.console.tasks.pages import WORDS, save, started, url

pytestmark = pytest.mark.django_db


def test_a_text_with_faults_is_saved_and_its_problems_are_named(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)

    answer = save(
        client, url(campaign, "text", "en"), **{**WORDS, "outer_body": "Police report on nude pictures.", "inner_title": ""}
    )
    shown = client.get(url(campaign, "text", "en"))
    campaign.refresh_from_db()

    assert answer["Location"] == url(campaign, "text", "en")
    assert campaign.words["en"]["outer"]["body"] == "Police report on nude pictures."
    assert "tells somebody beside the phone" in str(shown.context["form"].errors["outer_body"])
    assert shown.context["form"].errors["inner_title"] == ["Title in the app in English is empty."]
    assert 'href="#id_outer_body"' in shown.content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Save the picture as evidence.", "keep, capture or forward a picture"),
        ("Call 06 now.", "Insert dates, times, ages and services"),
        ("See https://example.org", "Attach services under “Help”"),
        ("Write to {someone}.", "The signs { and } are kept"),
    ],
)
def test_a_text_that_harms_is_refused_with_what_to_do(
    client: Client, author: make.User, content: None, text: str, sentence: str
) -> None:
    campaign = started(client)

    save(client, url(campaign, "text", "en"), **{**WORDS, "inner_body": text})

    assert sentence in str(client.get(url(campaign, "text", "en")).context["form"].errors["inner_body"])


def test_english_in_the_field_for_arabic_is_noticed(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)

    save(client, url(campaign, "text", "ar"), **WORDS)

    errors = client.get(url(campaign, "text", "ar")).context["form"].errors
    assert "not written in the script of Arabic" in str(errors["outer_body"])


def test_facts_are_inserted_and_written_out_for_each_language(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    version = client.get(url(campaign, "text", "en")).context["version"]
    fields = {**WORDS, "inner_body": "On  we talk.", "version": version, "place": "words.en"}

    inserted = client.post(
        url(campaign, "text", "en"),
        {**fields, "action": "insert", "insert_kind": "date", "insert_value": "1 December 2026", "insert_into": "inner_body",
         "insert_at": "3"},
    )  # fmt: skip
    html = inserted.content.decode()
    saved = save(client, url(campaign, "text", "en"), **{**WORDS, "inner_body": "On {date:2026-12-01} we talk."})

    assert inserted.context["form"]["inner_body"].value() == "On {date:2026-12-01} we talk."
    assert "On Tuesday, 1 December 2026 we talk." in html
    assert saved["Location"] == url(campaign, "words")


def test_a_filled_insertion_that_was_not_pressed_is_not_lost(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)

    answer = save(client, url(campaign, "text", "en"), **WORDS, insert_kind="age", insert_value="13")

    assert answer.status_code == 400
    assert "without pressing it" in answer.content.decode()


def test_what_is_typed_as_a_date_a_time_or_ages_is_inserted(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    typed = "Watch at 8.30pm on 25 February, for ages 13 to 17. Call 0800 1111."

    answer = save(client, url(campaign, "text", "en"), outer_title="t", outer_body="b", inner_title="t", inner_body=typed)

    campaign.refresh_from_db()
    stored = campaign.words["en"]["inner"]["body"]
    assert re.fullmatch(r"Watch at \{time:20-30\} on \{date:20\d\d-02-25\}, for ages \{ages:13-17\}\. Call 0800 1111\.", stored)
    assert answer.status_code == 302
