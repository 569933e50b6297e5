"""Changes of accounts take two administrators, in the console, in the functions and in the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import roles, staff_changes
from core.audit_verbs import Verb
from core.checks import check_superusers
from core.errors import ChangedMeanwhile, Conflict, DomainError, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, StaffAct, StaffChange, User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make.person("ann", "administrator")


@pytest.fixture
def ben() -> User:
    return make.person("ben", "administrator")


def invitation(by: User, name: str = "eva", **more: Any) -> StaffChange:
    values: dict[str, Any] = {"given": ["publisher"], "locales": ["en"], "by": by, "at": NOON} | more
    return staff_changes.propose_invitation(name, f"{name}@example.org", **values)


def test_an_invited_person_chooses_a_password_once(
    client: Client, ann: User, ben: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        eva = staff_changes.approve(invitation(ann), by=ben, at=NOON)

    assert not eva.has_usable_password()
    assert {group.name for group in eva.groups.all()} == {"publisher"}
    (message,) = mail.outbox
    assert message.to == ["eva@example.org"]
    address = re.search(r"/console/invitation/\S+", str(message.body))
    assert address
    path = address.group()

    weak = client.post(path, {"new_password1": "short", "new_password2": "short"})
    assert weak.status_code == 400
    chosen = {"new_password1": "a long enough phrase", "new_password2": "a long enough phrase"}
    assert client.post(path, chosen)["Location"] == reverse("admin:login")
    assert client.post(path, chosen).status_code == 404
    assert client.get(path).status_code == 404
    eva.refresh_from_db()
    assert eva.check_password("a long enough phrase")
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs)[-3:] == [Verb.STAFF_CHANGE_PROPOSED, Verb.STAFF_CHANGE_APPROVED, Verb.INVITATION_ACCEPTED]


@pytest.mark.parametrize("link", ["x", "x:y:z", "%20"])
def test_a_made_up_link_is_404(client: Client, link: str) -> None:
    assert client.get(f"/console/invitation/{link}/").status_code == 404


def test_nobody_approves_their_own_proposal_or_a_change_of_their_own_account(ann: User, ben: User) -> None:
    own = staff_changes.propose(ben, StaffAct.CHANGE, given=["administrator", "publisher"], locales=["*"], by=ann, at=NOON)

    with pytest.raises(SecondPersonRequired):
        staff_changes.approve(invitation(ann), by=ann, at=NOON)
    with pytest.raises(SecondPersonRequired):
        staff_changes.approve(own, by=ben, at=NOON)

    assert not User.objects.filter(username="eva").exists()
    assert not ben.has_perm("content.publish_release")


@pytest.mark.parametrize("role", sorted(set(roles.ROLES) - {"administrator"}))
def test_no_other_role_proposes_approves_or_closes(ann: User, ben: User, role: str) -> None:
    other, change = make.person("other", role), invitation(ann)
    acts: list[Callable[[], object]] = [
        lambda: invitation(other, "mallory"),
        lambda: staff_changes.approve(change, by=other, at=NOON),
        lambda: staff_changes.withdraw(change, by=other, at=NOON),
        lambda: staff_changes.close(ben, by=other, at=NOON, reason="x"),
    ]

    for act in acts:
        with pytest.raises(Forbidden, match="administrator"):
            act()


def test_the_database_takes_two_active_administrators(ann: User, ben: User) -> None:
    change, nora = invitation(ann), make.person("nora", "publisher")
    leaver = make.person("leaver", "administrator")
    User.objects.filter(pk=leaver.pk).update(is_active=False)

    for approver in (ann, nora, leaver):
        with pytest.raises(DatabaseError), transaction.atomic():
            StaffChange.objects.filter(pk=change.pk).update(approved_by=approver, approved_at=NOON)
    for values in ({"roles": ["administrator"]}, {"proposed_by": ben}, {"email": "mallory@example.org"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            StaffChange.objects.filter(pk=change.pk).update(**values)
    with pytest.raises(DatabaseError), transaction.atomic():
        change.delete()
    StaffChange.objects.filter(pk=change.pk).update(withdrawn_at=NOON)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        StaffChange.objects.filter(pk=change.pk).update(withdrawn_at=None)


def test_a_change_of_roles_ends_the_sessions(client: Client, ann: User, ben: User) -> None:
    eva = make.person("eva", "publisher")
    client.force_login(eva)
    assert client.get(reverse("admin:index")).status_code == 200
    change = staff_changes.propose(eva, StaffAct.CHANGE, given=["assurer"], locales=["cy"], by=ann, at=NOON)

    staff_changes.approve(change, by=ben, at=NOON)

    assert client.get(reverse("admin:index"))["Location"].startswith("/console/login/")
    eva = User.objects.get(pk=eva.pk)
    assert (eva.has_perm("content.publish_release"), eva.has_perm("content.assure_channel")) == (False, True)
    assert eva.locales == ["cy"]


def test_a_reset_takes_two_and_pauses_approvals(ann: User, ben: User, django_capture_on_commit_callbacks: Any) -> None:
    eva = make.person("eva", "publisher")
    eva.email, eva.date_joined = "eva@example.org", NOON.replace(year=2025)
    eva.set_password("a long enough phrase")
    eva.save()
    change = staff_changes.propose(eva, StaffAct.RESET, by=ann, at=timezone.now())
    assert User.objects.get(pk=eva.pk).has_usable_password()

    with django_capture_on_commit_callbacks(execute=True):
        staff_changes.approve(change, by=ben, at=timezone.now())

    eva = User.objects.get(pk=eva.pk)
    assert not eva.has_usable_password()
    assert len(mail.outbox) == 2, "what has changed, and the link"
    with pytest.raises(Forbidden, match="24 hours"):
        roles.require_approver(eva, "content.publish_release")


def test_two_administrators_are_always_left(ann: User, ben: User) -> None:
    with pytest.raises(Conflict, match="two administrators"):
        staff_changes.close(ben, by=ann, at=NOON, reason="left")
    with pytest.raises(Conflict, match="two administrators"):
        staff_changes.close(ann, by=ann, at=NOON, reason="left")
    cat = make.person("cat", "administrator")
    staff_changes.close(cat, by=ann, at=NOON, reason="left")
    give_up = staff_changes.propose(ben, StaffAct.CHANGE, given=[], locales=["*"], by=ben, at=NOON)
    with pytest.raises(Conflict, match="two administrators"):
        staff_changes.approve(give_up, by=ann, at=NOON)

    assert User.objects.get(pk=ben.pk).is_active
    assert StaffChange.objects.waiting().get() == give_up


def test_closing_takes_one_and_opening_again_takes_two(client: Client, ann: User, ben: User) -> None:
    eva = make.person("eva", "publisher")
    client.force_login(eva)

    staff_changes.close(eva, by=ann, at=NOON, reason="The telephone was stolen.")
    assert client.get(reverse("admin:index")).status_code == 302
    eva.refresh_from_db()
    change = staff_changes.propose(eva, StaffAct.REOPEN, by=ann, at=NOON)
    assert not User.objects.get(pk=eva.pk).is_active
    staff_changes.approve(change, by=ben, at=NOON)
    assert User.objects.get(pk=eva.pk).is_active


def test_a_change_is_decided_once(ann: User, ben: User) -> None:
    change = invitation(ann)
    staff_changes.withdraw(change, by=ann, at=NOON)

    with pytest.raises(ChangedMeanwhile):
        staff_changes.approve(StaffChange.objects.get(), by=ben, at=NOON)
    again = invitation(ann)
    with pytest.raises(Conflict, match="waiting"):
        invitation(ben)
    assert StaffChange.objects.waiting().get() == again


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "eva parry"}, "username"),
        ({"name": "fingerpost-system"}, "username"),
        ({"name": "ann"}, "username"),
        ({"given": ["chief"]}, "roles"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_on_its_field(ann: User, values: dict[str, Any], field: str) -> None:
    User.objects.system()

    with pytest.raises(Invalid) as refused:
        invitation(ann, **{"name": "eva", **values})

    assert refused.value.extra["field"] == field


def test_without_mail_no_account_is_made(ann: User, ben: User, settings: Any) -> None:
    change = invitation(ann)
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

    with pytest.raises(Conflict, match="MAIL_URL"):
        staff_changes.approve(change, by=ben, at=NOON)


def test_two_administrators_invite_in_the_console(client: Client, ann: User, ben: User) -> None:
    client.force_login(ann)
    form = {"action": "propose", "username": "eva", "email": "eva@example.org", "roles": ["publisher"], "locales": "en, cy"}
    assert client.post(reverse("admin:person-invite"), form).status_code == 302
    change = StaffChange.objects.get()
    own = client.get(reverse("admin:people")).content.decode()
    assert "another person must approve it" in own
    assert client.post(reverse("admin:people"), {"action": "approve", "change": change.pk}).status_code == 403

    client.force_login(ben)
    assert "Invite: <bdi>eva</bdi>" in client.get(reverse("admin:people")).content.decode()
    assert client.post(reverse("admin:people"), {"action": "approve", "change": change.pk}).status_code == 302
    eva = User.objects.get(username="eva")
    assert eva.locales == ["cy", "en"]
    assert client.get(reverse("admin:person", args=[eva.pk])).status_code == 200


def test_limits_are_part_of_a_change_that_two_approve(client: Client, ann: User, ben: User) -> None:
    eva = make.person("eva", "campaign-approver")
    make.app("parent")
    page = reverse("admin:person", args=[eva.pk])
    form = {"action": "change", "roles": ["campaign-approver"], "locales": "*", "content_countries": "*"}
    client.force_login(ann)

    assert client.post(page, {**form, "campaign_apps": ["nowhere"]}).status_code == 400
    assert client.post(page, {**form, "campaign_apps": ["parent"], "campaign_countries": ["IE", "FR"]}).status_code == 302
    assert User.objects.get(pk=eva.pk).campaign_countries == ["*"]
    client.force_login(ben)
    assert "Campaigns of parent in France and Ireland." in client.get(reverse("admin:people")).content.decode()
    client.post(reverse("admin:people"), {"action": "approve", "change": StaffChange.objects.get().pk})

    eva.refresh_from_db()
    assert (eva.campaign_apps, eva.campaign_countries) == (["parent"], ["FR", "IE"])
    assert client.get(page).status_code == 200


def test_a_person_page_proposes_and_closes(client: Client, ann: User, ben: User) -> None:
    eva = make.person("eva", "publisher")
    page = reverse("admin:person", args=[eva.pk])
    client.force_login(ann)

    same = {"action": "change", "roles": ["publisher"], "locales": "*", "content_countries": "*"}
    assert client.post(page, same).status_code == 400, "nothing changes"
    assert client.post(page, {**same, "roles": ["assurer"]}).status_code == 302
    assert client.post(page, {"action": "reset"}).status_code == 409, "one proposal at a time"
    assert client.post(page, {"action": "close"}).status_code == 400
    assert client.post(page, {"action": "close", "reason": "left"}).status_code == 302
    assert not User.objects.get(pk=eva.pk).is_active


@pytest.mark.parametrize("change", ["", "x", "0", "99999999999999999999", "-1"])
def test_an_unknown_change_is_404(client: Client, ann: User, change: str) -> None:
    client.force_login(ann)

    assert client.post(reverse("admin:people"), {"action": "approve", "change": change}).status_code == 404


def test_a_superuser_has_no_rights_outside_the_sandbox(settings: Any) -> None:
    root = User.objects.create_superuser("root", password=None)
    roles.require(root, "content.publish_release")
    assert check_superusers(None) == []

    settings.SANDBOX = False

    with pytest.raises(Forbidden):
        roles.require(root, "content.publish_release")
    assert [message.id for message in check_superusers(None)] == ["fingerpost.E002"]


def test_the_command_adds_nobody_once_there_are_two_administrators(ann: User, settings: Any) -> None:
    settings.SANDBOX = False
    call_command("staff", "add", "ben", "--role", "administrator")

    with pytest.raises(CommandError, match="invite people in the console"):
        call_command("staff", "add", "eva", "--role", "publisher")


def test_of_two_who_approve_at_once_one_does(ann: User, ben: User) -> None:
    change = invitation(ann)
    stale = StaffChange.objects.get(pk=change.pk)
    staff_changes.approve(change, by=ben, at=NOON)

    with pytest.raises(DomainError):
        staff_changes.approve(stale, by=ben, at=NOON)
