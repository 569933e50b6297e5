"""The commands of content on all facts and words, which are loaded once for this file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from content.models import Channel, ChannelRevision, Release, Service
from tests import make
from tests.content.test_commands import run

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load all facts and words; each test is a savepoint of this transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_facts", stdout=io.StringIO())
        call_command("load_words", stdout=io.StringIO())
        yield
        transaction.set_rollback(True)


def test_in_the_sandbox_a_second_person_approves_all() -> None:
    make.person("ben", "assurer")

    assert run("services", "approve-all", "--by", "ben")["approved"] == Service.objects.approved().count() > 350
    assert run("channels", "approve-all", "--by", "ben")["approved"] == ChannelRevision.objects.count()
    assert Channel.objects.count() == ChannelRevision.objects.count() > 800


@override_settings(SANDBOX=False)
def test_outside_the_sandbox_nobody_approves_all() -> None:
    make.person("ben", "assurer")

    for command in ("services", "channels"):
        with pytest.raises(CommandError, match="Outside the sandbox"):
            run(command, "approve-all", "--by", "ben")

    assert not Service.objects.approved().exists()
    assert not Channel.objects.exists()


def test_proposals_are_listed() -> None:
    rows = run("channels", "list")["proposals"]

    assert len(rows) == ChannelRevision.objects.count() > 800
    assert {"service": "gb-childline", "value": "0800 1111", "proposed_by": "fingerpost-system"}.items() <= rows_by(rows).items()


def rows_by(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if (row["service"], row["type"]) == ("gb-childline", "phone"))


def test_a_release_is_compiled_published_and_rolled_back_by_two() -> None:
    make.person("ann", "publisher")
    make.person("ben", "publisher", "assurer")
    run("services", "approve-all", "--by", "ben")
    run("channels", "approve-all", "--by", "ben")

    compiled = run("release", "compile", "--by", "ann")
    with pytest.raises(CommandError, match="a second person must"):
        run("release", "publish", "--by", "ann")
    published = run("release", "publish", "--by", "ben")
    back = run("release", "rollback", str(published["release"]), "--by", "ben")
    run("release", "publish", str(back["release"]), "--by", "ann")

    assert (compiled["state"], compiled["packs"]) == ("candidate", 972)
    # No crisis line of these countries was found, so their readers get the worldwide pack.
    assert {country for country, _ in compiled["blocked"]} == {"BD", "DZ", "SA", "TR"}
    assert published["state"] == "published"
    assert Release.objects.current_number() == back["release"] > published["release"]
