"""From an approved campaign to topics, step by step: the requests to FCM, and the counts afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, worker
from notifications.delivery.claims import Settlement
from notifications.models import Batch, Campaign, Message, Registration, Segment, Wave
from tests import make
from tests.notifications.steps import end_waits, tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

BOTH: dict[str, Any] = {"apps": ["parent", "teen"], "audience": {"countries": ["GB"], "audiences": ["parent", "teen"]}}
TEENS: dict[str, Any] = {"apps": ["teen"], "audience": {"countries": ["GB"], "audiences": ["teen"]}}
PREFIX = "fp1.teen.GB."


def again() -> None:
    """End the waits of batches and projects, and send once more."""
    end_waits()
    tick_and_send()


def adds_up(counts: dict[str, Any], of_what: str) -> bool:
    parts = counts["accepted"] + sum(counts["rejected"].values()) + counts["unknown"] + counts["pending"] + counts["skipped"]
    return bool(counts[of_what] == parts)


@pytest.fixture
def six(fcm_emulator: Emulator) -> Emulator:
    """Return an emulator, with six topics that phones have requested and no registration."""
    make.world()
    make.app("teen", push_mode="topics")
    for region in ("GB-WLS", "GB-SCT", "GB-NIR"):
        for locale in ("en", "cy"):
            make.topic(region=region, locale=locale)
    return fcm_emulator


@pytest.fixture
def with_thirty(six: Emulator) -> Emulator:
    make.app()
    make.installations(30)
    return six


def test_each_topic_is_sent_to_once_with_the_message_of_its_language(six: Emulator) -> None:
    texts = make.definition()["messages"]["en"]
    campaign = make.campaign(**TEENS, messages={"en": texts, "cy": texts})

    tick_and_send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["devices"], counts["accepted"]) == ("done", 0, 0)
    assert counts["topics"] == {"topics": 6, "accepted": 6, "rejected": {}, "unknown": 0, "pending": 0, "skipped": 0}
    assert {(one["kind"], one["address"]) for one in six.each()} == {("topic", row.topic) for row in Segment.objects.topics()}
    assert six.counts()["doubled"] == 0
    tally = {Message.objects.get(pk=pk).key: numbers for pk, numbers in Campaign.objects.get().tally.items()}
    assert tally == {"en/teen/topic": {"accepted": 3}, "cy/teen/topic": {"accepted": 3}}


def test_devices_and_topics_add_up_separately_during_and_after_sending(with_thirty: Emulator) -> None:
    with_thirty.plan(
        [
            {"match": {"address_prefix": f"{PREFIX}GB-WLS.cy"}, "answer": "UNREGISTERED"},
            {"match": {"address_prefix": f"{PREFIX}GB-SCT.en"}, "answer": "UNAVAILABLE"},
            {"match": {"address_prefix": make.fid(3)}, "answer": "UNREGISTERED"},
        ]
    )
    campaign = make.campaign(**BOTH)

    tick_and_send()
    during = progress_of(campaign)
    with_thirty.plan([])
    again()
    after = progress_of(campaign)

    assert (during["devices"], during["accepted"], during["rejected"]) == (30, 29, {"unregistered": 1})
    assert (during["topics"]["accepted"], during["topics"]["pending"]) == (4, 1)
    assert after["topics"] == {
        "topics": 6, "accepted": 5, "rejected": {"unregistered": 1}, "unknown": 0, "pending": 0, "skipped": 0
    }  # fmt: skip
    assert (after["state"], after["accepted"], after["rejected"]) == ("done", 29, {"unregistered": 1})
    for counts in (during, after):
        assert adds_up(counts, "devices")
        assert adds_up(counts["topics"], "topics")
    assert [wave.segments for wave in Wave.objects.all()] == [[], []]


def test_no_response_about_a_topic_marks_a_registration_gone(with_thirty: Emulator) -> None:
    with_thirty.plan(
        [
            {"match": {"address_prefix": f"{PREFIX}GB-WLS"}, "answer": "UNREGISTERED"},
            {"match": {"address_prefix": PREFIX}, "answer": "INVALID_ADDRESS"},
        ]
    )
    campaign = make.campaign(**BOTH)

    tick_and_send()

    counts = progress_of(campaign)
    assert counts["topics"]["rejected"] == {"invalid-address": 4, "unregistered": 2}
    assert (counts["state"], counts["accepted"], counts["rejected"]) == ("done", 30, {})
    assert Registration.objects.reachable().count() == 30
    assert Segment.objects.topics().count() == 6


@pytest.mark.slow
def test_an_uncertain_topic_is_tried_once_more_and_then_unknown(six: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from notifications.delivery import fcm

    monkeypatch.setattr(fcm, "REQUEST_TIMEOUT", 1.0)
    fcm._sender_of.cache_clear()
    six.plan([{"match": {"address_prefix": f"{PREFIX}GB-WLS.cy"}, "answer": "HANG_AFTER_ACCEPT"}])
    campaign = make.campaign(**TEENS)

    tick_and_send()
    first = progress_of(campaign)
    again()

    assert (first["topics"]["accepted"], first["topics"]["pending"]) == (5, 1)
    assert progress_of(campaign)["topics"]["unknown"] == 1
    assert progress_of(campaign)["state"] == "done"
    fcm._sender_of.cache_clear()


def test_topics_of_a_dead_worker_are_sent_again_and_its_settlement_is_void(six: Emulator) -> None:
    campaign = make.campaign(**TEENS)
    tick()
    dead = claims.claim_batch("fingerpost-test")
    assert dead is not None
    Batch.objects.filter(pk=dead.id).update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))

    tick_and_send()
    late = claims.settle(
        dead,
        Settlement(
            accepted=6,
            rejected=0,
            unknown=0,
            skipped=0,
            tally={},
            retry_tickets=[],
            uncertain_tickets=[],
            gone=[],
            mark=[],
            wait=0,
        ),
    )

    assert (late, progress_of(campaign)["state"], progress_of(campaign)["topics"]["accepted"]) == (False, "done", 6)
    assert six.counts()["accepted_total"] == 6


def test_a_refused_message_to_topics_halts_the_campaign(six: Emulator) -> None:
    six.plan([{"match": {"any": True}, "answer": "INVALID_PAYLOAD"}])
    campaign = make.campaign(**TEENS)

    tick_and_send()

    counts = progress_of(campaign)
    assert counts["state"] == "halted"
    assert (counts["topics"]["pending"], counts["topics"]["accepted"]) == (6, 0)


def test_nothing_is_sent_to_topics_while_paused(six: Emulator) -> None:
    campaign = make.campaign(**TEENS)
    author = make.campaign_staff()[0]
    tick()
    campaign.refresh_from_db()
    lifecycle.pause(campaign, by=author, at=datetime.now(UTC))

    tick_and_send(seconds=1)
    paused = (six.counts()["messages"], progress_of(campaign)["topics"]["pending"])
    lifecycle.resume(campaign, by=author, at=datetime.now(UTC))
    tick_and_send()

    assert paused == (0, 6)
    assert (six.counts()["messages"], progress_of(campaign)["topics"]["accepted"]) == (6, 6)


def test_a_stopped_campaign_skips_the_remaining_topics(with_thirty: Emulator) -> None:
    campaign = make.campaign(**BOTH)
    tick()
    campaign.refresh_from_db()

    lifecycle.stop(campaign, by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick_and_send(seconds=1)

    counts = progress_of(campaign)
    assert with_thirty.counts()["messages"] == 0
    assert (counts["state"], counts["skipped"], counts["topics"]["skipped"]) == ("stopped", 30, 6)
    assert counts["finished_at"] is not None


def test_a_topic_that_was_purged_meanwhile_is_skipped(six: Emulator) -> None:
    campaign = make.campaign(**TEENS)
    tick()
    Segment.objects.topics().filter(locale="cy").delete()

    tick_and_send()

    topics = progress_of(campaign)["topics"]
    assert (topics["accepted"], topics["skipped"]) == (3, 3)


def test_too_few_registrations_beside_topics_are_refused_by_the_worker(six: Emulator) -> None:
    make.app()
    make.installations(20)
    campaign = make.campaign(**BOTH)
    tick()
    Batch.objects.filter(wave__by_topic=False).update(size=19)

    worker.run(seconds=5)

    campaign.refresh_from_db()
    assert (campaign.state, six.counts()["messages"]) == ("halted", 0)


def test_a_quota_of_one_topic_blocks_neither_other_topics_nor_registrations(with_thirty: Emulator) -> None:
    campaign = make.campaign(**BOTH)
    with_thirty.plan([{"match": {"address_prefix": f"{PREFIX}GB-WLS.en"}, "answer": "QUOTA_TOPIC", "times": 1}])

    tick_and_send()

    counts = progress_of(campaign)
    assert (counts["accepted"], counts["topics"]["accepted"], counts["topics"]["pending"]) == (30, 5, 1)
    again()
    assert progress_of(campaign)["topics"]["accepted"] == 6
