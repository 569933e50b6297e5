"""Choose what of a handout fits on one page: its type size, its number of tips, and its number of services.

The page is laid out by the reader's browser or by a PDF library, so its height is estimated here: by the width of the
characters of each script, in lines of a column. docs/handouts.md says how the estimate was compared with real pages.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from content.exporting.handout_contacts import PrintedChannel, Section
from content.resolver.types import PackedTip


class Size(Enum):
    """A type size: its name in the style sheet, the Latin characters in a line of a column, and the lines of a column."""

    HUGE = ("huge", 43, 34)
    LARGE = ("large", 49, 39)
    MEDIUM = ("medium", 56, 44)
    SMALL = ("small", 62, 51)
    SMALLEST = ("smallest", 66, 54)

    def __init__(self, label: str, width: int, lines: int) -> None:
        self.label = label
        self.width = width
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Layout:
    """What is shown, and in which size."""

    tips: tuple[PackedTip, ...]
    sections: tuple[Section, ...]
    size: Size


#: Most services of a section.
_MOST_SERVICES: Final = 4
#: Lines of space around a heading, and after a list.
_HEADING: Final = 0.8
_GAP: Final = 0.35
#: A number is printed larger than the text.
_NUMBER: Final = 1.3
_EMERGENCY_NUMBER: Final = 1.8
#: The heading of a column.
_TITLE: Final = 1.6
#: Width of a character compared with a Latin one, by the first code point of a range; the last range that begins before it.
_WIDTHS: Final = (
    (0x0000, 1.0),
    (0x0590, 0.95),
    (0x0900, 1.3),
    (0x0D00, 1.75),
    (0x0D80, 1.6),
    (0x0E00, 1.2),
    (0x0F00, 1.1),
    (0x2000, 1.0),
    (0x3000, 2.0),
    (0xFB50, 0.95),
)


def choose_layout(
    tips: Sequence[PackedTip], emergency: Section, sections: Callable[[int], tuple[Section, ...]], *, least_tips: int
) -> Layout:
    """Return the first layout that fits: smaller type first, then fewer tips, then fewer services; no number is ever cut.

    `sections` returns the sections with at most so many services each. The last resort is returned even if it does not fit.
    """
    full, least = sections(_MOST_SERVICES), tuple(tips[:least_tips])
    layouts = [
        Layout(tuple(tips[:count]), full, size)
        for count in range(len(tips), len(least) - 1, -1)
        for size in (Size.HUGE, Size.LARGE, Size.MEDIUM)
    ]
    layouts += [Layout(least, full, Size.SMALL)]
    layouts += [
        Layout(kept, sections(limit), Size.SMALLEST)
        for kept in (least, tuple(tips[:1]))
        for limit in range(_MOST_SERVICES, 0, -1)
    ]
    return next((layout for layout in layouts if _fits(layout, emergency)), layouts[-1])


def _fits(layout: Layout, emergency: Section) -> bool:
    width = layout.size.width
    left = _TITLE + sum(_tip_lines(tip, width) for tip in layout.tips)
    right = sum(_section_lines(section, width) for section in layout.sections)
    return max(left, right) + _extra_lines(emergency, 2 * width) <= layout.size.lines


def _extra_lines(emergency: Section, width: int) -> float:
    """Return the lines that the emergency numbers take beyond one row with one number, which every page has."""
    rows, used, height = 0.0, 0.0, 0.0
    for contact in emergency.contacts:
        channels = [_channel_text(channel) for channel in contact.channels]
        wide = max(_units(contact.name), *(1.6 * _units(text) for text in channels)) + 4
        if used and used + wide > width:
            rows, used, height = rows + height, 0.0, 0.0
        used += wide
        height = max(height, 1 + _EMERGENCY_NUMBER * len(channels))
    total = rows + height + sum(_lines(sentence["text"], width) for sentence in emergency.sentences)
    return max(0.0, total - 1 - _EMERGENCY_NUMBER)


def _tip_lines(tip: PackedTip, width: int) -> float:
    steps = sum(_lines(step, width - 4) + _GAP for step in (*tip["do_now"], *tip["do_not"]))
    return _lines(tip["title"], width - 8) + _HEADING + _lines(tip["short"], width) + steps + 1 + _HEADING


def _section_lines(section: Section, width: int) -> float:
    total = _TITLE + _HEADING / 2 + sum(_lines(sentence["text"], width) for sentence in section.sentences)
    for contact in section.contacts:
        total += _lines(contact.name, width - 8) + _GAP
        for channel in contact.channels:
            total += _lines(_channel_text(channel), width - 8) * (_NUMBER if channel.dialled else 1)
        total += _lines(" ".join(remark["text"] for remark in contact.remarks), width + 2)
    return total


def _channel_text(channel: PrintedChannel) -> str:
    word = f"{channel.word['text']}: " if channel.word else ""
    return f"{word}{channel.keyword or ''} {channel.display}"


def _lines(text: str, width: int) -> int:
    """Return the number of lines; the ends of lines stay empty where the next word does not fit."""
    return math.ceil(_units(text) / (width * 0.93)) if text else 0


def _units(text: str) -> float:
    return sum(_width(sign) for sign in text)


def _width(sign: str) -> float:
    if unicodedata.category(sign) in ("Mn", "Cf"):
        return 0
    if unicodedata.east_asian_width(sign) in "WF":
        return 2
    code = ord(sign)
    return next(width for first, width in reversed(_WIDTHS) if first <= code)
