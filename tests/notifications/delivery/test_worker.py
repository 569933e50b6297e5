"""From an approved campaign to phones, step by step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, fcm
from notifications.delivery.claims import Settlement
from notifications.models import Campaign, Message, Quota, Registration
from tests import make
from tests.notifications.steps import end_waits, tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


def adds_up(counts: dict[str, Any]) -> bool:
    parts = counts["accepted"] + sum(counts["rejected"].values()) + counts["unknown"] + counts["pending"] + counts["skipped"]
    return bool(counts["devices"] == parts)


def test_an_approved_campaign_reaches_every_installation_once(thirty: Emulator) -> None:
    campaign = make.campaign()

    tick_and_send()

    counts = progress_of(campaign)
    assert counts["state"] == "done"
    assert (counts["devices"], counts["accepted"], counts["pending"]) == (30, 30, 0)
    assert (thirty.counts()["accepted_total"], thirty.counts()["doubled"]) == (30, 0)
    assert counts["started_at"] is not None
    assert counts["finished_at"] is not None


def test_each_installation_gets_the_message_of_its_language_and_platform(fcm_emulator: Emulator) -> None:
    make.app()
    texts = make.definition()["messages"]["en"]
    welsh = {"outer": {"title": "Cyngor newydd", "body": "Darllenwch."}, "inner": texts["inner"]}
    for number, (locale, platform) in enumerate([("cy", "android"), ("cy", "ios"), ("en-GB", "web"), ("fr", "android")] * 6):
        make.installation(number, locale=locale, platform=platform)
    campaign = make.campaign(messages={"en": texts, "cy": welsh})

    tick_and_send()

    titles = {
        (int(phone["address"].removeprefix("fid")) % 4, shown["platform"], shown["outer"]["title"])
        for phone in fcm_emulator.phones()
        for shown in phone["notifications"]
    }
    tally = {Message.objects.get(pk=key).key: numbers for key, numbers in Campaign.objects.get().tally.items()}
    assert progress_of(campaign)["accepted"] == 24
    assert tally == {
        "cy/parent/android": {"accepted": 6},
        "cy/parent/ios": {"accepted": 6},
        "en/parent/web": {"accepted": 6},
        "en*/parent/android": {"accepted": 6},
    }
    assert titles == {
        (0, "Android", "Cyngor newydd"),
        (1, "iOS", "Cyngor newydd"),
        (2, "Web", "New advice in the app"),
        (3, "Android", "New advice in the app"),
    }


def test_unknown_and_invalid_addresses_are_gone_until_they_register_again(thirty: Emulator) -> None:
    thirty.plan(
        [
            {"match": {"address_prefix": make.fid(1)[:21] + "1"}, "answer": "UNREGISTERED"},
            {"match": {"address_prefix": make.fid(2)}, "answer": "INVALID_ADDRESS"},
            {"match": {"address_prefix": make.fid(3)}, "answer": "SENDER_ID_MISMATCH"},
        ]
    )
    campaign = make.campaign()

    tick_and_send()

    counts = progress_of(campaign)
    assert counts["rejected"] == {"invalid-address": 1, "sender-id-mismatch": 1, "unregistered": 1}
    assert counts["accepted"] == 27
    gone = Registration.objects.exclude(gone_at=None)
    assert sorted(gone.values_list("gone_because", flat=True)) == ["invalid-address", "unregistered"]
    assert adds_up(counts)
    # Reversible: the installation is back as soon as it registers.
    make.installation(1)
    make.installation(2)
    assert not gone.exists()
    assert not Registration.objects.exclude(gone_because="").exists()


def test_an_installation_that_brought_a_new_address_meanwhile_is_not_gone(thirty: Emulator) -> None:
    make.campaign()
    tick()
    claim = claims.claim_batch("fingerpost-test")
    assert claim is not None
    row = Registration.objects.order_by("ticket").first()
    assert row is not None
    failed = (row.segment_id, make.ticket(row), row.address_digest, "unregistered")
    row.amend(at=make.NOON, address_kind="fid", address=make.fid(999))

    settlement = Settlement(
        accepted=29,
        rejected=1,
        unknown=0,
        skipped=0,
        tally={"1": {"unregistered": 1}},
        retry_tickets=[],
        uncertain_tickets=[],
        gone=[failed],
        mark=[failed],
        wait=0,
    )
    assert claims.settle(claim, settlement)

    assert not Registration.objects.exclude(gone_at=None).exists()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("INVALID_PAYLOAD", "refused the message itself"),
        ("HTML_404", "404"),
        ("UNAUTHENTICATED", "credentials"),
        ("THIRD_PARTY_AUTH", "push service"),
        ("SENDER_ID_MISMATCH", "another sending account"),
    ],
)
def test_a_response_that_concerns_all_halts_and_marks_nobody(thirty: Emulator, answer: str, words: str) -> None:
    thirty.plan([{"match": {"any": True}, "answer": answer}])
    campaign = make.campaign()

    tick_and_send()

    counts = progress_of(campaign)
    assert counts["state"] == "halted"
    assert words in counts["halted"]
    assert (counts["pending"], counts["accepted"], counts["rejected"]) == (30, 0, {})
    assert Registration.objects.reachable().count() == 30
    tried = thirty.counts()["messages"]
    tick_and_send()
    assert thirty.counts()["messages"] == tried

    thirty.plan([])
    campaign.refresh_from_db()
    lifecycle.resume(campaign, by=make.campaign_staff()[0], at=datetime.now(UTC))
    end_waits()
    tick_and_send()
    assert progress_of(campaign)["accepted"] == 30


def test_while_fcm_is_unreachable_the_campaign_waits_and_says_so(thirty: Emulator, settings: Any) -> None:
    campaign = make.campaign()
    reachable = settings.FCM_ENDPOINT
    fcm.sender().authorize("fingerpost-test")
    settings.FCM_ENDPOINT = "http://127.0.0.1:9"

    tick_and_send()
    waiting = progress_of(campaign)
    settings.FCM_ENDPOINT = reachable
    tick_and_send()
    still = progress_of(campaign)
    end_waits()
    tick_and_send()

    assert waiting["state"] == "sending"
    assert "cannot be reached" in waiting["waiting"]
    assert (waiting["pending"], still["pending"]) == (30, 30)
    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["unknown"]) == ("done", 30, 0)
    assert Quota.objects.get().consecutive_blocks == 0


def test_unreachable_credentials_wait_and_refused_ones_halt(thirty: Emulator, settings: Any, tmp_path: Any) -> None:
    import json

    campaign = make.campaign()
    account = json.loads(thirty.credentials_file.read_text())
    elsewhere, refused = tmp_path / "elsewhere.json", tmp_path / "refused.json"
    elsewhere.write_text(json.dumps(account | {"token_uri": "http://127.0.0.1:9/token"}))
    refused.write_text(json.dumps(account | {"client_email": "nobody@example.org"}))
    good = settings.FIREBASE_PROJECTS
    settings.FIREBASE_PROJECTS = {"fingerpost-test": str(elsewhere)}
    tick_and_send()
    waiting = progress_of(campaign)
    fcm._sender_of.cache_clear()
    settings.FIREBASE_PROJECTS = {"fingerpost-test": str(refused)}
    end_waits()
    tick_and_send()
    halted = progress_of(campaign)

    assert (waiting["state"], waiting["pending"]) == ("sending", 30)
    assert "token endpoint" in waiting["waiting"]
    assert (halted["state"], halted["pending"]) == ("halted", 30)
    assert "does not accept this project's service account" in halted["halted"]
    fcm._sender_of.cache_clear()
    settings.FIREBASE_PROJECTS = good
    campaign.refresh_from_db()
    lifecycle.resume(campaign, by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick_and_send()
    assert progress_of(campaign)["accepted"] == 30


def test_a_429_blocks_the_whole_project(thirty: Emulator) -> None:
    thirty.plan([{"match": {"any": True}, "answer": "QUOTA", "retry_after": 40, "times": 1}])
    campaign = make.campaign()

    tick_and_send()
    first = thirty.counts()["messages"]
    tick_and_send()

    quota = Quota.objects.get()
    assert quota.blocked_until is not None
    assert 30 < (quota.blocked_until - datetime.now(UTC)).total_seconds() <= 40
    assert thirty.counts()["messages"] == first
    assert "429" in progress_of(campaign)["waiting"]
    assert adds_up(progress_of(campaign))
    end_waits()
    tick_and_send()
    assert (progress_of(campaign)["accepted"], thirty.counts()["doubled"]) == (30, 0)


def test_consecutive_blocks_grow_and_simultaneous_ones_count_once(db: None) -> None:
    assert Quota.objects.permit("p", messages=1)

    def block() -> float:
        Quota.objects.block("p", reason="down", seconds=None, initial=1, maximum=60)
        until = Quota.objects.get(pk="p").blocked_until
        assert until is not None
        return (until - datetime.now(UTC)).total_seconds()

    first, same = block(), block()
    lengths = []
    for _ in range(8):
        Quota.objects.update(blocked_until=datetime(2026, 1, 1, tzinfo=UTC))
        lengths.append(block())

    assert same <= first < 1.2
    assert lengths[0] < lengths[1] < lengths[2]
    assert max(lengths) <= 70
    assert Quota.objects.permit("p", messages=1) is None


def test_a_reset_after_acceptance_is_tried_once_more_and_then_unknown(thirty: Emulator) -> None:
    thirty.plan([{"match": {"any": True}, "answer": "RESET_AFTER_ACCEPT"}])
    campaign = make.campaign()

    tick_and_send()
    unsure = progress_of(campaign)
    end_waits()
    tick_and_send()
    end_waits()
    tick_and_send()

    counts = progress_of(campaign)
    assert (unsure["pending"], unsure["unknown"]) == (30, 0)
    assert (counts["state"], counts["unknown"]) == ("done", 30)
    each = thirty.each()
    assert {one["received"] for one in each} == {2}
    assert {one["tag"] for one in each} == {str(campaign.pk)}


def test_an_installation_deleted_after_an_uncertain_try_is_unknown(thirty: Emulator) -> None:
    thirty.plan([{"match": {"any": True}, "answer": "RESET_AFTER_ACCEPT"}])
    campaign = make.campaign()
    tick_and_send()

    thirty.plan([])
    deleted = Registration.objects.order_by("ticket").first()
    assert deleted is not None
    deleted.delete()
    end_waits()
    tick_and_send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["unknown"], counts["skipped"]) == ("done", 29, 1, 0)


def test_slow_batches_are_put_off_and_sent_later(thirty: Emulator) -> None:
    thirty.plan(
        [{"match": {"every": 3}, "answer": "UNAVAILABLE", "times": 5}, {"match": {"every": 4}, "answer": "INTERNAL", "times": 2}]
    )
    campaign = make.campaign()

    tick_and_send()
    middle = progress_of(campaign)
    end_waits()
    tick_and_send()

    assert (middle["accepted"], middle["pending"]) == (23, 7)
    assert (progress_of(campaign)["accepted"], thirty.counts()["doubled"]) == (30, 0)


def test_installations_deleted_moved_or_gone_before_sending_are_skipped(thirty: Emulator) -> None:
    campaign = make.campaign()
    tick()
    rows = list(Registration.objects.order_by("ticket"))
    rows[0].delete()
    make.installation(1, locale="cy")
    Registration.objects.filter(pk=rows[2].pk).update(gone_at=make.NOON)

    tick_and_send()

    counts = progress_of(campaign)
    assert (counts["devices"], counts["accepted"], counts["skipped"]) == (30, 27, 3)
    assert adds_up(counts)


def test_an_address_that_was_tampered_with_is_refused_and_the_rest_goes_on(thirty: Emulator) -> None:
    campaign = make.campaign()
    one, two = Registration.objects.order_by("ticket")[:2]
    Registration.objects.filter(pk=one.pk).update(address_sealed=two.address_sealed)

    tick_and_send()

    assert progress_of(campaign)["rejected"] == {"unreadable-address": 1}
    assert (progress_of(campaign)["accepted"], thirty.counts()["doubled"]) == (29, 0)


@pytest.mark.slow
def test_without_the_address_key_nothing_is_counted_as_rejected(thirty: Emulator, settings: Any) -> None:
    campaign = make.campaign()
    tick()
    settings.ADDRESS_KEYS = {"other": b"o" * 32}

    tick_and_send(seconds=2)

    counts = progress_of(campaign)
    assert (counts["state"], counts["pending"], counts["rejected"]) == ("sending", 30, {})
    assert "ADDRESS_KEYS" in counts["waiting"]
