"""Who holds a permission, and how long a changed password or factor keeps an account from approving."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import roles
from core.errors import Forbidden
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db


def test_a_superuser_has_no_rights_outside_the_sandbox(settings: Any) -> None:
    root = User.objects.create_superuser("root", password=None)
    publisher = make.person("idris", "publisher")

    settings.SANDBOX = False
    assert roles.permissions_of(root) == frozenset()
    assert roles.holds(publisher, "content.publish_release")
    with pytest.raises(Forbidden):
        roles.require(root, "content.publish_release")

    settings.SANDBOX = True
    roles.require(root, "content.publish_release")


def test_one_of_several_permissions_is_enough() -> None:
    roles.require(make.person("rim", "localisation-reviewer"), "content.approve_words", "notifications.approve_campaign")
    roles.require(make.person("david", "campaign-approver"), "content.approve_words", "notifications.approve_campaign")


def test_the_refusal_names_every_role_that_would_do_and_no_other() -> None:
    with pytest.raises(Forbidden) as refused:
        roles.require(make.person("nora", "auditor"), "content.propose_channelrevision")

    assert str(refused.value) == "nora needs the role localisation editor or assurer to do this."


def test_the_account_of_the_product_needs_no_role() -> None:
    roles.require(User.objects.system(), "content.publish_release")


def test_an_approver_needs_the_permission_first() -> None:
    with pytest.raises(Forbidden, match="needs the role publisher"):
        roles.require_approver(make.person("nora"), "content.publish_release")


@pytest.mark.parametrize(("later", "approves"), [(0, False), (86_399, False), (86_400, True), (90_000, True)])
def test_a_changed_credential_keeps_from_approving_for_a_day(monkeypatch: pytest.MonkeyPatch, later: int, approves: bool) -> None:
    idris, changed = make.person("idris", "publisher"), timezone.now()
    idris.credentials_changed_at = changed
    monkeypatch.setattr("core.roles.timezone.now", lambda: changed + timedelta(seconds=later))

    if approves:
        roles.require_approver(idris, "content.publish_release")
    else:
        with pytest.raises(Forbidden, match="less than 24 hours ago"):
            roles.require_approver(idris, "content.publish_release")


def test_sync_gives_each_role_the_permissions_of_the_table() -> None:
    for group in Group.objects.all():
        group.permissions.clear()

    roles.sync()

    given = {
        group.name: {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.select_related("content_type")}
        for group in Group.objects.all()
    }
    assert given == {role: set(permissions) for role, permissions in roles.ROLES.items()}


def test_every_right_is_in_plain_words_on_the_page_of_people(client: Client) -> None:
    given = {permission for permissions in roles.ROLES.values() for permission in permissions}
    client.force_login(make.person("nora", "auditor"))

    page = client.get(reverse("admin:people")).content.decode().partition("What each role can do")[2]

    assert set(roles.RIGHTS) == given
    for words in roles.RIGHTS.values():
        assert f"<li>{words}</li>" in page
    for jargon in ("target", "assure", "compile", "channel", "return"):
        assert not re.search(rf"<li>[^<]*\b{jargon}", page, re.IGNORECASE), jargon
