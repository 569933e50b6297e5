"""A tip is withdrawn from the published packs at once by one person, and put back by two."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from content.compiling.compiler import compile_release
from content.models import Release, TipWithdrawal
from content.models.tip_withdrawal import withdrawn_packs
from content.publishing.publish import HoldsWithdrawn, publish, roll_back
from content.publishing.tip_withdrawal import TipWithdrawn, put_back_tip, tip_withdrawal_effect, withdraw_tip
from core.errors import ChangedMeanwhile, DomainError, Forbidden, NotFound, SecondPersonRequired
from core.models import User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def published() -> Release:
    make.small_content()
    make.tip("second", audiences=["parent"])
    return make.release()


@pytest.fixture
def ann() -> User:
    return make.person("ann", "publisher")


def slugs(release: Release | None = None, locale: str = "en") -> list[str]:
    found = make.pack_body(release or Release.objects.current(), "GB", locale)
    assert found is not None
    return [tip["slug"] for tip in json.loads(found[1])["tips"]]


def test_one_person_withdraws_and_every_pack_is_without_it_at_once(published: Release, ann: User) -> None:
    old = set(published.pack_digests().values())

    withdrawal = withdraw_tip("first-hour", by=ann, at=LATER)

    current = Release.objects.current()
    assert current == withdrawal.release
    assert current.compiled_by == ann
    for locale in current.locales():
        assert slugs(current, locale) == ["second"]
    assert old <= withdrawn_packs()
    assert not withdrawn_packs() & set(current.pack_digests().values())


def test_nothing_else_changes_by_a_byte(published: Release, ann: User) -> None:
    found = make.pack_body(published, "GB", "en")
    assert found is not None
    expected = json.loads(found[1])
    expected["tips"] = [tip for tip in expected["tips"] if tip["slug"] != "first-hour"]

    withdraw_tip("first-hour", by=ann, at=LATER)

    after = make.pack_body(Release.objects.current(), "GB", "en")
    assert after is not None
    assert json.loads(after[1]) == expected


def test_later_releases_and_rollbacks_are_without_it_until_two_put_it_back(published: Release, ann: User) -> None:
    withdraw_tip("first-hour", by=ann, at=LATER)
    back = roll_back(to=published.number, by=ann, at=LATER)
    assert slugs(compile_release(by=ann, at=LATER)) == slugs(back) == ["second"]

    with pytest.raises(SecondPersonRequired):
        put_back_tip("first-hour", by=ann, second=ann, at=LATER)
    put_back_tip("first-hour", by=ann, second=make.checker(), at=LATER)

    assert slugs() == ["second"]
    assert slugs(compile_release(by=ann, at=LATER)) == ["first-hour", "second"]
    assert withdrawn_packs() == frozenset()


def test_a_candidate_that_holds_it_cannot_be_published(published: Release, ann: User) -> None:
    make.tip("third")
    candidate = compile_release(by=ann, at=LATER)
    withdraw_tip("third", by=ann, at=LATER)

    with pytest.raises((HoldsWithdrawn, ChangedMeanwhile)):
        publish(candidate, by=make.checker(), at=LATER)


def test_what_goes_is_shown_before_and_nothing_changes(published: Release) -> None:
    effect = tip_withdrawal_effect("first-hour")

    assert effect.packs == published.release_packs.values("pack").distinct().count()
    assert {change.item for change in effect.comparison.changes if change.new is None} == {"first-hour"}
    assert Release.objects.current() == published


def test_a_tip_is_withdrawn_once_and_by_a_publisher(published: Release, ann: User) -> None:
    with pytest.raises(Forbidden):
        withdraw_tip("first-hour", by=make.person("eva", "localisation-editor"), at=LATER)
    with pytest.raises(NotFound):
        withdraw_tip("none", by=ann, at=LATER)
    with pytest.raises(NotFound):
        put_back_tip("second", by=ann, second=make.checker(), at=LATER)
    withdraw_tip("first-hour", by=ann, at=LATER)

    with pytest.raises(TipWithdrawn):
        withdraw_tip("first-hour", by=ann, at=LATER)
    with pytest.raises(DomainError):
        tip_withdrawal_effect("first-hour")


def test_the_command_shows_withdraws_and_puts_back(published: Release, ann: User) -> None:
    def run(*arguments: str) -> dict[str, Any]:
        out = io.StringIO()
        call_command("release", *arguments, "--by", "ann", "--json", stdout=out)
        return json.loads(out.getvalue().strip().splitlines()[-1])

    assert run("withdraw-tip", "first-hour", "--dry-run")["packs"] > 0
    assert Release.objects.current() == published
    assert run("withdraw-tip", "first-hour")["release"] == Release.objects.current().number
    with pytest.raises(CommandError, match="withdrawn already"):
        run("withdraw-tip", "first-hour")
    make.checker()
    assert run("put-back-tip", "first-hour", "--second", "checker") == {"tip": "first-hour"}


def test_no_statement_puts_a_tip_back_alone(raw_sql: psycopg.Connection[Any]) -> None:
    make.small_release()
    withdraw_tip("first-hour", by=make.person("ann", "publisher"), at=LATER)

    for statement in (
        "UPDATE content_tipwithdrawal SET put_back_by_id = withdrawn_by_id, put_back_seconded_by_id = withdrawn_by_id, "
        "put_back_at = now()",
        "UPDATE content_tipwithdrawal SET put_back_at = now()",
        "DELETE FROM content_withdrawntippack",
        "DELETE FROM content_tipwithdrawal",
    ):
        with pytest.raises(psycopg.Error):
            raw_sql.execute(statement)

    assert TipWithdrawal.objects.in_force().filter(tip="first-hour").count() == 1
