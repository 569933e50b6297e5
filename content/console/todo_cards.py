"""What waits for somebody in content, for the first page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, Subquery
from django.urls import reverse

from content.console.services import SOON
from content.models import Assurance, Channel, ChannelRevision, Locale, Release, ServiceNotice, Target, Unit
from content.models.release import ReleaseState
from content.models.service import Status
from content.models.target import TargetState
from content.models.unit import UnitState
from content.terms import SOURCE_LOCALE
from core.console.pages import Link
from core.console.todo import TodoCard, todo_cards
from core.models import User

#: Languages that get a card of their own; further ones share one.
MOST_CARDS = 4


@todo_cards(30)
def words(person: User, at: datetime) -> Iterator[TodoCard]:
    """Texts that the person may approve or bring up to date, by language."""
    names = dict(Locale.objects.values_list("code", "name"))
    if person.has_perm("content.approve_words"):
        if person.reads(SOURCE_LOCALE):
            n = Unit.objects.filter(state=UnitState.NEEDS_REVIEW).exclude(written_by=person).count()
            if n:
                url = reverse("admin:sources") + "?state=needs-review"
                yield TodoCard(
                    "Source texts to review", "Written by somebody else; you are the second reader.", url, "Review", n, "wait"
                )
        fresh = Target.objects.filter(state=TargetState.NEEDS_REVIEW, source_revision__gte=F("unit__meaning_revision"))
        counts = fresh.exclude(written_by=person).order_by().values_list("locale").annotate(n=Count("pk"))
        yield from _by_locale(
            person, dict(counts), names, "needs-review", "to review", "Approve what says the same as its source."
        )
    if person.has_perm("content.edit_words"):
        counts = Target.objects.outdated().order_by().values_list("locale").annotate(n=Count("pk"))
        yield from _by_locale(person, dict(counts), names, "outdated", "outdated", "Their source has changed since.")


def _by_locale(
    person: User, counts: dict[str, int], names: dict[str, str], state: str, what: str, text: str
) -> Iterator[TodoCard]:
    mine = sorted(((n, code) for code, n in counts.items() if person.reads(code)), reverse=True)
    shown = mine if len(mine) <= MOST_CARDS else []
    for n, code in shown:
        url = reverse("admin:words-locale", args=[code]) + f"?state={state}"
        yield TodoCard(f"{names[code]} {what}", text, url, "Open", n, "wait")
    if mine and not shown:
        links = tuple(
            Link(f"{names[code]} {n}", reverse("admin:words-locale", args=[code]) + f"?state={state}") for n, code in mine
        )
        total = sum(n for n, _ in mine)
        yield TodoCard(
            f"Texts {what}", f"{text} In {len(mine)} languages.", reverse("admin:words"), "All languages", total, "wait", links
        )


@todo_cards(20)
def numbers(person: User, at: datetime) -> Iterator[TodoCard]:
    """Changes of numbers that the person may approve, and checks that end soon."""
    if person.has_perm("content.approve_channelrevision"):
        n = ChannelRevision.objects.proposed().exclude(proposed_by=person).count()
        if n:
            yield TodoCard(
                "Number changes",
                "Proposed by somebody else; nothing changes before you approve.",
                reverse("admin:numbers"),
                "Compare old and new",
                n,
                "wait",
            )
        n = ServiceNotice.objects.proposed().exclude(proposed_by=person).count()
        if n:
            text = "Proposed by somebody else; readers get nothing of them before you approve."
            yield TodoCard("Notices of services", text, reverse("admin:notices"), "Read and decide", n, "wait")
    if person.has_perm("content.assure_channel"):
        last = Assurance.objects.filter(revision=OuterRef("revision")).order_by("-at", "-pk").values("until")[:1]
        channels = Channel.objects.filter(service__status=Status.ACTIVE).annotate(until=Subquery(last))
        n = channels.filter(until__lt=(at + timedelta(days=SOON)).date()).count()
        if n:
            yield TodoCard(
                "Checks that end soon",
                f"Channels whose check ended or ends within {SOON} days.",
                reverse("admin:desk"),
                "Check them again",
                n,
                "bad",
            )
        n = channels.filter(until=None).count()
        if n:
            yield TodoCard(
                "Channels nobody has checked",
                "Read, open or ring them, and say until when that is good.",
                reverse("admin:desk"),
                "Open the desk",
                n,
            )


@todo_cards(40)
def releases(person: User, at: datetime) -> Iterator[TodoCard]:
    """The candidate that the person may publish."""
    current = Release.objects.current_number()
    newest = Release.objects.filter(state=ReleaseState.CANDIDATE, base=current).order_by("-number").first()
    if newest and newest.compiled_by_id != person.pk and person.has_perm("content.publish_release"):
        blocked = len(newest.report.get("blocked", []))
        text = f"Compiled by {newest.compiled_by.username}. " + (
            f"{blocked} packs are blocked." if blocked else "No pack is blocked."
        )
        yield TodoCard(
            f"Release {newest.number} to publish",
            text,
            reverse("admin:release", args=[newest.number]),
            "Look at it",
            None,
            "wait",
        )
    if person.has_perm("content.compile_release"):
        text = f"Release {current} is what readers get." if current else "Nothing is published yet."
        yield TodoCard("Releases", text, reverse("admin:releases"), "Compile or look")
