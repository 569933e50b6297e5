"""A second person publishes a release; it replaces the one before in one step, and never changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from content.compiling.compiler import compile_release
from content.models import Release
from content.models.release import NoRelease, ReleaseState
from content.publishing.publish import publish, roll_back
from content.publishing.withdrawal import withdraw
from core.errors import ChangedMeanwhile, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry
from tests import make
from tests.make import NOON


@pytest.fixture
def content(db: None) -> None:
    make.small_content()


def test_publishing_replaces_the_release_before(content: None) -> None:
    first = make.release()

    second = make.release()

    first.refresh_from_db()
    assert (first.state, second.state) == (ReleaseState.SUPERSEDED, ReleaseState.PUBLISHED)
    assert second.number > first.number
    assert Release.objects.current() == second
    assert [entry.verb for entry in AuditEntry.objects.filter(model="content.Release").order_by("pk")] == [
        "release.compiled",
        "release.published",
        "release.compiled",
        "release.superseded",
        "release.published",
    ]


def test_before_anything_is_published_there_is_no_release(db: None) -> None:
    with pytest.raises(NoRelease) as refused:
        Release.objects.current()

    assert refused.value.code_name == "no-release"


def test_the_compiler_of_a_release_cannot_publish_it(content: None) -> None:
    ann = make.person("ann", "publisher")
    candidate = compile_release(by=ann, at=NOON)

    with pytest.raises(SecondPersonRequired, match="compiled a release"):
        publish(candidate, by=ann, at=NOON)
    with pytest.raises(Forbidden):
        publish(candidate, by=make.person("olaf", "localisation-editor"), at=NOON)

    assert Release.objects.current_number() is None


def test_a_candidate_from_before_the_published_release_is_refused(content: None) -> None:
    older, newer = make.release(publish=False), make.release(publish=False)
    publish(newer, by=make.checker(), at=NOON)

    with pytest.raises(ChangedMeanwhile, match="Another release"):
        publish(older, by=make.checker(), at=NOON)


def test_a_release_without_packs_is_not_published(db: None) -> None:
    make.world()
    candidate = make.release(publish=False)

    with pytest.raises(Invalid, match="every one is blocked"):
        publish(candidate, by=make.checker(), at=NOON)


def test_rolling_back_serves_the_older_bytes_under_a_higher_number(content: None) -> None:
    first = make.release()
    make.tip("new")
    second = make.release()
    ann = make.person("ann", "publisher")

    back = roll_back(to=first.number, by=ann, at=NOON + timedelta(hours=1))
    with pytest.raises(SecondPersonRequired, match="compiled a release"):
        publish(back, by=ann, at=NOON)
    make.confirm_all(back, by=make.checker())
    publish(back, by=make.checker(), at=NOON)

    assert back.number > second.number
    assert back.restores == first
    assert make.pack_body(back, "GB", "en") == make.pack_body(first, "GB", "en") != make.pack_body(second, "GB", "en")


def test_a_release_that_was_never_published_cannot_be_rolled_back_to(content: None) -> None:
    candidate = make.release(publish=False)

    with pytest.raises(Invalid, match="never published"):
        roll_back(to=candidate.number, by=make.checker(), at=NOON)


def test_a_discarded_candidate_is_never_published(content: None) -> None:
    candidate = make.release(publish=False)
    candidate.discard(by=make.checker(), at=NOON)

    with pytest.raises(Exception, match="cannot become published"):
        publish(candidate, by=make.checker(), at=NOON)


def test_a_pack_is_read_in_one_query(content: None, django_assert_num_queries: Any) -> None:
    release = make.release()

    with django_assert_num_queries(1):
        digest, body = make.pack_body(release, "GB", "cy") or ("", "")

    assert '"locale":"cy"' in body
    assert len(digest) == 64


def test_of_two_concurrent_publications_one_wins(at_once: Callable[..., list[Any]]) -> None:
    make.small_content()
    people = [make.checker(), make.person("ben", "publisher")]
    numbers = [make.release(publish=False).number for _ in people]

    answers = at_once(
        *(
            lambda number=number, who=who: publish(Release.objects.get(number=number), by=who, at=NOON)
            for number, who in zip(numbers, people, strict=True)
        )
    )

    assert len([answer for answer in answers if answer is None]) == 1
    assert Release.objects.filter(state=ReleaseState.PUBLISHED).count() == 1


def test_every_release_says_why_it_was_made(content: None) -> None:
    ann = make.person("ann", "publisher")
    make.service("gb-wrong")
    first = make.release()

    withdraw("gb-wrong", by=ann, at=NOON)
    make.notice(approved=True)
    roll_back(to=first.number, by=ann, at=NOON)

    reasons = list(Release.objects.order_by("number").values_list("reason", flat=True))
    assert reasons == ["compiled", "withdrawal", "notice", "rollback"]
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Release.objects.filter(pk=first.pk).update(reason="expiry")


def test_the_migration_reads_the_reason_from_the_report(db: None) -> None:
    ann = make.person("ann", "publisher")
    older = Release.objects.create(compiled_by=ann, compiled_at=NOON)
    reports: dict[str, dict[str, object]] = {
        "compiled": {"findings": [], "blocked": []},
        "withdrawal": {"findings": [], "withdraws": "gb-wrong"},
        "notice": {"findings": [], "notices": "gb-line"},
        "expiry": {"findings": [], "lapses": [["GB", "gb-line"]]},
    }
    expected = {Release.objects.create(compiled_by=ann, compiled_at=NOON, report=r).pk: why for why, r in reports.items()}
    restored = Release.objects.create(compiled_by=ann, compiled_at=NOON, restores=older, report=reports["notice"])

    with connection.cursor() as cursor:
        # The columns were not fixed yet when the migration ran.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE content_release DISABLE TRIGGER USER")
        cursor.execute(import_module("content.migrations.0014_fill_release_reason").FILL)

    assert dict(Release.objects.values_list("pk", "reason")) == expected | {older.pk: "compiled", restored.pk: "rollback"}
