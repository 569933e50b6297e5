"""Translating in the console: the queue, saving, conflicts, approval, and changes of the source."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.console import translation_status
from content.models import Locale, SetAsideText, Target, TargetRevision, Unit, UnitApproval, UnsavedText
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db
KEY = "tip.first-hour.do-not.1"


@pytest.fixture(autouse=True)
def words() -> None:
    make.world()
    make.service("gb-line", channels=0)
    make.tip(texts={"short": "Talk to {service:gb-line}."})


def editor(*locales: str) -> make.User:
    return make.person("eva", "localisation-editor", locales=locales or ("*",))


def reviewer(*locales: str) -> make.User:
    return make.person("rhys", "localisation-reviewer", locales=locales or ("*",))


def address(locale: str, key: str = KEY, query: str = "") -> str:
    return reverse("admin:translation", args=[locale, key]) + query


def typed(target: Target, text: str, action: str = "save") -> dict[str, str]:
    return {"action": action, "text": text, "revision": str(target.revision), "source_revision": str(target.unit.revision)}


def test_an_editor_saves_and_a_second_person_approves(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")

    empty.unit.approve(by=make.checker(), at=make.NOON)
    client.force_login(editor("cy"))
    saved = client.post(address("cy"), typed(empty, "Peidiwch â thalu."), follow=True)
    target = Target.objects.get(unit__key=KEY, locale="cy")
    client.force_login(reviewer("cy"))
    client.post(address("cy"), typed(target, "", action="approve"))
    target.refresh_from_db()

    assert "Another person who reads Welsh must approve it" in saved.content.decode()
    assert (target.text, target.state) == ("Peidiwch â thalu.", "approved")
    assert (target.written_by.username, target.approved_by and target.approved_by.username) == ("eva", "rhys")


def test_a_refused_text_shows_the_place_of_each_fault(client: Client) -> None:
    client.force_login(editor("cy"))

    refused = client.post(
        address("cy"), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), "Peidiwch\u200b â <b>thalu</b>.")
    )

    assert refused.status_code == 400
    assert "Peidiwch<mark>[U+200B]</mark> â &lt;b&gt;thalu" in refused.content.decode()


def test_each_approval_says_that_a_language_has_no_term_list(client: Client) -> None:
    Locale.objects.create(code="zu", name="Zulu", endonym="isiZulu", dir="ltr")
    make.target(KEY, "zu", "Ungakhokhi.")
    make.target(KEY, "cy", "Peidiwch â thalu.")
    client.force_login(reviewer())

    assert "No list of words to avoid is kept for this language." in client.get(address("zu")).content.decode()
    assert "No list of words to avoid" not in client.get(address("cy")).content.decode()
    assert "No list of words to avoid" not in client.get(reverse("admin:source-text", args=[KEY])).content.decode()


def test_the_editor_warns_that_the_whole_tip_is_hard_to_read(client: Client) -> None:
    hard = "Notwithstanding organisational considerations, communicate identifying information confidentially. "
    make.unit("tip.first-hour.more", hard * 4, owner="tip:first-hour")
    make.tip_facts("first-hour", more=True)
    client.force_login(editor())

    source = client.get(reverse("admin:source-text", args=[KEY])).content.decode()
    typed = client.post(reverse("admin:source-text", args=["tip.first-hour.more"]), {"action": "revise", "text": "Short."})

    assert "for young people it is 12 at most" in source
    assert "for young people it is 12 at most" not in typed.content.decode()
    assert "reading age" not in client.get(address("cy")).content.decode()


def test_the_author_of_a_text_cannot_approve_it(client: Client) -> None:
    both = make.person("ann", "localisation-editor", "localisation-reviewer")
    client.force_login(both)
    client.post(address("cy"), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), "Peidiwch â thalu."))
    target = Target.objects.get(unit__key=KEY, locale="cy")

    page = client.get(address("cy"))
    answer = client.post(address("cy"), typed(target, "", action="approve"))
    target.refresh_from_db()

    assert 'value="approve"' not in page.content.decode()
    assert answer.status_code == 403
    assert target.state == "needs-review"


def test_a_language_that_the_user_does_not_read_is_read_only(client: Client) -> None:
    client.force_login(editor("en"))

    page = client.get(address("cy")).content.decode()
    answer = client.post(address("cy"), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), "Peidiwch."))

    assert "<textarea" not in page
    assert answer.status_code == 403
    assert not Target.objects.exists()


def test_an_edit_conflict_keeps_both_texts_until_the_person_has_chosen(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    make.target(KEY, "cy", "Peidiwch â thalu dim.")
    client.force_login(editor())

    refused = client.post(address("cy"), typed(empty, "Peidiwch â thalu."))
    later = client.get(address("cy"))

    assert refused.status_code == 409
    for page in (refused.content.decode(), later.content.decode()):
        assert "Peidiwch â thalu dim." in page
        assert "<del> dim</del>" in page
        assert ">Peidiwch â thalu.</textarea>" in page
        assert 'name="revision" value="1"' in page
        assert 'value="replace"' in page
        assert 'value="save"' not in page
    assert Target.objects.get().text == "Peidiwch â thalu dim."

    chosen = typed(Target.objects.get(), "Peidiwch â thalu.", "replace")
    assert client.post(address("cy"), chosen).status_code == 302
    texts = list(TargetRevision.objects.order_by("revision").values_list("text", flat=True))
    assert texts == ["Peidiwch â thalu dim.", "Peidiwch â thalu."]
    assert not UnsavedText.objects.exists()


def test_in_a_conflict_the_saved_text_can_be_kept(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    make.target(KEY, "cy", "Peidiwch â thalu dim.")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Peidiwch â thalu."))

    client.post(address("cy"), typed(Target.objects.get(), "Peidiwch â thalu.", "discard"))
    page = client.get(address("cy")).content.decode()

    assert ">Peidiwch â thalu dim.</textarea>" in page
    assert 'value="save"' in page
    assert "Texts that you set aside (1)" in page

    mine = SetAsideText.objects.get()
    client.post(address("cy"), {"action": "take-up", "set_aside": str(mine.pk)})

    assert ">Peidiwch â thalu.</textarea>" in client.get(address("cy")).content.decode()
    assert not SetAsideText.objects.exists()


def test_a_text_that_was_set_aside_is_its_authors_alone(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Peidiwch", "discard"))
    client.force_login(make.person("bo", "localisation-editor"))

    answer = client.post(address("cy"), {"action": "take-up", "set_aside": str(SetAsideText.objects.get().pk)})

    assert answer.status_code == 400
    assert "Peidiwch" not in client.get(address("cy")).content.decode()
    assert SetAsideText.objects.get().text == "Peidiwch"


def test_the_text_in_the_box_is_set_aside_before_another_takes_its_place(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Un", "discard"))
    client.post(address("cy"), typed(empty, "Dau", "keep"))

    client.post(address("cy"), {"action": "take-up", "set_aside": str(SetAsideText.objects.get().pk)})

    assert (UnsavedText.objects.get().text, SetAsideText.objects.get().text) == ("Un", "Dau")


def test_a_translation_that_belongs_to_another_text_is_warned_of_with_its_name(client: Client) -> None:
    make.target("tip.first-hour.title", "cy", "Stopiwch ac anadlwch")
    client.force_login(editor())

    client.post(address("cy"), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), "Stopiwch ac anadlwch"))

    page = client.get(address("cy")).content.decode()
    assert "The same text is the translation of “Stop and breathe: title”" in page
    assert Target.objects.filter(unit__key=KEY).exists()


def test_each_kind_of_change_says_which_translations_it_concerns(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch.", approved=True)
    make.target(KEY, "fr", "Ne paie rien.")
    client.force_login(editor())

    page = client.get(reverse("admin:source-text", args=[KEY])).content.decode()

    assert "2 translations are not affected." in page
    assert "2 translations become outdated: French, Welsh." in page
    assert "The translation into 1 language is withdrawn: Welsh." in page


def test_a_conflict_with_a_third_text_is_a_conflict_again(client: Client) -> None:
    target = make.target(KEY, "cy", "Un")
    chosen = typed(target, "Mine", "replace")
    target.write(text="Dau", by=make.person("bo", "localisation-editor"), at=make.NOON, from_revision=1)
    client.force_login(editor())

    refused = client.post(address("cy"), chosen)

    assert refused.status_code == 409
    assert Target.objects.get().text == "Dau"


def test_what_was_typed_is_kept_shown_after_a_new_sign_in_and_forgotten_once_saved(client: Client) -> None:
    person = editor()
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(person)

    kept = client.post(address("cy"), typed(empty, "Peidiwch", "keep"))
    client.logout()
    client.force_login(person)
    page = client.get(address("cy")).content.decode()
    todo = client.get(reverse("admin:index")).content.decode()

    assert kept.status_code == 204
    assert not Target.objects.exists()
    assert ">Peidiwch</textarea>" in page
    assert "have not saved it" in page
    assert "Texts you have not saved" in todo
    client.post(address("cy"), typed(empty, "Peidiwch â thalu."))
    assert not UnsavedText.objects.exists()


def test_nobody_sees_what_another_person_has_typed(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Peidiwch", "keep"))
    client.force_login(make.person("bo", "localisation-editor"))

    assert "Peidiwch" not in client.get(address("cy")).content.decode()


def test_a_refused_text_is_kept_too(client: Client) -> None:
    client.force_login(editor())

    client.post(address("cy"), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), "Ffoniwch 0800 1111."))

    assert UnsavedText.objects.get().text == "Ffoniwch 0800 1111."


def test_a_typed_text_with_nul_or_too_long_is_no_server_error(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())

    assert client.post(address("cy"), typed(empty, "Un\0dau", "keep")).status_code == 400
    assert client.post(address("cy"), typed(empty, "x" * 70_000, "keep")).status_code == 400
    assert not UnsavedText.objects.exists()


def test_a_text_of_two_joiners_is_refused_and_the_approved_one_stays(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    client.force_login(editor())

    answer = client.post(address("cy"), typed(target, "\u200d\u200c"))
    target.refresh_from_db()

    assert answer.status_code == 400
    assert "\u200d\u200c</textarea>" in answer.content.decode()
    assert (target.approved_text, target.revision) == ("Peidiwch â thalu.", 2)


def test_saving_without_a_change_says_so_and_changes_nothing(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    client.force_login(editor())

    page = client.post(address("cy"), typed(target, "Peidiwch â thalu."), follow=True).content.decode()
    target.refresh_from_db()

    assert "Nothing was changed, so nothing was saved" in page
    assert (target.state, target.revision, target.written_by.username) == ("approved", 2, "fingerpost-system")


def test_pressing_save_twice_is_not_a_conflict(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())

    answers = [client.post(address("cy"), typed(empty, "Peidiwch â thalu.")).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Target.objects.get().revision == 1


def test_the_approved_text_stands_beside_the_draft_with_its_differences(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    target.write(text="Peidiwch byth â thalu.", by=editor(), at=make.NOON, from_revision=2)

    for person in (User.objects.get(username="eva"), reviewer()):
        client.force_login(person)
        page = client.get(address("cy")).content.decode()
        assert "What readers get now" in page
        assert '<div class="fp-text" lang="cy" dir="ltr">Peidiwch â thalu.</div>' in page
        assert "<ins> byth</ins>" in page


def test_a_translation_of_a_draft_of_the_source_waits_for_the_source(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.")
    client.force_login(reviewer())

    page = client.get(address("cy")).content.decode()
    refused = client.post(address("cy"), typed(target, "", "approve"))

    assert 'value="approve"' not in page
    assert "must be approved before its translations" in page
    assert refused.status_code == 409
    assert "Approve the source text first" in refused.content.decode()


def test_a_removal_is_proposed_by_one_person_and_approved_by_another(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    eva, rhys = editor(), reviewer()

    client.force_login(eva)
    client.post(address("cy"), typed(target, "", "propose-removal"))
    target.refresh_from_db()
    own = client.get(address("cy")).content.decode()
    client.force_login(rhys)
    todo = client.get(reverse("admin:index")).content.decode()
    page = client.get(address("cy")).content.decode()
    client.post(address("cy"), typed(target, "", "approve-removal"))
    target.refresh_from_db()

    assert 'value="approve-removal"' not in own
    assert 'value="reject-removal"' in own
    assert "Welsh to remove" in todo
    assert "eva proposed" in page
    assert target.state == "empty"


def test_the_history_shows_every_text_and_restores_one(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    eva = editor()
    target.write(text="Talwch.", by=eva, at=make.NOON, from_revision=2)
    client.force_login(eva)
    history = reverse("admin:translation-history", args=["cy", KEY])

    page = client.get(history).content.decode()
    client.post(history, {"action": "restore", "earlier": "1", "revision": "3"})
    target.refresh_from_db()

    assert "Changed by eva" in page
    assert "Restore the text of revision 1" in page
    assert (target.text, target.state, target.revision) == ("Peidiwch â thalu.", "needs-review", 4)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Ffoniwch 0800 1111.", "0800 1111"),
        ("Ffoniwch ٠٨٠٠ ١١١١.", "٠٨٠٠ ١١١١"),
        ("Ewch i www.example.org nawr.", "address"),
    ],
)
def test_a_number_or_address_is_refused_and_the_typed_text_is_kept(client: Client, text: str, sentence: str) -> None:
    client.force_login(editor())

    answer = client.post(address("cy"), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), text))

    assert answer.status_code == 400
    assert f">{text}</textarea>" in answer.content.decode()
    assert sentence in answer.content.decode()
    assert not Target.objects.exists()


def test_a_token_is_an_isolated_chip_with_the_official_name_beside_it(client: Client) -> None:
    client.force_login(editor())

    page = client.get(address("ar", "tip.first-hour.short")).content.decode()

    assert '<bdi class="fp-chip" dir="ltr">{service:gb-line}</bdi>' in page
    assert "The gb-line service" in page


def test_the_text_box_has_the_language_and_direction_of_the_target(client: Client) -> None:
    client.force_login(editor())

    page = client.get(address("ar")).content.decode()

    assert 'lang="ar" dir="rtl" spellcheck="true"' in page
    assert '<div class="fp-text" lang="en" dir="ltr">' in page


def test_markup_in_a_text_is_shown_and_never_run(client: Client) -> None:
    unit = Unit.objects.get(key=KEY)
    Unit.objects.filter(pk=unit.pk).update(text="<img src=x onerror=alert(1)>", revision=2, state="needs-review")
    client.force_login(editor())

    for page in (address("cy"), reverse("admin:source-text", args=[KEY]), reverse("admin:tip", args=["first-hour"])):
        assert "<img" not in client.get(page).content.decode()


def test_an_outdated_text_shows_what_changed_and_a_reviewer_can_confirm_it(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    unit = Unit.objects.get(key=KEY)
    unit.revise(text="Do not pay anybody.", change="clarity", by=editor(), at=timezone.now(), from_revision=1)
    client.force_login(reviewer())

    unit.approve(by=make.checker(), at=timezone.now())
    page = client.get(address("cy")).content.decode()
    target = Target.objects.get(unit=unit, locale="cy")
    client.post(address("cy"), typed(target, "", action="approve"))
    target.refresh_from_db()

    assert "<ins> anybody</ins>" in page
    assert "Confirm that it matches the source" in page
    assert Target.objects.of(unit, "cy").status == "approved"


def test_a_source_that_changed_since_the_page_was_shown_is_not_approved(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.")
    target = Target.objects.get(unit__key=KEY, locale="cy")
    fields = typed(target, "", "approve")
    target.unit.approve(by=make.checker(), at=timezone.now())
    target.unit.revise(text="Do not pay, ever.", change="safety", by=editor(), at=timezone.now(), from_revision=1)
    client.force_login(reviewer())

    client.post(address("cy"), fields)
    target = Target.objects.with_status().get(pk=target.pk)

    assert target.approved_source_revision == 1
    assert target.status == "withdrawn"


def test_every_text_has_exactly_one_status_in_the_queue(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    make.target("tip.first-hour.title", "cy", "Arhoswch")
    make.target("tip.first-hour.do-now.1", "cy", "Dywedwch")
    at, by = timezone.now(), editor()
    Unit.objects.get(key="tip.first-hour.do-now.1").revise(
        text="Tell one adult now.", change="safety", by=by, at=at, from_revision=1
    )
    Unit.objects.get(key="tip.first-hour.title").revise(text="Stop first", change="clarity", by=by, at=at, from_revision=1)

    found = {
        s.code: set(translation_status.queue("cy").filter(status=s.code).values_list("key", flat=True))
        for s in translation_status.STATUSES
    }

    assert found["approved"] == {KEY}
    assert found["outdated"] == {"tip.first-hour.title"}
    assert found["withdrawn"] == {"tip.first-hour.do-now.1"}
    assert sum(len(keys) for keys in found.values()) == Unit.objects.count() == len(set().union(*found.values()))
    for unit in Unit.objects.all():
        target = Target.objects.with_status().filter(unit=unit, locale="cy").first()
        assert unit.key in found[translation_status.target_status(target).code]


def test_save_and_next_opens_the_next_text_of_the_same_filter(client: Client) -> None:
    client.force_login(editor())
    query = "?state=empty&part=tips"

    answer = client.post(
        address("cy", KEY, query), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), "Peidiwch.", "save-next")
    )

    assert answer["Location"] == address("cy", "tip.first-hour.do-now.1", query)


def test_the_list_of_languages_counts_the_texts_of_its_queues(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    make.target("tip.first-hour.title", "cy", "Arhoswch")
    client.force_login(editor("cy"))

    page = client.get(reverse("admin:translations"))
    row = next(row for row in page.context["rows"] if row["locale"].pk == "cy")

    assert (row["approved"], row["needs_review"], row["outdated"], row["withdrawn"]) == (1, 1, 0, 0)
    assert row["empty"] == translation_status.queue("cy").filter(status="empty").count()


def test_a_source_text_needs_a_kind_of_change_and_a_second_person(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    source = reverse("admin:source-text", args=[KEY])
    client.force_login(editor())

    without = client.post(source, {"action": "revise", "text": "Do not pay, ever.", "revision": "1"})
    client.post(source, {"action": "revise", "text": "Do not pay, ever.", "revision": "1", "change": "safety", "numbers": ""})
    own = client.post(source, {"action": "approve", "revision": "2"})
    client.force_login(reviewer())
    client.post(source, {"action": "approve", "revision": "2"})
    unit = Unit.objects.get(key=KEY)

    assert without.status_code == 400
    assert ">Do not pay, ever.</textarea>" in without.content.decode()
    assert own.status_code == 403
    assert (unit.state, unit.text) == ("approved", "Do not pay, ever.")
    assert Target.objects.of(unit, "cy").status == "withdrawn"


def test_a_form_without_the_revision_that_it_showed_changes_nothing(client: Client) -> None:
    client.force_login(make.person("ann", "localisation-editor", "localisation-reviewer"))
    make.target(KEY, "cy", "Peidiwch â thalu.")

    for revision, against in (("", "1"), ("x", "1"), ("1", ""), ("1", "-1"), ("1", "99"), ("9" * 30, "1")):
        answer = client.post(address("cy"), {"action": "approve", "revision": revision, "source_revision": against})
        assert answer.status_code in (400, 409), (revision, against)

    assert Target.objects.get().state == "needs-review"


def test_an_approver_corrects_what_a_change_means_and_the_history_shows_both(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    source = reverse("admin:source-text", args=[KEY])
    client.force_login(editor())
    client.post(source, {"action": "revise", "text": "Pay.", "revision": "1", "change": "safety", "numbers": ""})
    client.post(source, {"action": "revise", "text": "Pay!", "revision": "2", "change": "cosmetic", "numbers": ""})

    client.force_login(reviewer())
    page = client.get(source).content.decode()
    client.post(source, {"action": "approve", "revision": "3", "decided": "clarity"})
    history = client.get(source).content.decode()

    assert "Declared for the translations: <strong>safety</strong>, since revision 2." in page
    assert '<option value="safety" selected>' in page
    approval = UnitApproval.objects.get(unit__key=KEY, revision=3)
    assert (approval.declared, approval.change) == ("safety", "clarity")
    assert "approved by rhys as clarity (declared: safety)" in history


def test_a_source_text_is_put_back_with_one_button(client: Client) -> None:
    unit = Unit.objects.get(key=KEY)
    unit.approve(by=make.checker(), at=make.NOON)
    source = reverse("admin:source-text", args=[KEY])
    client.force_login(editor())
    client.post(source, {"action": "revise", "text": "Pay.", "revision": "1", "change": "safety", "numbers": ""})

    page = client.post(source, {"action": "put-back", "revision": "2", "earlier": "1"}, follow=True).content.decode()
    unit.refresh_from_db()

    assert "It is the approved text, so it needs no second reader." in page
    assert (unit.state, unit.text, unit.revision) == ("approved", "Do not pay.", 3)


def test_a_conflict_about_a_source_text_keeps_both_until_one_is_chosen(client: Client) -> None:
    unit = Unit.objects.get(key=KEY)
    source = reverse("admin:source-text", args=[KEY])
    unit.revise(text="Theirs.", change="clarity", by=make.person("bo", "localisation-editor"), at=make.NOON, from_revision=1)
    client.force_login(editor())
    mine = {"action": "revise", "text": "Mine.", "revision": "1", "change": "clarity", "numbers": ""}

    refused = client.post(source, mine)
    page = client.get(source).content.decode()
    client.post(source, {**mine, "action": "replace", "revision": "2"})
    unit.refresh_from_db()

    assert refused.status_code == 409
    for shown in (refused.content.decode(), page):
        assert "Theirs." in shown
        assert ">Mine.</textarea>" in shown
        assert 'value="revise"' not in shown
    assert (unit.text, unit.revision) == ("Mine.", 3)


def test_an_approval_of_a_text_that_has_changed_since_is_refused_and_shows_the_new_one(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch.", approved=True)
    source = reverse("admin:source-text", args=[KEY])
    shown = typed(target, "", "approve")
    target.write(text="Talwch.", by=editor(), at=make.NOON, from_revision=2)
    target.unit.revise(text="Pay.", change="safety", by=User.objects.get(username="eva"), at=make.NOON, from_revision=1)
    client.force_login(reviewer())
    del shown["text"]

    answers = [
        (client.post(address("cy"), shown), "Talwch."),
        (client.post(source, {"action": "approve", "revision": "1"}), "Pay."),
    ]

    for answer, new in answers:
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "so nothing was done. Read it again" in page
        assert "while you were editing" not in page
        assert new in page
    assert (Target.objects.get().approved_text, Unit.objects.get(key=KEY).approved_text) == ("Peidiwch.", "Do not pay.")
