"""Expired channels are removed from the published packs after a person has seen for whom, and nothing else changes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.assurance.record import record_assurance
from content.compiling.facts import Policy
from content.models import Channel, ChannelRevision, Release
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.publishing import expiry
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Forbidden, Invalid
from core.models import AuditEntry, User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=40)
TODAY = Policy(LATER.date(), serve_unreviewed=True, sandbox=True)


@pytest.fixture
def ann() -> User:
    return make.person("ann", "publisher")


@pytest.fixture
def published(ann: User) -> Release:
    """A helpline with two channels, one whose check is valid, and one whose only check expires; a tip names the last."""
    make.small_content()
    lines = make.service("gb-two")
    make.channel(lines, type="url")
    make.service("gb-short", name="Short & Sweet")
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-short}.", "short": "{service:gb-short} can help."})
    assure("gb-line", 1, days=90)
    assure("gb-two", 1, days=30)
    assure("gb-two", 2, days=90)
    assure("gb-short", 1, days=30)
    return make.release()


def assure(service: str, position: int, *, days: int, at: Any = NOON) -> None:
    channel = Channel.objects.select_related("service").get(service=service, position=position)
    method = Method.RUNG if channel.type == "phone" and "emergency" not in channel.service.roles else Method.READ
    record_assurance(channel, by=make.checker(), at=at, method=method, until=(at + timedelta(days=days)).date(), note="Answered.")


def pack(release: Release | None = None) -> dict[str, Any]:
    found = make.pack_body(release or Release.objects.current(), "GB", "en")
    assert found is not None
    return json.loads(found[1])


def ids(release: Release | None = None) -> list[str]:
    return [service["id"] for service in pack(release)["services"]]


def take(by: User, *, policy: Policy = TODAY) -> Release:
    return expiry.publish(expiry.plan(policy).version_token(), policy=policy, by=by, at=LATER)


def test_the_plan_names_what_is_removed_for_whom_and_what_is_left(published: Release) -> None:
    plan = expiry.plan(TODAY)

    removals = {one.service: (one.country, one.channels, one.left, one.substitute) for one in plan.removals}
    assert removals == {
        "gb-short": ("GB", ("0800 1111",), 0, "The gb-line service"),
        "gb-two": ("GB", ("0800 1111",), 1, None),
    }
    assert plan.removals[0].audiences == ("teen", "parent", "educator", "bystander")
    assert plan.removals[0].locales[:2] == ("ar", "bn")
    assert ids() == ids(published), "to look changes nothing"


def test_before_a_check_expires_nothing_is_removed(published: Release, ann: User) -> None:
    policy = Policy((NOON + timedelta(days=30)).date(), serve_unreviewed=True)

    assert expiry.plan(policy).removals == ()
    with pytest.raises(Invalid, match="No published channel has expired"):
        take(ann, policy=policy)


def test_it_removes_what_has_expired_and_changes_nothing_else(published: Release, ann: User) -> None:
    before = pack()

    release = take(ann)
    after = pack()

    assert Release.objects.current() == release
    assert (release.compiled_by, release.published_by) == (ann, User.objects.system())
    assert ids(release) == [one for one in ids(published) if one != "gb-short"]
    two = next(service for service in after["services"] if service["id"] == "gb-two")
    assert [channel["position"] for channel in two["channels"]] == [2]
    assert two["assured_until"] == (NOON + timedelta(days=90)).date().isoformat()
    assert after["retired"] == before["retired"], "it is not gone for good"
    ask = next(tip for tip in after["tips"] if tip["slug"] == "ask")
    assert "The gb-line service" in ask["do_now"][0]
    assert "Short" not in json.dumps(after)
    untouched = [tip for tip in before["tips"] if tip["slug"] != "ask"]
    assert [tip for tip in after["tips"] if tip["slug"] != "ask"] == untouched
    assert AuditEntry.objects.filter(verb=Verb.EXPIRED_CHANNELS_REMOVED, by=ann).exists()


def test_packs_without_expired_channels_keep_their_bytes(published: Release, ann: User) -> None:
    release = take(ann)

    def digests(of: Release) -> dict[tuple[str, str], str]:
        return {(row.country_id, row.locale_id): row.pack_id for row in of.release_packs.all()}

    old, new = digests(published), digests(release)
    assert {place for place in old if old[place] != new[place]} == {place for place in old if place[0] == "GB"}


def test_a_number_that_was_checked_again_stays(published: Release, ann: User) -> None:
    assure("gb-short", 1, days=60, at=NOON + timedelta(days=35))

    assert [one.service for one in expiry.plan(TODAY).removals] == ["gb-two"]


def test_a_check_of_a_new_number_does_not_cover_the_published_one(published: Release) -> None:
    facts = Channel.objects.get(service="gb-short").facts() | {"dial": "0808 800 5002", "address": "+448088005002"}
    eva = make.person("eva", "assurer")
    ChannelRevision.objects.propose(service_id="gb-short", position=1, act=Act.CHANGE, by=eva, at=NOON, facts=facts).approve(
        by=make.checker(), at=NOON
    )
    assure("gb-short", 1, days=80)

    assert "gb-short" in [one.service for one in expiry.plan(TODAY).removals]


def test_emergency_numbers_and_the_last_crisis_line_are_retained(ann: User) -> None:
    make.small_content()
    make.service_facts("zz-line", situations=[])
    for service in ("gb-emergency", "gb-line"):
        assure(service, 1, days=30)
    published = make.release()

    plan = expiry.plan(TODAY)

    assert {(one.service, one.reason) for one in plan.retained} == {
        ("gb-emergency", "an emergency number is never withheld"),
        ("gb-line", "readers would be left without a crisis line"),
    }
    assert plan.removals == ()
    assert Release.objects.current() == published


def test_only_what_was_shown_is_removed(published: Release, ann: User) -> None:
    shown = expiry.plan(TODAY).version_token()
    assure("gb-two", 1, days=60, at=NOON + timedelta(days=35))

    with pytest.raises(ChangedMeanwhile, match="since it was shown"):
        expiry.publish(shown, policy=TODAY, by=ann, at=LATER)
    with pytest.raises(Forbidden):
        expiry.publish(shown, policy=TODAY, by=make.person("eva", "localisation-editor"), at=LATER)
    assert Release.objects.current() == published


def test_the_page_shows_who_loses_what_before_the_button(client: Client, published: Release, ann: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    client.force_login(ann)
    page = client.get(reverse("admin:expired-checks"))
    text = page.content.decode()

    answer = client.post(reverse("admin:expired-checks"), {"action": "take-away", "version": page.context["version"]})
    again = client.post(reverse("admin:expired-checks"), {"action": "take-away", "version": page.context["version"]})

    assert "Short &amp; Sweet" in text
    assert "Teenagers, parents, educators, bystanders" in text
    assert text.index("What will be removed") < text.index("Remove from published packs")
    assert answer.status_code == 302
    assert "gb-short" not in ids()
    assert again.status_code == 400
