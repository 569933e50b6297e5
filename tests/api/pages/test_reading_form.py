"""The page of outside readers: one batch in one language, judged without an account, and counted only where a lead says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import signing
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.importing.page_texts_file import shipped_english
from content.models import Judgement, ReadingLink, Target, TargetRevision, Unit
from core.audit_verbs import Verb
from core.errors import Forbidden, Invalid
from core.models import AuditEntry, User
from tests import make

pytestmark = pytest.mark.django_db

TITLE, SHORT, STEP = "tip.first-hour.title", "tip.first-hour.short", "tip.first-hour.do-now.1"
TEXTS = {TITLE: "توقف وتنفس", SHORT: "لست وحدك."}


@pytest.fixture
def lead() -> User:
    """A reviewer of Arabic; two texts of a tip are translated by the product, and a third one is not in any batch."""
    make.small_content()
    for key, text in TEXTS.items():
        make.target(key, "ar", text)
        Unit.objects.get(key=key).approve(by=make.checker(), at=make.NOON)
    make.target(STEP, "ar", "أخبر شخصا بالغا.")
    return make.person("lena", "localisation-reviewer", locales=("en", "ar"))


def issue(by: User, *, counts: bool = False, days: int = 14, **values: Any) -> ReadingLink:
    units = [Unit.objects.get(key=key).pk for key in TEXTS]
    fields: dict[str, Any] = {"locale": "ar", "units": units, "reader": "A teacher", "at": timezone.now()} | values
    return ReadingLink.objects.issue(counts=counts, days=days, by=by, **fields)


def path(link: ReadingLink) -> str:
    return reverse("reading-form", args=[link.token()])


def send(api: Client, link: ReadingLink, *, headers: dict[str, str] | None = None, **changes: Any) -> Any:
    target = Target.objects.select_related("unit").get(unit__key=TITLE, locale="ar")
    form = {"text": target.unit_id, "revision": target.revision, "source": target.unit.revision, "verdict": "reads-well"}
    body = urlencode({**form, **changes})
    return api.post(path(link), body, content_type="application/x-www-form-urlencoded", headers=headers or {})


def title() -> Target:
    return Target.objects.get(unit__key=TITLE, locale="ar")


def test_a_reader_sees_the_batch_in_its_direction_and_nothing_else(api: Client, lead: User) -> None:
    answer = api.get(path(issue(lead)))
    page = answer.content.decode()

    assert answer.status_code == 200
    assert all(text in page for text in TEXTS.values())
    assert "أخبر" not in page
    assert '<div class="shown" lang="ar" dir="rtl">' in page
    assert "<dt>Words</dt><dd>4</dd>" in page
    assert "<bdi>0</bdi> / <bdi>2</bdi>" in page
    assert "lena" not in page
    assert "<script" not in page
    assert "style=" not in page
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "noindex" in answer["X-Robots-Tag"]
    assert not answer.cookies
    assert "Access-Control-Allow-Origin" not in answer


def test_services_are_shown_by_name_and_markdown_as_readers_get_it(api: Client, lead: User) -> None:
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-line}.", "more": "Read **on**."})
    make.target("tip.ask.do-now.1", "ar", "اسأل {service:gb-line}.")
    make.target("tip.ask.more", "ar", "اقرأ **المزيد**.")
    units = list(Unit.objects.filter(owner="tip:ask").values_list("pk", flat=True))

    page = api.get(path(issue(lead, units=units))).content.decode()

    assert "\u2066The gb-line service\u2069" in page
    assert "<strong>المزيد</strong>" in page


def frame(name: str, text: str, *, approved: bool = True) -> None:
    """Write a text of the page and its Arabic translation."""
    key = f"page.reading.{name}"
    if not Unit.objects.filter(key=key).exists():
        make.unit(key, shipped_english("reading")[name], owner="page")
    make.target(key, "ar", text, approved=approved)


def test_the_page_is_in_the_language_of_its_reader_as_far_as_that_is_approved(api: Client, lead: User, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = False
    link = issue(lead)
    in_english = api.get(path(link)).content.decode()
    frame("title", "نصوص للقراءة")
    frame("intro", "هذه النصوص لليافعين.")
    frame("reads-well", "يُقرأ جيدًا", approved=False)

    page = api.get(path(link)).content.decode()

    assert '<html lang="en" dir="ltr">' in in_english
    assert '<span lang="en"' not in in_english
    assert '<html lang="ar" dir="rtl">' in page
    assert "<title>نصوص للقراءة" in page
    assert '<p>هذه النصوص لليافعين. <span lang="en" dir="ltr">No account is needed.' in page
    assert '<span lang="en" dir="ltr">Reads well</span></button>' in page
    assert "يُقرأ جيدًا" not in page


def test_a_draft_frames_the_page_in_a_sandbox_alone(api: Client, lead: User, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = False
    frame("title", "نصوص للقراءة", approved=False)
    link = issue(lead)
    before = api.get(path(link)).content.decode()
    settings.SERVE_UNREVIEWED = True

    assert '<html lang="en"' in before
    assert '<html lang="ar" dir="rtl">' in api.get(path(link)).content.decode()


def test_a_source_that_changed_for_safety_takes_its_translation_away(api: Client, lead: User, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = False
    frame("title", "نصوص للقراءة")
    unit = Unit.objects.get(key="page.reading.title")
    unit.revise(text="Texts to judge", change="safety", by=User.objects.system(), at=make.NOON, from_revision=1)

    page = api.get(path(issue(lead))).content.decode()

    assert '<html lang="en"' in page
    assert "<title>Texts to read" in page


def test_an_ended_link_says_so_in_the_language_of_its_reader(api: Client, lead: User) -> None:
    link = issue(lead)
    link.revoke(by=lead, at=timezone.now())
    frame("refused-title", "لا يمكن عرض هذه الصفحة")
    frame("ended-revoked", "سُحب هذا الرابط.")

    answer = api.get(path(link))

    assert answer.status_code == 410
    assert '<html lang="ar" dir="rtl">' in answer.content.decode()
    assert "سُحب هذا الرابط." in answer.content.decode()


def test_an_answer_is_stored_shown_and_replaced(api: Client, lead: User) -> None:
    link = issue(lead)

    answer = send(api, link, verdict="not-clear", note=" Which breath? ")
    page = api.get(path(link)).content.decode()
    first = Judgement.objects.get()
    send(api, link, verdict="wrong")

    assert (answer.status_code, answer["Location"]) == (303, f"{path(link)}#text-{Unit.objects.get(key=SHORT).pk}")
    assert (first.verdict, first.note, first.revision) == ("not-clear", "Which breath?", 1)
    assert "<bdi>1</bdi> / <bdi>2</bdi>" in page
    assert "Your answer: Not clear</p>" in page
    assert Judgement.objects.get().verdict == "wrong"
    assert title().state == "needs-review"


def test_a_reading_counts_only_where_a_lead_said_so(api: Client, lead: User) -> None:
    send(api, issue(lead))
    before = title().state
    link = issue(lead, counts=True)
    send(api, link)

    target = title()
    revision = TargetRevision.objects.get(target=target, revision=target.revision)
    entry = AuditEntry.objects.filter(verb=Verb.TRANSLATION_APPROVED, model="content.Target").latest("pk")
    assert (before, target.state, target.approved_by) == ("needs-review", "approved", lead)
    assert (revision.act, revision.reading_link, revision.by) == ("approved", link, lead)
    assert (entry.by, entry.details["reading_link"]) == (lead, link.pk)
    assert [one.approved for one in Judgement.objects.order_by("link_id")] == [False, True]


@pytest.mark.parametrize("verdict", ["not-clear", "wrong"])
def test_a_reader_who_finds_fault_approves_nothing(api: Client, lead: User, verdict: str) -> None:
    send(api, issue(lead, counts=True), verdict=verdict)

    assert title().state == "needs-review"


def test_an_editor_cannot_make_a_reader_count(lead: User) -> None:
    editor = make.person("eva", "localisation-editor", locales=("en", "ar"))

    assert issue(editor).counts is False
    with pytest.raises(Forbidden):
        issue(editor, counts=True)
    with pytest.raises(Forbidden):
        issue(make.person("rhys", "localisation-reviewer", locales=("cy",)))


def test_nobody_approves_their_own_text_through_a_reader(api: Client, lead: User) -> None:
    both = make.person("bo", "localisation-editor", "localisation-reviewer", locales=("en", "ar"))
    title().write(text="توقف الآن وتنفس", by=both, at=make.NOON, from_revision=1)

    answer = send(api, issue(both, counts=True))

    assert answer.status_code == 303
    assert title().state == "needs-review"
    assert "cannot approve" in Judgement.objects.get().refused


@pytest.mark.parametrize("lost", ["role", "language", "account", "source"])
def test_a_reading_counts_only_while_the_lead_could_approve(api: Client, lead: User, lost: str) -> None:
    link = issue(lead, counts=True)
    shown: dict[str, Any] = {"source": "0"} if lost == "source" else {}
    if lost == "role":
        lead.groups.clear()
    elif lost == "language":
        User.objects.filter(pk=lead.pk).update(locales=["cy"])
    elif lost == "account":
        User.objects.filter(pk=lead.pk).update(is_active=False)

    assert send(api, link, **shown).status_code == 303

    judgement = Judgement.objects.get()
    assert (judgement.approved, title().state) == (False, "needs-review")
    assert judgement.refused


def test_no_statement_records_a_reading_that_does_not_count(lead: User) -> None:
    target, plain, counting = title(), issue(lead), issue(lead, counts=True)
    other = Target.objects.get(unit__key=STEP, locale="ar")
    made = {"revision": 9, "act": "approved", "text": "x", "source_revision": 1, "by": lead, "at": timezone.now()}
    for values in (
        {"target": target, "reading_link": plain},
        {"target": other, "reading_link": counting},
        {"target": target, "reading_link": counting, "act": "revised"},
        {"target": target, "reading_link": counting, "by": make.checker()},
        {"target": target, "reading_link": counting, "at": timezone.now() + timedelta(days=14)},
    ):
        with pytest.raises(DatabaseError, match="a valid link"), transaction.atomic():
            TargetRevision.objects.create(**(made | values))
    for change in ({"counts": True}, {"units": [1]}, {"expires_at": timezone.now() + timedelta(days=20)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ReadingLink.objects.filter(pk=plain.pk).update(**change)
    plain.revoke(by=lead, at=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        ReadingLink.objects.filter(pk=plain.pk).update(revoked_at=None)


def test_a_text_that_changed_since_is_shown_again_with_the_words_kept(api: Client, lead: User) -> None:
    link = issue(lead, counts=True)
    title().write(text="توقف وتنفس الآن", by=make.person("eva", "localisation-editor"), at=make.NOON, from_revision=1)

    answer = send(api, link, revision=1, note="Two words")

    assert answer.status_code == 409
    assert "has changed since you opened the page" in answer.content.decode()
    assert "Two words" in answer.content.decode()
    assert not Judgement.objects.exists()


def test_an_approval_meanwhile_does_not_disturb_the_reader(api: Client, lead: User) -> None:
    link = issue(lead)
    title().approve(by=make.checker(), at=make.NOON)

    assert send(api, link, revision=1).status_code == 303
    assert Judgement.objects.get().revision == title().revision


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": ""},
        {"verdict": "perhaps"},
        {"text": "0"},
        {"text": ""},
        {"text": "9" * 40},
        {"revision": "-1"},
        {"revision": "٣"},
        {"note": "x" * 501},
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused(api: Client, lead: User, changes: dict[str, Any]) -> None:
    answer = send(api, issue(lead), **changes)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Judgement.objects.exists()


def test_a_text_outside_the_batch_cannot_be_judged(api: Client, lead: User) -> None:
    answer = send(api, issue(lead), text=Unit.objects.get(key=STEP).pk)

    assert answer.status_code == 422
    assert not Judgement.objects.exists()


def test_what_a_reader_writes_is_escaped(api: Client, lead: User) -> None:
    link = issue(lead)
    send(api, link, note="</textarea><script>alert(1)</script>", verdict="wrong")

    assert b"<script" not in api.get(path(link)).content


def test_forged_ended_used_and_revoked_links_answer_in_a_sentence(api: Client, lead: User) -> None:
    link, used = issue(lead), issue(lead)
    ended = issue(lead, at=timezone.now() - timedelta(days=14))
    forged = [
        signing.dumps(link.pk, salt="content.correction-link"),
        signing.dumps(link.pk, key="another", salt="content.reading-link"),
        signing.dumps(str(link.pk), salt="content.reading-link"),
        link.token()[:-1],
    ]
    assert [api.get(reverse("reading-form", args=[token])).status_code for token in forged] == [404] * 4

    finished = api.post(path(used), "finish=yes", content_type="application/x-www-form-urlencoded")
    link.revoke(by=lead, at=timezone.now())

    assert "Your answers are saved" in finished.content.decode()
    for one, sentence in ((link, "was withdrawn"), (used, "You have finished"), (ended, "This link ended on")):
        for answer in (api.get(path(one)), send(api, one)):
            assert answer.status_code == 410
            assert sentence in answer.content.decode()
            assert TEXTS[TITLE] not in answer.content.decode()
    assert not Judgement.objects.exists()


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_a_form_from_another_site_is_refused(api: Client, lead: User, headers: dict[str, str]) -> None:
    assert send(api, issue(lead, counts=True), headers=headers).status_code == 403
    assert not Judgement.objects.exists()


def test_a_file_and_a_large_form_are_refused(api: Client, lead: User) -> None:
    link = issue(lead)

    assert api.post(path(link), {"text": "1"}).status_code == 415
    huge = api.post(path(link), "note=" + "x" * 100_000, content_type="application/x-www-form-urlencoded")
    assert huge.status_code == 413


def test_requests_are_limited(api: Client, lead: User, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "reading-form": (2, 60)}
    link = issue(lead)

    assert 429 in [api.get(path(link)).status_code for _ in range(4)]


@pytest.mark.parametrize(
    "values", [{"units": []}, {"units": range(1, 500)}, {"reader": " "}, {"reader": "x" * 61}, {"days": 0}, {"days": 61}]
)
def test_a_link_that_breaks_a_rule_is_not_created(lead: User, values: dict[str, Any]) -> None:
    if values.get("units"):
        for number in range(101):
            unit = make.unit(
                f"why.reason-{'abcdefghij'[number // 10 % 10]}{'abcdefghij'[number % 10]}{number // 100}", "Because."
            )
            make.target(unit.key, "ar", "لأن.")
        values = {"units": list(Unit.objects.values_list("pk", flat=True))}

    with pytest.raises(Invalid):
        issue(lead, **values)


def test_the_page_needs_as_many_queries_for_many_texts_as_for_two(
    api: Client, lead: User, django_assert_max_num_queries: Any
) -> None:
    steps = {f"do-now.{n}": f"Tell adult {'abcdefghijkl'[n % 12]} about it." for n in range(1, 37)}
    make.tip("long", texts=steps, do_now=[*range(1, 37)])
    for unit in Unit.objects.filter(owner="tip:long"):
        make.target(unit.key, "ar", "أخبر شخصا بالغا.")
    link = issue(lead, units=list(Unit.objects.filter(owner="tip:long").values_list("pk", flat=True)))

    with django_assert_max_num_queries(10):
        assert api.get(path(link)).status_code == 200
