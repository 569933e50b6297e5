"""A flood of invented questions for topics and of invented installations, over real sockets: the next alert is the same."""

from __future__ import annotations

import http.client
import logging
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import available_timezones

import orjson
import pycountry
import pytest

from content.terms import Recipient
from notifications.campaigns import audience, forecast
from notifications.campaigns.progress import progress_of
from notifications.delivery import topic_list
from notifications.models import Campaign, Registration, Segment
from tests import make
from tests.faults.test_link_worker import NO_SANDBOX
from tests.faults.web import Web
from tests.notifications.steps import tick, tick_and_send
from tests.processes import Emulator

#: Questions in all; one invented registration for each ten of them.
QUESTIONS = int(os.environ.get("FINGERPOST_INVENTED_QUESTIONS", "10000"))
THREADS = 4
#: Installations of parents in Great Britain and Mexico: more than a batch, so that there is a canary.
HONEST = 600
COUNTRIES = sorted(country.alpha_2 for country in pycountry.countries)
LANGUAGES = sorted(language.alpha_2 for language in pycountry.languages if hasattr(language, "alpha_2"))
REGIONS = sorted(region.code for region in pycountry.subdivisions)
ZONES = sorted(available_timezones())
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """What one alert to everybody did."""

    #: What the console says before: phones (rounded down), and requests to FCM for topics.
    reach: int
    topics_said: int
    canary: int
    #: Invented installations in the canary and its second group.
    canary_invented: int
    devices: int
    topics: int
    #: What the emulator counted.
    requests: int
    state: str


@pytest.fixture
def web(tmp_path: Path, transactional_db: None) -> Iterator[Web]:
    make.small_content()
    make.release()
    make.app("parent")
    make.app("teen", push_mode="topics")
    process = Web(tmp_path, 2, **NO_SANDBOX, TRUSTED_PROXIES="1")
    process.start()
    try:
        yield process
    finally:
        process.stop()


@pytest.mark.slow
@pytest.mark.timeout(max(300, QUESTIONS // 50))
@pytest.mark.django_db(transaction=True)
def test_invented_questions_and_installations_change_nothing_of_the_next_alert(web: Web, fcm_emulator: Emulator) -> None:
    make.installations(HONEST // 2)
    make.installations(HONEST // 2, first=HONEST, country="MX", locale="es", time_zone="America/Mexico_City")
    topic_list.write(at=datetime.now(UTC))
    # Had an invented installation a place in it, the canary would halt the alert.
    fcm_emulator.plan([{"match": {"address_prefix": "FAKE"}, "answer": "UNREGISTERED"}])
    listed, before = rows(), alert(fcm_emulator)

    begun = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = sum(pool.map(lambda part: flood(web, part), range(THREADS)), Counter[tuple[str, int]]())
    seconds = time.monotonic() - begun

    after = alert(fcm_emulator)
    _logger.info("%s in %.0f s; before %s; after %s", dict(answers), seconds, asdict(before), asdict(after))
    assert answers == {("GET", 200): QUESTIONS, ("POST", 201): QUESTIONS // 10}
    assert Registration.objects.filter(ticket=None).count() == QUESTIONS // 10
    assert rows() == listed
    assert (before.state, after.state) == ("done", "done")
    assert (before.canary_invented, after.canary_invented) == (0, 0)
    for name in ("reach", "topics_said", "canary", "devices", "topics", "requests"):
        was, now = getattr(before, name), getattr(after, name)
        assert abs(now - was) < was / 100, name


def rows() -> list[tuple[object, ...]]:
    """Return every topic."""
    return sorted(Segment.objects.topics().values_list())


def flood(web: Web, part: int) -> Counter[tuple[str, int]]:
    """Ask and register as one of the threads, each time from another network; return how often there was which status."""
    chance, answers = random.Random(part), Counter[tuple[str, int]]()
    talk = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    try:
        for number in range(part, QUESTIONS, THREADS):
            network = {"X-Forwarded-For": ".".join(str(chance.randrange(1, 255)) for _ in range(4))}
            answers["GET", send(talk, "GET", f"/v1/topics?{urlencode(question(chance))}", None, network)] += 1
            if number % 10 == 0:
                body = orjson.dumps(installation(chance, number))
                answers["POST", send(talk, "POST", "/v1/registrations", body, network)] += 1
    finally:
        talk.close()
    return answers


def send(talk: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
    talk.request(method, path, body, headers if body is None else headers | {"Content-Type": "application/json"})
    answer = talk.getresponse()
    answer.read()
    return answer.status


def question(chance: random.Random) -> dict[str, str]:
    """Invent what an installation of the teen app says: any country, one of its regions or none, any zone of the world."""
    region = chance.choice(REGIONS)
    place = {"country": region[:2], "region": region} if chance.random() < 0.5 else {"country": chance.choice(COUNTRIES)}
    tag = f"{chance.choice(LANGUAGES)}-{chance.choice(COUNTRIES)}" if chance.random() < 0.5 else chance.choice(LANGUAGES)
    return {
        "app": "teen", **place, "locale": tag, "audience": chance.choice(Recipient.values), "time_zone": chance.choice(ZONES)
    }  # fmt: skip


def installation(chance: random.Random, number: int) -> dict[str, str]:
    """Invent a registration of the parent app, with an address that FCM does not know."""
    said = question(chance) | {"app": "parent", "audience": "parent", "platform": "android", "app_version": "1.2.0"}
    return said | {"address_kind": "fid", "address": f"FAKE{number:018d}"}


def alert(emulator: Emulator) -> Alert:
    """Send an alert to the parents and teenagers of all countries, and return what it did."""
    counted = emulator.counts()["messages"]
    campaign = make.campaign(
        apps=["parent", "teen"], audience={"countries": "all", "audiences": ["parent", "teen"]}, reached=False
    )
    said, reach = forecast.of(campaign, at=datetime.now(UTC)), audience.reach(campaign)
    tick()
    tickets = [ticket for wave in campaign.waves.all() for ticket in wave.canary]
    drawn = Registration.objects.filter(ticket__in=tickets)
    invented = drawn.count() - drawn.filter(segment__country__in=["GB", "MX"], unproven_since=None).count()
    deadline = time.monotonic() + 300
    while progress_of(campaign)["state"] == "sending" and time.monotonic() < deadline:
        tick_and_send(seconds=5)
    campaign = Campaign.objects.get(pk=campaign.pk)
    return Alert(
        reach=int(str(reach["devices"])), topics_said=said.topics, canary=len(tickets), canary_invented=invented,
        devices=campaign.devices, topics=campaign.topics, requests=emulator.counts()["messages"] - counted, state=campaign.state,
    )  # fmt: skip
