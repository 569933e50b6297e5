"""A figure that documents quote is the figure of the code, in every document.

Each entry names the figure once, taken from the code. Every sentence of a document that matches one of the entry's patterns is a
quotation and must give that figure, and the documents listed must hold one. A document that is reworded needs a new pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from api.reads import edition_store
from config.celery import app as celery
from content.linting import notice
from content.models import correction_count, correction_link
from content.publishing import signing
from content.resolver import availability
from content.terms import OUTDATED_DAYS
from core import server, tokens
from notifications.campaigns import audience
from notifications.delivery import brake_monitor, topics
from notifications.models import batch, registration, registration_row
from notifications.models.segment import Platform
from notifications.models.unregistered import UNREGISTERED_KEPT

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {
    str(path.relative_to(ROOT)): " ".join(path.read_text(encoding="utf-8").split())
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/adr/*.md"))
}

UNITS = {"s": 1, "second": 1, "minute": 60, "hour": 3600, "day": 86_400}
WORDS = {"half a": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "five": 5.0, "seven": 7.0, "ten": 10.0}
#: A span of time in a pattern: digits or a word, and a unit.
SPAN = rf"((?:\d+(?:\.\d+)?|{'|'.join(WORDS)}) (?:seconds?|s|minutes?|hours?|days?))\b"
#: A number in a pattern.
COUNT = r"(\d[\d,]*)"


@dataclass(frozen=True)
class Promise:
    """A figure (timedelta for a span of time), the patterns of the sentences that quote it, and documents that must."""

    name: str
    figure: timedelta | int
    patterns: tuple[str, ...]
    documents: tuple[str, ...]


def days(number: int) -> timedelta:
    return timedelta(days=number)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def beat(task: str) -> timedelta:
    """Return how often the scheduler wakes a worker for the task."""
    (entry,) = [entry for entry in celery.conf.beat_schedule.values() if entry["task"] == task]
    return seconds(entry["schedule"])


PROMISES = [
    # No constant of the code holds this worst case of a busy worker, so the promise itself is the constant.
    Promise(
        "a withdrawal is in the manifest",
        timedelta(minutes=5),
        (rf"in the manifest within {SPAN}",),
        ("docs/editors.md", "docs/operations.md"),
    ),
    Promise(
        "workers look whether a manifest is due",
        beat("content.tasks.sign_manifest"),
        (rf"look every {SPAN} whether a manifest",),
        ("docs/operations.md",),
    ),
    Promise(
        "a manifest is valid",
        signing.VALIDITY,
        (rf"manifest is valid for {SPAN}", rf"its {SPAN} of validity", rf"after {SPAN} the app says"),
        ("docs/operations.md", "docs/verifying.md", "docs/adr/0011-keys-in-the-manifest.md"),
    ),
    Promise(
        "sending stops",
        seconds(brake_monitor.INTERVAL + brake_monitor.MAX_AGE),
        (rf"(?:[Ss]ending stops|Stop works|stops sending) within {SPAN}",),
        ("docs/architecture.md", "docs/campaign-staff.md", "docs/operations.md"),
    ),
    Promise(
        "a reading of the brake is good",
        seconds(brake_monitor.MAX_AGE),
        (rf"(?:reading of the brake|last reading) is older than {SPAN}",),
        ("docs/operations.md", "docs/adr/0002-brake-in-its-own-row.md"),
    ),
    Promise(
        "brakes are read",
        seconds(brake_monitor.INTERVAL),
        (rf"when they next read the brakes, at most {SPAN}",),
        ("docs/adr/0014-quota-permits.md",),
    ),
    Promise("a lease ends", batch.LEASE, (rf"leases? ends? after {SPAN}",), ("docs/architecture.md",)),
    Promise(
        "Android installations are kept without a refresh",
        days(registration.MAX_AGE_DAYS[Platform.ANDROID]),
        (rf"or {SPAN} \(Android\)", rf"Android installations are deleted after {SPAN}"),
        ("docs/privacy.md", "docs/app-developers.md"),
    ),
    Promise(
        "other installations are kept without a refresh",
        days(registration.MAX_AGE_DAYS[Platform.IOS]),
        (rf"not refreshed for {SPAN} \(iOS, web\)",),
        ("docs/privacy.md",),
    ),
    Promise(
        "an app refreshes its registration",
        registration_row.REFRESH_AFTER,
        (rf"`refresh_after` \({SPAN}\)", rf"next refresh, within {SPAN}"),
        ("docs/app-developers.md", "docs/operations.md"),
    ),
    Promise(
        "an address that FCM reported gone is kept",
        registration.GONE_KEPT,
        (rf"{SPAN} after FCM reported it gone", rf"{SPAN} after the mark"),
        ("docs/privacy.md", "docs/operations.md"),
    ),
    Promise(
        "it is known that an installation has unregistered",
        UNREGISTERED_KEPT,
        (rf"restored backup does not bring it back \| {SPAN}", rf"unregistered phones\*\* is kept for {SPAN}"),
        ("docs/privacy.md", "docs/operations.md"),
    ),
    Promise(
        "a topic is kept that is no longer listed",
        topics.KEPT_FOR,
        (rf"in the list for {SPAN}", rf"topic, and are forgotten after {SPAN}"),
        ("docs/privacy.md", "docs/adr/0016-topics-mode.md"),
    ),
    Promise(
        "a token of the command line works",
        seconds(tokens.TOKEN_SECONDS),
        (rf"token works once, for {SPAN} and for that person", rf"\*Command line token\*\. It works once, within {SPAN}"),
        ("docs/operations.md", "docs/campaign-staff.md"),
    ),
    Promise("an outdated translation is served", days(OUTDATED_DAYS), (rf"served for another {SPAN}",), ("docs/editors.md",)),
    Promise(
        "a report of an app counts",
        days(correction_count.RECENT_DAYS),
        (rf"report counts for {SPAN}", rf"next check, and is deleted after {SPAN}", rf"to check it sooner \| {SPAN}"),
        ("docs/signposting.md", "docs/privacy.md"),
    ),
    Promise(
        "a correction link is valid",
        days(correction_link.LINK_DAYS),
        (rf"signed link that is valid for {SPAN}",),
        ("docs/signposting.md",),
    ),
    Promise(
        "a notice may lie ahead",
        days(notice.MAX_DAYS_AHEAD),
        (rf"at most {SPAN} ahead", rf"\*\*Limits:\*\* at most {SPAN}"),
        ("docs/signposting.md", "docs/adr/0017-short-term-notices.md"),
    ),
    Promise(
        "a notice that begins soon closes a line",
        availability._NOTICE_AHEAD,
        (rf"such a notice begins within {SPAN}",),
        ("docs/resolver.md",),
    ),
    Promise(
        "a request's body may take",
        seconds(server.APP_BODY_SECONDS),
        (rf"body did not arrive within {SPAN}", rf"a late one gets 408 after {SPAN}"),
        ("docs/api.md", "docs/operations.md"),
    ),
    Promise(
        "a database that does not answer is down",
        seconds(edition_store.DOWN_AFTER_SECONDS),
        (rf"database has not answered for {SPAN}",),
        ("docs/operations.md",),
    ),
    Promise("an audience has at least", audience.MIN_AUDIENCE, (rf"[Ff]ewer than {COUNT} phones",), ("docs/campaign-staff.md",)),
    Promise("the canary has", batch.CANARY_SIZE, (rf"the first {COUNT} of a large wave",), ("docs/glossary.md",)),
    Promise("a batch has at most", batch.BATCH_SIZE, (rf"at most {COUNT} tickets",), ("docs/glossary.md",)),
]


def read(figure: str) -> timedelta | int:
    """Return a quoted figure: `45 s`, `ten minutes`, `10,000`."""
    number, _, unit = figure.rpartition(" ")
    if not number:
        return int(figure.replace(",", ""))
    amount = WORDS[number] if number in WORDS else float(number)
    return timedelta(seconds=amount * UNITS[unit if unit == "s" else unit.removesuffix("s")])


@pytest.mark.parametrize("promise", PROMISES, ids=[promise.name for promise in PROMISES])
def test_every_quotation_gives_the_figure_of_the_code(promise: Promise) -> None:
    found = {
        document: [match[1] for pattern in promise.patterns for match in re.finditer(pattern, text)]
        for document, text in DOCUMENTS.items()
    }

    for document, figures in found.items():
        assert {read(figure) for figure in figures} <= {promise.figure}, (document, figures)
    assert [document for document in promise.documents if not found[document]] == []


def test_a_manifest_that_is_due_is_looked_for_well_within_the_promise() -> None:
    assert beat("content.tasks.sign_manifest") * 10 < timedelta(minutes=5) == PROMISES[0].figure


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("45 s", seconds(45)),
        ("1.5 seconds", seconds(1.5)),
        ("half a second", seconds(0.5)),
        ("ten minutes", seconds(600)),
        ("10,000", 10_000),
    ],
)
def test_figures_are_read_as_documents_write_them(figure: str, value: timedelta | int) -> None:
    assert read(figure) == value
