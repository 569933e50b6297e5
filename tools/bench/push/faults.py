"""What a measurement must not show at any speed: a device missed or reached twice, or counts that do not add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Counts by name, of a campaign (`progress_of`) or of the emulator (GET /emulator/counts).
CountsByName = Mapping[str, Any]


def sum_faults(progress: CountsByName) -> list[str]:
    """Return the fault if a campaign's own counts do not add up."""
    parts = sum(progress["rejected"].values()) + sum(progress[name] for name in ("accepted", "unknown", "pending", "skipped"))
    if progress["devices"] == parts:
        return []
    return [f"campaign {progress['id']} has {progress['devices']} devices, and outcomes or pending ones for {parts}"]


def exactly_once_faults(what: str, devices: int, seen: CountsByName) -> list[str]:
    """Return the faults of a send to so many addresses, as the emulator saw it: each accepts exactly one message."""
    return [*_missed(what, devices, seen), *_doubled(what, seen), *_over_quota(what, seen)]


def interrupted_faults(what: str, devices: int, seen: CountsByName, *, unsettled: int) -> list[str]:
    """Return the faults of a send with killed workers: no address missed, and at most as many repeats as were unsettled."""
    faults = _missed(what, devices, seen)
    if seen["repeats"] > unsettled:
        faults.append(f"{what}: {seen['repeats']} repeats; {unsettled} were claimed and unsettled at the kills")
    return faults


def repeat_faults(what: str, each: Iterable[CountsByName], *, tag: str, unsettled: Mapping[str, int]) -> list[str]:
    """Return the faults of the repeats: each address repeats at most once per kill that found it unsettled, with the same tag.

    `unsettled` maps an address to the number of kills that found it claimed and unsettled.
    """
    each = list(each)
    too_often = sum(one["accepted"] - 1 > unsettled.get(one["address"], 0) for one in each)
    other_tag = sum(one["tag"] != tag for one in each)
    faults = [f"{what}: {too_often} addresses reached again more often than kills found them unsettled"] if too_often else []
    return [*faults, f"{what}: {other_tag} addresses reached with another tag"] if other_tag else faults


def stopped_faults(what: str, progress: CountsByName, seen: CountsByName) -> list[str]:
    """Return the faults of a stopped campaign: its counts agree with the emulator's, and no address was reached twice."""
    faults = [*sum_faults(progress), *_doubled(what, seen), *_over_quota(what, seen)]
    if progress["pending"]:
        faults.append(f"{what}: {progress['pending']} are still pending")
    if not progress["accepted"] <= seen["accepted_total"] <= progress["accepted"] + progress["unknown"]:
        faults.append(
            f"{what}: {progress['accepted']} accepted and {progress['unknown']} unknown, "
            f"but the emulator accepted {seen['accepted_total']}"
        )
    return faults


def finished_faults(what: str, devices: int, progress: CountsByName) -> list[str]:
    """Return the faults of a campaign to all devices: an outcome for each, all of them accepted."""
    faults = sum_faults(progress)
    if progress["halted"]:
        faults.append(f"{what} was halted: {progress['halted']}")
    if (progress["devices"], progress["accepted"]) != (devices, devices):
        faults.append(f"{what}: {devices} registered, {progress['devices']} in the audience, {progress['accepted']} accepted")
    return faults


def _missed(what: str, devices: int, seen: CountsByName) -> list[str]:
    missed = devices - seen["addresses"]
    return [f"{what}: {missed} of {devices} missed"] if missed else []


def _doubled(what: str, seen: CountsByName) -> list[str]:
    return [f"{what}: {seen['doubled']} addresses reached twice"] if seen["doubled"] else []


def _over_quota(what: str, seen: CountsByName) -> list[str]:
    refused = sum(number for answer, number in seen["by_answer"].items() if answer.startswith("QUOTA"))
    return [f"{what}: {refused} responses 429"] if refused else []
