"""Topics: how an app that stores no address hears of alerts, how they are sent to, and how they are forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from content.compiling import fallback
from content.models import Locale
from content.terms import Audience
from core.errors import Conflict, Invalid
from notifications.models.app import App, PushMode
from notifications.models.batch import BATCH_SIZE, Batch, BatchState
from notifications.models.registration import REFRESH_AFTER
from notifications.models.segment import ANY_PLATFORM, Segment
from notifications.models.upkeep import Upkeep
from notifications.models.wave import Wave
from notifications.registrations import values

#: Google drops an Android phone that was silent for as long, so that nobody is behind a topic that nobody asked for since.
FORGET_AFTER = timedelta(days=270)
#: The locale of readers whose language has no text of ours.
_NO_LOCALE = "und"
# One row for everybody of whom the same is told; written by the first who comes on a day.
_ASK = """
    INSERT INTO notifications_segment AS s (app_id, country, region, locale, audience, zone, platform, asked_on)
    VALUES (%(app_id)s, %(country)s, %(region)s, %(locale)s, %(audience)s, %(zone)s, %(platform)s, %(asked_on)s)
    ON CONFLICT (app_id, country, region, locale, audience, zone, platform)
    DO UPDATE SET asked_on = EXCLUDED.asked_on WHERE s.asked_on < EXCLUDED.asked_on
"""
# In one statement, so that a topic is kept that somebody asks for in the same instant.
_FORGET = """
    DELETE FROM notifications_segment s
    WHERE s.platform = '' AND s.asked_on < %(before)s
        AND NOT EXISTS (SELECT 1 FROM notifications_wave w WHERE s.id = ANY(w.segments))
"""


class OtherMode(Conflict):
    """This app uses no topics there."""

    code = "push-mode"


@dataclass(frozen=True)
class Subscriptions:
    """All that one installation is to be subscribed to, and when it should ask again."""

    topics: list[str]
    refresh_after: datetime
    push_mode: str = PushMode.TOPICS.value


def ask(
    *, app: str, country: str, region: str | None, locale: str, audience: str, time_zone: str | None, at: datetime
) -> Subscriptions:
    """Return the topics of an installation with these values; nothing is kept of it but that somebody asked on this day.

    Raises Invalid for an unknown app or a value that may not be stored, OtherMode where the app is not in topics mode.
    """
    found = App.objects.filter(name=app).first()
    if found is None:
        raise Invalid(f"There is no app called {app}.", code="app", field="app")
    if audience not in Audience.values:
        raise values.NotAValue("audience", f"audience is one of {', '.join(Audience.values)}.")
    segment = Segment(
        app=found,
        country=values.country(country),
        region=values.region(country, region),
        locale=_supported(locale),
        audience=audience,
        zone=values.time_zone(time_zone),
        platform=ANY_PLATFORM,
    )
    mode = found.mode_in(segment.country)
    if mode != PushMode.TOPICS:
        raise OtherMode(f"The app {app} uses no topics there; its mode is {mode}.", push_mode=str(mode))
    _note(segment, on=at.date())
    return Subscriptions([segment.topic], at + REFRESH_AFTER)


def _supported(locale: str) -> str:
    """Return our own locale of the same language and script, or the one for no text of ours: a rare tag tells phones apart."""
    supported = list(Locale.objects.values_list("code", flat=True))
    return fallback.match_accept_language(values.locale(locale), supported) or _NO_LOCALE


def _note(segment: Segment, *, on: date) -> None:
    """Note that the topic was asked for, in at most one write a day."""
    names = ("app_id", "country", "region", "locale", "audience", "zone", "platform")
    row = {name: getattr(segment, name) for name in names}
    if not Segment.objects.filter(**row, asked_on__gte=on).exists():
        with connection.cursor() as cursor:
            cursor.execute(_ASK, {**row, "asked_on": on})


def write_batches(waves: list[Wave], *, at: datetime) -> int:
    """Cut every wave of topics into batches of at most 500, in which a topic's ticket is its segment; return how many topics."""
    batches = []
    for wave in waves:
        over = wave.due_at is None
        for start in range(0, len(wave.segments), BATCH_SIZE):
            part = wave.segments[start : start + BATCH_SIZE]
            low, high, n = part[0], part[-1], len(part)
            batches.append(
                Batch(
                    wave=wave, from_segment=low, from_ticket=low, to_segment=high, to_ticket=high, n=n,
                    state=BatchState.DONE if over else BatchState.OPEN, ready_at=wave.due_at or at, skipped=n if over else 0,
                )
            )  # fmt: skip
    Batch.objects.bulk_create(batches)
    return sum(batch.n for batch in batches)


def forget_unasked(*, at: datetime) -> int:
    """Once a day forget the topics that nobody has asked for in 270 days, never one of a campaign that is under way."""
    if not Upkeep.objects.is_due("forget-topics", on=at.date()):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"before": (at - FORGET_AFTER).date()})
        forgotten = int(cursor.rowcount)
    Upkeep.objects.done("forget-topics", on=at.date())
    return forgotten
