"""A lead hands out what they have, with a second person, and takes it back alone; nothing beyond."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from core import staff_changes
from core.audit_verbs import Verb
from core.errors import Conflict, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, StaffAct, StaffChange, User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db

EDITOR, REVIEWER, ASSURER, LEAD = "localisation-editor", "localisation-reviewer", "assurer", "localisation-lead"


def person(name: str, *given: str, locales: tuple[str, ...] = ("cy",), countries: tuple[str, ...] = ("GB",)) -> User:
    made = make.person(name, *given, locales=locales)
    User.objects.filter(pk=made.pk).update(content_countries=list(countries))
    return User.objects.get(pk=made.pk)


@pytest.fixture
def lena() -> User:
    return person("lena", LEAD, EDITOR, ASSURER)


@pytest.fixture
def eva() -> User:
    return person("eva", EDITOR, locales=("en",), countries=())


def hand_out(account: User, by: User, **changes: Any) -> StaffChange:
    values: dict[str, Any] = {
        "given": account.groups.values_list("name", flat=True),
        "locales": account.locales,
        "content_countries": account.content_countries,
        "campaign_apps": account.campaign_apps,
        "campaign_countries": account.campaign_countries,
    }
    return staff_changes.propose(account, StaffAct.CHANGE, **(values | changes), by=by, at=NOON)


def withdraw_rights(account: User, by: User, **changes: Any) -> User:
    values: dict[str, Any] = {
        "given": account.groups.values_list("name", flat=True),
        "locales": account.locales,
        "content_countries": account.content_countries,
    }
    return staff_changes.withdraw_rights(account, **(values | changes), by=by, at=NOON)


def test_what_a_lead_hands_out_takes_effect_when_another_lead_approves_it(lena: User, eva: User) -> None:
    change = hand_out(eva, lena, locales=["cy", "en"])
    other = person("olwen", LEAD, EDITOR, locales=("cy", "fr"), countries=("*",))

    with pytest.raises(SecondPersonRequired):
        staff_changes.approve(change, by=lena, at=NOON)
    assert User.objects.get(pk=eva.pk).locales == ["en"]
    for name in ("ann", "ben"):
        make.person(name, "administrator")
    staff_changes.approve(change, by=other, at=NOON)

    eva.refresh_from_db()
    assert (eva.locales, eva.content_countries, eva.session_epoch) == (["cy", "en"], [], 1)
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs)[-2:] == [Verb.STAFF_CHANGE_PROPOSED, Verb.STAFF_CHANGE_APPROVED]


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({"given": [EDITOR, REVIEWER]}, "localisation reviewer"),
        ({"given": [EDITOR, LEAD]}, "localisation lead"),
        ({"given": [EDITOR, "administrator"]}, "administrator"),
        ({"given": [EDITOR, ASSURER], "content_countries": ["GB", "IE"]}, "localisation editor in Ireland"),
        ({"locales": ["en", "fr"]}, "localisation editor for French"),
        ({"locales": ["*"]}, "localisation editor for every language"),
        ({"content_countries": ["*"]}, "localisation editor in every country"),
        # The account writes English, which the lead does not: the country would come with it.
        ({"content_countries": ["GB"]}, "localisation editor for English in the United Kingdom"),
        ({"given": []}, "localisation editor for English"),
        ({"campaign_countries": ["GB"]}, "limits of campaign staff"),
    ],
)
def test_a_lead_hands_out_and_withdraws_nothing_beyond_their_own_rights(
    lena: User, eva: User, changes: dict[str, Any], right: str
) -> None:
    with pytest.raises(Forbidden, match=right):
        hand_out(eva, lena, **changes)

    assert not StaffChange.objects.exists()


def test_a_role_is_not_handed_out_to_somebody_who_has_more_languages(lena: User) -> None:
    """A role applies to each language of the account, so that it would be one in Arabic too."""
    reader = person("amal", REVIEWER, locales=("ar", "cy"))

    with pytest.raises(Forbidden, match="localisation editor for Arabic"):
        hand_out(reader, lena, given=[EDITOR, REVIEWER])


def test_what_a_lead_has_not_they_cannot_approve(lena: User, eva: User) -> None:
    ann = make.person("ann", "administrator")
    beyond = hand_out(eva, ann, locales=["en", "fr"])

    with pytest.raises(Forbidden, match="localisation editor for French"):
        staff_changes.approve(beyond, by=lena, at=NOON)
    with pytest.raises(Forbidden, match="localisation editor for French"):
        staff_changes.withdraw(beyond, by=lena, at=NOON)
    with pytest.raises(DatabaseError, match="leads who have the rights"), transaction.atomic():
        StaffChange.objects.filter(pk=beyond.pk).update(approved_by=lena, approved_at=NOON)


def test_a_lead_withdraws_alone_and_at_once(client: Client, lena: User) -> None:
    eva = person("eva", EDITOR, ASSURER, "publisher")
    client.force_login(eva)

    withdraw_rights(eva, lena, given=[EDITOR, "publisher"], content_countries=[])

    eva.refresh_from_db()
    assert sorted(eva.groups.values_list("name", flat=True)) == [EDITOR, "publisher"]
    assert (eva.locales, eva.content_countries) == (["cy"], [])
    assert client.get(reverse("admin:index"))["Location"].startswith("/console/login/")
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.verb, entry.by, entry.details["act"]) == (Verb.STAFF_CHANGE_APPROVED, lena, "take-back")


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"given": [EDITOR]}, Forbidden, "publisher"),
        ({"locales": []}, Forbidden, "localisation editor for English"),
        ({"given": [EDITOR, "publisher", ASSURER]}, Invalid, "that the account has"),
        ({}, Invalid, "Choose at least one"),
    ],
)
def test_taking_back_gives_nothing_and_takes_nothing_beyond(
    lena: User, changes: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    eva = person("eva", EDITOR, "publisher", locales=("cy", "en"))

    with pytest.raises(error, match=sentence):
        withdraw_rights(eva, lena, **changes)

    assert not StaffChange.objects.exists()


def test_taking_back_withdraws_a_change_that_would_give_it_again(lena: User) -> None:
    eva = person("eva", EDITOR, ASSURER)
    waiting = hand_out(eva, make.person("ann", "administrator"), given=[EDITOR, ASSURER, "publisher"])

    withdraw_rights(eva, lena, given=[EDITOR])

    waiting.refresh_from_db()
    assert waiting.withdrawn_at == NOON


@pytest.mark.parametrize("act", [StaffAct.RESET, StaffAct.REOPEN])
def test_taking_back_does_not_wait_for_a_proposal_that_gives_nothing(lena: User, act: StaffAct) -> None:
    eva = person("eva", EDITOR, ASSURER)
    User.objects.filter(pk=eva.pk).update(is_active=act != StaffAct.REOPEN)
    rights = {name: getattr(eva, name) for name in ("locales", "campaign_apps", "campaign_countries", "content_countries")}
    given = [EDITOR, ASSURER]
    ann = make.person("ann", "administrator")
    waiting = staff_changes.propose(User.objects.get(pk=eva.pk), act, **rights, given=given, by=ann, at=NOON)

    withdraw_rights(User.objects.get(pk=eva.pk), lena, given=[EDITOR])

    assert list(eva.groups.values_list("name", flat=True)) == [EDITOR]
    assert list(StaffChange.objects.waiting()) == [waiting]
    with pytest.raises(Conflict, match="Another change of eva is waiting"):
        hand_out(eva, ann, locales=["cy", "en"])


def test_a_lead_changes_neither_themselves_nor_sign_ins(lena: User, eva: User) -> None:
    with pytest.raises(Forbidden, match="own account"):
        hand_out(lena, lena, content_countries=[])
    for act in (StaffAct.RESET, StaffAct.REOPEN):
        User.objects.filter(pk=eva.pk).update(is_active=act != StaffAct.REOPEN)
        with pytest.raises(Forbidden, match="Only an administrator"):
            staff_changes.propose(User.objects.get(pk=eva.pk), act, by=lena, at=NOON)


def test_a_proposal_falls_with_the_right_to_make_it(lena: User, eva: User) -> None:
    ann = make.person("ann", "administrator")
    change = hand_out(eva, lena, locales=["cy", "en"])
    User.objects.filter(pk=lena.pk).update(locales=["fr"])

    with pytest.raises(Conflict, match="propose it again"):
        staff_changes.approve(StaffChange.objects.get(pk=change.pk), by=ann, at=NOON)
    with pytest.raises(DatabaseError, match="leads who have the rights"), transaction.atomic():
        StaffChange.objects.filter(pk=change.pk).update(approved_by=ann, approved_at=NOON)


def test_the_database_takes_a_lead_only_within_their_rights(lena: User, eva: User) -> None:
    ann = make.person("ann", "administrator")

    def proposed(act: str, by: User, **values: Any) -> StaffChange:
        rights = {"roles": [EDITOR], "locales": ["en"], "content_countries": []}
        return StaffChange.objects.create(
            act=act, account=eva, username=eva.username, proposed_by=by, proposed_at=NOON, **(rights | values)
        )

    beyond = ({"roles": [EDITOR, REVIEWER]}, {"locales": ["en", "fr"]}, {"content_countries": ["GB"]}, {"campaign_apps": ["x"]})
    for values in beyond:
        change = proposed("change", lena, **values)
        with pytest.raises(DatabaseError, match="leads who have the rights"), transaction.atomic():
            StaffChange.objects.filter(pk=change.pk).update(approved_by=ann, approved_at=NOON)
        StaffChange.objects.filter(pk=change.pk).update(withdrawn_at=NOON)
    given = proposed("take-back", lena, locales=["cy", "en"])
    with pytest.raises(DatabaseError, match="not given"), transaction.atomic():
        StaffChange.objects.filter(pk=given.pk).update(approved_by=lena, approved_at=NOON)
    StaffChange.objects.filter(pk=given.pk).update(withdrawn_at=NOON)
    alone = proposed("change", lena, locales=["cy", "en"])
    with pytest.raises(DatabaseError, match="leads who have the rights"), transaction.atomic():
        StaffChange.objects.filter(pk=alone.pk).update(approved_by=lena, approved_at=NOON)


def test_a_lead_hands_out_and_withdraws_in_the_console(client: Client, lena: User, eva: User) -> None:
    client.force_login(lena)
    page = reverse("admin:person-rights", args=[eva.pk])
    assert page in client.get(reverse("admin:people")).content.decode()
    shown = client.get(page)
    offered = {
        name: [code for code, _ in field.choices] for name, field in shown.context["giving"].fields.items() if name != "reason"
    }
    assert offered == {"roles": [ASSURER], "locales": ["cy"], "countries": ["GB"]}

    assert client.post(page, {"action": "hand-out", "give-locales": ["fr"]}).status_code == 400
    assert client.post(page, {"action": "hand-out", "give-locales": ["cy"], "give-reason": "New"}).status_code == 302
    change = StaffChange.objects.get()
    assert (change.locales, change.content_countries, change.reason) == (["cy", "en"], [], "New")
    assert client.post(reverse("admin:people"), {"action": "approve", "change": change.pk}).status_code == 403
    make.person("ben", "administrator")
    client.force_login(make.person("ann", "administrator"))
    assert client.get(page).status_code == 403
    client.post(reverse("admin:people"), {"action": "approve", "change": change.pk})
    client.force_login(lena)
    nothing = client.post(page, {"action": "hand-out"})
    assert (nothing.status_code, "Choose at least one role, language or country" in nothing.content.decode()) == (400, True)
    assert client.post(page, {"action": "withdraw", "take-locales": ["cy"]}).status_code == 302
    # From a page that was opened before the upgrade.
    unchanged = client.post(page, {"action": "take-back"})
    assert (unchanged.status_code, "no such action" in unchanged.content.decode()) == (400, False)

    assert User.objects.get(pk=eva.pk).locales == ["en"]
    assert client.get(reverse("admin:person-rights", args=[lena.pk])).status_code == 404
