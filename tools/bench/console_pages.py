"""./run bench console: queries and time of every console page that campaign staff reach, beside a quarter of the rows.

Registrations are made up and campaigns are written in twelve locales; pages are found by following links from Today. Writes
docs/measurements/console.md with --write.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tools.bench.push import planning, records
from tools.bench.push.tables import shown, table
from tools.bench.push.testbed import database
from tools.sandbox.terminal import say, step

if TYPE_CHECKING:
    from django.test import Client

REGISTRATIONS, CAMPAIGNS = 1_000_000, 200
#: The limits that the pages are held to, in queries and milliseconds.
MAX_QUERIES, MAX_MS = 20, 300
#: Requests for each page, after one that is not counted; and pages of one kind.
ROUNDS, OF_ONE_KIND = 9, 2
_HREF = re.compile(r'href="(/console/[^"?#]*)[^"]*"')
#: A title and a body in each of twelve languages, without a word of what the alert is about.
_TEXTS = {
    "en": ("New advice in the app", "Take two minutes to read it."),
    "cy": ("Cyngor newydd yn yr ap", "Cymerwch ddau funud i'w ddarllen."),
    "es": ("Nuevos consejos en la aplicación", "Dedique dos minutos a leerlos."),
    "fr": ("De nouveaux conseils dans l'application", "Prenez deux minutes pour les lire."),
    "de": ("Neue Hinweise in der App", "Nehmen Sie sich zwei Minuten zum Lesen."),
    "pt-BR": ("Novas orientações no aplicativo", "Reserve dois minutos para ler."),
    "it": ("Nuovi consigli nell'app", "Bastano due minuti per leggerli."),
    "nl": ("Nieuw advies in de app", "Neem twee minuten om het te lezen."),
    "pl": ("Nowe wskazówki w aplikacji", "Przeczytaj je w dwie minuty."),
    "id": ("Saran baru di aplikasi", "Luangkan dua menit untuk membacanya."),
    "tr": ("Uygulamada yeni öneriler", "Okumak için iki dakika ayırın."),
    "vi": ("Lời khuyên mới trong ứng dụng", "Hãy dành hai phút để đọc."),
}


@dataclass(frozen=True)
class PageFigures:
    """One kind of page at one size of the database."""

    queries: int
    #: Median of ROUNDS requests, without the connection.
    milliseconds: float
    kilobytes: float


def main() -> int:
    """Measure, print and perhaps write the report; return 1 if a page is over a limit or its queries grow."""
    parser = argparse.ArgumentParser(prog="./run bench console", description=__doc__)
    parser.add_argument("--registrations", type=int, default=REGISTRATIONS)
    parser.add_argument("--campaigns", type=int, default=CAMPAIGNS)
    parser.add_argument("--write", action="store_true", help="write docs/measurements/console.md")
    options = parser.parse_args()
    found: list[dict[str, PageFigures]] = []
    with database():
        _accept_any_host()
        _content()
        for share in (4, 1):
            with step(f"{shown(options.registrations // share)} registrations, {options.campaigns // share} campaigns"):
                _fill(options.registrations // share, options.campaigns // share)
                found.append(_measure())
    text = _report(found, options.registrations, options.campaigns)
    say(text)
    if options.write:
        Path("docs/measurements/console.md").write_text(text + "\n", encoding="utf-8")
    return 1 if _faults(found) else 0


def _accept_any_host() -> None:
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]


def _content() -> None:
    """Load the services, their numbers and the texts, approved by a second person, and create the app."""
    from django.core.management import call_command

    records.create_app()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        call_command("load_words", stdout=nowhere)
        records.staff()


def _fill(registrations: int, campaigns: int) -> None:
    """Add rows up to these numbers; campaigns in every state."""
    from django.db import connection

    from notifications.campaigns import lifecycle
    from notifications.delivery import planner
    from notifications.models import Campaign, Registration

    planning.add(registrations - Registration.objects.count())
    author, approver = records.staff()
    for number in range(Campaign.objects.count(), campaigns):
        now = datetime.now(UTC)
        start = None if number % 5 == 4 else now + timedelta(days=1 + number % 20)
        campaign = lifecycle.draft(_definition(number, start), by=author, at=now)
        if number % 5 == 0:
            continue
        records.submit(campaign, at=now)
        if number % 5 == 1:
            continue
        records.approve_campaign(campaign)
        if number % 5 == 4:
            planner.plan_audience(campaign, at=datetime.now(UTC))
        if number % 10 == 9:
            lifecycle.stop(Campaign.objects.get(pk=campaign.pk), reason="A measurement.", by=approver, at=datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _definition(number: int, start: datetime | None) -> dict[str, Any]:
    definition = records.definition(at=start)
    inner = {"title": "Advice", "body": "Open the advice."}
    return {
        **definition,
        "name": f"Campaign {number}",
        "messages": {
            locale: {
                "outer": {"title": title, "body": body},
                "inner": inner if locale == "en" else {"title": title, "body": body},
            }
            for locale, (title, body) in _TEXTS.items()
        },
        "audience": {"countries": ["GB"], "audiences": ["parent"]},
    }


def _measure() -> dict[str, PageFigures]:
    from django.test import Client

    found: dict[str, PageFigures] = {}
    for person in records.staff():
        client = Client()
        client.force_login(person)
        for name, path in _pages(client):
            figures = _page(client, path)
            if name not in found or figures.milliseconds > found[name].milliseconds:
                found[name] = figures
    return found


def _pages(client: Client) -> Iterator[tuple[str, str]]:
    """Yield the name and path of pages, found by following links; at most OF_ONE_KIND of each name."""
    from django.urls import Resolver404, resolve

    waiting, seen, counts = ["/console/"], set[str](), dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            name = resolve(path).url_name or path
        except Resolver404:
            continue
        if "logout" in name or counts.get(name, 0) >= OF_ONE_KIND:
            continue
        answer = client.get(path)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        counts[name] = counts.get(name, 0) + 1
        waiting += _HREF.findall(answer.content.decode())
        yield name, path


def _page(client: Client, path: str) -> PageFigures:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(path)
    times: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return PageFigures(len(queries), median(times), len(answer.content) / 1000)


def _faults(found: list[dict[str, PageFigures]]) -> list[str]:
    quarter, whole = found
    return [
        name
        for name, figures in whole.items()
        if figures.queries > MAX_QUERIES
        or figures.milliseconds > MAX_MS
        or (name in quarter and figures.queries > quarter[name].queries)
    ]


def _report(found: list[dict[str, PageFigures]], registrations: int, campaigns: int) -> str:
    quarter, whole = found
    head = ("page", "queries, a quarter", "queries", "ms, a quarter", "ms", "kB")
    rows = [
        (
            name,
            quarter[name].queries if name in quarter else "–",
            figures.queries,
            quarter[name].milliseconds if name in quarter else "–",
            figures.milliseconds,
            figures.kilobytes,
        )
        for name, figures in sorted(whole.items())
    ]
    over = _faults(found)
    return "\n\n".join(
        [
            "# The console pages of campaign staff",
            f"Every console page that an author and an approver of campaigns reach by links, with {shown(registrations)}\n"
            f"registrations in {shown(planning.SEGMENTS)} segments and {campaigns} campaigns in twelve locales, and with a\n"
            f"quarter of both. Time is the median of {ROUNDS} requests in the process, without a connection; of several\n"
            f"pages of a kind the slowest. Limits: at most {MAX_QUERIES} queries, no more with more rows, and {MAX_MS} ms.\n"
            "Command: `./run bench console --write`.",
            table(head, rows),
            f"Over a limit: {', '.join(over)}." if over else "No page is over a limit.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
