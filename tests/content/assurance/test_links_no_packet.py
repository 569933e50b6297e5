"""No packet leaves for a place that is not public: counted in a network namespace where all of them could be reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.content.assurance.isolated_network import can_be_made
from tests.content.assurance.refused_addresses import NUMERIC, REDIRECTS, WRITTEN

ROOT = Path(__file__).resolve().parents[3]
ALONE = "import django; django.setup(); from tests.content.assurance import isolated_network; isolated_network.main()"


@pytest.mark.skipif(not can_be_made(), reason="this machine does not let its user make a network namespace")
def test_no_packet_leaves_for_an_address_that_is_not_public() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "config.settings"}
    run = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", ALONE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout.splitlines()[-1])

    asked = 3 * len(NUMERIC) + len(WRITTEN)
    assert told["blocked"] == asked
    assert told["results"] == {"blocked-address": asked + len(REDIRECTS) + 1}
    assert told["strays"] == {}
    assert told["public"] > 3 * len(REDIRECTS), "the redirects were really asked for"
    assert set(told["control"]) >= {"127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fd00::1", "93.184.215.15"}
