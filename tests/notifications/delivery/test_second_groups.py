"""A canary that fails asks a second group, and only that one halts an alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from notifications import tasks
from notifications.campaigns import lifecycle
from notifications.campaigns.progress import MIN_REFUSED, progress_of
from notifications.delivery import canaries, claims, planner, second_groups, worker
from notifications.delivery.canaries import CanaryCandidate
from notifications.delivery.second_groups import SECOND_WITHIN
from notifications.models import Batch, Brake, Campaign, Quota, Registration, SchedulerRun, Wave
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import end_waits, tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

REAL, SIZE, BATCH = 120, 20, 40
INVENTED = make.fid(90_000_000)[:-3]
FAILED_AS_WELL = "It failed. A second group of phones, drawn at random, failed as well."
Pairs = list[tuple[int, int]]


@pytest.fixture
def some(fcm_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.setattr(planner, "CANARY_SIZE", SIZE)
    monkeypatch.setattr(planner, "BATCH_SIZE", BATCH)
    make.app()
    simulation.register_many(REAL, app="parent", country="GB", at=datetime.now(UTC))
    return fcm_emulator


def invent(number: int, **values: Any) -> Pairs:
    """Register that many invented installations that count already; return (segment, ticket) of each."""
    made = [make.installation(90_000_000 + one, **values).id for one in range(number)]
    return [(row.segment_id, make.ticket(row)) for row in Registration.objects.filter(pk__in=made)]


def real(number: int) -> Pairs:
    """Return (segment, ticket) of that many installations on Android."""
    rows = Registration.objects.filter(segment__platform="android").order_by("ticket")[:number]
    return [(row.segment_id, make.ticket(row)) for row in rows]


def begin(monkeypatch: pytest.MonkeyPatch, first: Pairs) -> Campaign:
    """Freeze the audience of a campaign whose canary is `first`."""
    monkeypatch.setattr(canaries, "draw", lambda *_, **__: sorted(first))
    campaign = make.campaign()
    tick()
    return campaign


def send() -> None:
    worker.run(seconds=20)
    tick()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("UNREGISTERED", "unregistered"), ("SENDER_ID_MISMATCH", "sender-id-mismatch")],
)
def test_invented_installations_that_fill_a_canary_do_not_halt_an_alert(
    some: Emulator, monkeypatch: pytest.MonkeyPatch, answer: str, reason: str
) -> None:
    some.plan([{"match": {"address_prefix": INVENTED}, "answer": answer}])
    campaign = begin(monkeypatch, invent(SIZE))

    send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["rejected"]) == ("done", REAL, {reason: SIZE})
    assert "A second group of phones was tried because the first one failed" in counts["notice"]
    # One notice hides no other.
    assert (f"FCM reports {SIZE} phones gone, more than usual." in counts["notice"]) == (reason == "unregistered")
    assert some.counts()["doubled"] == 0


def test_invented_installations_of_a_platform_that_nobody_has_do_not_halt_an_alert(
    some: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    Registration.objects.filter(segment__platform="web").delete()
    everybody = Registration.objects.count()
    some.plan([{"match": {"address_prefix": INVENTED}, "answer": "UNREGISTERED"}])
    campaign = begin(monkeypatch, [*real(SIZE - 10), *invent(10, platform="web")])

    send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["rejected"]) == ("done", everybody, {"unregistered": 10})
    assert "first phones on the web gone" in counts["notice"]


def test_few_phones_of_a_platform_that_failed_at_first_are_not_marked(some: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    Registration.objects.filter(segment__platform="web").delete()
    some.plan([{"match": {"address_prefix": INVENTED}, "answer": "UNREGISTERED"}])
    web = invent(13, platform="web")
    campaign = begin(monkeypatch, [*real(SIZE - 10), *web[:10]])

    send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["rejected"]) == ("done", {"unregistered": 13})
    assert Registration.objects.exclude(gone_at=None).count() == 0


def test_a_few_addresses_of_another_project_do_not_halt_an_alert_after_its_canary(
    some: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    some.plan([{"match": {"address_prefix": INVENTED}, "answer": "SENDER_ID_MISMATCH"}])
    monkeypatch.setattr(canaries, "draw_second", lambda *_, **__: [])
    invent(8, locale="mi")
    campaign = begin(monkeypatch, real(SIZE))

    send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["rejected"]) == ("done", REAL, {"sender-id-mismatch": 8})


@pytest.mark.parametrize("refused", [MIN_REFUSED - 1, MIN_REFUSED])
def test_a_key_that_fails_for_a_rare_platform_after_the_canary_is_shown(
    some: Emulator, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    Registration.objects.filter(segment__platform="web").delete()
    some.plan([{"match": {"address_prefix": INVENTED}, "answer": "THIRD_PARTY_AUTH"}])
    monkeypatch.setattr(canaries, "draw_second", lambda *_, **__: [])
    invent(refused, platform="web")
    make.installation(80_000_000, platform="web")
    campaign = begin(monkeypatch, real(SIZE))

    send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["rejected"]) == ("done", {"third-party-auth": refused})
    assert ("did not accept our key for most phones on the web." in str(counts["notice"])) == (refused == MIN_REFUSED)


def test_the_second_group_is_as_large_as_the_first_and_shares_nobody_with_it(some: Emulator) -> None:
    make.campaign()
    tick()

    first, second = Batch.objects.get(canary=True), Batch.objects.get(second=True)

    assert (len(set(first.retry_tickets)), len(set(second.retry_tickets))) == (SIZE, SIZE)
    assert set(first.retry_tickets).isdisjoint(second.retry_tickets)
    assert not second.canary
    send()
    assert (some.counts()["messages"], some.counts()["doubled"]) == (REAL, 0)


def test_a_second_group_is_drawn_by_size_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = count()
    monkeypatch.setattr(canaries, "_draw", lambda segments, *, watermark: {(segment, next(tickets)) for segment in segments})
    candidates = [CanaryCandidate(0, 10_000, "en"), *(CanaryCandidate(number, 20, f"m{number}") for number in range(1, 61))]

    drawn = canaries.draw_second(candidates, first=[(0, -number) for number in range(200)], watermark=0)

    assert len(drawn) == 200
    # About 21, of which a quarter by message would make 70.
    assert sum(segment != 0 for segment, _ in drawn) < 50


def test_an_audience_too_small_for_two_groups_has_no_second_one(some: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        canaries.draw_second([CanaryCandidate(-1, 30, "en")], first=[(-1, ticket) for ticket in range(SIZE)], watermark=0) == []
    )
    monkeypatch.setattr(canaries, "draw_second", lambda *_, **__: [])
    some.plan([{"match": {"any": True}, "answer": "UNREGISTERED"}])
    campaign = begin(monkeypatch, real(SIZE))

    send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["rejected"]) == ("halted", {"unregistered": SIZE})
    assert "second" not in counts["halted"]


@pytest.fixture
def failed(some: Emulator, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Return a campaign whose canary was settled, all gone, by a worker that ended before it could judge it."""
    campaign = begin(monkeypatch, real(SIZE))
    Batch.objects.filter(canary=True).update(state="done", rejected=SIZE, gone=SIZE, retry_tickets=[])
    return campaign


def test_the_page_says_that_a_second_group_is_being_tried(failed: Campaign) -> None:
    tick()
    # A worker holds it, so that none is missing.
    claim = claims.claim_batch("fingerpost-test")
    assert claim is not None

    counts = progress_of(failed)
    claims.release(claim)

    assert (claim.canary, claim.remaining, counts["state"]) == (True, SIZE, "sending")
    assert counts["waiting"] == "The first group of 20 phones failed; a second one is being tried."
    assert "A second group of phones is being tried because the first one failed (FCM reports" in counts["notice"]
    send()
    assert (progress_of(failed)["state"], progress_of(failed)["accepted"]) == ("done", REAL - SIZE)


def test_several_processes_that_see_a_failure_ask_one_second_group(failed: Campaign) -> None:
    first = Batch.objects.get(canary=True)

    answers = [second_groups.reason_to_halt(first.pk, "It failed.", at=datetime.now(UTC)) for _ in range(3)]

    assert answers == ["", "", ""]
    assert list(Batch.objects.filter(canary=True).values_list("second", flat=True)) == [True]


def test_a_second_group_that_does_not_decide_in_time_halts(failed: Campaign) -> None:
    tick()
    began = Wave.objects.get().second_since
    assert began is not None

    tick(began + SECOND_WITHIN - timedelta(seconds=1))
    before = progress_of(failed)["state"]
    tick(began + SECOND_WITHIN + timedelta(seconds=1))

    counts = progress_of(failed)
    assert (before, counts["state"]) == ("sending", "halted")
    assert "more than half of the first phones gone" in counts["halted"]
    assert "had no outcome within 90 s" in counts["halted"]


def test_time_in_which_nothing_may_be_sent_does_not_count(failed: Campaign) -> None:
    tick()
    late = datetime.now(UTC) + 2 * SECOND_WITHIN
    approver = make.campaign_staff()[1]
    Quota.objects.permit("fingerpost-test", messages=1)
    Quota.objects.update(blocked_until=late)

    tick(late)
    while_blocked = progress_of(failed)["state"]
    Quota.objects.update(blocked_until=None)
    Brake.objects.stop_everything(by=approver, at=late, reason="A wrong link in all alerts.")
    tick(late)

    assert (while_blocked, progress_of(failed)["state"]) == ("sending", "sending")


def test_time_in_which_no_worker_ran_does_not_count(failed: Campaign) -> None:
    tick()
    SchedulerRun.objects.take_turn(late_after=0.0)
    long_ago = datetime.now(UTC) - 2 * SECOND_WITHIN
    Wave.objects.update(second_since=long_ago)
    SchedulerRun.objects.update(ran_at=long_ago)

    tasks._run_scheduler(late_after=0.0)
    after_the_outage = progress_of(failed)["state"]
    # Now nobody was missing.
    Wave.objects.update(second_since=long_ago)
    tasks._run_scheduler(late_after=0.0)

    assert (after_the_outage, progress_of(failed)["state"]) == ("sending", "halted")


def test_a_person_who_resumes_gives_the_second_group_its_time_anew(failed: Campaign) -> None:
    tick()
    late = datetime.now(UTC) + 2 * SECOND_WITHIN
    tick(late)
    failed.refresh_from_db()
    assert failed.state == "halted"

    lifecycle.resume(failed, by=make.campaign_staff()[0], at=late)
    tick(late)

    failed.refresh_from_db()
    assert failed.state == "sending"
    end_waits()
    send()
    assert (progress_of(failed)["state"], progress_of(failed)["accepted"]) == ("done", REAL - SIZE)


def test_a_failure_that_a_person_has_seen_does_not_halt_again(failed: Campaign) -> None:
    tick()
    second = Batch.objects.get(canary=True)
    Batch.objects.filter(pk=second.pk).update(state="done", rejected=SIZE, gone=SIZE, retry_tickets=[])
    tick()
    failed.refresh_from_db()
    halted = failed.state, "failed as well" in failed.reason
    lifecycle.resume(failed, by=make.campaign_staff()[0], at=datetime.now(UTC))

    # The end of its claim, written once more by a worker that never saw its transaction confirmed.
    reason = second_groups.reason_to_halt(second.pk, "It failed.", at=datetime.now(UTC))

    assert halted == ("halted", True)
    assert reason == ""


@pytest.mark.parametrize(
    ("outcomes", "answer"),
    [
        ({"android": {"accepted": SIZE}}, ""),
        # Fewer than ten of a platform say nothing of it.
        ({"android": {"accepted": 14}, "web": {"unregistered": 6}}, ""),
        (
            {"android": {"accepted": 9, "unregistered": 11}},
            FAILED_AS_WELL,
        ),
        (
            {"android": {"accepted": 10}, "web": {"accepted": 4, "third-party-auth": 6}},
            FAILED_AS_WELL,
        ),
    ],
)
def test_a_second_group_that_was_sent_to_before_the_canary_failed_decides(
    some: Emulator, monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, dict[str, int]], answer: str
) -> None:
    campaign = begin(monkeypatch, real(SIZE))
    accepted = sum(numbers.get("accepted", 0) for numbers in outcomes.values())
    tally = {str(campaign.messages.filter(platform=name)[0].pk): numbers for name, numbers in outcomes.items()}
    second = Batch.objects.filter(second=True)
    second.update(state="done", retry_tickets=[], accepted=accepted, rejected=SIZE - accepted, tally=tally)

    reason = second_groups.reason_to_halt(Batch.objects.get(canary=True).pk, "It failed.", at=datetime.now(UTC))

    assert reason == answer
    # The others are sent to: neither group holds them back.
    assert Batch.objects.filter(canary=True).exists() == bool(answer)


def test_a_second_group_under_way_when_the_canary_fails_does_not_decide(some: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(monkeypatch, real(SIZE))
    Batch.objects.filter(second=True).update(state="claimed", lease_until=datetime.now(UTC) + timedelta(seconds=45))

    assert second_groups.reason_to_halt(Batch.objects.get(canary=True).pk, "It failed.", at=datetime.now(UTC)) == "It failed."


def test_a_canary_that_a_person_saw_fail_while_open_does_not_halt_again(some: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canaries, "draw_second", lambda *_, **__: [])
    campaign = begin(monkeypatch, real(SIZE))
    canary = Batch.objects.get(canary=True)
    later = datetime.now(UTC) + timedelta(minutes=10)
    Batch.objects.filter(pk=canary.pk).update(
        rejected=SIZE - 2, gone=SIZE - 2, retry_tickets=canary.retry_tickets[:2], tries=1, ready_at=later
    )
    tick()
    campaign.refresh_from_db()
    before = campaign.state

    lifecycle.resume(campaign, by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick()
    worker.run(seconds=20)

    counts = progress_of(campaign)
    assert before == "halted"
    assert (counts["state"], counts["accepted"], counts["pending"]) == ("sending", REAL - SIZE, 2)
