"""A page of the console needs as many queries for many rows as for a few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from content.assurance.record import record_assurance
from content.compiling.compiler import compile_release
from content.importing.figures import FigureEntry, propose_figure
from content.models import (
    Channel,
    ChannelRevision,
    CorrectionCount,
    CorrectionLink,
    Figure,
    LinkCheck,
    Organization,
    Release,
    Reply,
    Service,
    ServiceRevision,
    TipRevision,
)
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.models.link import LinkResult
from content.publishing.publish import publish
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db
THEN = timezone.now() - timedelta(days=100)
PAGES = (
    "desk/",
    "services/",
    "services/gb-line/",
    "services/gb-line/channels/1/",
    "organizations/org/",
    "numbers/",
    "figures/",
    "languages/",
    "service-changes/",
    "tip-changes/",
    "releases/",
    "releases/1/",
    "releases/1/changes/",
    "releases/1/coverage/",
    "releases/1/preview/",
    "releases/lapsed/",
    "withdrawals/",
    "withdrawals/services/gb-line/",
    "withdrawals/tips/first-hour/",
)
#: Queries that a page may take. Five are the same on every page: the session, the person, their rights, the campaigns that are
#: being sent, and the brake with the signs of the workers.
MOST = 15
#: Pages that may take more, because they show everything that is known of one thing.
MORE = {
    # The service; its facts, channels and withdrawal as the compiler reads them (3); its channels, their proposals, their earlier
    # revisions and their checks (4); its texts and their names (2); a proposal for the service (1); notices, their words and
    # how many are proposed (3).
    "services/gb-line/": 19,
    # The channel; what makes it urgent, as the queue computes it (8): withdrawals, channels, services, positions, links, checks,
    # reports, replies; the result of its link, a proposal, its history, replies and who may take them, its checks (6).
    "services/gb-line/channels/1/": 20,
    # The release and the published one; the name of what a finding is about; the packs in number, countries, languages, the
    # largest, before, after and blocked (7); what goes and its digest (2); what changes; the time at which it is published.
    "releases/1/": 19,
    # The service; the published release and its languages; the effect as the command computes it, which reads both again (7);
    # possible successors.
    "withdrawals/services/gb-line/": 16,
}


@pytest.fixture
def asta(client: Client) -> User:
    make.small_content()
    made = make.person("asta", "assurer", "publisher")
    release(made, days=0)
    client.force_login(made)
    return made


def more(by: User, names: list[str]) -> None:
    """Add services with expired checks, reports, link results, replies and proposals, and a release of them."""
    link = CorrectionLink.objects.issue(Organization.objects.get(), by=by, at=timezone.now())
    for name in names:
        made = Service.objects.filter(pk=name).first() or make.service(name)
        channel = Channel.objects.select_related("service").get(service=made)
        for days in range(2):
            record_assurance(channel, by=by, at=THEN + timedelta(days=days), method=Method.RUNG, note="Answered.")
        CorrectionCount.objects.report(service=name, position=1, problem="no-answer", at=timezone.now())
        LinkCheck.objects.record(channel.revision_id, result=LinkResult.GONE, at=timezone.now(), http_status=404)
        Reply.objects.record(link, revision=channel.revision_id, answer="confirm", values={}, at=timezone.now())
        ChannelRevision.objects.propose(
            service_id=name, position=1, act=Act.CHANGE, by=by, at=THEN, facts=channel.facts() | {"cost": "standard"}
        )
        ServiceRevision.objects.propose(service=made, facts={"zone": "Europe/London"}, by=by, at=THEN)
        figure(f"old-{name}", by=by).approve(by=make.checker(), at=THEN)
        figure(f"new-{name}", by=by)
        facts = make.NEW_TIP | {"audiences": ["teen"], "situations": ["grooming"], "do_now": [], "do_not": []}
        TipRevision.objects.propose(slug=f"tip-{name}", facts=facts, by=User.objects.system(), at=THEN)
    release(by, days=3)


def figure(name: str, *, by: User) -> Figure:
    value = {"id": name, "value": 5, "unit": "number", "qualifier": "about", "counts": "reports", "counted_by": "A hotline"}
    value |= {"country": "GB", "source": "The hotline", "read_on": "2026-11-01"}
    entry = FigureEntry.model_validate(value | {"period": {"first": "2025-01-01", "last": "2025-12-31"}})
    return propose_figure(entry, is_new=True, by=by, at=THEN)


def release(by: User, *, days: int) -> None:
    at = THEN + timedelta(days=days)
    made = compile_release(by=by, at=at)
    make.confirm_all(made, by=make.checker(), at=at)
    publish(made, by=make.checker(), at=at)


def query_counts(client: Client) -> dict[str, int]:
    found = {}
    number = Release.objects.order_by("pk").values_list("pk", flat=True)[0]
    for page in PAGES:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/console/{page.replace('/1/', f'/{number}/') if page.startswith('releases') else page}")
        assert answer.status_code == 200, page
        found[page] = len(queries)
    return found


@pytest.mark.slow
def test_more_rows_need_no_more_queries(client: Client, asta: User) -> None:
    more(asta, ["gb-line", "gb-one"])
    query_counts(client)  # Queries that a process makes once are not counted.
    few = query_counts(client)

    more(asta, [f"gb-more-{number}" for number in range(8)])
    many = query_counts(client)

    assert many == few
    assert {page: n for page, n in many.items() if n > MORE.get(page, MOST)} == {}
    assert {page for page, n in many.items() if n > MOST} == MORE.keys()
