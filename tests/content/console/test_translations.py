"""Translating in the console: the queue, saving, conflicts, approval, and changes of the source."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.console import translation_status
from content.models import Locale, Target, Unit
from core.models import User
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words")]
KEY = "tip.first-hour.do-not.1"


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


def test_a_text_that_the_product_imported_is_said_to_be_its_own(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.")
    client.force_login(reviewer("cy"))

    pages = [
        client.get(path).content.decode() for path in (address("cy"), reverse("admin:translation-history", args=["cy", KEY]))
    ]

    assert all("by Fingerpost itself" in page and "fingerpost-system" not in page for page in pages)


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
    query, title = "?state=empty&part=tips", Unit.objects.get(key="tip.first-hour.title")

    answer = client.post(address("cy", title.key, query), typed(Target.objects.of(title, "cy"), "Stopiwch", "save-next"))

    assert answer["Location"] == address("cy", "tip.first-hour.short", query)


def test_texts_are_listed_tip_by_tip_as_their_readers_read_them(client: Client) -> None:
    make.unit("why.free", "It is free.")
    make.unit("tip.not-approved.title", "Wait", owner="tip:not-approved")
    steps = {"do-now.2": "Tell one adult.", "do-now.10": "Rest."}
    make.tip("first-of-all", order=1, texts=steps, do_now=[10, 2])
    client.force_login(editor())
    first = [f"tip.first-of-all.{part}" for part in ("title", "short", "do-now.10", "do-now.2", "do-not.1", "do-now.1")]
    second = [f"tip.first-hour.{part}" for part in ("title", "short", "do-now.1", "do-not.1")]

    for address_ in (reverse("admin:translation-queue", args=["cy"]), reverse("admin:source-texts")):
        found = [row[0].key for row in client.get(address_).context["rows"]]
        assert found[: len(first) + len(second)] == first + second
        assert found[len(first) + len(second) :] == ["tip.not-approved.title", "service.gb-line.purpose", "why.free"]


def test_a_long_text_in_the_queue_is_cut_beside_its_tokens(client: Client) -> None:
    make.tip("long", texts={"short": f"{'Talk. ' * 25}{{service:gb-line}} and so on until the end."})
    client.force_login(editor())

    page = client.get(reverse("admin:translation-queue", args=["cy"])).content.decode()

    assert f"{'Talk. ' * 25}".strip() + "…</td>" in page


def test_the_list_of_languages_counts_the_texts_of_its_queues(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    make.target("tip.first-hour.title", "cy", "Arhoswch")
    client.force_login(editor("cy"))

    page = client.get(reverse("admin:translations"))
    row = next(row for row in page.context["rows"] if row["locale"].pk == "cy")

    assert (row["approved"], row["needs_review"], row["outdated"], row["withdrawn"]) == (1, 1, 0, 0)
    assert row["empty"] == translation_status.queue("cy").filter(status="empty").count()
