"""Topics: which ones an installation of an app that stores no address subscribes to, and their batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from content.compiling import fallback
from content.models import Locale
from content.terms import Recipient
from core.errors import Conflict, Invalid
from notifications.models.app import App, PushMode
from notifications.models.batch import BATCH_SIZE, Batch, BatchState
from notifications.models.registration_row import REFRESH_AFTER
from notifications.models.segment import ANY_PLATFORM, Segment
from notifications.models.wave import Wave
from notifications.registrations import values

#: How long an unrequested topic is kept. Google drops an Android phone after the same time, so no phone is left behind the topic.
KEPT_FOR = timedelta(days=270)
#: The locale of installations whose language has no text.
_NO_LOCALE = "und"
# One row for all installations with the same values, written at most once a day.
_RECORD = """
    INSERT INTO notifications_segment AS s (app_id, country, region, locale, audience, zone, platform, requested_on)
    VALUES (%(app_id)s, %(country)s, %(region)s, %(locale)s, %(audience)s, %(zone)s, %(platform)s, %(requested_on)s)
    ON CONFLICT (app_id, country, region, locale, audience, zone, platform)
    DO UPDATE SET requested_on = EXCLUDED.requested_on WHERE s.requested_on < EXCLUDED.requested_on
"""


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
    *,
    app: str,
    country: str,
    region: str | None,
    locale: str,
    audience: str,
    time_zone: str | None,
    at: datetime,
    before_new: Callable[[], None] | None = None,
) -> TopicSubscriptions:
    """Return the topics for an installation with these values; all that is stored is that some app requested them on this day.

    `before_new` is called before a topic is stored that nobody has requested yet, and may raise. Raises Invalid for an unknown
    app or a value that may not be stored, NoTopics where the app is not in topics mode.
    """
    found = App.objects.filter(name=app).first()
    if found is None:
        raise Invalid(f"There is no app called {app}.", code="app", field="app")
    if audience not in Recipient.values:
        raise values.InvalidValue("audience", f"audience must be one of {', '.join(Recipient.values)}.")
    segment = Segment(
        app=found,
        country=values.country(country),
        region=values.region(country, region),
        locale=_supported(locale),
        audience=audience,
        zone=values.time_zone(country, time_zone),
        platform=ANY_PLATFORM,
    )
    mode = found.mode_in(segment.country)
    if mode != PushMode.TOPICS:
        raise NoTopics(f"The app {app} uses no topics in {segment.country}; its push mode there is {mode}.", push_mode=str(mode))
    _record(segment, on=at.date(), before_new=before_new)
    return TopicSubscriptions([segment.topic], at + REFRESH_AFTER)


def _supported(locale: str) -> str:
    """Return the supported locale of the same language and script, or `und`: a rare tag would set few phones apart."""
    supported = list(Locale.objects.values_list("code", flat=True))
    return fallback.match_accept_language(values.locale(locale), supported) or _NO_LOCALE


def _record(segment: Segment, *, on: date, before_new: Callable[[], None] | None) -> None:
    """Record that the topic was requested, with at most one write a day."""
    names = ("app_id", "country", "region", "locale", "audience", "zone", "platform")
    row = {name: getattr(segment, name) for name in names}
    requested_on = Segment.objects.filter(**row).values_list("requested_on", flat=True).first()
    if requested_on is not None and requested_on >= on:
        return
    if requested_on is None and before_new is not None:
        before_new()
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {**row, "requested_on": on})


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
