"""How an app receives alerts, and whether it stores addresses of teenagers, is decided by two administrators."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from content.models.revision import AlreadyProposed
from core.errors import Forbidden, Invalid, SecondPersonRequired
from core.models import User
from notifications.models import App, AppRevision
from notifications.models.registration_row import NoTeens
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db

BASIS = {"basis": "Consent of the young person (Article 8)", "source": "Impact assessment 7"}


@pytest.fixture
def ann() -> User:
    make.world()
    return make.person("ann", "administrator")


@pytest.fixture
def ben() -> User:
    return make.person("ben", "administrator")


@pytest.fixture
def app() -> App:
    return make.app("teen", push_mode="topics")


def test_a_legal_basis_that_two_record_lets_teenagers_register_there(app: App, ann: User, ben: User) -> None:
    facts = app.facts_with(["GB"], mode="registrations", basis=BASIS)
    change = AppRevision.objects.propose(app=app, facts=facts, by=ann, at=NOON, reason="Decided in June.")
    with pytest.raises(SecondPersonRequired):
        change.approve(by=ann, at=NOON)
    change.approve(by=ben, at=NOON)
    app.refresh_from_db()

    assert app.push_mode == "topics"
    assert app.mode_in("GB") == "registrations"
    assert make.installation(app="teen", audience="teen", country="GB").id
    with pytest.raises(Invalid, match="Nothing differs"):
        AppRevision.objects.propose(app=app, facts=facts, by=ann, at=NOON)


def test_a_refused_registration_names_what_is_missing(app: App, ann: User) -> None:
    make.app("parent")

    with pytest.raises(NoTeens, match="Missing: a legal basis for GB") as refused:
        make.installation(audience="teen")

    assert refused.value.extra["missing"] == ["legal-basis"]


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"push_mode": "pigeon"}, "pigeon is none of"),
        ({"mode_by_country": {"XX": "feed"}}, "no country XX"),
        ({"mode_by_country": {"GB": "pigeon"}}, "Push mode in GB"),
        ({"basis_for_teens": {"GB": {"basis": "x", "source": ""}}}, "its source"),
        ({"basis_for_teens": {"GB": "x"}}, "its source"),
        ({"basis_for_teens": {"GB": {"basis": "x" * 301, "source": "x"}}}, "at most 300"),
    ],
)
def test_facts_that_break_a_rule_are_refused(app: App, ann: User, facts: dict[str, Any], answer: str) -> None:
    with pytest.raises(Invalid, match=answer):
        AppRevision.objects.propose(app=app, facts=facts, by=ann, at=NOON)


def test_others_propose_nothing_and_one_proposal_waits_at_a_time(app: App, ann: User) -> None:
    with pytest.raises(Forbidden, match="administrator"):
        AppRevision.objects.propose(app=app, facts={"push_mode": "feed"}, by=make.person("eva", "publisher"), at=NOON)
    AppRevision.objects.propose(app=app, facts={"push_mode": "feed"}, by=ann, at=NOON)
    with pytest.raises(AlreadyProposed):
        AppRevision.objects.propose(app=app, facts={"push_mode": "registrations"}, by=ann, at=NOON)


def test_two_administrators_record_a_basis_in_the_console(client: Client, app: App, ann: User, ben: User) -> None:
    form = {"action": "propose", "countries": ["FR"], "mode": "registrations", **BASIS, "reason": "Decided in June."}
    client.force_login(ann)
    page = reverse("admin:app", args=["teen"])
    assert client.post(page, {**form, "reason": ""}).status_code == 400
    assert client.post(page, {**form, "countries": []}).status_code == 400
    assert client.post(page, form).status_code == 302
    change = {"change": AppRevision.objects.get().pk}
    assert client.post(reverse("admin:apps"), {"action": "approve", **change}).status_code == 403

    client.force_login(ben)
    shown = client.get(reverse("admin:apps")).content.decode()
    assert "Consent of the young person (Article 8) (Impact assessment 7)" in shown
    assert client.post(reverse("admin:apps"), {"action": "withdraw", **change}).status_code == 403
    assert client.post(reverse("admin:apps"), {"action": "approve", **change}).status_code == 302
    assert App.objects.get(pk="teen").basis_for_teens == {"FR": BASIS}
    assert client.post(reverse("admin:apps"), {"action": "approve", "change": "x"}).status_code == 404


def test_two_administrators_record_a_basis_by_command(app: App, ann: User, ben: User) -> None:
    def run(*arguments: str) -> dict[str, Any]:
        output = StringIO()
        call_command("apps", *arguments, "--json", stdout=output)
        return dict(json.loads(output.getvalue()))

    given = ("--basis", BASIS["basis"], "--source", BASIS["source"], "--reason", "Decided in June.")
    made = run("propose", "teen", "--country", "GB", "--mode", "registrations", *given, "--by", "ann")
    assert run("list")["proposals"][0]["basis_for_teens"] == {"GB": BASIS}
    with pytest.raises(CommandError):
        run("approve", str(made["id"]), "--by", "ann")
    run("approve", str(made["id"]), "--by", "ben")
    removed = run("propose", "teen", "--country", "GB", "--no-basis", "--by", "ben")
    run("approve", str(removed["id"]), "--by", "ann")

    assert App.objects.get(pk="teen").basis_for_teens == {}
    with pytest.raises(CommandError, match="choose those that the legal basis is for"):
        run("propose", "teen", "--no-basis", "--by", "ann")
    with pytest.raises(CommandError, match="no app nowhere"):
        run("propose", "nowhere", "--mode", "feed", "--by", "ann")
