"""The clocks of a country: its time zones, where those that show the same time from now on count as one.

A topic needs the time at which its phones wake, and not their town: the United States have 29 zones and 8 clocks.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from notifications.registrations import values

_DATA = files("tzdata").joinpath("zoneinfo")
# RFC 9636, section 3.1: magic, version, 15 reserved bytes, and the counts isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt.
_HEADER = struct.Struct(">4s1s15x6L")
#: Offset from UTC in seconds, whether it is daylight saving time, index of the abbreviation (RFC 9636, section 3.2).
_TYPE = struct.Struct(">lBB")

#: What a zone's clock does from the year of the data on: the offset before each announced change, the changes, and the rule
#: that holds after them.
Rules = tuple[int | None, tuple[tuple[int, int], ...], str]


def clocks_of(country: str) -> tuple[str, ...]:
    """Return one zone of the country for each of its clocks; and "", for a zone that is not known, where there are several."""
    found = tuple(dict.fromkeys(_clocks(country).values()))
    return found if len(found) == 1 else (*found, "")


def clock_of(country: str, zone: str) -> str:
    """Return the zone in `clocks_of` that shows the same time as a zone of the country; "" where that is not known."""
    clocks = _clocks(country)
    found = set(clocks.values())
    return next(iter(found)) if len(found) == 1 else clocks.get(zone, "")


@cache
def _clocks(country: str) -> Mapping[str, str]:
    """Return each zone of the country with the one that names its clock.

    That is the one in the table of present clocks (zonenow.tab), because most people live there; else the first.
    """
    same: dict[Rules, list[str]] = {}
    for zone in values.zones_of(country):
        same.setdefault(_rules(zone), []).append(zone)
    named = _present_zones()
    clocks: dict[str, str] = {}
    for zones in same.values():
        chosen = next((zone for zone in zones if zone in named), zones[0])
        clocks |= dict.fromkeys(zones, chosen)
    return MappingProxyType(clocks)


@cache
def _present_zones() -> frozenset[str]:
    lines = _DATA.joinpath("zonenow.tab").read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[2] for line in lines if line and line[0] != "#")


@cache
def _first_instant() -> float:
    """Return the start of the year of the data, such as 2026 for `# version 2026f`: the list is the same on each machine."""
    with _DATA.joinpath("tzdata.zi").open("r", encoding="ascii") as lines:
        version = lines.readline().split()[-1]
    return datetime(int(version[:4]), 1, 1, tzinfo=UTC).timestamp()


def _rules(zone: str) -> Rules:
    """Read what the clock of a zone does from the first day of the data's year on, from its TZif file (RFC 9636)."""
    data = _DATA.joinpath(*zone.split("/")).read_bytes()
    # The first block has instants of 32 bits, for old readers; the second one has the same in 64.
    start = _HEADER.size + _size(data, 0, instant=4)
    _, _, _, _, _, changes, types, _ = _HEADER.unpack_from(data, start)
    block = start + _HEADER.size
    instants = struct.unpack_from(f">{changes}q", data, block)
    kinds = data[block + 8 * changes : block + 9 * changes]
    offsets = [_TYPE.unpack_from(data, block + 9 * changes + number * _TYPE.size)[0] for number in range(types)]
    timeline = [(instant, offsets[kind]) for instant, kind in zip(instants, kinds, strict=True)]
    since = _first_instant()
    later = tuple(change for change in timeline if change[0] >= since)
    earlier = [offset for instant, offset in timeline if instant < since]
    rule = data[block + _size(data, start, instant=8) :].decode("ascii").strip("\n")
    # Without a later change the rule alone says what the clock does.
    return (earlier[-1] if later and earlier else None), later, rule


def _size(data: bytes, start: int, *, instant: int) -> int:
    """Return the number of bytes of a block after its header, where an instant has `instant` bytes."""
    _, _, is_ut, is_std, leaps, changes, types, characters = _HEADER.unpack_from(data, start)
    return int(changes * (instant + 1) + types * _TYPE.size + characters + leaps * (instant + 4) + is_std + is_ut)
