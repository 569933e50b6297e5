"""What a measurement must not show, whatever its speed: somebody missed, somebody told twice, counts that do not add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Counts = Mapping[str, Any]


def adds_up(counts: Counts) -> list[str]:
    """Return the fault of a campaign's own counts, if there is one."""
    parts = sum(counts["rejected"].values()) + sum(counts[name] for name in ("accepted", "unknown", "pending", "skipped"))
    if counts["devices"] == parts:
        return []
    return [f"campaign {counts['id']} has {counts['devices']} devices and outcomes or waits for {parts}"]


def everybody_once(what: str, devices: int, seen: Counts) -> list[str]:
    """Return the faults of a send to so many addresses, as the emulator saw it: each takes the message exactly once."""
    return [*_missed(what, devices, seen), *_doubled(what, seen), *_refused(what, seen)]


def everybody(what: str, devices: int, seen: Counts, *, held: int) -> list[str]:
    """Return the faults of a send that was cut off: nobody missed, and at most as many repeats as were held unsettled."""
    faults = _missed(what, devices, seen)
    if seen["repeats"] > held:
        faults.append(f"{what}: {seen['repeats']} repeats; {held} were claimed and unsettled at the kills")
    return faults


def repeated_only(what: str, each: Iterable[Counts], *, tag: str, held: Mapping[str, int]) -> list[str]:
    """Return the faults of the repeats themselves: only what a kill found unsettled, once for each kill, and by the same tag."""
    each = list(each)
    others = sum(one["accepted"] - 1 > held.get(one["address"], 0) for one in each)
    strayed = sum(one["tag"] != tag for one in each)
    faults = [f"{what}: {others} addresses told again that no kill found unsettled so often"] if others else []
    return [*faults, f"{what}: {strayed} addresses told by another tag"] if strayed else faults


def nobody_twice(what: str, counts: Counts, seen: Counts) -> list[str]:
    """Return the faults of a campaign that was stopped: its counts and the emulator's agree, and nobody was told twice."""
    faults = [*adds_up(counts), *_doubled(what, seen), *_refused(what, seen)]
    if counts["pending"]:
        faults.append(f"{what}: {counts['pending']} are still pending")
    if not counts["accepted"] <= seen["accepted_total"] <= counts["accepted"] + counts["unknown"]:
        faults.append(f"{what}: {counts['accepted']} accepted and {counts['unknown']} unknown; the emulator accepted otherwise")
    return faults


def finished(what: str, devices: int, counts: Counts) -> list[str]:
    """Return the faults of a campaign that was to reach everybody: an outcome for each, all of them accepted."""
    faults = adds_up(counts)
    if counts["halted"]:
        faults.append(f"{what} was halted: {counts['halted']}")
    if (counts["devices"], counts["accepted"]) != (devices, devices):
        faults.append(f"{what}: {devices} registered, {counts['devices']} in the audience, {counts['accepted']} accepted")
    return faults


def _missed(what: str, devices: int, seen: Counts) -> list[str]:
    missed = devices - seen["addresses"]
    return [f"{what}: {missed} of {devices} missed"] if missed else []


def _doubled(what: str, seen: Counts) -> list[str]:
    return [f"{what}: {seen['doubled']} addresses told twice"] if seen["doubled"] else []


def _refused(what: str, seen: Counts) -> list[str]:
    refused = sum(number for answer, number in seen["by_answer"].items() if answer.startswith("QUOTA"))
    return [f"{what}: {refused} answers 429"] if refused else []
