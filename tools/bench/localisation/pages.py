"""The page of an editor, and the translation memory."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from statistics import median

from tools.bench.localisation import rows
from tools.bench.localisation.figures import Figure, at_most
from tools.bench.push import records

#: What is promised of the page with 40 texts, and of the hits of the memory for one text.
MAX_QUERIES, MAX_MS, MAX_MEMORY_MS = 15, 300, 100
#: Requests for a page after one that is not counted, and units that are written at a time.
ROUNDS, _PART = 15, 5_000
#: Share of the words of a text that another one takes over: the rest are words of other texts.
_SAME = 0.5


def measure_editor(*, tips: int, locales: int) -> Iterator[Figure]:
    """Open the page of a tip with 40 texts as an editor and as a second reader, in three scripts."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from content.models import Target, Unit

    rows.fill(tips=tips, locales=locales, countries=20)
    settings.ALLOWED_HOSTS = ["*"]
    yield Figure("source texts, and their translations", f"{Unit.objects.count():,}, {Target.objects.count():,}")
    for name, role in (("editor", "localisation-editor"), ("reviewer", "localisation-reviewer")):
        client = Client()
        client.force_login(records.user(name, role))
        for code in rows.WAITING:
            path = f"/console/tips/{rows.LONG}/{code}/"
            client.get(path)
            began = time.process_time()
            times = [_milliseconds(partial(client.get, path)) for _ in range(ROUNDS)]
            processor = (time.process_time() - began) / ROUNDS * 1000
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(path)
            if answer.status_code != 200 or answer.content.count(b" data-row") != rows.LONG_TEXTS:
                raise RuntimeError(f"{path} answered {answer.status_code}")
            yield at_most(f"{name}, {code}: queries", len(queries), MAX_QUERIES, unit="queries", digits=0)
            yield at_most(f"{name}, {code}: median of {ROUNDS}", median(times), MAX_MS, unit="ms", digits=0)
            shown = f"{max(times):.0f} ms; {processor:.0f} ms; {len(answer.content) / 1000:.0f} kB"
            yield Figure("the slowest; processor time of the application, mean; size", shown)


def measure_memory(*, units: int) -> Iterator[Figure]:
    """Look for similar texts among so many units with a translation into Arabic, for each of the 40 texts of a tip."""
    from content.console.translation_memory import memory_hits
    from content.models import Unit

    rows.fill(tips=100, locales=20, countries=2)
    _more(units)
    rows.analyze()
    yield Figure("source texts with a translation", f"{Unit.objects.filter(targets__locale='ar').count():,}")
    wanted = list(Unit.objects.owned_by(f"tip:{rows.LONG}").values_list("pk", "text"))
    memory_hits(wanted, "ar")
    times = [_milliseconds(partial(memory_hits, [one], "ar")) for _ in range(3) for one in wanted]
    found = sum(bool(hits) for hits in memory_hits(wanted, "ar").values())
    yield at_most("hits for one text, median", median(times), MAX_MEMORY_MS, unit="ms")
    yield at_most("hits for one text, the slowest", max(times), MAX_MEMORY_MS, unit="ms")
    together = median(_milliseconds(partial(memory_hits, wanted, "ar")) for _ in range(3))
    yield Figure(f"hits for the {len(wanted)} texts of a page in one query ({found} texts have some)", f"{together:.0f} ms")


def _milliseconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


def _more(units: int) -> None:
    """Write further units up to this number, whose texts are shipped ones with other words in between."""
    from content.models import Target, Unit
    from core.models import User

    chance, system, at = random.Random(1), User.objects.system(), datetime.now(UTC)
    texts = list(Target.objects.filter(locale="ar", unit__owner__startswith="tip:").values_list("unit__text", "text"))
    words = sorted({word for source, _ in texts for word in source.split() if "{" not in word})
    missing = range(units - Unit.objects.filter(targets__locale="ar").count())
    for start in range(0, len(missing), _PART):
        made = []
        for number in missing[start : start + _PART]:
            source, target = texts[number % len(texts)]
            text = " ".join(word if chance.random() < _SAME else chance.choice(words) for word in source.split())
            unit = Unit.drafted(
                key=f"memory.{number}", owner="memory", text=text, by=system, at=at, locale="en", numbers={}, hosts=()
            )
            made.append((unit, target))
        Unit.objects.write_many(unit for unit, _ in made)
        Target.objects.write_many(
            Target(unit=unit, locale_id="ar", text=target, written_by=system, written_at=at) for unit, target in made
        )
