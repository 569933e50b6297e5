"""No packet goes to an address that is not public: counted in a network namespace where all of them are reachable."""

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
ISOLATED = "import django; django.setup(); from tests.content.assurance import isolated_network; isolated_network.main()"


@pytest.mark.slow
@pytest.mark.skipif(not can_be_made(), reason="this machine does not let its user make a network namespace")
def test_no_packet_leaves_for_an_address_that_is_not_public() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "config.settings"}
    run = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", ISOLATED],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    report = json.loads(run.stdout.splitlines()[-1])

    refused = 3 * len(NUMERIC) + len(WRITTEN)
    assert report["blocked"] == refused
    assert report["results"] == {"blocked-address": refused + len(REDIRECTS) + 1}
    assert report["strays"] == {}
    assert report["public"] > 3 * len(REDIRECTS), "the redirects were really followed"
    assert set(report["control"]) >= {"127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fd00::1", "93.184.215.15"}
