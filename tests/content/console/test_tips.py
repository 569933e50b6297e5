"""Tips in the console: the list, the table of translations, and editing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.models import Tip, Unit
from core.audit_verbs import Verb
from core.errors import DomainError
from core.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db
FORM = {
    "action": "amend",
    "audiences": ["teen", "parent"],
    "situations": ["grooming"],
    "countries": "gb, IE",
    "order": "5",
    "do_now": "1",
    "do_not": "",
}


@pytest.fixture(autouse=True)
def tip() -> Tip:
    make.world()
    return make.tip()


def page(slug: str = "first-hour") -> str:
    return reverse("admin:tip", args=[slug])


def version(client: Client) -> dict[str, str]:
    """Return the form's version token, as form data."""
    return {"version": client.get(page()).context["version"]}


def test_an_editor_changes_the_audience_and_the_audit_log_records_it(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    answer = client.post(page(), FORM | version(client))
    tip.refresh_from_db()

    assert answer.status_code == 302
    assert (tip.audiences, tip.situations, tip.countries, tip.order) == (["teen", "parent"], ["grooming"], ["GB", "IE"], 5)
    assert (tip.do_now, tip.do_not) == ([1], [])
    assert AuditEntry.objects.get(verb=Verb.TIP_CHANGED).details["countries"] == ["GB", "IE"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"countries": "XX"},
        {"audiences": []},
        {"situations": []},
        {"do_now": "1, 1"},
        {"do_now": "2"},
        {"order": "-1"},
        {"max_age": "17"},
        {"min_age": "18", "max_age": "17", "age_measured": "now"},
    ],
)
def test_invalid_facts_of_a_tip_are_refused_and_kept_in_the_form(client: Client, tip: Tip, wrong: dict[str, object]) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    form = {"audiences": ["bystander"], **{k: v for k, v in FORM.items() if k != "audiences"}} | wrong

    answer = client.post(page(), form | version(client))

    assert answer.status_code == 400
    assert "<details open>" in answer.content.decode()
    assert Tip.objects.get().audiences == ["teen"]


def test_a_new_step_gets_a_number_that_no_step_has_had(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    client.post(page(), {"action": "add-step", "part": "do-now", "text": "Block the person."})
    client.post(page(), {**FORM, "do_now": "1", **version(client)})
    client.post(page(), {"action": "add-step", "part": "do-now", "text": "Write down what happened."})
    tip.refresh_from_db()

    assert tip.do_now == [1, 3]
    assert Unit.objects.get(key="tip.first-hour.do-now.3").state == "needs-review"
    assert "Stop and breathe: do now, step 2" in client.get(page()).content.decode()


def test_a_step_with_a_number_is_refused_and_the_tip_is_unchanged(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    answer = client.post(page(), {"action": "add-step", "part": "do-now", "text": "Call 0800 1111."})
    tip.refresh_from_db()

    assert answer.status_code == 400
    assert "Call 0800 1111.</textarea>" in answer.content.decode()
    assert tip.do_now == [1]


def test_a_step_is_added_only_to_a_list_of_steps(tip: Tip) -> None:
    with pytest.raises(DomainError):
        tip.add_step("title", text="Another title", by=make.person("eva", "localisation-editor"), at=timezone.now())


def test_a_tip_is_retired_and_restored(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    client.post(page(), {"action": "retire"})
    assert Tip.objects.get().state == "retired"
    client.post(page(), {"action": "bring-back"})
    assert Tip.objects.get().state == "current"


def test_the_table_shows_the_status_of_each_text_in_each_language(client: Client) -> None:
    make.target("tip.first-hour.title", "cy", "Arhoswch", approved=True)
    make.target("tip.first-hour.short", "cy", "Nid ydych ar eich pen eich hun.")
    client.force_login(make.person("nora"))

    html = client.get(page()).content.decode()

    assert "Welsh: approved" in html
    assert "Welsh: needs review" in html
    assert "Arabic: not translated" in html


def test_the_list_is_filtered_by_audience_situation_and_language(client: Client) -> None:
    make.tip("for-schools", audiences=["educator"], situations=["grooming"])
    make.target("tip.first-hour.title", "cy", "Arhoswch", approved=True)
    client.force_login(make.person("nora"))
    tips = reverse("admin:tips")

    def slugs(query: str) -> list[str]:
        return [row["tip"].slug for row in client.get(tips + query).context["rows"]]

    assert slugs("") == ["first-hour", "for-schools"]
    assert slugs("?audience=educator") == ["for-schools"]
    assert slugs("?situation=blackmail") == ["first-hour"]
    assert slugs("?locale=cy&state=approved") == ["first-hour"]
    assert slugs("?locale=xx&audience=nobody") == ["first-hour", "for-schools"]


def test_facts_that_someone_else_saved_are_not_overwritten(client: Client, tip: Tip) -> None:
    eva = make.person("eva", "localisation-editor")
    client.force_login(eva)
    shown = version(client)
    ages = {"min_age": None, "max_age": None, "age_measured": ""}
    fields: dict[str, Any] = {"situations": ["grooming"], "countries": [], **ages, "order": 7, "do_now": [1], "do_not": [1]}
    tip.amend(audiences=["parent"], **fields, by=eva, at=timezone.now())

    answer = client.post(page(), FORM | shown)
    tip.refresh_from_db()

    assert answer.status_code == 409
    assert (tip.audiences, tip.order) == (["parent"], 7)
