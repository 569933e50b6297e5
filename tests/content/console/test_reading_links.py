"""Outside readers in the console: a link to chosen texts, seen by its maker alone, revoked, and judgements dealt with."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.linting.word_count import word_count
from content.models import Judgement, ReadingLink, Unit
from core.audit_verbs import Verb
from core.models import AuditEntry, User
from tests import make

pytestmark = pytest.mark.django_db
TITLE, STEP = "tip.first-hour.title", "tip.first-hour.do-now.1"
LIST, NEW = reverse("admin:reading-links", args=["cy"]), reverse("admin:reading-link-new", args=["cy"])


@pytest.fixture
def lena(client: Client) -> User:
    make.small_content()
    make.tip("second")
    make.target(STEP, "cy", "Dywedwch wrth un oedolyn.")
    make.target(TITLE, "cy", "Stopiwch ac anadlwch")
    make.target("tip.second.title", "cy", "Yr ail un")
    made = make.person("lena", "localisation-reviewer", locales=("en", "cy"))
    client.force_login(made)
    return made


def pk(key: str) -> int:
    return Unit.objects.get(key=key).pk


def create(client: Client, *keys: str, query: str = "", **values: str) -> Any:
    form = {"action": "create", "unit": [str(pk(key)) for key in keys], "reader": "A nurse", "days": "7"}
    return client.post(NEW + query, form | values)


def judge(key: str, verdict: str, note: str = "") -> Judgement:
    unit = pk(key)
    return Judgement.objects.record(
        ReadingLink.objects.get(), unit=unit, verdict=verdict, note=note, revision=1, source_revision=1, at=timezone.now()
    )


def test_texts_are_chosen_by_tip_in_reading_order_with_their_words(client: Client, lena: User) -> None:
    rows = client.get(NEW + "?tip=first-hour").context["rows"]

    assert [(unit.key, words) for unit, _, _, words in rows] == [(TITLE, 3), (STEP, 4)]
    assert "2 texts, 7 words." in client.get(NEW + "?tip=first-hour").content.decode()


def test_texts_are_chosen_by_the_filters_of_the_queue(client: Client, lena: User) -> None:
    assert [unit.key for unit, *_ in client.get(NEW + "?q=ail").context["rows"]] == ["tip.second.title"]
    assert client.get(NEW + "?state=approved").context["rows"] == []
    assert client.get(NEW + "?tip=no-such-tip").status_code == 404
    assert client.get(reverse("admin:reading-link-new", args=["en"])).status_code == 404


def test_a_link_opens_the_ticked_texts_and_its_maker_alone_sees_it(client: Client, lena: User) -> None:
    assert create(client, STEP, TITLE, counts="yes").status_code == 302
    link = ReadingLink.objects.get()
    own = client.get(LIST).content.decode()
    client.force_login(make.person("owen", "localisation-reviewer", locales=("en", "cy")))
    other = client.get(LIST).content.decode()

    assert (link.units, link.counts, link.made_by, (link.expires_at - link.made_at).days) == (
        [pk(STEP), pk(TITLE)],
        True,
        lena,
        7,
    )
    assert AuditEntry.objects.get(verb=Verb.READING_LINK_CREATED).details["texts"] == 2
    (token,) = re.findall(r"/reading/([\w:-]+)", own)
    assert ReadingLink.objects.from_token(token, at=timezone.now()) == link
    assert "/reading/" not in other
    assert "Counts as the second reader" in other


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"unit": []}, "Choose at least one text"),
        ({"reader": ""}, "whom the link is for"),
        ({"days": "0"}, "1 to 60 days"),
        ({"days": "61"}, "1 to 60 days"),
        ({"days": "soon"}, "1 to 60 days"),
    ],
)
def test_a_faulty_form_is_refused_and_keeps_what_was_typed(
    client: Client, lena: User, values: dict[str, Any], sentence: str
) -> None:
    answer = create(client, TITLE, query="?tip=first-hour", **({"reader": "A nurse"} | values))

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert answer.context["reader"] == values.get("reader", "A nurse")
    assert not ReadingLink.objects.exists()


def test_an_editor_is_not_offered_to_let_a_reader_count(client: Client, lena: User) -> None:
    client.force_login(make.person("eva", "localisation-editor", locales=("en", "cy")))

    assert 'name="counts"' not in client.get(NEW).content.decode()
    assert create(client, TITLE, counts="yes").status_code == 403
    assert create(client, TITLE).status_code == 302


def test_a_person_without_the_language_invites_nobody_and_revokes_nothing(client: Client, lena: User) -> None:
    create(client, TITLE)
    client.force_login(make.person("fay", "localisation-editor", locales=("fr",)))

    answers = [create(client, TITLE), client.post(LIST, {"action": "withdraw", "link": str(ReadingLink.objects.get().pk)})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert ReadingLink.objects.get().revoked_at is None


def test_a_link_is_revoked_by_a_colleague_of_the_language(client: Client, lena: User) -> None:
    create(client, TITLE)
    client.force_login(make.person("eva", "localisation-editor", locales=("cy",)))

    client.post(LIST, {"action": "withdraw", "link": str(ReadingLink.objects.get().pk)})

    assert not ReadingLink.objects.get().is_valid(at=timezone.now())
    assert AuditEntry.objects.filter(verb=Verb.READING_LINK_REVOKED).count() == 1
    assert "Withdrawn on" in client.get(LIST).content.decode()
    assert client.post(LIST, {"action": "withdraw", "link": "x"}).status_code == 404


def test_a_judgement_waits_beside_the_text_until_it_is_dealt_with(client: Client, lena: User) -> None:
    create(client, TITLE, STEP)
    judge(STEP, "reads-well")
    judgement = judge(TITLE, "not-clear", "Anadlu <b>sut</b>?")
    beside = reverse("admin:tip-translation", args=["first-hour", "cy"])
    queue = reverse("admin:translation-queue", args=["cy"])

    shown = client.get(LIST).content.decode()
    row, waiting = client.get(beside).content.decode(), client.get(queue).content.decode()
    client.post(LIST, {"action": "deal-with", "judgement": str(judgement.pk)})

    assert "Anadlu &lt;b&gt;sut&lt;/b&gt;?" in shown
    assert "1 reads well, 1 not clear." in shown
    assert "not clear</strong>" in row
    assert "1 judgement to read" in waiting
    assert "There are no judgements to read." in client.get(LIST).content.decode()
    assert "not clear</strong>" not in client.get(beside).content.decode()
    assert AuditEntry.objects.get(verb=Verb.JUDGEMENT_DEALT_WITH).by == lena


def test_the_history_says_on_whose_reading_a_text_was_approved(client: Client, lena: User) -> None:
    Unit.objects.get(key=TITLE).approve(by=make.checker(), at=make.NOON)
    create(client, TITLE, counts="yes")
    judge(TITLE, "reads-well")

    page = client.get(reverse("admin:translation-history", args=["cy", TITLE])).content.decode()

    assert "by lena on the reading of an outside reader" in page
    assert "A nurse" in page


@pytest.mark.parametrize(
    ("text", "locale", "words"),
    [
        ("Stop, and breathe – now.", "en", 4),
        ("Frag {service:de-line} um Rat", "de", 4),
        ("रुको और साँस लो", "hi", 4),
        ("หยุดก่อน", "th", 6),
        ("すぐに 止まる。", "ja", 6),
        ("", "en", 0),
    ],
)
def test_words_are_counted_and_characters_where_there_are_no_spaces(text: str, locale: str, words: int) -> None:
    assert word_count(text, locale) == words
