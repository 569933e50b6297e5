"""What a fault did to a campaign, as the FCM emulator and the database count it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Verdict:
    """The figures of one run. `faults` says in words what must not happen; a run without one has passed."""

    devices: int
    #: Devices that accepted no message, without those that FCM called unregistered.
    missed: int
    #: Messages that a device accepted after its first, and how many may be: those under way when the fault began.
    doubled: int
    may_double: int
    #: Devices that were taken off the list although FCM called none of them unregistered.
    wrongly_erased: int
    #: Why the campaign stood until a person resumed it; "" if it did not.
    halted: str
    #: Seconds from the approval to the last message.
    seconds: float
    faults: list[str] = field(default_factory=list)
    #: What the page of the campaign said about the fault, and after how many seconds; "" if nothing stood still.
    said: str = ""
    said_after: float = 0.0
    #: What else was counted, such as kills, as a phrase.
    counted: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the figures as an object."""
        return dict(vars(self))


def judge(
    seen: dict[str, Any], tags: set[str], *, tag: str, devices: int, erased: int, halted: str, approved_at: float,
    may_double: int = 0, may_erase: int = 0, expects_halt: bool = False, within: float,
) -> Verdict:  # fmt: skip
    """Return the verdict by the emulator's counts of one alert (`seen`) and the tags that its messages had.

    `may_double` devices were under way when the fault began, FCM called `may_erase` devices unregistered, and the last message
    may come `within` so many seconds after the approval.
    """
    verdict = Verdict(
        devices=devices, missed=max(0, devices - seen["addresses"] - may_erase), doubled=seen["repeats"], may_double=may_double,
        wrongly_erased=max(0, erased - may_erase), halted=halted, seconds=(seen["last_at"] or approved_at) - approved_at,
    )  # fmt: skip
    faults = verdict.faults
    if verdict.missed:
        faults.append(f"{verdict.missed} of {devices} devices missed")
    if verdict.doubled > may_double:
        faults.append(f"{verdict.doubled} repeats, and {may_double} were under way")
    if verdict.wrongly_erased:
        faults.append(f"{verdict.wrongly_erased} devices taken off the list")
    if bool(halted) != expects_halt:
        faults.append(f"halted: {halted}" if halted else "the campaign was not held")
    if tags - {tag}:
        faults.append("a message had another tag")
    if verdict.seconds > within:
        faults.append(f"the last message came {verdict.seconds:.0f} s after the approval, later than {within:.0f} s")
    return verdict
