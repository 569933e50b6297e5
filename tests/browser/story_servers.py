"""The servers of a story: a web server, a Celery worker and an FCM emulator, and phones registered through the public API."""

from __future__ import annotations

import time
from typing import Any

from fcm_emulator.testing import EmulatorProcess

from tests import make
from tools.sandbox.http_client import Client

#: How often the emulator and the feed are asked, in seconds.
_EVERY = 0.2
#: Country → the name of the service that helps there.
HELP = {"GB": "Childline", "US": "A helpline of the United States", "IN": "A helpline of India", "FR": "A helpline of France"}


class StoryServers:
    """The servers of a story, and what a test asks of them from outside."""

    def __init__(self, url: str, emulator: EmulatorProcess) -> None:
        """Take servers that run."""
        self.url = url
        self.web = Client(url)
        self._emulator = emulator
        self._registered = 0

    def register(self, count: int, *, country: str, region: str | None, locale: str, zone: str, audience: str) -> None:
        """Register phones of the parent app."""
        for _ in range(count):
            self._registered += 1
            body = {
                "app": "parent",
                "address_kind": "fid",
                "address": make.fid(self._registered),
                "platform": ("android", "ios")[self._registered % 2],
                "locale": locale,
                "country": country,
                "region": region,
                "time_zone": zone,
                "audience": audience,
                "app_version": "1.2.0",
            }
            answer = self.web.post("/v1/registrations", body)
            assert answer.status == 201, answer.data

    def wait_for(self, alert: str, phones: int, *, rev: int = 1, patience: float = 90) -> dict[str, Any]:
        """Wait until so many phones have accepted a revision; fail once their number has not grown for `patience` seconds."""
        seen, moved = -1, time.monotonic()
        while (counts := self._emulator.counts(alert=alert, rev=str(rev)))["accepted_total"] < phones:
            if counts["accepted_total"] != seen:
                seen, moved = counts["accepted_total"], time.monotonic()
            assert time.monotonic() - moved < patience, counts
            time.sleep(_EVERY)
        return counts

    def feed(self, **query: str) -> list[str]:
        """Return the ids of the alerts that the feed lists."""
        question = "&".join(f"{name}={value}" for name, value in query.items())
        return [str(alert["id"]) for alert in self.web.get(f"/v1/alerts?{question}").json()["alerts"]]

    def wait_until_gone(self, campaign: str, *, within: float, **query: str) -> float:
        """Return after how many seconds the feed no longer lists the alert; fail after `within`."""
        began = time.monotonic()
        while campaign in self.feed(**query):
            assert time.monotonic() - began < within, f"alert {campaign} is still in the feed"
            time.sleep(_EVERY)
        return time.monotonic() - began


def write_content(project: str) -> None:
    """Write the services, tips and the app that the story names."""
    make.world()
    make.labels()
    make.emergency(name="Emergency services")
    for country, name in HELP.items():
        make.service(f"{country.lower()}-line", country=country, name=name)
    make.tip("first-hour-parents", audiences=["parent"], texts={"title": "The first hour", "short": "What parents can do now."})
    make.tip("in-class", audiences=["educator"], texts={"title": "In class", "short": "What teachers can do now."})
    make.app(title="Parent app", project=project)
