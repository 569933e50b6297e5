"""What the gate reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one item. `country` and `locale` are None where it is so in all of them."""

    code: str
    item: str
    detail: str
    #: It keeps back every pack that it is in.
    blocks: bool
    country: str | None = None
    locale: str | None = None
    #: The place in the text of the item, where it is in one.
    start: int | None = None
    end: int | None = None
