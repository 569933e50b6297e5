"""Judge a canary: say in a sentence why it failed, once enough of it has an outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from notifications.delivery.outcomes import Outcome, SendResult
from notifications.delivery.settlements import OpenBatch, gone_by_platform, is_decided
from notifications.models.segment import PLATFORM_NAMES, Platform

#: Outcomes that a platform needs in a canary before its share of gone installations counts.
MIN_OF_PLATFORM = 10
MOSTLY_GONE = (
    "FCM reports more than half of the first phones gone. Something else is wrong than old addresses, perhaps the sending "
    "account. No phone was removed, and nothing was sent to the others."
)
PLATFORM_GONE = (
    "FCM reports more than half of the first phones on {platform} gone. Something else is wrong than old addresses, "
    "perhaps its key or its app in the sending account. No phone was removed, and nothing was sent to the others."
)


def failure_of(batch: OpenBatch, results: Mapping[int, Outcome]) -> str:
    """Return why a canary failed: most of it is gone, or most of one platform; "" when it did not, or is no canary."""
    if not batch.claim.canary:
        return ""
    tally = {message: Counter(numbers) for message, numbers in batch.claim.tally.items()}
    for ticket, outcome in results.items():
        if outcome.result in (SendResult.ACCEPTED, SendResult.REJECTED):
            message = str(batch.destinations[ticket].message)
            tally.setdefault(message, Counter())[outcome.reason or str(outcome.result)] += 1
    if not is_decided(batch.claim.size, tally):
        return ""
    by_platform = gone_by_platform(batch, tally)
    if sum(lost for lost, _ in by_platform.values()) * 2 > batch.claim.size:
        return MOSTLY_GONE
    for platform, (lost, total) in by_platform.items():
        if platform and lost * 2 > total >= MIN_OF_PLATFORM:
            return PLATFORM_GONE.format(platform=PLATFORM_NAMES[Platform(platform)])
    return ""
