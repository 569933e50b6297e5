"""The table of edges is checked at import and holds against raw SQL."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, models, transaction

from core.audit_verbs import Verb
from core.states import LIFECYCLES, Edge, Lifecycle, NoSuchEdge, WrongGraph, diagrams


class Colour(models.TextChoices):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


def test_an_edge_to_an_unknown_state_is_refused() -> None:
    with pytest.raises(WrongGraph, match="unknown"):
        Lifecycle(model="x.Y", states=Colour, initial="red", edges=[Edge("red", "pink", Verb.TIP_CHANGED, "it is painted")])


def test_a_state_that_nothing_leads_to_is_refused() -> None:
    with pytest.raises(WrongGraph, match="blue"):
        Lifecycle(model="x.Y", states=Colour, initial="red", edges=[Edge("red", "green", Verb.TIP_CHANGED, "it is painted")])


@pytest.mark.parametrize("label", sorted(LIFECYCLES))
def test_every_forbidden_pair_is_refused_in_words(label: str) -> None:
    for start, to in LIFECYCLES[label].forbidden():
        with pytest.raises(NoSuchEdge, match="cannot become"):
            LIFECYCLES[label].edge(start, to)


def test_the_diagrams_name_every_lifecycle() -> None:
    text = diagrams()

    assert all(f"## {label}" in text for label in LIFECYCLES)


@pytest.mark.django_db
def test_every_lifecycle_has_its_trigger_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_state_edges%'")
        guarded = {row[0] for row in cursor.fetchall()}

    assert {label.lower().replace(".", "_") for label in LIFECYCLES} <= guarded


@pytest.mark.django_db
def test_audit_entries_cannot_be_changed_even_by_raw_sql() -> None:
    from core import audit
    from core.models import User
    from tests.make import NOON

    audit.record(by=User.objects.system(), verb=Verb.TIP_CHANGED, at=NOON)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE core_auditentry SET verb = 'other'")


@pytest.mark.django_db
def test_no_session_can_switch_the_rules_off() -> None:
    from core import audit
    from core.models import User
    from tests.make import NOON

    audit.record(by=User.objects.system(), verb=Verb.TIP_CHANGED, at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'core_auditentry'::regclass AND tgname LIKE 'pgtrigger%'")
        names = [row[0] for row in cursor.fetchall()]

        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(names) + "}"])

        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("DELETE FROM core_auditentry")
    assert names
