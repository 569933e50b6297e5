"""GET /metrics: what operators watch, in Prometheus' text format, read from the database when it is asked for.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/. All processes give the same figures, except those of
requests and failed sign-ins, which each server counts for itself (`core.counters`). None of them says anything about a person or
an installation.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error, connection
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import request_counts
from api.health import readiness
from api.http.auth import Public
from api.http.responses import NO_STORE, respond
from api.http.views import ApiView
from api.pages.security_txt import PlainTextRenderer
from content.assurance.check_dates import check_dates
from core.console import failed_sign_ins
from core.errors import NotFound
from core.sandbox import is_loopback
from notifications.models import Heartbeat, synthetic_alert
from notifications.models.quota import configured_rate

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metric(NamedTuple):
    """A metric: its type and what it says."""

    type: str
    help: str


METRICS: Mapping[str, Metric] = {
    "fingerpost_ready": Metric("gauge", "Whether a part works, 1 or 0: reads, writes, sends."),
    "fingerpost_requests_total": Metric("counter", "Requests that this server answered, by route and class of status."),
    "fingerpost_silence_seconds": Metric("gauge", "Seconds since a part last worked: scheduler, delivery, beat."),
    "fingerpost_campaigns": Metric("gauge", "Campaigns by state."),
    "fingerpost_sending_stopped": Metric("gauge", "Whether all sending is stopped, 1 or 0."),
    "fingerpost_messages_total": Metric("counter", "Messages to installations by outcome."),
    "fingerpost_queue_batches": Metric("gauge", "Batches that are due and not finished."),
    "fingerpost_queue_age_seconds": Metric("gauge", "Seconds for which the oldest of them has been due."),
    "fingerpost_start_lag_seconds": Metric("gauge", "Longest time from due to first request among campaigns of the last day."),
    "fingerpost_quota_rate_ratio": Metric("gauge", "Rate of a Firebase project as a share of the configured one."),
    "fingerpost_quota_blocked_seconds": Metric("gauge", "Seconds until the next request to FCM is allowed, by Firebase project."),
    "fingerpost_release_age_seconds": Metric("gauge", "Age of the published release."),
    "fingerpost_manifest_valid_seconds": Metric("gauge", "Seconds for which the newest manifest is still valid."),
    "fingerpost_checks": Metric("gauge", "Numbers and addresses by their check: overdue-emergency, expired, soon."),
    "fingerpost_outdated_texts": Metric("gauge", "Translations that are served although their source has changed."),
    "fingerpost_backup_age_seconds": Metric("gauge", "Age of the newest backup by manage.py backup."),
    "fingerpost_synthetic_alert_age_seconds": Metric("gauge", "Seconds since FCM last accepted the synthetic alert."),
    "fingerpost_sign_ins_day": Metric("gauge", "Staff who have signed in within a day."),
    "fingerpost_failed_sign_ins_total": Metric("counter", "Tries to sign in at this server that failed, by reason."),
}
# One row: ages in seconds, NULL where there is nothing.
_FIGURES = """
    SELECT
        (SELECT count(*) FROM notifications_brake WHERE campaign_id IS NULL AND state <> 'go'),
        (SELECT count(*) FROM notifications_batch WHERE state <> 'done' AND ready_at <= now()),
        (SELECT extract(epoch FROM now() - min(ready_at)) FROM notifications_batch WHERE state <> 'done' AND ready_at <= now()),
        (SELECT max(extract(epoch FROM c.started_at - w.due_at)) FROM notifications_campaign c JOIN (
            SELECT campaign_id, min(due_at) AS due_at FROM notifications_wave GROUP BY campaign_id) w ON w.campaign_id = c.id
            WHERE c.started_at > now() - interval '1 day'),
        (SELECT extract(epoch FROM now() - published_at) FROM content_release WHERE state = 'published'),
        (SELECT extract(epoch FROM expires_at - now()) FROM content_manifest ORDER BY id DESC LIMIT 1),
        (SELECT count(*) FROM content_target t JOIN content_unit u ON u.id = t.unit_id
            WHERE t.state = 'approved' AND u.outdated_revisions <> '{}' AND t.source_revision = ANY(u.outdated_revisions)),
        (SELECT extract(epoch FROM now() - max(taken_at)) FROM core_backup),
        (SELECT count(*) FROM core_user WHERE last_login > now() - interval '1 day')
"""
_MESSAGES = """
    SELECT coalesce(sum(accepted), 0), coalesce(sum(rejected), 0), coalesce(sum(unknown), 0), coalesce(sum(skipped), 0) FROM (
        SELECT accepted, rejected, unknown, skipped FROM notifications_campaign
        UNION ALL
        SELECT b.accepted, b.rejected, b.unknown, b.skipped FROM notifications_batch b
        JOIN notifications_wave w ON w.id = b.wave_id WHERE NOT w.by_topic
    ) counts
"""
#: Name, labels and value.
Sample = tuple[str, dict[str, str], float | None]


class MetricsHidden(NotFound):
    """There is nothing at this path."""


class MetricsView(ApiView):
    """The metrics, for requests with METRICS_TOKEN; without that setting, for this machine alone."""

    permission_classes = [Public]
    renderer_classes = [PlainTextRenderer]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the metrics, or 404 for anybody else."""
        if not _may_read(request):
            raise MetricsHidden()
        body = "".join(text(samples(at=timezone.now())))
        return respond(request, body.encode(), cache=NO_STORE, content_type=CONTENT_TYPE)


def _may_read(request: Request) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # Behind a proxy on the same machine every request comes from loopback.
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via"))
    return settings.TRUSTED_PROXIES == 0 and not forwarded and is_loopback(f"http://{_host(request.META['REMOTE_ADDR'])}")


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def samples(*, at: datetime) -> Iterator[Sample]:
    """Yield what this server and the database say now; while the database is away, what this server says alone.

    The alarms for readers and writes go by that, and have to be raised above all when the database is away.
    """
    for part, works in readiness.state().items():
        yield "fingerpost_ready", {"part": part}, float(works)
    yield from _counted()
    try:
        yield from _of_the_database(at=at)
    except Error as error:
        log.warning("The metrics lack what the database says (%s).", type(error).__name__)
        connection.close_if_unusable_or_obsolete()


def _of_the_database(*, at: datetime) -> Iterator[Sample]:
    last = Heartbeat.objects.last_work()
    for part in ("scheduler", "delivery", "beat"):
        yield "fingerpost_silence_seconds", {"part": part}, last.silence(getattr(last, part))
    for state, number in _rows("SELECT state, count(*) FROM notifications_campaign GROUP BY state ORDER BY state"):
        yield "fingerpost_campaigns", {"state": state}, number
    (figures,) = _rows(_FIGURES)
    names = (
        *("fingerpost_sending_stopped", "fingerpost_queue_batches", "fingerpost_queue_age_seconds"),
        *("fingerpost_start_lag_seconds", "fingerpost_release_age_seconds", "fingerpost_manifest_valid_seconds"),
        *("fingerpost_outdated_texts", "fingerpost_backup_age_seconds", "fingerpost_sign_ins_day"),
    )
    for name, value in zip(names, figures, strict=True):
        # The clocks of this machine and of the database differ a little.
        yield name, {}, value if value is None else max(0.0, float(value))
    (messages,) = _rows(_MESSAGES)
    for outcome, number in zip(("accepted", "rejected", "unknown", "skipped"), messages, strict=True):
        yield "fingerpost_messages_total", {"outcome": outcome}, number
    quotas = "SELECT project, rate, extract(epoch FROM blocked_until - now()) FROM notifications_quota ORDER BY project"
    for project, rate, blocked in _rows(quotas):
        yield "fingerpost_quota_rate_ratio", {"project": project}, rate / configured_rate()
        yield "fingerpost_quota_blocked_seconds", {"project": project}, max(0.0, float(blocked or 0))
    if settings.SYNTHETIC_APP:
        for (age,) in _rows(synthetic_alert.AGE_SQL):
            yield "fingerpost_synthetic_alert_age_seconds", {}, max(0.0, float(age))
    dates = check_dates(at=at)
    for check, number in (("overdue-emergency", dates.overdue_emergency), ("expired", dates.expired), ("soon", dates.soon)):
        yield "fingerpost_checks", {"check": check}, number


def _counted() -> Iterator[Sample]:
    """Yield what this server has counted since it was started."""
    for route, status, number in request_counts.counted():
        yield "fingerpost_requests_total", {"route": route, "status": status}, number
    for reason, number in failed_sign_ins.counters().totals().items():
        yield "fingerpost_failed_sign_ins_total", {"reason": reason}, number


def text(found: Iterable[Sample]) -> Iterator[str]:
    """Yield the lines of the samples, grouped by metric; what has no value is left out."""
    by_name: dict[str, list[str]] = {}
    for name, labels, value in found:
        if value is not None:
            inner = ",".join(f'{label}="{_escaped(words)}"' for label, words in labels.items())
            labelled = f"{name}{{{inner}}}" if inner else name
            by_name.setdefault(name, []).append(f"{labelled} {float(value):.12g}\n")
    for name, metric in METRICS.items():
        if name in by_name:
            yield f"# HELP {name} {metric.help}\n# TYPE {name} {metric.type}\n"
            yield from by_name[name]


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
