"""Translating in the console: the queue, saving, conflicts, approval, and changes of the source."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.console import translation_status
from content.models import Target, Unit
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

    client.force_login(editor("cy"))
    saved = client.post(address("cy"), typed(empty, "Peidiwch â thalu."), follow=True)
    target = Target.objects.get(unit__key=KEY, locale="cy")
    client.force_login(reviewer("cy"))
    client.post(address("cy"), typed(target, "", action="approve"))
    target.refresh_from_db()

    assert "Another person who reads Welsh must approve it" in saved.content.decode()
    assert (target.text, target.state) == ("Peidiwch â thalu.", "approved")
    assert (target.written_by.username, target.approved_by and target.approved_by.username) == ("eva", "rhys")


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


def test_an_edit_conflict_shows_both_texts_and_a_second_save_replaces(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    make.target(KEY, "cy", "Peidiwch â thalu dim.")
    client.force_login(editor())

    refused = client.post(address("cy"), typed(empty, "Peidiwch â thalu."))
    page = refused.content.decode()
    now = Target.objects.get(unit__key=KEY, locale="cy")

    assert refused.status_code == 409
    assert "Peidiwch â thalu dim." in page
    assert ">Peidiwch â thalu.</textarea>" in page
    assert f'name="revision" value="{now.revision}"' in page
    assert now.text == "Peidiwch â thalu dim."

    assert client.post(address("cy"), typed(now, "Peidiwch â thalu.")).status_code == 302
    now.refresh_from_db()
    assert now.text == "Peidiwch â thalu."


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
