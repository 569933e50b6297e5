"""Tips in the console: the list, the table of translations, and proposals that a second person approves."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from content.models import Tip, TipRevision, Unit
from core.audit_verbs import Verb
from core.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db
FORM = {
    "tip_state": "current",
    "audiences": ["teen", "parent"],
    "situations": ["grooming"],
    "countries": "gb, IE",
    "order": "5",
    "order_in_grooming": "2",
    "do_now": "1",
    "do_not": "",
}


@pytest.fixture(autouse=True)
def tip() -> Tip:
    make.world()
    return make.tip()


def page(slug: str = "first-hour") -> str:
    return reverse("admin:tip", args=[slug])


def preview(client: Client, **changed: object) -> Any:
    """Ask for the effect of the form; return the answer."""
    form = FORM | {"action": "preview", "version": client.get(page()).context["version"]} | changed
    return client.post(page(), form)


def propose(client: Client, **changed: object) -> Any:
    """Look at the effect of the form, then propose it; return the answer."""
    shown = preview(client, **changed).context
    form = FORM | {"action": "propose", "version": shown["version"], "reason": "Because."} | changed
    return client.post(page(), form | {"seen": shown["preview"].token})


def test_an_editor_sees_the_effect_and_proposes_and_another_person_approves(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    shown = preview(client)
    answer = propose(client)
    tip.refresh_from_db()

    assert shown.status_code == 200
    assert "What this change does" in shown.content.decode()
    assert (answer.status_code, tip.audiences) == (302, ["teen"])
    client.force_login(make.person("rolf", "localisation-reviewer"))
    html = client.get(answer["Location"]).content.decode()
    assert "<ins>Teenagers, parents</ins>" in html
    assert "grooming" not in html
    assert client.post(answer["Location"], {"action": "approve"}).status_code == 302
    tip.refresh_from_db()
    assert (tip.audiences, tip.situations, tip.countries, tip.order) == (["teen", "parent"], ["grooming"], ["GB", "IE"], 5)
    assert (tip.order_in, tip.do_now, tip.do_not) == ({"grooming": 2}, [1], [])
    assert AuditEntry.objects.filter(verb=Verb.TIP_CHANGE_PROPOSED).latest("pk").details["tip"] == "first-hour"


def test_a_change_whose_effect_was_not_shown_is_not_proposed(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    shown = preview(client).context
    form = FORM | {"action": "propose", "version": shown["version"], "reason": "Because.", "seen": shown["preview"].token}

    blind = client.post(page(), form | {"seen": ""})
    other = client.post(page(), form | {"tip_state": "retired"})
    without_reason = client.post(page(), form | {"reason": " "})

    assert [answer.status_code for answer in (blind, other, without_reason)] == [409, 409, 400]
    assert all("What this change does" in answer.content.decode() for answer in (blind, other, without_reason))
    assert not TipRevision.objects.proposed().exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"countries": "XX"},
        {"audiences": []},
        {"situations": []},
        {"do_now": "1, 1"},
        {"do_now": "2"},
        {"do_now": "one"},
        {"order": "-1"},
        {"order": "116111"},
        {"order_in_blackmail": "3"},
        {"max_age": "17"},
        {"min_age": "116111", "age_measured": "now"},
        {"max_age": "116111", "age_measured": "now"},
        {"min_age": "18", "max_age": "17", "age_measured": "now"},
        {"tip_state": "gone"},
    ],
)
def test_invalid_facts_of_a_tip_are_refused_and_kept_in_the_form(client: Client, tip: Tip, wrong: dict[str, object]) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    answer = preview(client, **({"audiences": ["bystander"]} | wrong))

    assert answer.status_code == 400
    assert "<details open>" in answer.content.decode()
    assert not TipRevision.objects.proposed().exists()


def test_a_step_is_proposed_and_the_tip_is_unchanged(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    answer = client.post(page(), {"action": "add-step", "part": "do-now", "text": "Block the person."})
    tip.refresh_from_db()
    html = client.get(answer["Location"]).content.decode()

    assert (answer.status_code, tip.do_now) == (302, [1])
    assert '<span class="fp-state good">added</span> <ins>Block the person.</ins>' in html
    assert Unit.objects.get(key="tip.first-hour.do-now.2").state == "needs-review"


def test_a_short_title_is_written_once_and_listed_where_there_is_one(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    form = {"action": "add-step", "part": "short-title", "text": "Breathe first"}
    before = [row["part"] for row in client.get(page()).context["rows"]]

    answer = client.post(page(), form)
    again = client.post(page(), form)

    assert answer["Location"] == reverse("admin:source-text", args=["tip.first-hour.short-title"])
    assert (again.status_code, Unit.objects.get(key="tip.first-hour.short-title").state) == (400, "needs-review")
    assert [row["part"] for row in client.get(page()).context["rows"]] == [before[0], "Short title", *before[1:]]
    assert not TipRevision.objects.proposed().exists()
    beside = client.get(reverse("admin:tip-translation", args=["first-hour", "cy"])).context["rows"]
    assert [(row.part, row.limit.refuse) for row in beside][1] == ("Short title", 50)


def test_a_step_with_a_number_is_refused_and_the_tip_is_unchanged(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    answer = client.post(page(), {"action": "add-step", "part": "do-now", "text": "Call 0800 1111."})

    assert answer.status_code == 400
    assert "Call 0800 1111.</textarea>" in answer.content.decode()
    assert not TipRevision.objects.proposed().exists()


def test_the_effect_of_a_retirement_names_who_is_left_without_a_tip(client: Client, tip: Tip) -> None:
    make.emergency()
    client.force_login(make.person("eva", "localisation-editor"))

    kept = {"audiences": ["teen"], "situations": ["blackmail"], "countries": "", "order": "100", "order_in_grooming": ""}
    html = preview(client, tip_state="retired", **kept, do_not="1").content.decode()

    assert "Teenagers in the situation “Blackmail” have no tip left in" in html


def test_a_proposer_may_not_decide_and_two_people_cannot_both_propose(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor", "localisation-reviewer"))
    change = propose(client)["Location"]

    assert client.post(change, {"action": "approve"}).status_code == 403
    assert "another person must approve it" in client.get(change).content.decode()
    client.force_login(make.person("ben", "localisation-editor"))
    html = client.get(page()).content.decode()
    assert "eva has proposed a change of this tip" in html
    assert 'value="propose"' not in html
    assert preview(client).status_code == 200
    assert propose(client, order="6").status_code == 409
    assert TipRevision.objects.proposed().get().order == 5


def test_a_proposal_that_was_replaced_cannot_be_approved(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    first = propose(client)["Location"]
    second = propose(client, order="6")["Location"]
    client.force_login(make.person("rolf", "localisation-reviewer"))

    stale = client.post(first, {"action": "approve"})

    assert (stale.status_code, Tip.objects.get().order) == (409, 100)
    assert "withdrawn, rejected or replaced" in client.get(first).content.decode()
    assert client.post(second, {"action": "approve"}).status_code == 302
    assert Tip.objects.get().order == 6
    assert "Approved by rolf" in client.get(second).content.decode()


def test_a_proposal_is_rejected_or_withdrawn(client: Client, tip: Tip) -> None:
    eva, rolf = make.person("eva", "localisation-editor"), make.person("rolf", "localisation-reviewer")
    for person, action in ((rolf, "reject"), (eva, "withdraw")):
        client.force_login(eva)
        change = propose(client)["Location"]
        client.force_login(person)

        assert client.post(change, {"action": action}).status_code == 302

    assert not TipRevision.objects.proposed().exists()
    assert Tip.objects.get().audiences == ["teen"]


def test_the_list_of_proposals_and_the_first_page_lead_to_each(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    change = propose(client)["Location"]
    client.force_login(make.person("rolf", "localisation-reviewer"))

    assert change in client.get(reverse("admin:tip-changes")).content.decode()
    assert "Tip changes to approve" in client.get(reverse("admin:index")).content.decode()
    assert "1 proposed change" in client.get(reverse("admin:tips")).content.decode()
    assert client.get(reverse("admin:tip-change", args=[10**9])).status_code == 404


def test_the_table_shows_the_status_of_each_text_in_each_language(client: Client) -> None:
    make.target("tip.first-hour.title", "cy", "Arhoswch", approved=True)
    make.target("tip.first-hour.short", "cy", "Nid ydych ar eich pen eich hun.")
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page()).content.decode()

    assert "Welsh: approved" in html
    assert "Welsh: needs review" in html
    assert "Arabic: not translated" in html


def test_the_list_is_filtered_by_audience_situation_and_language(client: Client) -> None:
    make.tip("for-schools", audiences=["educator"], situations=["grooming"])
    make.target("tip.first-hour.title", "cy", "Arhoswch", approved=True)
    client.force_login(make.person("nora", "auditor"))
    tips = reverse("admin:tips")

    def slugs(query: str) -> list[str]:
        return [row["tip"].slug for row in client.get(tips + query).context["rows"]]

    assert slugs("") == ["first-hour", "for-schools"]
    assert slugs("?audience=educator") == ["for-schools"]
    assert slugs("?situation=blackmail") == ["first-hour"]
    assert slugs("?locale=cy&state=approved") == ["first-hour"]
    assert slugs("?locale=xx&audience=nobody") == ["first-hour", "for-schools"]


def test_facts_that_someone_else_changed_are_not_overwritten(client: Client, tip: Tip) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    shown = client.get(page()).context["version"]
    make.tip_facts("first-hour", audiences=["parent"], order=7)

    answer = client.post(page(), FORM | {"action": "preview", "version": shown})
    tip.refresh_from_db()

    assert answer.status_code == 409
    assert (tip.audiences, tip.order) == (["parent"], 7)


def test_a_safety_change_names_the_languages_and_the_tip_before_it_is_saved(client: Client, tip: Tip) -> None:
    key = "tip.first-hour.title"
    Unit.objects.get(key=key).approve(by=make.checker(), at=make.NOON)
    client.force_login(make.person("eva", "localisation-editor"))
    source = reverse("admin:source-text", args=[key])
    assert "No translation of this text is approved" in client.get(source).content.decode()

    make.target(key, "cy", "Arhoswch", approved=True)

    html = client.get(source).content.decode()
    assert "The translation into 1 language is withdrawn: Welsh." in html
    assert "Readers of these languages then see the whole tip “Stop and breathe” in English." in html
