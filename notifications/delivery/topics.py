"""Topics: which ones an installation of an app that stores no address subscribes to, and their batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from content.terms import Recipient
from core.errors import Conflict, Invalid
from notifications.delivery import topic_list
from notifications.models.app import App, PushMode
from notifications.models.batch import BATCH_SIZE, Batch, BatchState
from notifications.models.registration_row import REFRESH_AFTER
from notifications.models.segment import ANY_PLATFORM, Segment
from notifications.models.wave import Wave
from notifications.registrations import values

#: How long a topic is kept that is no longer listed. Google drops a silent Android phone after the same time, so no phone is left
#: behind the topic.
KEPT_FOR = timedelta(days=270)


class NoTopics(Conflict):
    """This app uses no topics in this country."""

    code = "push-mode"


@dataclass(frozen=True)
class TopicSubscriptions:
    """All topics that one installation is to be subscribed to, and when it should request them again."""

    topics: list[str]
    refresh_after: datetime
    push_mode: str = PushMode.TOPICS.value


def subscriptions_for(
    *, app: str, country: str, region: str | None, locale: str, audience: str, time_zone: str | None, at: datetime
) -> TopicSubscriptions:
    """Return the topics for an installation with these values: the nearest of the list. Nothing is stored.

    Raises Invalid for an unknown app or a value that does not exist, NoTopics where the app is not in topics mode, and NoRelease
    before the first publication.
    """
    found = App.objects.filter(name=app).first()
    if found is None:
        raise Invalid(f"There is no app called {app}.", code="app", field="app")
    if audience not in Recipient.values:
        raise values.InvalidValue("audience", f"audience must be one of {', '.join(Recipient.values)}.")
    mode = found.mode_in(values.country(country))
    if mode != PushMode.TOPICS:
        raise NoTopics(f"The app {app} uses no topics in {country}; its push mode there is {mode}.", push_mode=str(mode))
    nearest = topic_list.nearest(
        topic_list.facts(), country=country, region=region, locale=locale, audience=audience, time_zone=time_zone
    )
    segment = Segment(app=found, platform=ANY_PLATFORM, **nearest._asdict())
    return TopicSubscriptions([segment.topic], at + REFRESH_AFTER)


def write_batches(waves: list[Wave], *, at: datetime) -> int:
    """Divide every wave of topics into batches of at most 500; a topic's ticket is its segment's id. Return how many topics."""
    batches = []
    for wave in waves:
        over = wave.due_at is None
        for start in range(0, len(wave.segments), BATCH_SIZE):
            part = wave.segments[start : start + BATCH_SIZE]
            low, high, size = part[0], part[-1], len(part)
            batches.append(
                Batch(
                    wave=wave, from_segment=low, from_ticket=low, to_segment=high, to_ticket=high, size=size,
                    state=BatchState.DONE if over else BatchState.OPEN, ready_at=wave.due_at or at, skipped=size if over else 0,
                )
            )  # fmt: skip
    Batch.objects.bulk_create(batches)
    return sum(batch.size for batch in batches)
