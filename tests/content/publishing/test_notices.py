"""Short-term notices: two people publish one, one person ends it, and the packs change in nothing else."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from content.assurance.record import record_assurance
from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.models import Release, Service, ServiceNotice, Unit
from content.models.assurance import Method
from content.models.release import ReleaseReason, ReleaseState
from content.models.service_notice import NoticeProposed, NoticeState
from content.publishing.notices import approve_notice, end_notice
from content.publishing.pack_patch import replace_notices
from content.publishing.publish import roll_back
from content.publishing.withdrawal import withdraw
from core.errors import Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from core.states import NoSuchEdge
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db
EVENING = NOON + timedelta(hours=6)
CLOSED = {"kind": "closed", "from": "2026-12-01T12:00:00Z", "until": "2026-12-01T18:00:00Z", "position": None}


@pytest.fixture
def asta() -> User:
    make.small_content()
    return make.person("asta", "assurer")


@pytest.fixture
def boris(asta: User) -> User:
    return make.person("boris", "assurer")


def pack(release: Release | None = None, country: str = "GB", locale: str = "en") -> dict[str, Any]:
    found = make.pack_body(release or Release.objects.current(), country, locale)
    assert found is not None
    return json.loads(found[1])


def notices(service: str = "gb-line", **where: Any) -> list[dict[str, Any]]:
    return next(s["notices"] for s in pack(**where)["services"] if s["id"] == service)


def compiled(day: datetime, service: str = "gb-line") -> list[dict[str, Any]]:
    snapshot = read_snapshot(Policy(day.date(), serve_unreviewed=True, sandbox=True))
    found = json.loads(make.build_pack(snapshot, "GB", "en"))
    return next(s["notices"] for s in found["services"] if s["id"] == service)


# Approved and ended.


def test_an_approved_notice_is_in_every_pack_at_once_and_changes_no_more(asta: User, boris: User) -> None:
    before = make.release()
    notice = make.notice(by=asta, approved=False)
    assert notices() == []

    release = approve_notice(notice, by=boris, at=NOON)

    assert release == Release.objects.current()
    assert (release.base, release.reason, release.report["services"]) == (before, ReleaseReason.NOTICE, ["gb-line"])
    for country, locale in release.release_packs.values_list("country_id", "locale_id"):
        old, new = pack(before, country, locale), pack(release, country, locale)
        for service in new["services"]:
            if service["id"] == "gb-line":
                assert service.pop("notices") == [CLOSED]
                service["notices"] = []
        assert new == old
    assert pack()["labels"]["notices"]["closed"]["text"] == "Label of closed"


def test_the_bytes_are_those_of_a_release_compiled_that_day(asta: User, boris: User) -> None:
    make.release()
    approve_notice(make.notice(by=asta, approved=False), by=boris, at=NOON)

    at_once = dict(Release.objects.current().release_packs.values_list("country_id", "locale_id").values_list("pk", "pack_id"))
    anew = make.release(publish=False).release_packs

    assert set(at_once.values()) == set(anew.values_list("pack_id", flat=True))


def test_approving_takes_a_second_person_with_the_role(asta: User, boris: User) -> None:
    notice = make.notice(by=asta, approved=False)

    with pytest.raises(SecondPersonRequired, match="proposed a notice"):
        approve_notice(notice, by=asta, at=NOON)
    eva = make.person("eva", "localisation-editor", "publisher")
    with pytest.raises(Forbidden):
        approve_notice(notice, by=eva, at=NOON)
    with pytest.raises(Forbidden):
        notice.withdraw(by=eva, at=NOON)
    with pytest.raises(Forbidden):
        make.notice(by=eva, kind="long-waits", approved=False)

    assert ServiceNotice.objects.get().state == NoticeState.PROPOSED


def test_one_person_ends_it_at_once_the_proposer_included(asta: User, boris: User) -> None:
    make.release()
    notice = make.notice(by=asta, approved=False)
    approve_notice(notice, by=boris, at=NOON)

    end_notice(notice, by=asta, at=NOON + timedelta(hours=1))

    assert notices() == []
    assert Release.objects.filter(state=ReleaseState.PUBLISHED).count() == 1
    verbs = AuditEntry.objects.filter(model="content.ServiceNotice").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["notice.proposed", "notice.approved", "notice.ended"]
    with pytest.raises(NoSuchEdge):
        end_notice(notice, by=asta, at=NOON)


def test_a_withdrawn_or_rejected_proposal_can_be_made_again(asta: User, boris: User) -> None:
    for person in (asta, boris):
        notice = make.notice(by=asta, approved=False)
        with pytest.raises(NoticeProposed):
            make.notice(by=boris, approved=False)
        notice.withdraw(by=person, at=NOON)

    assert [n.state for n in ServiceNotice.objects.all()] == ["withdrawn", "withdrawn"]
    with pytest.raises(NoSuchEdge):
        approve_notice(notice, by=boris, at=NOON)


# Refused.


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"until_at": NOON - timedelta(minutes=1), "from_at": NOON - timedelta(hours=1)}, "must not be in the past"),
        ({"until_at": NOON, "from_at": NOON - timedelta(hours=1)}, "must not be in the past"),
        ({"from_at": EVENING, "until_at": NOON + timedelta(hours=1)}, "must be after the beginning"),
        ({"from_at": EVENING, "until_at": EVENING + timedelta(seconds=59)}, "must be after the beginning"),
        ({"until_at": NOON + timedelta(days=31, minutes=1)}, "within 31 days"),
        ({"from_at": NOON - timedelta(days=1, minutes=1)}, "more than a day ago"),
        ({"kind": "channel-down"}, "which of the service's channels"),
        ({"kind": "channel-down", "position": 2}, "which of the service's channels"),
        ({"position": 1}, "Only the notice that a channel does not work can name a channel"),
        ({"kind": "moved"}, "no notice of the kind 'moved'"),
        ({"source": "http://example.org"}, "not an https address"),
        ({"source": "https://["}, "not an https address"),
        ({"source": ""}, "not an https address"),
        ({"service": "gb-emergency"}, "An emergency number cannot have notices"),
    ],
)
def test_an_invalid_notice_is_refused_with_one_sentence(asta: User, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        make.notice(by=asta, approved=False, **fields)

    assert len(refused.value.extra["faults"]) == 1
    assert not ServiceNotice.objects.exists()


def test_a_retired_or_withdrawn_service_gets_no_notice(asta: User, boris: User) -> None:
    make.service("gb-second")
    make.release()
    waiting = make.notice(by=asta, approved=False)
    make.service("gb-other")
    make.service_facts("gb-other", status="defunct")

    with pytest.raises(Invalid, match="is retired or withdrawn"):
        make.notice("gb-other", by=asta)
    withdraw("gb-line", by=make.checker(), at=NOON, successor="gb-second")
    with pytest.raises(Invalid, match="is retired or withdrawn"):
        approve_notice(waiting, by=boris, at=NOON)


def test_a_notice_that_is_over_is_not_approved(asta: User, boris: User) -> None:
    waiting = make.notice(by=asta, approved=False)

    with pytest.raises(Invalid, match="must not be in the past"):
        approve_notice(waiting, by=boris, at=EVENING)


# In packs.


def test_a_pack_lists_current_notices_in_the_order_they_begin(asta: User) -> None:
    make.channel(Service.objects.get(pk="gb-line"), type="url")
    make.notice(kind="channel-down", position=2, from_at=EVENING, until_at=NOON + timedelta(days=2))
    make.notice(kind="long-waits", from_at=NOON, until_at=NOON + timedelta(days=9))
    make.notice()

    assert [n["kind"] for n in compiled(NOON)] == ["closed", "long-waits", "channel-down"]
    assert compiled(NOON)[0] == CLOSED
    assert compiled(NOON)[2] == {
        "kind": "channel-down",
        "from": "2026-12-01T18:00:00Z",
        "until": "2026-12-03T12:00:00Z",
        "position": 2,
    }
    assert [n["kind"] for n in compiled(NOON + timedelta(days=1))] == ["long-waits", "channel-down"]
    assert [n["kind"] for n in compiled(NOON + timedelta(days=3))] == ["long-waits"]
    assert compiled(NOON + timedelta(days=3), "zz-line") == []


def test_a_notice_without_approved_words_is_left_out_and_blocks_no_pack(asta: User, boris: User, settings: Any) -> None:
    make.release()
    settings.SERVE_UNREVIEWED = False
    for unit in Unit.objects.exclude(key="notice.closed"):
        unit.approve(by=make.checker(), at=NOON)
    for channel in make.Channel.objects.select_related("service"):
        record_assurance(channel, by=asta, at=NOON, method=Method.READ, note="Seen.")
    strict = make.release()
    assert strict.report["blocked"] == []

    assert approve_notice(make.notice(by=asta, approved=False), by=boris, at=NOON) is None
    assert notices() == []
    assert approve_notice(make.notice(by=asta, kind="long-waits", approved=False), by=boris, at=NOON) is not None
    assert [n["kind"] for n in notices()] == ["long-waits"]


def test_a_notice_of_a_channel_that_the_pack_does_not_hold_is_left_out(asta: User) -> None:
    make.release()
    body = make.pack_body(Release.objects.current(), "GB", "en")[1]  # type: ignore[index]
    make.channel(Service.objects.get(pk="gb-line"), type="url")

    make.notice(kind="channel-down", position=2)

    assert notices() == []
    assert replace_notices({})(json.loads(body)) is None


def test_rolling_back_keeps_the_current_notices(asta: User, boris: User) -> None:
    plain = make.release()
    ended = make.notice(by=asta, approved=False)
    with_it = approve_notice(ended, by=boris, at=NOON)
    assert with_it is not None
    end_notice(ended, by=asta, at=NOON)
    approve_notice(make.notice(by=asta, kind="long-waits", approved=False), by=boris, at=NOON)

    for older in (plain, with_it):
        restored = roll_back(to=older.number, by=make.person(f"r{older.number}", "publisher"), at=NOON)
        assert [n["kind"] for n in notices(release=restored)] == ["long-waits"]


def test_before_the_first_release_a_notice_waits_for_it(asta: User) -> None:
    make.notice()
    make.release()

    assert notices() == [CLOSED]
