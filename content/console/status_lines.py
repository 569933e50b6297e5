"""The sentences of the page Status about what readers get: releases, the manifest, checks, texts and proposals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from content.assurance.check_dates import check_dates
from content.models import (
    ChannelRevision,
    Figure,
    LocaleRevision,
    Manifest,
    OrganizationRevision,
    Release,
    ScheduledPublication,
    ServiceNotice,
    ServiceRevision,
    Target,
    TipRevision,
    Unit,
)
from content.models.release import OLD_RELEASE, ReleaseState
from content.models.target_status import TargetStatus
from content.models.unit_lifecycle import UnitState
from content.publishing import signing
from core.console.display import zoned_text
from core.console.pages import Link
from core.console.status_lines import Condition, StatusLine, counted, waiting_line
from core.models import User
from core.querysets import count_each

#: The states of releases that the page is about.
_SHOWN = (ReleaseState.PUBLISHED, ReleaseState.CANDIDATE)


def content_lines(user: User, *, at: datetime) -> Iterator[StatusLine]:
    """Yield the sentences; the number of queries is the same whatever there is."""
    yield from _release_lines(user, at)
    yield from _manifest_lines(user, at)
    yield from _check_lines(at)
    yield from _proposal_lines()


def _release_lines(user: User, at: datetime) -> Iterator[StatusLine]:
    link = Link("Releases", reverse("admin:releases"))
    newest = {release.state: release for release in Release.objects.filter(state__in=_SHOWN).defer("report").order_by("number")}
    planned = dict(ScheduledPublication.objects.waiting().values_list("release", "publish_at"))
    published, candidate = newest.get(ReleaseState.PUBLISHED), newest.get(ReleaseState.CANDIDATE)
    if published is None or published.published_at is None:
        text = "No release is published: apps get no tips and no services. Compile one, and let a second person publish it."
        yield StatusLine(Condition.NEEDS_PERSON, text, link)
    else:
        old = at - published.published_at > OLD_RELEASE
        text = f"Readers get release {published.number}, published on {zoned_text(published.published_at, user.time_zone)}."
        text += " Corrections since then reach nobody before the next one." if old else ""
        yield StatusLine(Condition.LATE if old else Condition.WORKS, text, link)
    if candidate is not None and (published is None or candidate.number > published.number):
        url = reverse("admin:release", args=[candidate.number])
        if candidate.number in planned:
            when = zoned_text(planned[candidate.number], user.time_zone)
            text = f"Release {candidate.number} is approved, and will be published on {when}."
            yield StatusLine(Condition.WORKS, text, Link("Open the release", url))
        else:
            text = f"Release {candidate.number} waits for a second person who publishes it."
            yield StatusLine(Condition.NEEDS_PERSON, text, Link("Read and publish", url))
    for refused in ScheduledPublication.objects.unresolved_refusals():
        page = Link("See why", reverse("admin:release", args=[refused.release_id]))
        text = f"Release {refused.release_id} was not published at its time. {refused.detail}"
        yield StatusLine(Condition.NEEDS_PERSON, text, page)


def _manifest_lines(user: User, at: datetime) -> Iterator[StatusLine]:
    manifest = Manifest.objects.order_by("-pk").only("issued_at", "expires_at").first()
    if manifest is None:
        text = "The manifest has never been signed, so apps accept no release. A worker with a signing key signs it."
        yield StatusLine(Condition.NEEDS_PERSON, text)
        return
    issued, expires = (zoned_text(instant, user.time_zone) for instant in (manifest.issued_at, manifest.expires_at))
    if at - manifest.issued_at >= signing.ALARM_AFTER:
        text = f"The manifest was last signed on {issued}, and apps trust it until {expires}. A worker should sign it each day."
        yield StatusLine(Condition.LATE, text)
    else:
        yield StatusLine(Condition.WORKS, f"The manifest was signed on {issued}. Apps trust it until {expires}.")


def _check_lines(at: datetime) -> Iterator[StatusLine]:
    link, dates = Link("Checks", reverse("admin:assurance-queue")), check_dates(at=at)
    if dates.overdue_emergency:
        numbers = counted(dates.overdue_emergency, "emergency number has", "emergency numbers have")
        text = f"{numbers} no valid check. Readers see each with the date of the last one."
        yield StatusLine(Condition.NEEDS_PERSON, text, link)
    if dates.expired:
        contacts = counted(dates.expired, "number or address has", "numbers and addresses have")
        yield StatusLine(Condition.NEEDS_PERSON, f"{contacts} no valid check, so no new release includes them.", link)
    if dates.soon:
        contacts = counted(dates.soon, "number or address", "numbers and addresses")
        yield StatusLine(Condition.LATE, f"The check of {contacts} expires within {dates.days} days.", link)
    if not (dates.overdue_emergency or dates.expired or dates.soon):
        yield StatusLine(Condition.WORKS, "Every number and address has a valid check.", link)


def _proposal_lines() -> Iterator[StatusLine]:
    """Yield what waits for a second person, and translations of earlier sources."""
    targets = Target.objects.with_status()
    found = count_each(
        services=ServiceRevision.objects.proposed(), organizations=OrganizationRevision.objects.proposed(),
        contacts=ChannelRevision.objects.proposed(), notices=ServiceNotice.objects.proposed(), figures=Figure.objects.proposed(),
        tips=TipRevision.objects.proposed(), languages=LocaleRevision.objects.proposed(),
        sources=Unit.objects.filter(state=UnitState.NEEDS_REVIEW),
        translations=targets.filter(status=TargetStatus.NEEDS_REVIEW), outdated=targets.filter(status=TargetStatus.OUTDATED),
    )  # fmt: skip
    found["services"] += found["organizations"]
    for name, one, many, page in (
        ("services", "change of a service", "changes of services", "service-changes"),
        ("contacts", "number or address", "numbers and addresses", "contact-changes"),
        ("notices", "notice", "notices", "notices"),
        ("figures", "figure", "figures", "figures"),
        ("tips", "change of a tip", "changes of tips", "tip-changes"),
        ("languages", "language", "languages", "languages"),
        ("sources", "source text", "source texts", "source-texts"),
        ("translations", "translation", "translations", "translations"),
    ):
        yield from waiting_line(found[name], one, many, Link("Open", reverse(f"admin:{page}")))
    if number := found["outdated"]:
        shown = counted(number, "translation is", "translations are")
        link = Link("Translations", reverse("admin:translations"))
        yield StatusLine(Condition.LATE, f"{shown} shown although the source text has changed.", link)
