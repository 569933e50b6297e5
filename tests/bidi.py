"""The part of Unicode's bidirectional algorithm (UAX 9) that decides how a fact in a line of text is displayed.

Left out: embeddings and overrides (the text gate refuses them), brackets (N0) and mirroring, which move no digit.
"""

from __future__ import annotations

import unicodedata

_ISOLATES = {"\u2066": 0, "\u2067": 1}
_POP = "\u2069"


def displayed(text: str, *, base: int = 1) -> str:
    """Return the characters in the order a reader sees them from left to right; `base` 1 is a right-to-left paragraph."""
    levels = [base] * len(text)
    _resolve(text, list(range(len(text))), base, levels)
    shown = list(range(len(text)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(shown):
            end = start
            while end < len(shown) and levels[shown[end]] >= level:
                end += 1
            shown[start:end] = reversed(shown[start:end])
            start = max(end, start + 1)
    return "".join(text[place] for place in shown if text[place] not in _ISOLATES and text[place] != _POP)


def _resolve(text: str, places: list[int], level: int, levels: list[int]) -> None:
    """Set the levels of one isolating run sequence: an isolate inside it stands as one neutral (X5, BD13)."""
    own: list[int] = []
    kinds: list[str] = []
    position = 0
    while position < len(places):
        place = places[position]
        own.append(place)
        if text[place] not in _ISOLATES:
            kinds.append(unicodedata.bidirectional(text[place]) or "L")
            position += 1
            continue
        kinds.append("ON")
        depth, end = 1, position + 1
        while end < len(places) and depth:
            depth += (text[places[end]] in _ISOLATES) - (text[places[end]] == _POP)
            end += 1
        inner = places[position + 1 : end - 1]
        inner_level = level + 1 if (level + 1) % 2 == _ISOLATES[text[place]] else level + 2
        _resolve(text, inner, inner_level, levels)
        position = end
        own.append(places[end - 1])
        kinds.append("ON")
    _weak(kinds, "R" if level % 2 else "L")
    _neutral(kinds, "R" if level % 2 else "L")
    for place, kind in zip(own, kinds, strict=True):
        if level % 2:
            levels[place] = level + (kind in ("L", "EN", "AN"))
        else:
            levels[place] = level + {"R": 1, "EN": 2, "AN": 2}.get(kind, 0)


def _weak(kinds: list[str], start: str) -> None:  # noqa: C901, PLR0912  rules W1 to W7 in their order
    before = start
    for i, kind in enumerate(kinds):  # W1, W2
        if kind == "NSM":
            kinds[i] = kinds[i - 1] if i else start
        elif kind == "EN" and before == "AL":
            kinds[i] = "AN"
        if kinds[i] in ("L", "R", "AL"):
            before = kinds[i]
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for i in range(1, len(kinds) - 1):  # W4
        around = (kinds[i - 1], kinds[i + 1])
        if (kinds[i] in ("ES", "CS") and around == ("EN", "EN")) or (kinds[i] == "CS" and around == ("AN", "AN")):
            kinds[i] = around[0]
    for i, kind in enumerate(kinds):  # W5: signs beside a number belong to it
        if kind == "ET":
            end = next((j for j in range(i, len(kinds)) if kinds[j] != "ET"), len(kinds))
            if (i and kinds[i - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN"):
                kinds[i] = "EN"
    before = start
    for i, kind in enumerate(kinds):  # W6, W7
        if kind in ("ES", "ET", "CS"):
            kinds[i] = "ON"
        elif kind == "EN" and before == "L":
            kinds[i] = "L"
        elif kind in ("L", "R"):
            before = kind


def _neutral(kinds: list[str], start: str) -> None:
    strong = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
    i = 0
    while i < len(kinds):  # N1, N2
        if kinds[i] in strong:
            i += 1
            continue
        end = next((j for j in range(i, len(kinds)) if kinds[j] in strong), len(kinds))
        left = strong[kinds[i - 1]] if i else start
        right = strong[kinds[end]] if end < len(kinds) else start
        kinds[i:end] = [left if left == right else start] * (end - i)
        i = end
