"""All texts of one tip in one language on one screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from content.console.tip_text_row import TipTextRow
from content.models import Target, TextComment, Tip, TipPresence, Unit, UnsavedText
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db
MAX_QUERIES = 15
TITLE, SHORT = "tip.first-hour.title", "tip.first-hour.short"


@pytest.fixture(autouse=True)
def tip() -> Tip:
    make.world()
    make.service("gb-line", channels=0)
    return make.tip(texts={"short": "Talk to {service:gb-line}.", "more": "Read **this** at {service:gb-line}."}, approved=True)


@pytest.fixture
def eva(client: Client) -> User:
    made = make.person("eva", "localisation-editor", locales=("en", "cy", "ar"))
    client.force_login(made)
    return made


@pytest.fixture
def rhys() -> User:
    return make.person("rhys", "localisation-reviewer", locales=("en", "cy"))


def url(query: str = "", *, slug: str = "first-hour") -> str:
    return reverse("admin:tip-translation", args=[slug, "cy"]) + query


def sent(key: str, action: str, **more: str) -> dict[str, str]:
    target = Target.objects.of(Unit.objects.get(key=key), "cy")
    shown = {"unit": key, "revision": str(target.revision), "source_revision": str(target.unit.revision)}
    return {"action": action, **shown, **more}


def rows_of(answer: Any) -> dict[str, TipTextRow]:
    return {row.unit.key: row for row in answer.context["rows"]}


def test_the_texts_are_in_reading_order_with_names_in_place_of_tokens(client: Client, eva: User) -> None:
    answer = client.get(url())

    page = answer.content.decode()
    assert [row.kind for row in answer.context["rows"]] == ["title", "short", "do_now", "do_not", "more"]
    assert 'Talk to <bdi class="fp-chip">' in page
    assert "<strong>this</strong>" in page
    assert 'data-chip="{service:gb-line}"' in page
    assert "How Welsh speaks to its readers" in page


def test_a_text_is_saved_and_the_next_one_has_the_focus(client: Client, eva: User) -> None:
    answer = client.post(url(), sent(TITLE, "save-next", text="Stopiwch"), follow=True)

    short = Unit.objects.get(key=SHORT)
    assert Target.objects.get().text == "Stopiwch"
    assert answer.redirect_chain == [(f"{url()}?at={SHORT}#text-{short.pk}-box", 302)]
    assert answer.context["focus"] == f"text-{short.pk}"
    assert "Saved. Another person must approve the text." in answer.content.decode()


def test_a_refused_text_stays_in_its_box_with_the_fault(client: Client, eva: User) -> None:
    answer = client.post(url(), sent(SHORT, "save", text="Ffoniwch 0800 1111."))

    row = rows_of(answer)[SHORT]
    assert (answer.status_code, row.text, row.is_refused) == (400, "Ffoniwch 0800 1111.", True)
    assert "number" in {fault.code for fault in row.faults}
    assert not Target.objects.exists()
    assert UnsavedText.objects.get().text == "Ffoniwch 0800 1111."
    assert rows_of(client.get(url()))[SHORT].is_unsaved


def test_a_reviewer_approves_and_goes_on_to_the_next_text(client: Client, rhys: User) -> None:
    make.target(TITLE, "cy", "Stopiwch")
    client.force_login(rhys)

    answer = client.post(url(), sent(TITLE, "approve"))

    assert Target.objects.get().state == "approved"
    assert SHORT in answer["Location"]


def test_nobody_approves_their_own_text(client: Client) -> None:
    both = make.person("both", "localisation-editor", "localisation-reviewer")
    text = "Siaradwch â {service:gb-line}."
    Target.objects.of(Unit.objects.get(key=SHORT), "cy").write(text=text, by=both, at=make.NOON, from_revision=0)
    client.force_login(both)

    page = client.get(url()).content.decode()
    answer = client.post(url(), sent(SHORT, "approve"))

    assert "You wrote this text, so another person must approve it." in page
    assert answer.status_code == 403
    assert Target.objects.get().state == "needs-review"


def test_a_conflict_shows_both_texts_in_the_row(client: Client, eva: User) -> None:
    mine = sent(TITLE, "save", text="Arhoswch")
    make.target(TITLE, "cy", "Stopiwch")

    for answer in (client.post(url(), mine), client.get(url())):
        row = rows_of(answer)[TITLE]
        assert (row.theirs, row.text, row.shown) == ("Stopiwch", "Arhoswch", 1)

    client.post(url(), sent(TITLE, "replace", text="Arhoswch"))
    assert Target.objects.get().text == "Arhoswch"


def test_what_changed_in_source_and_target_is_shown(client: Client, eva: User) -> None:
    target = make.target(TITLE, "cy", "Stopiwch", approved=True)
    target.unit.revise(text="Stop and breathe now", change="clarity", by=eva, at=make.NOON, from_revision=1)
    target.write(text="Stopiwch nawr", by=eva, at=make.NOON, from_revision=2, source_revision=1)

    row = rows_of(client.get(url()))[TITLE]

    assert ("added", " now") in row.source_differences
    assert ("added", " nawr") in row.approved_differences


def test_the_memory_has_the_same_and_similar_texts(client: Client, eva: User) -> None:
    make.tip("second", texts={"title": "Stop and breathe", "short": "Stop and breathe now."})
    make.target("tip.second.title", "cy", "Stopiwch ac anadlwch", approved=True)
    make.target("tip.second.short", "cy", "Stopiwch ac anadlwch nawr.")

    same, near = rows_of(client.get(url()))[TITLE].memory

    assert (same.percent, same.translation, same.is_approved) == (100, "Stopiwch ac anadlwch", True)
    assert not near.is_approved
    assert 50 <= near.percent < 100
    assert "now" in "".join(text for kind, text in near.differences if kind == "removed")


def test_the_glossary_knows_the_forms_of_the_language_and_their_endings(client: Client, eva: User) -> None:
    make.tip("call", texts={"short": "Call the emergency number."})

    empty = rows_of(client.get(url(slug="call")))["tip.call.short"].glossary
    make.target("tip.call.short", "cy", "Ffoniwch y rhif argyfwng.")
    used = rows_of(client.get(url(slug="call")))["tip.call.short"].glossary

    assert [(hit.term, hit.is_used) for hit in empty] == [("emergency number", False)]
    assert [hit.is_used for hit in used] == [True]


def test_the_glossary_names_what_to_write_and_what_is_refused(client: Client, eva: User) -> None:
    make.tip("extort", texts={"short": "This is sexual extortion."})
    key = "tip.extort.short"

    page = client.get(url(slug="extort"))
    (hit,) = rows_of(page)[key].glossary
    make.target(key, "cy", "Mae hyn yn flacmel rhywiol.")
    (used,) = rows_of(client.get(url(slug="extort")))[key].glossary

    assert (hit.term, hit.forms, hit.forbidden, hit.is_used) == (
        "sexual extortion",
        ["blacmel rhywiol"],
        ["sextortion", "rhywgribddeiliaeth"],
        False,
    )
    assert '(do not write: <bdi lang="cy">sextortion, rhywgribddeiliaeth</bdi>)' in page.content.decode()
    assert used.is_used


def test_other_languages_are_shown_on_demand(client: Client, eva: User) -> None:
    make.target(TITLE, "ar", "توقف")

    assert "توقف" not in client.get(url()).content.decode()
    assert rows_of(client.get(url("?beside=ar")))[TITLE].beside == "توقف"


def test_a_comment_is_shown_until_it_is_resolved(client: Client, eva: User, rhys: User) -> None:
    client.force_login(rhys)
    client.post(url(), sent(TITLE, "comment", comment="Too formal?"))
    client.force_login(eva)
    assert "Too formal?" in client.get(url()).content.decode()

    client.post(url(), sent(TITLE, "resolve", number=str(TextComment.objects.get().pk)))

    assert TextComment.objects.get().resolved_by == eva
    assert "Too formal?" not in client.get(url()).content.decode()


@pytest.mark.parametrize("comment", ["", "  ", "x" * 1001])
def test_an_empty_or_long_comment_is_refused(client: Client, eva: User, comment: str) -> None:
    assert client.post(url(), sent(TITLE, "comment", comment=comment)).status_code == 400
    assert not TextComment.objects.exists()


def test_a_person_without_the_language_sees_and_changes_nothing(client: Client) -> None:
    client.force_login(make.person("fay", "localisation-editor", locales=("fr",)))

    page = client.get(url()).content.decode()
    answers = [
        client.post(url(), sent(TITLE, action, text="Un", comment="Un"))
        for action in ("save", "save-next", "replace", "keep", "comment")
    ]

    assert "<textarea" not in page
    assert [answer.status_code for answer in answers] == [403] * 5
    for model in (Target, TextComment, UnsavedText):
        assert not model._default_manager.exists(), model


@pytest.mark.parametrize("key", ["tip.second.title", "", "why.free", "no-such-key"])
def test_a_form_about_a_text_of_another_tip_is_refused(client: Client, eva: User, key: str) -> None:
    make.tip("second")

    answer = client.post(url(), {"action": "save", "unit": key, "revision": "0", "source_revision": "1", "text": "Un"})

    assert answer.status_code == 404
    assert not Target.objects.exists()


@pytest.mark.parametrize("path", ["first-hour/xx", "no-tip/cy", "first-hour/en"])
def test_an_unknown_tip_or_language_is_not_found(client: Client, eva: User, path: str) -> None:
    assert client.get(f"/console/tips/{path}/").status_code == 404


@pytest.mark.slow
def test_forty_texts_need_no_more_queries_than_the_limit(client: Client, eva: User) -> None:
    steps = {f"do-now.{n}": f"Tell adult {'abcdefghijkl'[n % 12]} about it." for n in range(1, 37)}
    make.tip("long", texts=steps, do_now=[*range(1, 37)], approved=True)
    for number, unit in enumerate(Unit.objects.filter(owner="tip:long")):
        make.target(unit.key, "cy", "Dywedwch wrth oedolyn", approved=number % 3 == 0)
        if number % 4 == 0:
            UnsavedText.objects.keep(
                person=eva, unit=unit, locale="cy", text="Arall", stored="", from_revision=0, source_revision=1, at=make.NOON
            )
            TextComment.objects.write(unit=unit, locale="cy", text="Why?", by=eva, at=make.NOON)
        if number % 5 == 0:
            unit.revise(text=f"{unit.text} Today.", change="clarity", by=eva, at=make.NOON, from_revision=1)

    counts = [queries(client, address) for address in (url(), url("?beside=ar", slug="long"))]

    assert max(counts) <= MAX_QUERIES, counts


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_conflict_shows_what_each_person_changed(client: Client, eva: User) -> None:
    target = make.target(TITLE, "cy", "Stopiwch nawr")
    mine = sent(TITLE, "save", text="Stopiwch nawr ac anadlwch")
    target.write(text="Arhoswch nawr", by=make.person("fay", "localisation-editor"), at=make.NOON, from_revision=1)

    for answer in (client.post(url(), mine), client.get(url())):
        sides = rows_of(answer)[TITLE].sides
        assert sides is not None
        assert (sides.base, sides.theirs, sides.mine) == ("Stopiwch nawr", "Arhoswch nawr", "Stopiwch nawr ac anadlwch")
        assert ("added", "Arhoswch") in (sides.their_changes or [])
        assert ("added", " ac anadlwch") in (sides.my_changes or [])
        assert "The text that you both began from" in answer.content.decode()


def test_the_length_counts_a_letter_with_its_marks_once(client: Client, eva: User) -> None:
    make.target(TITLE, "ar", "تَوَقَّفْ")

    answer = client.get(reverse("admin:tip-translation", args=["first-hour", "ar"]))

    row = rows_of(answer)[TITLE]
    assert (row.length, row.limit) == (4, (70, 200))
    assert ">4</span> of 70 characters" in answer.content.decode()


def test_colleagues_with_the_page_open_are_named_for_a_minute(client: Client, eva: User, rhys: User) -> None:
    client.post(url(), {"action": "present"})
    client.force_login(rhys)

    assert client.post(url(), {"action": "present"}).json() == {"others": ["eva"]}
    assert "Also here: eva." in client.get(url()).content.decode()
    TipPresence.objects.filter(person=eva).update(seen_at=timezone.now() - timedelta(seconds=61))
    assert client.post(url(), {"action": "present"}).json() == {"others": []}
    assert TipPresence.objects.get().person == rhys
