"""./run bench console opens every page about campaigns, and names what it did not reach or what is over a limit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from notifications.campaigns import lifecycle, programmes, translation_requests
from tests import make
from tools.bench import console_pages, console_rows
from tools.bench.console_pages import MAX_MS, MAX_QUERIES, MAX_REACH_MS, REACH, PageFigures


@pytest.mark.slow
@pytest.mark.django_db
def test_every_page_about_campaigns_is_opened() -> None:
    make.small_content()
    author, _, editor, _ = people = console_rows.people()
    now = timezone.now()
    programme = programmes.create("A programme", "", by=author, at=now)
    tied, draft = make.campaign(state="draft"), make.campaign(state="draft")
    programmes.add(programme, tied, by=author, at=now)
    lifecycle.submit(tied, by=author, at=now)
    make.campaign()
    translation_requests.ask(draft, ["ar"], deadline=now + timedelta(hours=2), by=author, at=now)
    assert editor.reads("ar")

    opened = set()
    for person in people:
        client = Client()
        client.force_login(person)
        opened |= {name for name, _ in console_pages._campaign_pages(client)}

    assert opened == console_pages.campaign_routes().keys()


def test_a_page_over_a_limit_or_with_growing_queries_is_a_fault() -> None:
    quarter = {"calm": PageFigures(9, 10, 1), "grows": PageFigures(9, 10, 1)}
    whole = {
        "calm": PageFigures(9, MAX_MS, 1),
        "grows": PageFigures(10, 10, 1),
        # Of the routes, those about campaigns alone have a limit of queries.
        "campaign": PageFigures(MAX_QUERIES + 1, 10, 1),
        "tip-change": PageFigures(MAX_QUERIES + 1, 10, 1),
        "slow": PageFigures(9, MAX_MS + 1, 1),
        REACH: PageFigures(2, MAX_REACH_MS, 1),
    }

    assert console_pages._faults([quarter, whole]) == ["grows", "campaign", "slow"]
    assert console_pages._faults([quarter, whole], with_times=False) == ["grows", "campaign"]
