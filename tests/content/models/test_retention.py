"""What people typed and never saved, and what organizations replied, is deleted at the age that docs/privacy.md gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from config.celery import app
from content import tasks
from content.models import (
    Channel,
    CorrectionLink,
    Judgement,
    Organization,
    ReadingLink,
    Reply,
    SetAsideText,
    Unit,
    UnsavedText,
)
from tests import make

pytestmark = pytest.mark.django_db


def forget_at(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("content.tasks.timezone.now", lambda: at)
    tasks.forget_old_rows(added_by_a_newer_version=True)


def test_what_was_typed_is_kept_for_a_year_after_its_last_change(monkeypatch: pytest.MonkeyPatch) -> None:
    make.small_content()
    person, unit = make.person("eva", "localisation-editor"), Unit.objects.first()
    assert unit is not None
    for text in ("One", "Two"):
        UnsavedText.objects.keep(
            person=person, unit=unit, locale="cy", text=text, stored="", from_revision=0, source_revision=1, at=make.NOON
        )
        if text == "One":
            SetAsideText.objects.set_aside(UnsavedText.objects.get(), at=make.NOON)

    forget_at(make.NOON + timedelta(days=364), monkeypatch)
    assert (UnsavedText.objects.count(), SetAsideText.objects.count()) == (1, 1)

    forget_at(make.NOON + timedelta(days=365), monkeypatch)
    assert (UnsavedText.objects.count(), SetAsideText.objects.count()) == (0, 0)


def test_a_reply_is_kept_for_two_years_after_it_was_dealt_with(monkeypatch: pytest.MonkeyPatch) -> None:
    make.world()
    make.service("gb-line")
    by, now = make.person("ola", "assurer"), timezone.now()
    link = CorrectionLink.objects.issue(Organization.objects.get(), by=by, at=now)
    revision = Channel.objects.get(service="gb-line").revision_id
    reply = Reply.objects.record(link, revision=revision, answer="confirm", values={}, at=now)

    # Nobody has dealt with it yet.
    forget_at(now + timedelta(days=1000), monkeypatch)
    Reply.objects.filter(pk=reply.pk).update(taken=False, dealt_by=by, dealt_at=now)
    forget_at(now + timedelta(days=729), monkeypatch)
    assert Reply.objects.count() == 1

    forget_at(now + timedelta(days=730), monkeypatch)
    assert Reply.objects.count() == 0


def reading_link(at: datetime) -> ReadingLink:
    make.small_content()
    unit = make.target("tip.first-hour.title", "cy", "Stopiwch ac anadlwch").unit
    lena = make.person("lena", "localisation-reviewer")
    return ReadingLink.objects.issue(locale="cy", units=[unit.pk], reader="A nurse", days=10, counts=False, by=lena, at=at)


def test_a_judgement_is_kept_for_a_year_after_it_was_dealt_with(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    link = reading_link(now)
    values: dict[str, Any] = {"unit": link.units[0], "note": "", "revision": 1, "source_revision": 1, "at": now}
    judgement = Judgement.objects.record(link, verdict="wrong", **values)

    # Nobody has dealt with it yet.
    forget_at(now + timedelta(days=1000), monkeypatch)
    judgement.deal_with(by=link.made_by, at=now)
    forget_at(now + timedelta(days=364), monkeypatch)
    assert Judgement.objects.count() == 1
    forget_at(now + timedelta(days=365), monkeypatch)
    assert Judgement.objects.count() == 0

    Judgement.objects.record(link, verdict="reads-well", **values)
    forget_at(now + timedelta(days=364), monkeypatch)
    assert Judgement.objects.count() == 1
    forget_at(now + timedelta(days=365), monkeypatch)
    assert Judgement.objects.count() == 0


def test_who_a_link_was_for_is_erased_30_days_after_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    reading_link(now)

    forget_at(now + timedelta(days=39), monkeypatch)
    before = ReadingLink.objects.get().reader
    forget_at(now + timedelta(days=40), monkeypatch)

    assert (before, ReadingLink.objects.get().reader) == ("A nurse", "")


def test_the_job_is_in_the_timetable() -> None:
    assert app.conf.beat_schedule["forget-old-rows"]["task"] == tasks.forget_old_rows.name
