"""The second reader's acts on the screen of a tip: approve several, send back, decline, and decide on suggestions."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from content.console.my_work import returned_to
from content.console.tip_work import tips_to_do
from content.models import DeclinedReading, Target, TextComment, TextSuggestion, Tip, Unit
from content.models.text_suggestion import SuggestionDecided
from core.errors import EditConflict, Invalid
from core.models import User
from tests import make
from tests.content.console.test_tip_translation import SHORT, TITLE, rows_of, sent, url

pytestmark = pytest.mark.django_db
STEP = "tip.first-hour.do-now.1"


@pytest.fixture(autouse=True)
def tip() -> Tip:
    make.world()
    made = make.tip(approved=True)
    for key, text in ((TITLE, "Stopiwch"), (SHORT, "Siaradwch"), (STEP, "Dywedwch wrth oedolyn.")):
        make.target(key, "cy", text)
    return made


@pytest.fixture
def eva() -> User:
    return make.person("eva", "localisation-editor", locales=("en", "cy"))


@pytest.fixture
def rhys(client: Client) -> User:
    made = make.person("rhys", "localisation-reviewer", locales=("en", "cy"))
    client.force_login(made)
    return made


def target(key: str) -> Target:
    return Target.objects.get(unit__key=key)


def ticked(*keys: str) -> list[str]:
    return [f"{key} {target(key).revision} {target(key).unit.revision}" for key in keys]


def test_ticked_texts_are_approved_as_the_page_showed_them(client: Client, rhys: User, eva: User) -> None:
    read = ticked(TITLE, SHORT)
    target(SHORT).write(text="Siaradwch nawr", by=eva, at=make.NOON, from_revision=1)

    answer = client.post(url(), {"action": "approve-read", "read": read}, follow=True)

    assert [target(key).state for key in (TITLE, SHORT, STEP)] == ["approved", "needs-review", "needs-review"]
    page = answer.content.decode()
    assert "1 of 2 ticked texts approved." in page
    assert "Short answer: Someone has changed this text" in page


@pytest.mark.parametrize("read", [[], ["nonsense"], [f"{TITLE} 1"], [f"{TITLE} x 1"], ["tip.second.title 1 1"]])
def test_nothing_is_approved_without_a_tick_for_a_text_of_the_tip(client: Client, rhys: User, read: list[str]) -> None:
    make.tip("second", approved=True)

    answer = client.post(url(), {"action": "approve-read", "read": read})

    assert answer.status_code in (400, 404)
    assert not Target.objects.filter(state="approved").exists()


def test_a_text_that_is_sent_back_leaves_the_queue_until_it_changes(client: Client, rhys: User, eva: User) -> None:
    author = User.objects.get(pk=target(TITLE).written_by_id)

    answer = client.post(url(), sent(TITLE, "send-back", comment="Too formal for teens."))

    assert SHORT in answer["Location"]
    assert TextComment.objects.get().returned_revision == 1
    assert rows_of(client.get(url()))[TITLE].sent_back is not None
    [work] = tips_to_do(rhys, "cy")
    assert (work.to_review, work.sent_back) == (2, 1)
    assert [row.text for row in returned_to(author)] == ["Sent back by rhys"]
    target(TITLE).write(text="Stopia", by=eva, at=make.NOON, from_revision=1)
    [work] = tips_to_do(rhys, "cy")
    assert (work.to_review, work.sent_back) == (3, 0)


def test_two_people_who_send_back_at_once_both_say_why(client: Client, rhys: User) -> None:
    client.post(url(), sent(TITLE, "send-back", comment="Too formal."))
    client.force_login(make.person("sian", "localisation-reviewer", locales=("cy",)))

    answer = client.post(url(), sent(TITLE, "send-back", comment="Two words."))

    assert answer.status_code == 302
    assert TextComment.objects.open().returned("cy").count() == 2


@pytest.mark.parametrize("comment", ["", "   "])
def test_sending_back_needs_a_reason(client: Client, rhys: User, comment: str) -> None:
    answer = client.post(url(), sent(TITLE, "send-back", comment=comment))

    assert answer.status_code == 400
    assert "Say what is wrong with the text" in answer.content.decode()
    assert not TextComment.objects.exists()


def test_a_text_that_has_changed_is_not_sent_back(client: Client, rhys: User, eva: User) -> None:
    form = sent(TITLE, "send-back", comment="Too formal.")
    target(TITLE).write(text="Stopia", by=eva, at=make.NOON, from_revision=1)

    answer = client.post(url(), form)

    assert answer.status_code == 409
    assert "Too formal." in answer.content.decode()
    assert not TextComment.objects.exists()


def test_a_reader_who_cannot_judge_a_text_is_not_asked_again(client: Client, rhys: User, eva: User) -> None:
    answer = client.post(url(), sent(TITLE, "cannot-judge"))

    assert SHORT in answer["Location"]
    assert tips_to_do(rhys, "cy")[0].to_review == 2
    assert "rhys cannot judge it" in client.get(url()).content.decode()
    assert DeclinedReading.objects.get().revision == 1
    target(TITLE).write(text="Stopia", by=eva, at=make.NOON, from_revision=1)
    assert tips_to_do(rhys, "cy")[0].to_review == 3


def test_an_approval_goes_on_to_the_next_text_to_review(client: Client, rhys: User) -> None:
    target(SHORT).approve(by=rhys, at=make.NOON)

    assert STEP in client.post(url(), sent(TITLE, "approve"))["Location"]


def test_an_accepted_suggestion_is_a_draft_of_its_author(client: Client, rhys: User, eva: User) -> None:
    target(TITLE).approve(by=rhys, at=make.NOON)
    client.force_login(eva)
    client.post(url(), sent(TITLE, "suggest", text="Arhoswch"))
    assert (target(TITLE).text, target(TITLE).state) == ("Stopiwch", "approved")
    client.force_login(rhys)
    assert ("added", "Arhoswch") in rows_of(client.get(url()))[TITLE].suggestions[0].differences

    client.post(url(), {"action": "accept", "unit": TITLE, "number": str(TextSuggestion.objects.get().pk)})

    stored = target(TITLE)
    assert (stored.text, stored.state, stored.written_by, stored.approved_text) == ("Arhoswch", "needs-review", eva, "Stopiwch")
    assert TextSuggestion.objects.get().decided_by == rhys
    stored.approve(by=rhys, at=make.NOON)
    with pytest.raises(SuggestionDecided):
        TextSuggestion.objects.get().dismiss(by=rhys, at=make.NOON)


def test_a_suggestion_for_a_text_that_has_changed_is_not_accepted(client: Client, rhys: User, eva: User) -> None:
    one = TextSuggestion.objects.suggest(
        unit=Unit.objects.get(key=TITLE), locale="cy", text="Arhoswch", by=eva, at=make.NOON, from_revision=1
    )
    target(TITLE).write(text="Stopia", by=eva, at=make.NOON, from_revision=1)

    with pytest.raises(EditConflict):
        one.accept(by=rhys, at=make.NOON)

    one.refresh_from_db()
    assert one.state == "open"
    one.dismiss(by=eva, at=make.NOON)
    assert target(TITLE).text == "Stopia"


@pytest.mark.parametrize("text", ["Stopiwch", "Ffoniwch 0800 1111.", ""])
def test_a_suggestion_that_changes_nothing_or_breaks_a_rule_is_refused(client: Client, rhys: User, eva: User, text: str) -> None:
    with pytest.raises(Invalid):
        TextSuggestion.objects.suggest(
            unit=Unit.objects.get(key=TITLE), locale="cy", text=text, by=eva, at=make.NOON, from_revision=1
        )

    assert not TextSuggestion.objects.exists()


def test_a_name_that_stays_as_it_is_takes_one_press(client: Client, eva: User) -> None:
    make.tip("brand", texts={"title": "Snapchat"}, approved=True)
    brand = Unit.objects.get(key="tip.brand.title")
    brand.revise(text=brand.text, change="cosmetic", by=eva, at=make.NOON, from_revision=1, stays_as_is=True)
    client.force_login(eva)
    path = url(slug="brand")
    assert "save the source text" in client.get(path).content.decode()

    client.post(path, {**sent("tip.brand.title", "as-source"), "text": ""})
    client.post(path, {**sent("tip.brand.short", "as-source"), "text": ""})

    assert target("tip.brand.title").text == "Snapchat"
    assert not Target.objects.filter(unit__key="tip.brand.short").exists()


def test_source_texts_are_reviewed_one_after_another_in_the_order_of_the_list(client: Client) -> None:
    make.tip("second")
    client.force_login(make.person("rim", "localisation-reviewer", locales=("en",)))
    keys = [key for _, key in Tip.objects.get(pk="second").keys() if not key.endswith(".short-title")]  # noqa: SIM118  a method of the tip
    query = "?state=needs-review&part=tips"
    first = reverse("admin:source-text", args=[keys[0]])
    page = client.get(first + query).content.decode()
    assert f'rel="next" href="{reverse("admin:source-text", args=[keys[1]])}{query.replace("&", "&amp;")}"' in page

    answer = client.post(first + query, {"action": "approve", "revision": "1"})

    assert answer["Location"] == reverse("admin:source-text", args=[keys[1]]) + query
    assert Unit.objects.get(key=keys[0]).state == "approved"
