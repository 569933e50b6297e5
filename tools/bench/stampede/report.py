"""The page of ./run bench stampede."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.bench.push import page as push_page
from tools.bench.push.tables import shown, table
from tools.lint.documents import wrap

#: The longest time in milliseconds in which 99 of 100 phones have read everything beside a campaign.
REQUIRED = 1_000.0

_HEAD = """# A stampede: everybody opens the alert at once

**Command.** `./run bench stampede --write`. A campaign leaves through the real pipeline at
{push} messages a second at the most and is accepted by the FCM emulator. {share:.0%} of the phones open
the message, on average {delay:g} s after it came. Each connects anew and reads the alert, the manifest
and the pack (gzip) one after the other. `--quick` is the short form.

**What shares the machine.** Web, worker, PostgreSQL, the emulator and the phones themselves: on
servers of their own, web processes hold more. There is no TLS here, which costs the proxy further
processor time for each phone.

**Times** are in milliseconds and count from the moment at which a phone was due to open the app, also
if it could not connect. *Late* is the delay of the load generator itself, which is part of them.
A phone gives up after 10 s. `failed` counts phones, whatever went wrong.

{circumstances}

Bytes of the responses: {sizes}.
"""


def page(figures: dict[str, Any]) -> str:
    """Return the whole page."""
    circumstances = push_page.circumstances(0, figures["load"]).partition("; this part")[0] + ".*"
    sizes = ", ".join(f"{name} {size:,}" for name, size in figures["sizes"].items())
    head = _HEAD.format(
        push=shown(figures["push"]), share=figures["share"], delay=figures["delay"], circumstances=circumstances, sizes=sizes
    )
    return "\n\n".join([head.strip(), _held(figures), _spread(figures), _beside(figures), advice(figures)]) + "\n"


def write(path: Path, text: str) -> None:
    """Write the page, wrapped as all documents are."""
    path.write_text(wrap(text), encoding="utf-8")


def faults(figures: dict[str, Any]) -> list[str]:
    """Return in words what must not happen beside a campaign."""
    found = []
    for name, one in figures["beside"].items():
        if one["missed"]:
            found.append(f"{name}: {one['missed']} devices missed")
        if one["failed"]:
            found.append(f"{name}: {sum(one['failed'].values())} phones failed ({', '.join(one['failed'])})")
        if not one["done"]:
            found.append(f"{name}: no phone opened the app")
    return found


def _held(figures: dict[str, Any]) -> str:
    rows = [
        (front, reads, one["rate"], one["rate"] * (reads.count(",") + 1), *_times(one), one.get("cpu_ms", 0.0))
        for front, by_reads in figures["held"].items()
        for reads, one in by_reads.items()
    ]
    head = ("served by", "each phone reads", "phones/s", "requests/s", "p50", "p99", "worst", "late, p99", "CPU ms a phone")
    return (
        "## How many phones a second\n\nThe highest rate at which no phone fails and 99 of 100 have read everything after a "
        f"second; the next one tried is 1.4 times as high.\n\n{table(head, rows)}"
    )


def _spread(figures: dict[str, Any]) -> str:
    rows = [
        (front, one["phones"], one["seconds"], *_times(one), sum(one["failed"].values()), _words(one["failed"]))
        for front, found in figures["spread"].items()
        for one in found
    ]
    head = ("served by", "phones", "within s", "p50", "p99", "worst", "late, p99", "failed", "why")
    return (
        "## The same phones at once, and spread\n\nFive times as many phones as are held in a second, within one second and "
        f"spread evenly over more.\n\n{table(head, rows)}"
    )


def _beside(figures: dict[str, Any]) -> str:
    rows = [
        (
            name, round(one["messages"]), one["done"], *_times(one), *[one["reads"].get(read, {}).get("p99", 0.0) for read in
            ("alert", "manifest", "pack")], sum(one["failed"].values()), round(sum(one["bytes"].values()) / 1e6),
        )
        for name, one in figures["beside"].items()
    ]  # fmt: skip
    head = (
        "served by", "messages/s", "phones", "p50", "p99", "worst", "late, p99",
        "alert p99", "manifest p99", "pack p99", "failed", "MB",
    )  # fmt: skip
    return (
        "## While the alert is being pushed\n\n"
        f"To {shown(figures['devices'])} devices each time. *Under attack*: a thousand stalled connections are held, and 50 "
        "requests a second ask for packs that do not exist (promise 13: nobody outside can stop a reader from reading). "
        f"`messages/s` is the mean from the first to the last message, with the ramp.\n\n{table(head, rows)}"
    )


def advice(figures: dict[str, Any]) -> str:
    """Return what follows for apps and operators from the rates that are held."""
    lines = []
    for front, by_reads in figures["held"].items():
        rate = next(iter(by_reads.values()))["rate"]
        if rate:
            lines.append(
                f"- {front}: {shown(rate)} phones a second, so a push to a million phones of which {figures['share']:.0%} open "
                f"it is read in {1_000_000 * figures['share'] / rate:,.0f} s at the soonest."
            )
    return (
        "## What follows\n\n"
        + "\n".join(lines)
        + "\n- A person who opens a message waits for nothing: its text is in the message, and the pack on the phone. The app "
        "reads the alert at once and the manifest and pack after a random time of up to 60 s "
        "([for app developers](../app-developers.md))."
    )


def _times(one: dict[str, Any]) -> tuple[float, float, float, float]:
    whole = one.get("whole", {"p50": 0.0, "p99": 0.0, "worst": 0.0})
    return whole["p50"], whole["p99"], whole["worst"], one.get("late", {"p99": 0.0})["p99"]


def _words(failed: dict[str, int]) -> str:
    return ", ".join(f"{why} {count}" for why, count in failed.items()) or "–"
