"""Short-term notices in responses: with their labels, and their effect on `open`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from content.models import Release
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(db: None) -> dict[str, Any]:
    """Publish a 24-hour helpline that is closed for two days; return the notice as in the pack."""
    make.small_release()
    now = timezone.now().replace(second=0, microsecond=0)
    make.notice(at=now, from_at=now, until_at=now + timedelta(days=2))
    begins, ends = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (now, now + timedelta(days=2)))
    return {"kind": "closed", "from": begins, "until": ends, "position": None}


def test_services_have_their_notices_and_the_labels(api: Client, closed: dict[str, Any]) -> None:
    every = api.get("/v1/services?country=GB&locale=en").json()
    one = api.get("/v1/services/gb-line?country=GB&locale=en").json()

    assert one["service"]["notices"] == [closed]
    assert {s["id"]: s["notices"] for s in every["services"]} == {"gb-emergency": [], "gb-line": [closed], "zz-line": []}
    for answer in (every, one):
        assert answer["labels"]["notices"]["closed"] == {
            "text": "Label of closed",
            "lang": "en",
            "dir": "ltr",
            "reviewed": False,
        }


def test_a_closed_line_is_not_in_open_now(api: Client, closed: dict[str, Any]) -> None:
    found = api.get("/v1/services?country=GB&locale=en&open_now=true").json()

    assert "gb-line" not in [service["id"] for service in found["services"]]
    assert "gb-emergency" in [service["id"] for service in found["services"]]


def test_a_plan_says_that_the_line_is_closed_until_the_notice_ends(api: Client, closed: dict[str, Any]) -> None:
    body = {"country": "GB", "situation": "blackmail", "languages": ["en"]}

    meanwhile = api.post("/v1/help", body, content_type="application/json").json()
    afterwards = api.post("/v1/help", body | {"at": closed["until"]}, content_type="application/json").json()

    steps = {step["step"]: step for step in meanwhile["plan"]}
    assert (steps["talk"]["open"], steps["talk"]["opens_at"]) == (False, closed["until"])
    assert steps["danger-now"]["open"] is True
    assert meanwhile["services"]["gb-line"]["notices"] == [closed]
    assert meanwhile["labels"]["notices"]["closed"]["text"] == "Label of closed"
    assert next(s for s in afterwards["plan"] if s["step"] == "talk")["open"] is True


def test_responses_from_older_packs_have_no_notice_labels(
    api: Client, closed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.v1.resolved_pack import ResolvedPack

    kept = ResolvedPack.pack.fget  # type: ignore[attr-defined]

    def older(self: ResolvedPack) -> dict[str, Any]:
        pack = kept(self)
        services = [{name: value for name, value in s.items() if name != "notices"} for s in pack["services"]]
        labels = {group: words for group, words in pack["labels"].items() if group not in ("notices", "contact")}
        return pack | {"services": services, "labels": labels}

    monkeypatch.setattr(ResolvedPack, "pack", property(older))

    found = api.get("/v1/services?country=GB&locale=en&open_now=true").json()

    assert found["labels"] == {"notices": {}, "contact": {}}
    assert "gb-line" in [service["id"] for service in found["services"]]
    assert Release.objects.current().number == found["release"]
