"""The role that the running product has in production, and one of everything that the console shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from content.models import OrganizationRevision, Service, ServiceRevision, Tip, TipRevision
from core import database_roles
from core.console import pages, strip
from core.models import User
from notifications.campaigns import translation_requests
from notifications.models import Programme
from tests import make
from tests.processes import Emulator
from tools.sandbox.postgres import RUNTIME_ROLE


@pytest.fixture
def raw_sql(raw_sql: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Return a connection outside Django that acts as the role of the running product."""
    with connection.cursor() as cursor:
        database_roles.grant(cursor, RUNTIME_ROLE)
    raw_sql.execute(f"SET ROLE {RUNTIME_ROLE}")
    return raw_sql


@pytest.fixture
def no_strip() -> Iterator[None]:
    """Leave out the strip that every page has below its menu: to fill it takes a fifth of the time of a page."""
    # Not by monkeypatch: rows are kept for later tests only from one that patches nothing (tests/made_once.py).
    with mock.patch.object(strip, "_PROVIDERS", []):
        yield


@pytest.fixture
def console_paths(db: None) -> dict[str, str]:
    """Create one of everything, and return the path of every page by its URL name."""
    make.small_content()
    make.target("tip.first-hour.title", "cy", "Arhoswch ac anadlwch")
    make.release(publish=False)
    campaign = make.campaign(state="submitted")
    programme = Programme.objects.create(name="Half-term", created_by=User.objects.system(), created_at=make.NOON)
    facts = Tip.objects.get(pk="first-hour").facts() | {"order": 7}
    proposed = TipRevision.objects.propose(slug="first-hour", facts=facts, by=User.objects.system(), at=make.NOON)
    line, by = Service.objects.get(pk="gb-line"), User.objects.system()
    of_service = ServiceRevision.objects.propose(service=line, facts={"zone": "Europe/London"}, by=by, at=make.NOON)
    own = line.organization
    of_organization = OrganizationRevision.objects.propose(organization=own, name="Another", by=by, at=make.NOON)
    draft = make.campaign(state="draft")
    make.person("editor", "localisation-editor")
    later = timezone.now() + timedelta(hours=2)
    translation_requests.ask(draft, ["cy"], deadline=later, by=draft.created_by, at=timezone.now())
    release: dict[str, object] = {"number": make.Release.objects.get().pk}
    arguments: dict[str, dict[str, object]] = {
        "app": {"name": "parent"},
        "person": {"id": (colleague := make.person("colleague").pk)},
        "person-rights": {"id": colleague},
        "tip": {"slug": "first-hour"},
        "tip-change": {"id": proposed.pk},
        "tip-approve": {"slug": "first-hour"},
        "translation-queue": {"locale": "cy"},
        **{name: {"locale": "cy"} for name in ("text-files", "text-file-download", "text-import", "find-replace", "suggestions")},
        **{name: {"locale": "cy"} for name in ("reading-links", "reading-link-new")},
        "translation": {"locale": "cy", "key": "tip.first-hour.title"},
        "translation-history": {"locale": "cy", "key": "tip.first-hour.title"},
        "tip-translation": {"slug": "first-hour", "locale": "cy"},
        "source-text": {"key": "tip.first-hour.title"},
        "phone-preview": {"link": "ended"},
        "tip-phone": {"slug": "first-hour", "locale": "cy"},
        "service-phone": {"id": "gb-line"},
        "service": {"id": "gb-line"},
        "service-edit": {"id": "gb-line"},
        "service-approve": {"id": "gb-line"},
        "service-change": {"id": of_service.pk},
        "organization-change": {"id": of_organization.pk},
        "contact-change-propose": {"id": "gb-line"},
        "notice-propose": {"id": "gb-line"},
        "channel": {"id": "gb-line", "position": 1},
        "organization": {"id": "org"},
        "withdrawal": {"id": "gb-line"},
        "tip-withdrawal": {"slug": "first-hour"},
        "campaign-text": {"locale": "en"},
        "campaign-translate": {"id": draft.pk, "locale": "cy"},
        "campaign-text-for": {"locale": "en", "variant": "GB-WLS"},
        **{f"programme{part}": {"id": programme.pk} for part in ("", "-approve", "-stop")},
        **{f"release{part}": release for part in ("", "-changes", "-coverage", "-preview")},
    }
    paths = {}
    for route in pages.ROUTES:
        of_campaign = route.name == "campaign" or (route.name.startswith("campaign-") and "<int:id>" in route.pattern)
        args = {**({"id": campaign.pk} if of_campaign else {}), **arguments.get(route.name, {})}
        paths[route.name] = reverse(f"admin:{route.name}", kwargs=args)
    return paths


@pytest.fixture
def phones(fcm_emulator: Emulator) -> Emulator:
    """Register thirty installations; return the emulator that they have."""
    make.app()
    make.installations(30)
    return fcm_emulator
