"""./run bench localisation: each part that needs no server of its own runs, small, and finds what it looks for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from content.models import Locale
from tools.bench.localisation import files, pages, release, rows
from tools.bench.localisation.figures import Figure, at_most, report
from tools.bench.localisation.processes import Ran

pytestmark = pytest.mark.django_db
#: Limits of time: they are kept on a quiet machine, and not for so few rows beside other tests.
_TIMES = (" ms", " s", " MB")


def found(figures: Iterator[Figure]) -> dict[str, str]:
    """Return the figures; assert that each promise is kept that is not one of time or memory."""
    all_figures = list(figures)
    assert [one for one in all_figures if not one.is_kept and not one.measured.endswith(_TIMES)] == []
    assert all(one.what in report(all_figures) for one in all_figures)
    return {one.what: one.measured for one in all_figures}


@pytest.mark.slow
def test_the_page_the_memory_and_the_release_are_measured(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.SERVE_UNREVIEWED = ["*"], False
    # Neither VACUUM nor another process works inside the transaction of a test.
    monkeypatch.setattr(rows, "analyze", _analyze)
    monkeypatch.setattr(release, "run_command", _in_this_process)
    monkeypatch.setattr(pages, "ROUNDS", 1)
    rows.fill(tips=2, locales=0, countries=2)
    locales = Locale.objects.translated().count()
    monkeypatch.setattr(rows, "fill", lambda **size: None)

    editor = found(pages.measure_editor(tips=2, locales=locales))
    assert {f"{name}, {code}: queries" for name in ("editor", "reviewer") for code in rows.WAITING} <= editor.keys()
    memory = found(pages.measure_memory(units=1))
    assert "hits for one text, median" in memory
    compiled = found(release.measure_compile(tips=2, locales=locales, countries=2))
    packs = compiled["countries, locales and packs"].split(", ")[2].split()[0]
    assert compiled["packs with the same bytes both times"] == packs


def test_an_import_is_measured_twice() -> None:
    figures = found(files.measure_import(20))

    assert {"import of 20 texts, no translation before", "import of 20 texts, over existing ones"} <= figures.keys()


def test_an_import_that_refuses_a_text_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_LETTERS", {})

    with pytest.raises(RuntimeError, match="10 texts were refused, the first because The text contains the number 10"):
        list(files.measure_import(20))


def test_a_figure_above_its_limit_is_not_kept() -> None:
    assert at_most("a", 2.04, 2, unit="s").is_kept is False
    assert at_most("a", 2, 2, unit="s") == Figure("a", "2.0 s", "2 s", True)
    assert "**no**" in report([at_most("a", 3, 2, unit="s")])


def _analyze() -> None:
    """Let the planner know the rows of this test, and not those that an earlier test has left in its statistics."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _in_this_process(*arguments: str, **settings: str) -> Ran:
    began, processor = time.monotonic(), time.process_time()
    call_command(*arguments)
    return Ran(time.monotonic() - began, time.process_time() - processor, 0, "")
