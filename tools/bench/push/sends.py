"""One campaign to millions of made-up installations in one worker, at FCM's default quota and the default share of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.bench.push import million, planning
from tools.bench.push.tables import shown, table
from tools.bench.push.testbed import DEFAULT_QUOTA, Testbed, register

TITLE = "A campaign by size"
SHARE = 0.8


def heading(devices: int) -> str:
    """Return the heading of the section for so many installations."""
    return f"One campaign to {devices:,}, end to end"


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Send one campaign to all `devices`; return figures, the bytes of log and of dead rows that it left, and faults."""
    from notifications.models import Batch, Campaign

    registered = register(devices)
    planning.settle()
    before = million.database_sizes()
    with Testbed(folder, quota=DEFAULT_QUOTA, rate=DEFAULT_QUOTA, share=SHARE) as testbed:
        run, faults = million.send(testbed, devices, SHARE)
    after = million.database_sizes()
    run |= {name: after[name] - before[name] for name in before}
    campaign = Campaign.objects.latest("pk")
    if campaign.frozen_at is not None and campaign.approved_at is not None:
        run["frozen_after"] = (campaign.frozen_at - campaign.approved_at).total_seconds()
    if Batch.objects.exists():
        faults.append("batches are left after the last count was folded")
    return {"devices": devices, "register_seconds": registered, "run": run, "faults": faults}


def report(figures: dict[str, Any]) -> str:
    """Return a table of the run."""
    run = figures["run"]
    rows = [(name, million.cell(run, figure)) for name, figure in (*million.ROWS, *_SIZES)]
    return "\n\n".join(
        [
            f"{shown(figures['devices'])} installations (registered in {shown(figures['register_seconds'])} s), one worker with "
            f"two processes, `FCM_QUOTA_SHARE={SHARE}`, an emulator with a quota of {shown(DEFAULT_QUOTA)} messages per minute "
            "and project. Log and growth are those of the whole campaign, from the submission until the last count was folded; "
            "autovacuum runs as usual. Before the campaign, the registrations were vacuumed.",
            table(("", "measured"), rows),
        ]
    )


_SIZES = (
    ("approval to the freeze, s", "frozen_after"),
    ("write-ahead log of the campaign, MB", "log_mb"),
    ("growth of the table of batches, with indexes, MB", "batches_mb"),
    ("growth of the table of registrations, with indexes, MB", "registrations_mb"),
    ("growth of the table of campaigns, with indexes, MB", "campaigns_mb"),
)
