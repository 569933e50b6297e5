"""The cards for content on the console's first page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.urls import reverse

from content.console.services import RENEW_DAYS
from content.console.unit_names import UnitNames
from content.models import (
    Assurance,
    Channel,
    ChannelRevision,
    Figure,
    Locale,
    LocaleRevision,
    OrganizationRevision,
    Release,
    ScheduledPublication,
    ServiceNotice,
    ServiceRevision,
    Target,
    TipRevision,
    Unit,
    UnsavedText,
)
from content.models.release import ReleaseState
from content.models.service_facts import Status
from content.models.target_status import TargetStatus
from content.models.unit_lifecycle import UnitState
from content.terms import SOURCE_LOCALE
from core import roles
from core.console.pages import Link
from core.console.todo import TodoCard, todo_cards
from core.models import User

#: Up to this many languages get a card each; more share one.
MAX_LANGUAGE_CARDS = 4


@todo_cards(20)
def contact_cards(user: User, at: datetime) -> Iterator[TodoCard]:
    """Facts of services, contact changes, notices and figures to approve, and checks to make."""
    if roles.holds(user, "content.approve_channelrevision"):
        yield from _proposal_cards(user)
    if roles.holds(user, "content.assure_channel"):
        last = Assurance.objects.filter(revision=OuterRef("revision")).order_by("-at", "-pk").values("until")[:1]
        channels = Channel.objects.filter(service__status=Status.ACTIVE, service__revision__isnull=False).annotate(
            until=Subquery(last)
        )
        queue = reverse("admin:assurance-queue")
        n = channels.filter(until__lt=(at + timedelta(days=RENEW_DAYS)).date()).count()
        if n:
            text = f"Checks that have expired or expire within {RENEW_DAYS} days."
            yield TodoCard("Checks to renew", text, queue, "Check these channels", n, "bad")
        n = channels.filter(until=None).count()
        if n:
            text = "Contact details that nobody has checked yet."
            yield TodoCard("Channels never checked", text, queue, "Check these channels", n)


def _proposal_cards(user: User) -> Iterator[TodoCard]:
    """Yield a card for each kind of fact that others have proposed and the user may approve."""
    no_change, compare = "Nothing changes until you approve it.", "Compare and decide"
    facts = (ServiceRevision.objects.proposed(), OrganizationRevision.objects.proposed())
    kinds: tuple[tuple[str, tuple[QuerySet[Any], ...], str, str, str], ...] = (
        ("Service changes", facts, "service-changes", no_change, compare),
        ("Contact changes", (ChannelRevision.objects.proposed(),), "contact-changes", no_change, compare),
        (
            "Notices",
            (ServiceNotice.objects.proposed(),),
            "notices",
            "Readers do not see it until you approve it.",
            "Read and decide",
        ),
        ("Figures", (Figure.objects.proposed(),), "figures", "Readers do not get them until you approve them.", compare),
    )
    for name, proposals, page, until, link in kinds:
        n = sum(rows.exclude(proposed_by=user).count() for rows in proposals)
        if n:
            yield TodoCard(f"{name} to approve", f"Proposed by someone else. {until}", reverse(f"admin:{page}"), link, n, "wait")


@todo_cards(30)
def text_cards(user: User, at: datetime) -> Iterator[TodoCard]:
    """Texts to approve or to update, by language."""
    names = dict(Locale.objects.values_list("code", "name"))
    if roles.holds(user, "content.approve_words"):
        if user.reads(SOURCE_LOCALE):
            n = Unit.objects.filter(state=UnitState.NEEDS_REVIEW).exclude(written_by=user).count()
            if n:
                url = reverse("admin:source-texts") + "?state=needs-review"
                yield TodoCard("Source texts to review", "Written by someone else.", url, "Review", n, "wait")
            n = TipRevision.objects.proposed().exclude(proposed_by=user).count()
            if n:
                text = "Proposed by someone else. Readers see no change until you approve it."
                yield TodoCard("Tip changes to approve", text, reverse("admin:tip-changes"), "Compare and decide", n, "wait")
        n = LocaleRevision.objects.proposed().exclude(proposed_by=user).count()
        if n:
            text = "Proposed by someone else. Nothing changes until you approve it."
            yield TodoCard("Languages to approve", text, reverse("admin:languages"), "Compare and decide", n, "wait")
        current = Target.objects.with_status().filter(status=TargetStatus.NEEDS_REVIEW)
        counts = current.exclude(written_by=user).order_by().values_list("locale").annotate(n=Count("pk"))
        text = "Approve each translation that says the same as its source."
        yield from _language_cards(user, dict(counts), names, state="needs-review", what="to review", text=text)
        # The latest revision of such a target is the proposal.
        others = Target.objects.exclude_latest_by(user).with_status().filter(status=TargetStatus.REMOVAL)
        counts = others.order_by().values_list("locale").annotate(n=Count("pk"))
        text = "Proposed by someone else. Readers get the text until you approve its removal."
        yield from _language_cards(user, dict(counts), names, state="removal", what="to remove", text=text)
    if roles.holds(user, "content.edit_words"):
        yield from _unsaved_card(user)
        counts = (
            Target.objects.with_status()
            .filter(status__in=[TargetStatus.OUTDATED, TargetStatus.WITHDRAWN])
            .order_by()
            .values_list("locale")
            .annotate(n=Count("pk"))
        )
        text = "The source text has changed since the translation."
        yield from _language_cards(user, dict(counts), names, state="outdated", what="to update", text=text)


def _unsaved_card(user: User) -> Iterator[TodoCard]:
    """Yield a card with links to the texts that the user has typed and not saved."""
    kept = list(UnsavedText.objects.filter(person=user).select_related("unit", "locale"))
    if not kept:
        return
    unit_names = UnitNames(row.unit.key for row in kept)

    def link(row: UnsavedText) -> Link:
        name = f"{unit_names.name(row.unit.key)} ({row.locale.name})"
        if row.locale_id == row.unit.source_locale_id:
            return Link(name, reverse("admin:source-text", args=[row.unit.key]))
        return Link(name, reverse("admin:translation", args=[row.locale_id, row.unit.key]))

    first, *others = (link(row) for row in kept)
    text = "What you typed is kept until you save or discard it."
    yield TodoCard("Texts you have not saved", text, first.url, first.text, len(kept), "wait", tuple(others))


def _language_cards(
    user: User, counts: dict[str, int], names: dict[str, str], *, state: str, what: str, text: str
) -> Iterator[TodoCard]:
    """Yield a card for each language that the user reads, or one card for all where there are too many."""

    def url(code: str) -> str:
        return reverse("admin:translation-queue", args=[code]) + f"?state={state}"

    mine = sorted(((n, code) for code, n in counts.items() if user.reads(code)), reverse=True)
    if len(mine) <= MAX_LANGUAGE_CARDS:
        for n, code in mine:
            yield TodoCard(f"{names[code]} {what}", text, url(code), "Open", n, "wait")
        return
    links = tuple(Link(f"{names[code]} {n}", url(code)) for n, code in mine)
    total = sum(n for n, _ in mine)
    text = f"{text} In {len(mine)} languages."
    yield TodoCard(f"Translations {what}", text, reverse("admin:translations"), "All languages", total, "wait", links)


@todo_cards(40)
def release_cards(user: User, at: datetime) -> Iterator[TodoCard]:
    """A candidate to publish, and the way to compile one."""
    current = Release.objects.current_number()
    newest = Release.objects.filter(state=ReleaseState.CANDIDATE, base=current).order_by("-number").first()
    planned = {*ScheduledPublication.objects.waiting().values_list("release", flat=True)}
    if newest and newest.pk not in planned and newest.compiled_by_id != user.pk and roles.holds(user, "content.publish_release"):
        blocked = len(newest.report.get("blocked", []))
        blocked_text = f"{blocked} {'pack is' if blocked == 1 else 'packs are'} blocked" if blocked else "No pack is blocked"
        text = f"Compiled by {newest.compiled_by.shown_name}. {blocked_text}."
        url = reverse("admin:release", args=[newest.number])
        yield TodoCard(f"Release {newest.number} to publish", text, url, "Review and publish", None, "wait")
    for refused in ScheduledPublication.objects.unresolved_refusals():
        text = f"The release was not published at its time. {refused.detail}"
        url = reverse("admin:release", args=[refused.release_id])
        yield TodoCard(f"Release {refused.release_id} was not published", text, url, "See why", None, "bad")
    if roles.holds(user, "content.compile_release"):
        text = f"Readers see release {current}." if current else "Nothing is published yet."
        yield TodoCard("Releases", text, reverse("admin:releases"), "View or compile releases")
