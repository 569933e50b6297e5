"""Promises 2 and 6: no SQL statement on any connection brings an unapproved text, number or release into effect.

Each statement is sent on a connection outside Django, so the database alone refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import models

from content.models import (
    Channel,
    ChannelRevision,
    Organization,
    OrganizationRevision,
    Pack,
    Release,
    ReleasePack,
    Service,
    ServiceNotice,
    ServiceRevision,
    Target,
    TargetRevision,
    Tip,
    TipRevision,
    Unit,
    UnitApproval,
    UnitRevision,
)
from content.models.channel_revision import Act
from content.publishing.notices import end_notice
from tests import make
from tests.guards.content_statements import NOTICES, NUMBERS, ORGANIZATIONS, RELEASES, SERVICES, TEXTS, TIPS
from tests.make import NOON

OTHER = {
    "type": "phone",
    "number_type": "e164",
    "dial": "0808 800 5000",
    "address": "+448088005000",
    "hours": "24/7",
    "cost": "free",
}


def accepted(
    raw_sql: psycopg.Connection[Any], statements: Mapping[str, str], values: Mapping[str, Any], *guarded: type[models.Model]
) -> list[str]:
    """Send each statement; return the names of those that were not refused or that changed a row all the same."""
    before = [list(model._default_manager.order_by("pk").values()) for model in guarded]
    passed = []
    for name, statement in statements.items():
        try:
            raw_sql.execute(statement, values)
            passed.append(name)
        except psycopg.Error:
            if [list(model._default_manager.order_by("pk").values()) for model in guarded] != before:
                passed.append(name)
    return passed


def propose(channel: Channel, *, act: Act = Act.CHANGE) -> ChannelRevision:
    return ChannelRevision.objects.propose(
        service_id=channel.service_id,
        position=channel.position,
        act=act,
        by=make.person("ann", "assurer"),
        at=NOON,
        facts=dict(OTHER) if act == Act.CHANGE else channel.facts(),
    )


def line() -> Channel:
    make.world()
    return Channel.objects.get(service=make.service())


def test_promise_6_no_statement_changes_a_number_alone(raw_sql: psycopg.Connection[Any]) -> None:
    channel = line()
    values = {"channel": channel.pk, "revision": propose(channel).pk, "approved": channel.revision_id}

    assert accepted(raw_sql, NUMBERS, values, Channel, ChannelRevision) == []


def test_promise_2_no_statement_changes_the_facts_of_a_tip_alone(raw_sql: psycopg.Connection[Any]) -> None:
    make.world()
    facts = make.tip().facts() | {"tip_state": "retired"}
    revision = TipRevision.objects.propose(slug="first-hour", facts=facts, by=make.person("ann", "localisation-editor"), at=NOON)
    values = {"revision": revision.pk, "other": make.person("mallory", "localisation-editor").pk}

    assert accepted(raw_sql, TIPS, values, Tip, TipRevision) == []

    # The same by a second person passes: the refusals are about what is missing, and not about a misspelt statement.
    by_two = "UPDATE content_tiprevision SET state = 'approved', approved_by_id = %(other)s, approved_at = now()"
    assert raw_sql.execute(f"{by_two} WHERE id = %(revision)s", values).rowcount == 1
    applied = "UPDATE content_tip SET revision_id = %(revision)s, state = 'retired'"
    assert raw_sql.execute(applied, values).rowcount == 1


def test_promise_2_no_statement_changes_the_facts_of_a_service_alone(raw_sql: psycopg.Connection[Any]) -> None:
    make.world()
    make.emergency()
    first = make.service("gb-line").revision_id
    line = make.service_facts("gb-line", min_age=18, age_measured="now")
    ann, facts = make.person("ann", "assurer"), {"status": "defunct"}
    revision = ServiceRevision.objects.propose(service=line, facts=facts, by=ann, at=NOON)
    values = {"revision": revision.pk, "first": first, "other": make.person("mallory", "assurer").pk}

    assert accepted(raw_sql, SERVICES, values, Service, ServiceRevision) == []

    # The same by a second person passes: the refusals are about what is missing, and not about a misspelt statement.
    by_two = "UPDATE content_servicerevision SET state = 'approved', approved_by_id = %(other)s, approved_at = now()"
    assert raw_sql.execute(f"{by_two} WHERE id = %(revision)s", values).rowcount == 1
    applied = "UPDATE content_service SET revision_id = %(revision)s, status = 'defunct' WHERE id = 'gb-line'"
    assert raw_sql.execute(applied, values).rowcount == 1


def test_promise_2_no_statement_renames_an_organization_alone(raw_sql: psycopg.Connection[Any]) -> None:
    make.world()
    make.service("gb-line")
    Organization.objects.create(id="empty", name="Without services")
    own = Organization.objects.get(pk="org")
    ann = make.person("ann", "assurer")
    revision = OrganizationRevision.objects.propose(organization=own, name="Proposed", by=ann, at=NOON)
    values = {"revision": revision.pk, "other": make.person("mallory", "assurer").pk}

    assert accepted(raw_sql, ORGANIZATIONS, values, Organization, OrganizationRevision) == []

    by_two = "UPDATE content_organizationrevision SET state = 'approved', approved_by_id = %(other)s, approved_at = now()"
    assert raw_sql.execute(f"{by_two} WHERE id = %(revision)s", values).rowcount == 1
    applied = "UPDATE content_organization SET name = 'Proposed', revision_id = %(revision)s WHERE id = 'org'"
    assert raw_sql.execute(applied, values).rowcount == 1


def test_promise_2_no_statement_approves_or_lengthens_a_notice_alone(raw_sql: psycopg.Connection[Any]) -> None:
    make.small_content()
    ended = make.notice()
    end_notice(ended, by=make.checker(), at=NOON)
    values = {
        "ended": ended.pk,
        "approved": make.notice().pk,
        "waiting": make.notice(approved=False).pk,
        "other": make.person("mallory", "assurer").pk,
    }

    assert accepted(raw_sql, NOTICES, values, ServiceNotice) == []

    # The same by a second person passes: the refusals are about what is missing, and not about a misspelt statement.
    by_two = "UPDATE content_servicenotice SET state = 'approved', approved_by_id = %(other)s, approved_at = now()"
    assert raw_sql.execute(f"{by_two} WHERE id = %(waiting)s", values).rowcount == 1


def test_promise_6_no_statement_brings_an_old_number_back(raw_sql: psycopg.Connection[Any]) -> None:
    channel = line()
    propose(channel).approve(by=make.checker(), at=NOON)
    back = "UPDATE content_channel SET revision_id = %(first)s, dial = '0800 1111', address = '+448001111' WHERE id = %(channel)s"

    passed = accepted(raw_sql, {"back": back}, {"first": channel.revision_id, "channel": channel.pk}, Channel)

    assert passed == []


def test_promise_6_no_statement_brings_a_removed_number_back(raw_sql: psycopg.Connection[Any]) -> None:
    channel = line()
    propose(channel, act=Act.REMOVE).approve(by=make.checker(), at=NOON)
    again = (
        "INSERT INTO content_channel (service_id, position, revision_id, type, number_type, dial, "
        "address, keyword, mnemonic, hours, "
        "cost, source) SELECT service_id, position, id, type, number_type, dial, address, keyword, mnemonic, hours, cost, source "
        "FROM content_channelrevision WHERE id = %(first)s"
    )

    assert accepted(raw_sql, {"again": again}, {"first": channel.revision_id}, Channel) == []
    assert not Channel.objects.exists()


def test_promise_2_no_statement_puts_an_unapproved_text_in_place(raw_sql: psycopg.Connection[Any]) -> None:
    make.world()
    unit = make.unit("tip.first-hour.title", "Do not pay.", approved=True)
    target = make.target(unit.key, "cy", "Peidiwch â thalu.", approved=True)
    unread = make.unit("tip.first-hour.short", "Wait.")
    draft = make.target(unread.key, "fr", "Attendez.")
    other = make.person("mallory", "localisation-reviewer")
    values = {"unit": unit.pk, "target": target.pk, "draft": draft.pk, "unread": unread.pk, "other": other.pk}

    assert accepted(raw_sql, TEXTS, values, Unit, Target, UnitRevision, TargetRevision, UnitApproval) == []


def test_promise_2_no_statement_publishes_alone_or_changes_a_release(raw_sql: psycopg.Connection[Any]) -> None:
    make.small_content()
    published, candidate = make.release(), make.release(publish=False)
    values = {"published": published.number, "candidate": candidate.number, "other": make.person("mallory", "publisher").pk}

    assert accepted(raw_sql, RELEASES, values, Release, Pack, ReleasePack) == []


def test_promise_10_no_statement_publishes_a_lower_number(raw_sql: psycopg.Connection[Any]) -> None:
    make.small_content()
    older, newer = make.release(publish=False), make.release()
    raw_sql.execute("UPDATE content_release SET state = 'superseded' WHERE number = %s", [newer.number])
    again = (
        "UPDATE content_release SET state = 'published', published_by_id = %(other)s, published_at = now() "
        "WHERE number = %(older)s"
    )
    values = {"older": older.number, "other": make.person("mallory", "publisher").pk}

    assert accepted(raw_sql, {"again": again}, values, Release) == []


def test_promise_2_the_statements_would_pass_where_two_people_act(raw_sql: psycopg.Connection[Any]) -> None:
    """Show that the refusals above are about the missing second person, and not about a misspelt statement."""
    channel = line()
    revision = propose(channel)
    second = make.checker()

    with raw_sql.transaction():
        raw_sql.execute(
            "UPDATE content_channelrevision SET state = 'approved', approved_by_id = %s, approved_at = now() WHERE id = %s",
            [second.pk, revision.pk],
        )
        raw_sql.execute(
            "UPDATE content_channel SET revision_id = %s, dial = '0808 800 5000', address = '+448088005000' WHERE id = %s",
            [revision.pk, channel.pk],
        )

    channel.refresh_from_db()
    assert channel.dial == "0808 800 5000"
