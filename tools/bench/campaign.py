"""How fast one worker sends a campaign on this machine: `python -m tools.bench.campaign 100000`.

Makes a database of its own beside the one in DATABASE_URL (and drops it), an emulator, a worker of two processes and a beat;
registers N installations, approves one campaign, waits for its end and prints one JSON line. The quota is lifted. Loopback only.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tests.environment  # noqa: F401  safe settings before Django reads them
from tools.bench import usage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main(number: int) -> None:
    """Run once and print the figures."""
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False, keepdb=False)
    try:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(number, Path(folder))))
    finally:
        teardown_databases(databases, verbosity=0)


def measure(number: int, folder: Path) -> dict[str, Any]:
    """Send one campaign to so many made-up installations; return rates, CPU seconds and what the emulator counted."""
    from django.db import connection

    from notifications.campaigns.progress import progress_of
    from notifications.registrations import simulation
    from tests import make
    from tests.faults.workers import Workers, end_connections, until
    from tests.processes import start_emulator

    emulator = start_emulator(folder)
    workers = Workers(folder, emulator)
    try:
        make.app(project=emulator.project)
        began = time.monotonic()
        simulation.register_many(number, app="parent", country=None, at=datetime.now(UTC))
        registered = time.monotonic() - began
        worker = workers.start()
        workers.start_beat()
        until(lambda: "ready." in (folder / "workers.log").read_text(), seconds=60)
        before = [usage.cpu_seconds(worker.pid), usage.cpu_seconds(emulator.process.pid)]
        approved = time.monotonic()
        campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
        until(lambda: progress_of(campaign)["state"] in ("done", "halted"), seconds=1_800)
        total = time.monotonic() - approved
        used = [usage.cpu_seconds(worker.pid) - before[0], usage.cpu_seconds(emulator.process.pid) - before[1]]
        campaign.refresh_from_db()
        assert campaign.started_at is not None
        assert campaign.finished_at is not None
        sending = (campaign.finished_at - campaign.started_at).total_seconds()
        counts = {name: value for name, value in progress_of(campaign).items() if name in _KEPT}
        seen = emulator.counts()
        return {
            "devices": number,
            "register_seconds": round(registered, 1),
            "approval_to_done_seconds": round(total, 1),
            "first_claim_to_done_seconds": round(sending, 1),
            "accepted_a_second": round(number / sending),
            "worker_cpu_ms_a_message": round(used[0] / number * 1000, 3),
            "emulator_cpu_ms_a_message": round(used[1] / number * 1000, 3),
            "worker_peak_memory_mb": usage.peak_memory(worker.pid),
            "counts": counts,
            "emulator": {name: seen[name] for name in ("accepted_total", "addresses", "doubled")},
        }
    finally:
        workers.end()
        emulator.stop()
        end_connections()
        connection.close()


_KEPT = ("state", "devices", "accepted", "rejected", "unknown", "pending", "skipped")


if __name__ == "__main__":
    main(int(sys.argv[1]))
