"""CSV files for spreadsheets: a text that a spreadsheet would run as a formula is shown as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from django.http import HttpResponse

#: First characters that make a cell a formula in Excel, LibreOffice or Google Sheets.
#: Source: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> str:
    """Return a value as a cell; a text that could be a formula gets an apostrophe in front."""
    if isinstance(value, int | float) or value is None:
        return "" if value is None else str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else text


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Return a file to download: UTF-8 with a byte order mark, which Excel needs, and CRLF line ends (RFC 4180)."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([cell(value) for value in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
