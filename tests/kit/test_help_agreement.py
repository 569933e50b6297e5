"""The plan that the companion makes is the one that POST /v1/help answers, for random readers of a real server.

`HELP_QUERIES=10000 ./run test --all tests/kit/test_help_agreement.py` asks the number of docs/measurements/companion.md.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from content.publishing import signing
from content.terms import Audience, Situation, Where
from tests.content.resolver.test_resolver_vectors import LANGUAGES, SITES
from tests.faults.web import Web
from tests.kit import node
from tests.packs import Packs, publish
from tests.signing import Signer

pytestmark = pytest.mark.services

QUERIES, SEED = int(os.environ.get("HELP_QUERIES", "1500")), os.environ.get("HELP_SEED", "companion")
#: Regions of countries with regional services, and of others.
REGIONS = {
    "GB": ("GB-ENG", "GB-WLS", "GB-SCT", "GB-NIR"),
    "MX": ("MX-CMX", "MX-JAL"),
    "CO": ("CO-DC", "CO-VAC", "CO-ANT"),
    "US": ("US-NY",),
}
#: Countries without packs of their own: their readers get the worldwide ones.
WITHOUT_PACKS = ("AQ", "NO", "PT")


@pytest.fixture
def web(transactional_db: None, real_packs: Packs, signer: Signer, tmp_path: Path) -> Iterator[Web]:
    """Start a web process that has published every real pack."""
    publish(real_packs, list(real_packs))
    signing.sign_if_due(at=timezone.now())
    process = Web(tmp_path, FINGERPOST_SANDBOX="1")
    process.start()
    yield process
    process.stop()


def test_the_companion_makes_the_plans_of_the_server(web: Web, real_packs: Packs) -> None:
    countries = sorted({country for country, _ in real_packs} - {"ZZ"} | {*WITHOUT_PACKS})
    rng = random.Random(SEED)
    bodies = [json.dumps(random_body(rng, countries)) for _ in range(QUERIES)]

    said = node.run(
        "node", node.ROOT / "tests/kit/ask_help.js", f"http://127.0.0.1:{web.port}", given="\n".join(bodies), timeout=440
    )

    *differences, last = map(json.loads, said.splitlines())
    print(last)
    assert (len(differences), differences[:3]) == (0, [])
    assert last["compared"] == QUERIES
    assert last["packs"] > 30


def random_body(rng: random.Random, countries: list[str]) -> dict[str, Any]:
    """Return what a reader might ask; every second one is in Great Britain, whose services differ most by region and age."""
    country = rng.choice(["GB", rng.choice(countries)])
    ages = [None, None, *range(30), 40, 120]
    age = rng.choice(ages)
    return {
        "country": country,
        "region": rng.choice([None, *REGIONS.get(country, ())]),
        "audience": rng.choice(Audience.values),
        "age": age,
        "age_in_image": rng.choice([one for one in ages if one is None or age is None or one <= age]),
        "situation": rng.choice([*Situation.values, "nobody-knows-this", "sextortion", "deepfake"]),
        "where": rng.choice([None, None, *Where.values]),
        "site": rng.choice(SITES),
        "languages": rng.sample(LANGUAGES, rng.randrange(4)),
        "can_speak": rng.choice([None, True, False]),
        "at": (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(430 * 86_400))).isoformat(),
    }
