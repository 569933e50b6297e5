"""Ask the translators, translate, hand in and read: the pages of author, editor and second reader."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import User
from notifications.campaigns import draft_tasks, lifecycle, translation_requests
from notifications.models import Campaign, DraftTask, TaskEntry, TranslationRequest
from tests import make

pytestmark = pytest.mark.django_db

ENGLISH = make.definition()["messages"]["en"]
TYPED = {
    "outer_title": "نصائح جديدة",
    "outer_body": "اقرأها الآن.",
    "inner_title": "إذا هددك أحد",
    "inner_body": "لا تدفع. هذا ليس خطأك.",
}
NAME = "Secret programme"


def url(campaign: Campaign, name: str, *more: str) -> str:
    return reverse(f"admin:campaign-{name}", args=[campaign.pk, *more])


def page_of(client: Client, person: User, address: str) -> str:
    client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def ali() -> User:
    return make.person("ali", "localisation-editor", locales=("ar",))


@pytest.fixture
def rim() -> User:
    return make.person("rim", "localisation-reviewer", locales=("ar",))


@pytest.fixture
def draft() -> Campaign:
    return make.campaign(state="draft", name=NAME)


def deadline(hours: float = 3, **more: str) -> dict[str, str]:
    there = (timezone.now() + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/London"))
    return {"deadline_day": f"{there:%Y-%m-%d}", "deadline_time": f"{there:%H:%M:%S}", **more}


def ask(client: Client, campaign: Campaign, *locales: str, **more: Any) -> Any:
    client.force_login(campaign.created_by)
    fields = {"action": "ask", "locales": locales or ("ar",), **deadline(), **more}
    return client.post(url(campaign, "translators"), fields)


def requested(campaign: Campaign, note: str = "") -> TranslationRequest:
    later = timezone.now() + timedelta(hours=3)
    by = campaign.created_by
    return translation_requests.ask(campaign, ["ar"], deadline=later, note=note, by=by, at=timezone.now())[0]


def send(client: Client, campaign: Campaign, action: str, **more: Any) -> Any:
    """Open the editor's page and press one of its buttons."""
    address = url(campaign, "translate", "ar")
    shown = client.get(address).context
    hidden = {"version": shown["revision"], "source": shown["source"].digest, "campaign_version": shown["campaign_version"]}
    return client.post(address, {**hidden, **TYPED, **more, "action": action})


def test_an_author_asks_and_sees_the_state_of_each_language(client: Client, draft: Campaign, ali: User) -> None:
    answer = ask(client, draft, note="For tomorrow morning.")
    assert answer["Location"] == url(draft, "translators")

    for address in (url(draft, "translators"), url(draft, "words"), url(draft, "edit")):
        html = page_of(client, draft.created_by, address)
        assert "ith the translators, due " in html, address
        assert "London time" in html
    assert "Arabic is with the translators" in page_of(client, draft.created_by, url(draft, "check"))
    assert "so it cannot be saved here" in page_of(client, draft.created_by, url(draft, "text", "ar"))


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        (deadline(-1), "deadline_time", "has passed. Enter a later time."),
        (deadline(30), "deadline_time", "is after the end of the campaign"),
        ({"deadline_day": ""}, "deadline_day", "Enter a date."),
        ({"deadline_time": "noonish"}, "deadline_time", "Enter a time such as"),
        ({"locales": []}, "locales", "choose at least one"),
        ({"locales": ["ur"]}, "locales", "nobody here may translate into Urdu"),
        ({"note": "x" * 501}, "note", "500 characters"),
    ],
)
def test_what_is_wrong_stands_on_its_field(
    client: Client, draft: Campaign, ali: User, changed: dict[str, Any], field: str, sentence: str
) -> None:
    answer = ask(client, draft, **changed)

    assert answer.status_code == 400
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert not TranslationRequest.objects.exists()


def test_an_editor_finds_the_texts_first_and_sees_nothing_else_of_the_campaign(
    client: Client, draft: Campaign, ali: User
) -> None:
    requested(draft, note="Say it to parents.")

    work = page_of(client, ali, reverse("admin:my-work"))
    today = page_of(client, ali, reverse("admin:index"))
    screen = page_of(client, ali, url(draft, "translate", "ar"))

    assert work.index("By a deadline") < work.index("Translate into Arabic")
    assert "To translate into Arabic" in today
    for html in (work, screen):
        assert NAME not in html
        assert "Requested by author" in html or "author requested these texts" in html
    assert ENGLISH["inner"]["body"].split("'")[0] in screen
    assert "Say it to parents." in screen
    assert 'dir="rtl"' in screen
    assert "you have edited the campaign" in screen


def test_only_editors_of_the_language_open_its_texts(client: Client, draft: Campaign, rim: User) -> None:
    make.person("ali", "localisation-editor", locales=("ar",))
    requested(draft)
    welsh = make.person("nia", "localisation-editor", locales=("cy",))
    for person in (welsh, rim, draft.created_by):
        client.force_login(person)
        assert client.get(url(draft, "translate", "ar")).status_code == 403, person
        assert "Translate into Arabic" not in page_of(client, person, reverse("admin:my-work"))


def test_the_texts_are_saved_handed_in_and_read_by_another_person(client: Client, draft: Campaign, ali: User, rim: User) -> None:
    requested(draft)
    client.force_login(ali)
    send(client, draft, "save", inner_body="")
    assert TranslationRequest.objects.get().state == "in-work"
    assert "To correct before you hand in" in page_of(client, ali, url(draft, "translate", "ar"))

    answer = send(client, draft, "hand-in")

    assert answer["Location"] == reverse("admin:my-work")
    draft.refresh_from_db()
    assert draft.words["ar"]["inner"]["body"] == TYPED["inner_body"]
    assert "handed in by ali, waits for a second reader" in page_of(client, draft.created_by, url(draft, "edit"))
    assert "To read in Arabic" in page_of(client, rim, reverse("admin:index"))
    reading = page_of(client, rim, url(draft, "read"))
    for other in (NAME, "Parents", "gb-line"):
        assert other not in reading
    assert TYPED["inner_body"] in reading
    version = draft_tasks.version(draft, DraftTask.WORDS, locale="ar")
    fields = {"action": "confirm", "locale": "ar", "version": version, "meaning": "Do not pay; it is not your fault."}
    assert client.post(url(draft, "read"), fields)["Location"] == url(draft, "read")
    assert "handed in by ali, read by rim" in page_of(client, draft.created_by, url(draft, "words")).lower()
    assert "To read in Arabic" not in page_of(client, rim, reverse("admin:index"))


def test_a_second_reader_gives_a_reason_and_the_editor_reads_it(client: Client, draft: Campaign, ali: User, rim: User) -> None:
    requested(draft)
    client.force_login(ali)
    send(client, draft, "hand-in")
    client.force_login(rim)

    refused = client.post(url(draft, "read"), {"action": "return", "locale": "ar", "reason": ""})
    client.post(url(draft, "read"), {"action": "return", "locale": "ar", "reason": "It blames the child."})

    assert refused.status_code == 400
    assert "It blames the child." in page_of(client, ali, url(draft, "translate", "ar"))


def test_what_cannot_be_handed_in_is_saved_and_named(client: Client, draft: Campaign, ali: User) -> None:
    requested(draft)
    client.force_login(ali)

    answer = send(client, draft, "hand-in", outer_title="انتحار", inner_body="0800 1111")

    html = answer.content.decode()
    assert answer.status_code == 400
    assert "holds the number" in html
    assert "0800 1111" in html
    assert TranslationRequest.objects.get().texts["inner.body"] == "0800 1111"
    assert "ar" not in Campaign.objects.get().words


def test_a_changed_source_is_shown_to_both_sides_and_has_to_be_ticked(client: Client, draft: Campaign, ali: User) -> None:
    requested(draft)
    text: Any = {**ENGLISH, "inner": {**ENGLISH["inner"], "body": "Do not pay. Tell an adult."}}
    version = draft_tasks.version(draft, DraftTask.WORDS, locale="en")
    draft_tasks.save_text(draft, "en", text, from_version=version, by=draft.created_by, at=timezone.now())

    assert "The source changed" in page_of(client, draft.created_by, url(draft, "words"))
    assert "<ins>" in page_of(client, draft.created_by, url(draft, "translators"))
    assert "<ins>" in page_of(client, ali, url(draft, "translate", "ar"))
    assert send(client, draft, "hand-in").status_code == 400
    assert send(client, draft, "hand-in", read_changes="yes").status_code == 302


def test_of_two_editors_the_second_sees_both_texts_and_loses_nothing(client: Client, draft: Campaign, ali: User) -> None:
    request = requested(draft)
    mona = make.person("mona", "localisation-editor", locales=("ar",))
    client.force_login(mona)
    begun = client.get(url(draft, "translate", "ar")).context
    hidden = {"version": begun["revision"], "source": begun["source"].digest, "campaign_version": begun["campaign_version"]}
    translation_requests.save(request, {"outer.title": "من علي"}, from_revision=0, by=ali, at=timezone.now())

    answer = client.post(url(draft, "translate", "ar"), {**hidden, **TYPED, "action": "hand-in"})

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "ali has saved these texts since you began" in " ".join(html.replace("</strong>", "").split())
    assert "من علي" in html
    assert TYPED["inner_body"] in html
    again = page_of(client, mona, url(draft, "translate", "ar"))
    assert TYPED["inner_body"] in again
    client.post(url(draft, "translate", "ar"), {**hidden, **TYPED, "version": answer.context["revision"], "action": "hand-in"})
    assert TranslationRequest.objects.get().state == "returned"


def test_a_withdrawal_meanwhile_keeps_what_was_typed_on_the_page(client: Client, draft: Campaign, ali: User) -> None:
    request = requested(draft)
    client.force_login(ali)
    begun = client.get(url(draft, "translate", "ar")).context
    hidden = {"version": begun["revision"], "source": begun["source"].digest, "campaign_version": begun["campaign_version"]}
    translation_requests.withdraw(request, keep_text=False, by=draft.created_by, at=timezone.now())
    lifecycle.submit(draft, by=draft.created_by, at=timezone.now())

    answer = client.post(url(draft, "translate", "ar"), {**hidden, **TYPED, "action": "hand-in"})

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "The author has withdrawn this request" in html
    assert TYPED["inner_body"] in html


def test_what_is_typed_is_kept_by_the_script_and_shown_again(client: Client, draft: Campaign, ali: User) -> None:
    requested(draft)
    client.force_login(ali)

    kept = send(client, draft, "keep").json()["kept"]

    assert kept.endswith(" London time")
    assert TaskEntry.objects.get().fields["inner_body"] == [TYPED["inner_body"]]
    assert TYPED["inner_body"] in page_of(client, ali, url(draft, "translate", "ar"))
    client.post(url(draft, "translate", "ar"), {"action": "discard"})
    assert TYPED["inner_body"] not in page_of(client, ali, url(draft, "translate", "ar"))


def test_a_request_is_withdrawn_and_the_page_says_who_gets_english(client: Client, draft: Campaign, ali: User) -> None:
    make.installations(30, locale="ar")
    requested(draft)

    html = page_of(client, draft.created_by, url(draft, "translators"))
    assert "Without it, about 30 phones set to Arabic get English." in html
    client.post(url(draft, "translators"), {"action": "remove", "locale": "ar"})

    assert TranslationRequest.objects.get().state == "withdrawn"
    assert "with the translators" not in page_of(client, draft.created_by, url(draft, "check"))


def test_the_page_says_where_nobody_is_left_to_read_or_approve(client: Client, draft: Campaign, ali: User) -> None:
    User.objects.exclude(username="ali").update(locales=["en"])
    requested(draft)
    html = page_of(client, draft.created_by, url(draft, "translators"))
    assert "Nobody is left to be the second reader of this text" in html
    assert "nobody is left to approve it" not in html

    make.person("rim", "localisation-reviewer", locales=("ar",))
    User.objects.filter(username="approver").update(is_active=False)

    html = page_of(client, draft.created_by, url(draft, "translators"))
    assert "Nobody is left to be the second reader" not in html
    assert "nobody is left to approve it" in html


def test_the_history_of_the_campaign_tells_the_hand_over(client: Client, draft: Campaign, ali: User) -> None:
    requested(draft)
    client.force_login(ali)
    send(client, draft, "hand-in")

    html = page_of(client, draft.created_by, url(draft, "history"))

    for sentence in ("author requested the text in Arabic from the translators.", "ali handed in the text in Arabic."):
        assert sentence in html


def test_an_overdue_request_says_so(client: Client, draft: Campaign, ali: User) -> None:
    request = requested(draft)
    earlier: datetime = timezone.now() - timedelta(hours=1)
    TranslationRequest.objects.filter(pk=request.pk).update(requested_at=earlier - timedelta(hours=1), deadline=earlier)

    assert "overdue since" in page_of(client, draft.created_by, url(draft, "edit"))
    assert "Overdue since" in page_of(client, ali, reverse("admin:my-work"))
