"""./run bench console: queries and time of every page about campaigns and of those that their staff reach, at two sizes.

Registrations are made up and campaigns are written in twelve locales (`console_rows`); the pages about campaigns are those of the
console's routes, and the others are found by following links from Today. Writes docs/measurements/console.md with --write.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tools.bench import console_rows
from tools.bench.push import planning, records
from tools.bench.push.tables import shown, table
from tools.bench.push.testbed import database
from tools.sandbox.terminal import say, step

if TYPE_CHECKING:
    from django.test import Client

REGISTRATIONS, CAMPAIGNS = 1_000_000, 200
#: What --quick measures: that every page is reached, and how many queries it needs.
QUICK = (4_000, 40)
#: The limits that the pages are held to, in queries and milliseconds; and that of the reach of a campaign for everyone.
MAX_QUERIES, MAX_MS, MAX_REACH_MS = 20, 300, 1_000
#: Requests for each page, after one that is not counted; and pages of one kind.
ROUNDS, OF_ONE_KIND = 9, 2
#: The name of the figures that are not of a page.
REACH = "(reach of everyone)"
_HREF = re.compile(r'href="(/console/[^"?#]*)[^"]*"')


class PageFigures(NamedTuple):
    """One kind of page, or the reach of a campaign, at one size of the database; of several pages the largest of each figure."""

    queries: int
    #: Median of ROUNDS requests, without the connection.
    milliseconds: float
    kilobytes: float

    def largest(self, other: PageFigures) -> PageFigures:
        """Return the larger of each figure."""
        return PageFigures(
            max(self.queries, other.queries),
            max(self.milliseconds, other.milliseconds),
            max(self.kilobytes, other.kilobytes),
        )


def main() -> int:
    """Measure, print and perhaps write the report; return 1 if a page is over a limit or its queries grow."""
    parser = argparse.ArgumentParser(prog="./run bench console", description=__doc__)
    parser.add_argument("--registrations", type=int, default=REGISTRATIONS)
    parser.add_argument("--campaigns", type=int, default=CAMPAIGNS)
    parser.add_argument("--quick", action="store_true", help="measure few registrations and campaigns; no time is a fault")
    parser.add_argument("--write", action="store_true", help="write docs/measurements/console.md")
    options = parser.parse_args()
    if options.quick:
        options.registrations, options.campaigns, options.write = *QUICK, False
    found: list[dict[str, PageFigures]] = []
    with database():
        _accept_any_host()
        console_rows.content()
        for share in (4, 1):
            with step(f"{shown(options.registrations // share)} registrations, {options.campaigns // share} campaigns"):
                console_rows.fill(options.registrations // share, options.campaigns // share)
                found.append(_measure())
        missing, topics = _not_measured(found[-1]), console_rows.topics()
    faults = _faults(found, with_times=not options.quick) + [f"{name} (not measured)" for name in missing]
    text = _report(found, options.registrations, options.campaigns, topics, faults)
    say(text)
    if options.write:
        Path("docs/measurements/console.md").write_text(text + "\n", encoding="utf-8")
    return 1 if faults else 0


def _accept_any_host() -> None:
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]


def _measure() -> dict[str, PageFigures]:
    from django.test import Client

    found: dict[str, PageFigures] = {REACH: _reach()}
    staff = records.staff()
    for person in console_rows.people():
        client = Client()
        client.force_login(person)
        linked = _linked_pages(client) if person in staff else ()
        for name, path in (*linked, *_campaign_pages(client)):
            figures = _page(client, path)
            found[name] = figures.largest(found[name]) if name in found else figures
    return found


def _linked_pages(client: Client) -> Iterator[tuple[str, str]]:
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


def _campaign_pages(client: Client) -> Iterator[tuple[str, str]]:
    """Yield the name and path of each page about campaigns, for one campaign in each state; those that the person may open."""
    from django.urls import reverse

    from notifications.models import Campaign, Programme, TranslationRequest

    newest = Campaign.objects.order_by("state", "-pk").distinct("state").values_list("pk", flat=True)
    request = TranslationRequest.objects.get()
    campaigns = [*newest, request.campaign_id]
    arguments: dict[str, list[dict[str, object]]] = {
        **{f"programme{part}": [{"id": one.pk} for one in Programme.objects.all()] for part in ("", "-approve", "-stop")},
        "app": [{"name": "parent"}],
        "campaign-text": [{"id": pk, "locale": "en"} for pk in campaigns],
        "campaign-text-for": [{"id": pk, "locale": "en", "variant": "GB-WLS"} for pk in campaigns],
        "campaign-translate": [{"id": request.campaign_id, "locale": request.locale}],
    }
    for name, pattern in campaign_routes().items():
        for values in arguments.get(name, [{"id": pk} for pk in campaigns] if "<int:id>" in pattern else [{}]):
            path = reverse(f"admin:{name}", kwargs=values)
            if client.get(path).status_code == 200:
                yield name, path


def campaign_routes() -> dict[str, str]:
    """Return the pattern of each page about campaigns, by the name of its route."""
    from core.console import pages

    return {route.name: route.pattern for route in pages.ROUTES if route.page.__module__.startswith("notifications.")}


def _not_measured(found: dict[str, PageFigures]) -> list[str]:
    return sorted(campaign_routes().keys() - found.keys())


def _reach() -> PageFigures:
    """Count the queries and the time of the reach of a campaign for everyone."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from notifications.campaigns import audience
    from notifications.models import Campaign

    everyone = Campaign(apps=["all"], countries=["all"], regions=["all"], audiences=["all"], locales=["all"], status="Actual")
    times: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        audience.reach(everyone)
        times.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(connection) as queries:
        reach = audience.reach(everyone)
    return PageFigures(len(queries), median(times), len(str(reach)) / 1000)


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


def _faults(found: list[dict[str, PageFigures]], *, with_times: bool = True) -> list[str]:
    quarter, whole = found
    about_campaigns = campaign_routes()
    return [
        name
        for name, figures in whole.items()
        if (figures.queries > MAX_QUERIES and name in about_campaigns)
        or (with_times and figures.milliseconds > (MAX_REACH_MS if name == REACH else MAX_MS))
        or (name in quarter and figures.queries > quarter[name].queries)
    ]


def _report(found: list[dict[str, PageFigures]], registrations: int, campaigns: int, topics: int, faults: list[str]) -> str:
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
    return "\n\n".join(
        [
            "# The console pages of campaign staff",
            "Every page about campaigns, and every other console page that their staff reach by links, with\n"
            f"{shown(registrations)} registrations in {shown(planning.SEGMENTS)} segments, {shown(topics)} topics\n"
            f"and {campaigns} campaigns in twelve locales, {console_rows.IN_PROGRAMME} of them in one programme, and with a\n"
            f"quarter of the registrations and campaigns. The newest {console_rows.FOR_EVERYONE} campaigns are for every reader\n"
            f"in every country. Time is the median of {ROUNDS} requests in the process, without a connection;\n"
            f"of several pages of a kind the largest figure. Limits: no more queries with more rows, at most\n"
            f"{MAX_QUERIES} for a page about campaigns, {MAX_MS} ms, and {shown(MAX_REACH_MS)} ms for the reach of\n"
            "a campaign for everyone.\n"
            "Command: `./run bench console --write`.",
            table(head, rows),
            f"Over a limit: {', '.join(faults)}." if faults else "No page is over a limit.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
