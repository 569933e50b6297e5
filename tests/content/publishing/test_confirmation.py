"""The publisher confirms what goes and what comes back; a release can be of some locales, and can have a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from content import tasks
from content.compiling.compiler import compile_release
from content.models import Release, ScheduledPublication, Unit
from content.models.release import ReleaseState
from content.publishing.confirmation import NotConfirmed, candidate_digest, confirm
from content.publishing.publish import publish, roll_back
from content.publishing.scheduling import AlreadyScheduled, cancel, publish_due, schedule
from content.publishing.withdrawal import withdraw
from core.errors import ChangedMeanwhile, Invalid, NotFound, SecondPersonRequired
from core.models import AuditEntry, User
from tests import make
from tests.make import NOON

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def ann(db: None) -> User:
    return make.person("ann", "publisher")


@pytest.fixture
def ben(db: None) -> User:
    return make.person("ben", "publisher")


@pytest.fixture
def published(db: None) -> Release:
    """A release with two tips, the second of which the next one would lose."""
    make.small_content()
    make.tip("hold-on")
    return make.release()


def reword(text: str) -> None:
    """Change the title of a tip; the sandbox serves drafts."""
    unit = Unit.objects.get(key="tip.first-hour.title")
    unit.revise(text=text, change="cosmetic", by=User.objects.system(), at=NOON, from_revision=unit.revision)


def without_tip(slug: str, *, by: User) -> Release:
    """Compile a candidate in which a text of the tip is not there any more."""
    back = Unit.objects.filter(key=f"tip.{slug}.title")
    back.update(owner="nothing")
    return compile_release(by=by, at=NOON)


# Confirming.


def test_a_release_that_takes_a_tip_away_is_published_only_by_who_ticked_it(published: Release, ann: User, ben: User) -> None:
    candidate = without_tip("hold-on", by=ann)
    [effect] = candidate.effects.filter(kind="tip")
    assert (effect.item, effect.name) == ("hold-on", "Stop and breathe")

    with pytest.raises(NotConfirmed, match="tip Stop and breathe"):
        publish(candidate, by=ben, at=LATER)
    assert Release.objects.current() == published

    make.confirm_all(candidate, by=ben, at=LATER)
    publish(candidate, by=ben, at=LATER)
    assert Release.objects.current() == candidate


def test_the_tick_of_another_person_does_not_count(published: Release, ann: User, ben: User) -> None:
    candidate = without_tip("hold-on", by=ann)
    make.confirm_all(candidate, by=make.person("olga", "publisher"), at=LATER)

    with pytest.raises(NotConfirmed):
        publish(candidate, by=ben, at=LATER)


def test_a_tick_given_to_another_candidate_is_refused(published: Release, ann: User, ben: User) -> None:
    first = without_tip("hold-on", by=ann)
    second = compile_release(by=ann, at=NOON)
    [effect] = first.effects.all()

    with pytest.raises(Invalid, match="another candidate"):
        confirm(second, shown=candidate_digest(first), effects=[], by=ben, at=LATER)
    with pytest.raises(Invalid, match="another candidate"):
        confirm(second, shown=candidate_digest(second), effects=[effect.pk], by=ben, at=LATER)
    assert not second.effects.filter(confirmed_by=ben).exists()


def test_the_database_holds_it_too(published: Release, ann: User, ben: User) -> None:
    candidate = without_tip("hold-on", by=ann)
    published_as = {"state": "published", "published_by": ben, "published_at": LATER}
    Release.objects.filter(pk=published.pk).update(state="superseded")

    with pytest.raises(DatabaseError, match="has not confirmed"), transaction.atomic():
        Release.objects.filter(pk=candidate.pk).update(**published_as)
    with pytest.raises(DatabaseError), transaction.atomic():
        candidate.effects.update(name="Nothing much")


def test_a_first_release_and_one_that_only_adds_need_no_tick(published: Release, ann: User, ben: User) -> None:
    make.tip("new")
    candidate = compile_release(by=ann, at=NOON)

    assert not candidate.effects.exists()
    publish(candidate, by=ben, at=LATER)


def test_every_pack_that_differs_has_a_change_in_words(published: Release, ann: User) -> None:
    reword("Stop, then breathe")
    candidate = compile_release(by=ann, at=NOON)

    before, after = published.pack_digests(), candidate.pack_digests()
    differing = {place for place in after if after[place] != before[place]}
    said = {(country, change.locale_id) for change in candidate.changes.all() for country in change.countries}
    assert said == differing
    assert {change.new["title"] for change in candidate.changes.all() if change.new} == {"Stop, then breathe"}


# After a rollback.


def test_after_a_rollback_the_next_candidate_names_what_it_brings_back(published: Release, ann: User, ben: User) -> None:
    reword("Wait until you are sure")
    make.release()
    back = roll_back(to=published.number, by=ann, at=NOON)
    make.confirm_all(back, by=ben)
    publish(back, by=ben, at=LATER)
    make.notice(approved=True)

    again = compile_release(by=ann, at=LATER)
    [effect] = again.effects.filter(kind="returns")
    assert (effect.item, effect.name) == ("tip:first-hour", "Wait until you are sure")
    with pytest.raises(NotConfirmed, match="returns Wait until"):
        publish(again, by=ben, at=LATER)

    reword("Stop and breathe")
    mended = compile_release(by=ann, at=LATER)
    assert not mended.effects.filter(kind="returns").exists()


def test_a_whole_release_ends_the_hold_and_one_of_some_locales_does_not(published: Release, ann: User, ben: User) -> None:
    reword("Wait until you are sure")
    make.release()
    back = roll_back(to=published.number, by=ann, at=NOON)
    publish(back, by=ben, at=LATER)

    welsh = compile_release(by=ann, at=LATER, locales=["cy"])
    make.confirm_all(welsh, by=ben)
    publish(welsh, by=ben, at=LATER)
    rest = compile_release(by=ann, at=LATER)
    [held] = rest.effects.filter(kind="returns")
    assert "en" in held.places
    assert "cy" not in held.places
    make.confirm_all(rest, by=ben)
    publish(rest, by=ben, at=LATER)

    assert rest.undone_by_rollback() is not None
    assert compile_release(by=ann, at=LATER).undone_by_rollback() is None


# These locales only.


def test_publishing_one_locale_leaves_every_other_pack_as_it_was(published: Release, ann: User, ben: User) -> None:
    reword("Stop, then breathe")
    make.target("tip.first-hour.title", "cy", "Arhoswch ac anadlwch")

    candidate = compile_release(by=ann, at=LATER, locales=["cy"])
    make.confirm_all(candidate, by=ben)
    publish(candidate, by=ben, at=LATER)

    before, after = published.pack_digests(), candidate.pack_digests()
    assert before.keys() == after.keys()
    assert {place[1] for place in after if before[place] != after[place]} == {"cy"}
    assert candidate.scope == ["cy"]


def test_a_country_that_is_new_waits_for_a_release_of_all_locales(published: Release, ann: User) -> None:
    make.emergency("NZ")
    make.service("nz-line", country="NZ")

    candidate = compile_release(by=ann, at=LATER, locales=["cy"])

    assert candidate.countries() == published.countries()
    assert "NZ" in compile_release(by=ann, at=LATER).countries()


@pytest.mark.parametrize("locales", [["xx"], []])
def test_unknown_locales_and_none_are_refused(published: Release, ann: User, locales: list[str]) -> None:
    with pytest.raises(Invalid):
        compile_release(by=ann, at=LATER, locales=locales)


def test_the_first_release_holds_every_locale(ann: User) -> None:
    make.small_content()

    with pytest.raises(Invalid, match="first release"):
        compile_release(by=ann, at=NOON, locales=["cy"])


# A time to publish.


def test_an_approved_candidate_is_published_at_its_time(published: Release, ann: User, ben: User) -> None:
    make.tip("new")
    candidate = compile_release(by=ann, at=NOON)
    schedule(candidate, publish_at=LATER, by=ben, at=NOON)

    assert not publish_due(at=LATER - timedelta(seconds=1))
    assert Release.objects.current() == published
    assert publish_due(at=LATER)

    current = Release.objects.current()
    assert (current, current.published_by, current.published_at) == (candidate, ben, LATER)
    assert ScheduledPublication.objects.get().state == "published"
    assert not publish_due(at=LATER)
    verbs = AuditEntry.objects.filter(verb__startswith="publication.").order_by("pk").values_list("verb", "by__username")
    assert list(verbs) == [("publication.scheduled", "ben"), ("publication.carried_out", User.objects.system().username)]


def test_a_stale_candidate_is_refused_at_its_time_and_says_why(published: Release, ann: User, ben: User) -> None:
    make.service("gb-wrong")
    make.release()
    candidate = compile_release(by=ann, at=NOON)
    schedule(candidate, publish_at=LATER, by=ben, at=NOON)
    withdraw("gb-wrong", by=ann, at=NOON)
    current = Release.objects.current()

    assert publish_due(at=LATER)

    scheduled = ScheduledPublication.objects.get()
    assert scheduled.state == "refused"
    assert "Another release was published" in scheduled.detail
    assert Release.objects.current() == current


def test_the_task_publishes_and_logs_what_it_could_not(
    published: Release, ann: User, ben: User, caplog: pytest.LogCaptureFixture
) -> None:
    make.tip("new")
    now = timezone.now()
    candidates = [compile_release(by=ann, at=now) for _ in range(2)]
    for minutes, candidate in enumerate(candidates, start=1):
        schedule(candidate, publish_at=now - timedelta(hours=1 - minutes / 60), by=ben, at=now - timedelta(hours=2))

    tasks.publish_due(added_by_a_newer_version=True)

    assert Release.objects.current() == candidates[0]
    assert f"release {candidates[1].number} was not published at its time: Another release" in caplog.text


def test_it_can_be_cancelled_and_scheduled_once(published: Release, ann: User, ben: User) -> None:
    make.tip("new")
    candidate = compile_release(by=ann, at=NOON)
    schedule(candidate, publish_at=LATER, by=ben, at=NOON)
    with pytest.raises(AlreadyScheduled):
        schedule(candidate, publish_at=LATER, by=ben, at=NOON)

    cancel(candidate, by=ann, at=NOON)

    assert not publish_due(at=LATER)
    with pytest.raises(NotFound):
        cancel(candidate, by=ann, at=NOON)
    schedule(candidate, publish_at=LATER, by=ben, at=NOON)


@pytest.mark.parametrize("publish_at", [NOON, NOON - timedelta(days=1), NOON + timedelta(days=15)])
def test_a_time_that_has_passed_or_is_far_ahead_is_refused(published: Release, ann: User, ben: User, publish_at: Any) -> None:
    with pytest.raises(Invalid, match="within the next"):
        schedule(compile_release(by=ann, at=NOON), publish_at=publish_at, by=ben, at=NOON)


def test_scheduling_asks_what_publishing_asks(published: Release, ann: User, ben: User) -> None:
    candidate = without_tip("hold-on", by=ann)

    with pytest.raises(SecondPersonRequired):
        schedule(candidate, publish_at=LATER, by=ann, at=NOON)
    with pytest.raises(NotConfirmed):
        schedule(candidate, publish_at=LATER, by=ben, at=NOON)
    with pytest.raises(DatabaseError, match="second person"), transaction.atomic():
        ScheduledPublication.objects.create(release=candidate, publish_at=LATER, approved_by=ann, approved_at=NOON)
    make.release()
    make.confirm_all(candidate, by=ben)
    with pytest.raises(ChangedMeanwhile):
        schedule(candidate, publish_at=LATER, by=ben, at=NOON)


def test_an_approver_who_has_left_publishes_nothing(published: Release, ann: User, ben: User) -> None:
    make.tip("new")
    candidate = compile_release(by=ann, at=NOON)
    schedule(candidate, publish_at=LATER, by=ben, at=NOON)
    User.objects.filter(pk=ben.pk).update(is_active=False)

    publish_due(at=LATER)

    assert ScheduledPublication.objects.get().state == "refused"
    candidate.refresh_from_db()
    assert candidate.state == ReleaseState.CANDIDATE
