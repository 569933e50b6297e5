"""Nothing that is typed for a campaign is lost: conflicts, kept forms, colleagues at the same task."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from notifications.campaigns import draft_tasks
from notifications.models import Campaign, TaskEntry
from tests import make
from tests.notifications.console.tasks.pages import TOMORROW, WORDS, save, started, url, when

pytestmark = pytest.mark.django_db


def test_a_colleague_s_save_is_shown_beside_mine_with_a_choice(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    address = url(campaign, "text", "en")
    version = client.get(address).context["version"]
    other = make.person("other", "campaign-author")
    theirs: Any = {"outer": {"title": "Theirs", "body": "b"}, "inner": {"title": "t", "body": "b"}}
    draft_tasks.save_text(campaign, "en", theirs, from_version=version, by=other, at=timezone.now())

    answer = client.post(address, {"action": "save", "version": version, "place": "words.en", **WORDS})
    difference = answer.context["differences"][0]
    kept = Campaign.objects.get().words["en"]["outer"]["title"]
    second = client.post(address, {"action": "save", "version": answer.context["version"], "place": "words.en", **WORDS})

    assert answer.status_code == 409
    assert (difference.theirs, difference.mine) == ("Theirs", "New advice in the app")
    assert kept == "Theirs"
    assert second.status_code == 302
    assert Campaign.objects.get().words["en"]["outer"]["title"] == "New advice in the app"


def test_what_is_typed_is_kept_and_shown_again(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    address = url(campaign, "text", "en")
    version = client.get(address).context["version"]

    kept = client.post(
        url(campaign, "autosave"), {"action": "keep", "place": "words.en", "version": version, **WORDS, "outer_title": "Half a"}
    )
    again = client.get(address)
    client.post(address, {"action": "discard"})
    after = client.get(address)

    assert kept.json()["kept"]
    assert again.context["form"]["outer_title"].value() == "Half a"
    assert "did not save" in again.content.decode()
    assert after.context["form"]["outer_title"].value() == ""


def test_what_arrives_after_its_form_was_saved_is_not_kept(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    before = client.get(url(campaign, "text", "en")).context["version"]
    late = {"action": "keep", "place": "words.en", "version": before, **WORDS}
    client.post(url(campaign, "text", "en"), {**late, "action": "save"})

    assert client.post(url(campaign, "autosave"), late).json()["kept"] is None
    shown = client.get(url(campaign, "text", "en"))
    assert (shown.context["entry"], shown.context["differences"]) == (None, [])
    again = {**late, "version": shown.context["version"], "outer_title": "Another"}
    assert client.post(url(campaign, "autosave"), again).json()["kept"]


def test_saving_one_language_keeps_what_is_typed_in_another(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    client.post(url(campaign, "autosave"), {"action": "keep", "place": "words.cy", "version": "v", "outer_title": "Cyngor"})

    save(client, url(campaign, "text", "en"), **WORDS)

    assert client.get(url(campaign, "text", "cy")).context["entry"].fields["outer_title"] == ["Cyngor"]


def test_a_refused_form_is_kept_for_the_next_visit(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)

    save(client, url(campaign, "when"), **when(start="at", at_date=TOMORROW, at_time="noon"))
    again = client.get(url(campaign, "when"))

    assert again.context["form"]["at_time"].value() == "noon"


def test_a_colleague_at_the_same_task_is_named(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    other = make.person("olga", "campaign-author")
    TaskEntry.objects.create(campaign=campaign, place="who", user=other, seen_at=timezone.now())

    assert "olga" in client.get(url(campaign, "who")).content.decode()
    assert "olga has it open now" in client.get(url(campaign, "edit")).content.decode()
