"""What `manage.py doctor` inspects of releases, the manifest and the checks of services."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from content.assurance.check_dates import check_dates
from content.models import Manifest, Release
from content.models.release import OLD_RELEASE, ReleaseState
from content.publishing import signing
from core.doctor import Symptom, inspects, warning


@inspects("the release")
def inspect_release(at: datetime) -> Iterator[Symptom]:
    """Look at what readers get, and at its signature."""
    release = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if release is None:
        yield Symptom("No release is published: apps get no tips and no services.", "release compile, then release publish.")
        return
    if release.published_at is not None and at - release.published_at > OLD_RELEASE:
        yield warning(f"The published release is {(at - release.published_at).days} days old.", "Compile and publish another.")
    manifest = Manifest.objects.order_by("-pk").first()
    if manifest is None:
        yield Symptom("The manifest has never been signed: apps that verify it take nothing.", "docs/operations.md, Keys.")
    elif at - manifest.issued_at >= signing.ALARM_AFTER:
        yield Symptom(
            f"The manifest was last signed on {manifest.issued_at:%-d %B %Y}, and is valid until {manifest.expires_at:%-d %B}.",
            "A worker with PACK_SIGNING_KEY and a beat sign it daily.",
        )


@inspects("the checks of services")
def inspect_checks(at: datetime) -> Iterator[Symptom]:
    """Look for services whose check has expired or will soon."""
    dates = check_dates(at=at)
    if dates.overdue_emergency:
        yield Symptom(
            f"{dates.overdue_emergency} emergency numbers have no valid check. They are shown, with the date of the last one.",
            "Check them in the console under Checks.",
        )
    if dates.expired:
        yield warning(f"{dates.expired} numbers and addresses have no valid check, so no release includes them.")
    if dates.soon:
        yield warning(f"The check of {dates.soon} numbers and addresses expires within {dates.days} days.")
