"""The fast path while larger and larger releases are published."""

from __future__ import annotations

import json
import threading
import time

from tools.bench.read import load
from tools.bench.read.load import Load
from tools.bench.read.report import Row
from tools.bench.read.servers import ReadBench
from tools.sandbox.terminal import step

#: Tips, countries and locales of a release.
Size = tuple[int, int, int]
LARGEST: Size = (300, 20, 40)
#: Each size, and whether its packs are prefetched before it is published.
SIZES: tuple[tuple[Size, bool], ...] = (
    ((20, 2, 1), True),
    ((2000, 2, 1), True),
    ((20, 2, 40), True),
    (LARGEST, True),
    (LARGEST, False),
)
QUICK_SIZES = SIZES[:1]


def measure_growth(bench: ReadBench) -> None:
    """Publish releases of growing size while the fast path is under load."""
    for size, prefetched in QUICK_SIZES if bench.quick else SIZES:
        tips, countries, locales = size
        name = f"{tips} tips, {countries} countries, {locales} locales{'' if prefetched else ', published at once'}"
        seconds, during = _publish(bench, name, size, prefetched=prefetched)
        bench.rows.append(Row("while it is published", name, during))
        bench.notes[f"seen after, {name}"] = f"{seconds:.1f} s"
        begun = time.monotonic()
        first = len(bench.client.get("/v1/packs/ZZ/en").data)
        bench.notes[f"first request for a pack, {name}"] = f"{(time.monotonic() - begun) * 1000:.1f} ms, {first} bytes"
        bench.in_turns("afterwards", {name: (bench.fast_path, "/v1/packs/GB/en", {"Accept-Encoding": "gzip"})})


def _publish(bench: ReadBench, name: str, size: Size, *, prefetched: bool) -> tuple[float, Load]:
    """Return the seconds from the publication of a release until a reader sees it, and the worst load run meanwhile.

    With `prefetched`, it is published only after the web process has fetched its packs, as when a second person reviews it.
    """
    loads: list[Load] = []
    over = threading.Event()

    def request() -> None:
        while not over.is_set():
            loads.append(load.run(f"{bench.fast_path.url}/v1/packs/GB/en", bench.fast_path.pid, 2, connections=4))

    old = json.loads(bench.client.get("/v1/").data)["release"]
    requesting = threading.Thread(target=request, daemon=True)
    with step(f"A release of {name}"):
        # Writing it is not part of the measurement.
        written = bench.sandbox.run_python("-m", "tools.bench.read.big_release", *map(str, size), "write")
        requesting.start()
        if prefetched:
            folder, packs = bench.sandbox.paths.run / "edition" / "prefetched", size[1] * size[2]
            took = bench.wait_until(lambda: len(list(folder.glob("*.json"))) == packs, "the packs are not prefetched")
            bench.notes[f"prefetched, {name}"] = f"{took:.1f} s"
        output = bench.sandbox.run_python("-m", "tools.bench.read.big_release", written.split()[0], "publish")
        published = float(output.split()[1])
        bench.wait_until(lambda: json.loads(bench.client.get("/v1/").data)["release"] != old, "the release is not seen")
        seconds = time.time() - published
        over.set()
        requesting.join()
    return seconds, max(loads, key=lambda one: one.p99)
