"""The canary of a large wave, and the limit to how many installations a campaign may mark gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.core.management import call_command

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import canaries, claims, planner, worker
from notifications.delivery.canaries import CanaryCandidate
from notifications.delivery.verified_campaign import VerifiedCampaign
from notifications.models import Batch, Campaign, Registration, Wave
from notifications.models.batch import CANARY_SIZE
from notifications.models.campaign import max_marked_gone
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

EVERYWHERE: dict[str, Any] = {"audience": {"countries": "all", "audiences": ["parent"]}}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def thousands(fcm_emulator: Emulator) -> Emulator:
    make.app()
    simulation.register_many(3_000, app="parent", country=None, at=now())
    return fcm_emulator


def test_a_canary_covers_messages_and_is_counted_once(thousands: Emulator) -> None:
    campaign = make.campaign(**EVERYWHERE)

    tick()

    wave, canary = Wave.objects.get(), Batch.objects.get(canary=True)
    chosen = Registration.objects.filter(ticket__in=canary.retry_tickets).select_related("segment")
    verified = VerifiedCampaign.load(campaign.pk)
    verified.is_by_topic(wave.pk)
    messages = {verified.message_id(row.segment_id) for row in chosen}
    everybody = {verified.message_id(segment) for segment in wave.segments}
    assert (canary.size, canary.retry_tickets) == (CANARY_SIZE, wave.canary[:CANARY_SIZE])
    assert [row.segment_id for row in chosen.order_by("segment_id", "ticket")] == wave.canary_segments[:CANARY_SIZE]
    assert messages == everybody
    assert sum(Batch.objects.values_list("size", flat=True)) == Campaign.objects.get(pk=campaign.pk).devices == 3_000


def test_made_up_installations_of_today_are_not_in_a_canary(thousands: Emulator) -> None:
    languages = ("aa", "ab", "ae", "ak", "an", "av", "ay", "ba", "bh", "bi", "bm", "bo", "br", "ce", "ch", "co", "cr", "cu", "cv")
    for number in range(152):
        locale = f"{languages[number % 19]}-{('GB', 'IE', 'US', 'IN')[number % 4]}"
        make.installation(90_000 + number, locale=locale, proven=False)
    campaign = make.campaign(**EVERYWHERE)

    tick()

    drawn = Registration.objects.filter(ticket__in=Batch.objects.get(canary=True).retry_tickets)
    assert drawn.count() == CANARY_SIZE
    assert Registration.objects.filter(ticket=None).count() == 152
    assert Campaign.objects.get(pk=campaign.pk).devices == 3_000


def test_made_up_installations_in_every_small_language_are_a_minority_of_a_canary(monkeypatch: pytest.MonkeyPatch) -> None:
    # A language that most people have, and sixty messages of others, in which nobody is real.
    tickets = count()
    monkeypatch.setattr(canaries, "_draw", lambda segments, *, watermark: {(segment, next(tickets)) for segment in segments})
    candidates = [CanaryCandidate(0, 10_000, "en"), *(CanaryCandidate(number, 20, f"m{number}") for number in range(1, 61))]

    drawn = canaries.draw(candidates, size=CANARY_SIZE, watermark=0)

    made_up = sum(segment != 0 for segment, _ in drawn)
    assert len(drawn) == CANARY_SIZE
    # Fifty of the quarter, and about one in ten of the rest.
    assert 49 <= made_up <= 95


def test_two_canaries_are_different_devices(thousands: Emulator) -> None:
    for _ in range(2):
        make.campaign(**EVERYWHERE)
        tick()

    first, second = (set(batch.retry_tickets) for batch in Batch.objects.filter(canary=True))
    # Of 200 of 3,000 drawn twice, 13 are the same on average.
    assert len(first & second) < 60


def test_a_platform_of_which_most_is_gone_halts_and_marks_nobody(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(450)
    for number in range(5_000, 5_150):
        make.installation(number, platform="ios")
    fcm_emulator.plan([{"match": {"address_prefix": "fid" + "0" * 15 + "5"}, "answer": "UNREGISTERED"}])
    campaign = make.campaign()
    tick()

    worker.run(seconds=10)
    tick()

    counts = progress_of(campaign)
    assert counts["state"] == "halted"
    assert "first phones on iOS gone" in counts["halted"]
    assert counts["pending"] == 200
    assert Registration.objects.reachable().count() == 600
    campaign.refresh_from_db()
    lifecycle.resume(campaign, by=make.campaign_staff()[0], at=now())
    worker.run(seconds=10)
    tick()
    # The person who resumes has looked; still nobody of the platform is taken off.
    assert progress_of(campaign)["state"] == "done"
    assert Registration.objects.reachable().count() == 600


def test_nothing_else_of_a_wave_is_sent_before_its_canary_is_done(thousands: Emulator) -> None:
    campaign = make.campaign(**EVERYWHERE)
    tick()

    first = claims.claim_batch("fingerpost-test")
    second = claims.claim_batch("fingerpost-test")
    assert first is not None
    claims.release(first)

    assert (first.remaining, first.fresh, second) == (CANARY_SIZE, False, None)
    assert claims.waiting_projects() == {"fingerpost-test": 1}
    assert "before the others" in progress_of(campaign)["waiting"]
    worker.run(seconds=20)
    tick()
    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], thousands.counts()["doubled"]) == ("done", 3_000, 0)
    assert Wave.objects.get().canary == []


def test_a_wave_of_one_batch_has_no_canary(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(500)
    make.campaign()

    tick()

    assert list(Batch.objects.values_list("size", "canary")) == [(500, False)]


def test_every_large_wave_has_a_canary_of_its_own(thousands: Emulator) -> None:
    simulation.register_many(3_000, app="parent", country="IN", at=now())
    tomorrow = (now() + timedelta(days=1)).strftime("%Y-%m-%dT17:00")
    campaign = make.campaign(**EVERYWHERE, schedule={"local": tomorrow}, not_after=(now() + timedelta(days=4)).isoformat())

    planner.plan_audience(campaign, at=now())

    waves = {wave.pk: wave.devices for wave in Wave.objects.all()}
    canaries = dict(Batch.objects.filter(canary=True).values_list("wave", "size"))
    assert canaries == {wave: CANARY_SIZE for wave, devices in waves.items() if devices > 500}
    assert 1 < len(canaries) < len(waves)


def test_a_canary_mostly_gone_halts_and_marks_nobody(thousands: Emulator) -> None:
    thousands.plan([{"match": {"any": True}, "answer": "UNREGISTERED"}])
    campaign = make.campaign(**EVERYWHERE)
    tick()

    worker.run(seconds=10)
    tick()

    counts = progress_of(campaign)
    # The canary, and the second group.
    assert (counts["state"], counts["rejected"], counts["pending"]) == ("halted", {"unregistered": 400}, 2_600)
    assert "more than half of the first" in counts["halted"]
    assert "A second group of phones, drawn at random, failed as well." in counts["halted"]
    assert thousands.counts()["messages"] == 400
    assert Registration.objects.reachable().count() == 3_000
    assert worker.run(seconds=1) == 0


def test_resuming_after_a_canary_halt_sends_to_the_rest(thousands: Emulator) -> None:
    thousands.plan([{"match": {"any": True}, "answer": "UNREGISTERED", "times": 301}])
    campaign = make.campaign(**EVERYWHERE)
    tick()
    worker.run(seconds=10)
    tick()
    campaign.refresh_from_db()
    assert campaign.state == "halted"

    lifecycle.resume(campaign, by=make.campaign_staff()[0], at=now())
    worker.run(seconds=20)
    tick()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["rejected"]) == ("done", 2_699, {"unregistered": 301})


def test_a_canary_of_which_a_third_is_gone_does_not_halt(thousands: Emulator) -> None:
    thousands.plan([{"match": {"every": 3}, "answer": "UNREGISTERED", "times": 66}])
    campaign = make.campaign(**EVERYWHERE)
    tick()

    worker.run(seconds=20)
    tick()

    assert (progress_of(campaign)["state"], progress_of(campaign)["accepted"]) == ("done", 2_934)
    # Two percent of the audience are marked, and no more.
    assert Registration.objects.exclude(gone_at=None).count() == 60


def test_beyond_two_percent_no_more_are_marked_and_sending_continues(
    thousands: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    thousands.plan([{"match": {"address_hash_share": 0.3}, "answer": "UNREGISTERED"}])
    campaign = make.campaign(**EVERYWHERE)
    tick()

    worker.run(seconds=20)
    tick()

    counts = progress_of(campaign)
    gone = counts["rejected"]["unregistered"]
    assert counts["state"] == "done"
    assert (counts["accepted"] + gone, gone > 700) == (3_000, True)
    assert Registration.objects.exclude(gone_at=None).count() == max_marked_gone(3_000) == 60
    assert f"{gone} phones gone" in counts["notice"]
    assert "At most 60 of them were removed from the audience" in counts["notice"]
    assert caplog.text.count("no more are marked") == 1


def test_a_few_gone_installations_are_marked_without_a_notice(thousands: Emulator) -> None:
    thousands.plan([{"match": {"every": 5}, "answer": "UNREGISTERED", "times": 40}])
    campaign = make.campaign(**EVERYWHERE)
    tick()

    worker.run(seconds=20)
    tick()

    assert progress_of(campaign)["notice"] is None
    assert Registration.objects.exclude(gone_at=None).count() == 40


@pytest.mark.parametrize(("devices", "most"), [(20, 19), (950, 19), (1_000, 20), (1_000_000, 20_000)])
def test_nineteen_or_two_percent_may_be_marked_gone(devices: int, most: int) -> None:
    assert max_marked_gone(devices) == most


def test_a_command_puts_back_installations_wrongly_marked_gone(thousands: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    began = now()
    thousands.plan(
        [
            {"match": {"every": 3}, "answer": "UNREGISTERED", "times": 5},
            {"match": {"every": 4}, "answer": "INVALID_ADDRESS", "times": 7},
        ]
    )
    make.campaign(**EVERYWHERE)
    tick()
    worker.run(seconds=20)
    make.campaign_staff()

    call_command("put_back", "--since", began.isoformat(), "--because", "invalid-address", "--by", "approver", "--json")
    some = capsys.readouterr().out
    call_command("put_back", "--since", began.isoformat(), "--by", "approver", "--json")
    rest = capsys.readouterr().out

    assert (some, rest) == ('{"put_back": 7}\n', '{"put_back": 5}\n')
    assert Registration.objects.reachable().count() == 3_000
