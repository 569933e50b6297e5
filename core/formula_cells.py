"""Cells of CSV files that no spreadsheet runs as a formula.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

#: First characters that make a cell a formula in Excel, LibreOffice or Google Sheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_IGNORED = " \u00a0\ufeff"


def cell(value: object) -> str:
    """Return a value as a cell; a text that could be a formula gets an apostrophe in front, and so does one that had one."""
    if isinstance(value, int | float) or value is None:
        return "" if value is None else str(value)
    text = str(value)
    return f"'{text}" if _could_run(text) or _has_apostrophe(text) else text


def without_apostrophe(text: str) -> str:
    """Return the text of a cell that `cell` wrote."""
    return text[1:] if _has_apostrophe(text) else text


def _could_run(text: str) -> bool:
    return text.lstrip(_IGNORED).startswith(_FORMULA)


def _has_apostrophe(text: str) -> bool:
    """Return whether the text is one that `cell` could have put an apostrophe in front of, once or more often."""
    return text.startswith("'") and _could_run(text.lstrip("'"))
