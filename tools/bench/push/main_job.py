"""./run bench main-job N: how fast one worker sends a campaign to N devices, with an emulator that responds at once.

It registers N installations, approves one campaign to them, waits for its end and prints one JSON line. No TLS, no quota.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.bench import usage
from tools.bench.push import records
from tools.bench.push.testbed import Testbed, database, finish, register

_KEPT = ("state", "devices", "accepted", "rejected", "unknown", "pending", "skipped")


def main(devices: int) -> None:
    """Measure once and print the figures."""
    with database(), tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(devices, Path(folder))))


def measure(devices: int, folder: Path) -> dict[str, Any]:
    """Send one campaign to so many installations; return rates, processor times and what the emulator counted."""
    register_seconds = register(devices)
    with Testbed(folder) as testbed:
        worker = testbed.start()
        emulator = testbed.emulator.process.pid
        before = usage.cpu_seconds(worker.pid), usage.cpu_seconds(emulator)
        approved = time.monotonic()
        campaign = records.create_campaign()
        progress = finish(campaign, 1_800)
        total = time.monotonic() - approved
        worker_cpu, emulator_cpu = usage.cpu_seconds(worker.pid) - before[0], usage.cpu_seconds(emulator) - before[1]
        campaign.refresh_from_db()
        assert campaign.started_at is not None
        assert campaign.finished_at is not None
        sending = (campaign.finished_at - campaign.started_at).total_seconds()
        seen = testbed.emulator.counts()
        return {
            "devices": devices,
            "register_seconds": round(register_seconds, 1),
            "approval_to_done_seconds": round(total, 1),
            "first_claim_to_done_seconds": round(sending, 1),
            "accepted_per_second": round(devices / sending),
            "worker_cpu_ms_per_message": round(worker_cpu / devices * 1000, 3),
            "emulator_cpu_ms_per_message": round(emulator_cpu / devices * 1000, 3),
            "worker_peak_memory_mb": usage.peak_memory(worker.pid),
            "counts": {name: progress[name] for name in _KEPT},
            "emulator": {name: seen[name] for name in ("accepted_total", "addresses", "doubled")},
        }


if __name__ == "__main__":
    main(int(sys.argv[1]))
