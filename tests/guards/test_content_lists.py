"""Lists of columns that are written down twice agree, and every new column is in one of them."""

from __future__ import annotations

import pytest
from django.db.models import Model

from content.console.service_edit import FROM_FILES, ServiceForm
from content.models import Service
from content.models.service_facts import FACTS as SERVICE_FACTS
from notifications.campaigns import definition
from notifications.models import Campaign
from notifications.models.campaign_rules import DEFINITION
from tests import make

#: The columns of a service beside its facts, and why no approval covers them.
NOT_FACTS = {
    "id": "it is the name in tokens, packs and links",
    "revision_id": "it says which approved revision the facts are from",
    "more_sources": "they say where the file's entry was read",
    "source_kind": "it says where the file's entry was read",
    "source_year": "it says where the file's entry was read",
    "compiled_on": "it says when the file's entry was compiled",
    "notes": "they are for colleagues",
    "needs_before_launch": "it is the file's list of open questions",
}

#: The columns of a campaign that change after it was approved or submitted: its state, its people, its counts.
LIFE = {
    "id", "state", "reason", "created_by_id", "created_at", "touched_by", "returned_by", "submitted_by_id", "submitted_at",
    "fingerprint", "rev",
    "approved_by_id", "approved_at", "starts_at", "openings", "frozen_at", "ticket_watermark", "devices", "started_at",
    "finished_at",
    "accepted", "rejected", "unknown", "skipped", "gone", "tally", "topics", "topics_accepted", "topics_rejected",
    "topics_unknown", "topics_skipped",
}  # fmt: skip


#: What only the writing of a draft needs; nothing of it is sent.
WRITING = {"open_tasks", "preset", "reach_confirmed", "programme_id", "is_template"}


def columns(model: type[Model]) -> set[str]:
    return {field.attname for field in model._meta.concrete_fields}


def test_every_column_of_a_service_is_a_fact_or_says_why_not() -> None:
    assert columns(Service) == {*SERVICE_FACTS} | NOT_FACTS.keys()
    assert not {*SERVICE_FACTS} & NOT_FACTS.keys()


def test_the_form_of_a_service_has_each_fact_that_people_propose() -> None:
    form = ServiceForm()
    proposed = {*SERVICE_FACTS} - FROM_FILES

    # "everywhere" and `area` are one column: no list of countries means all of them.
    assert set(form.fields) - {"everywhere"} == proposed
    given = {"status": "active", "name": "A line", "confidence": "from-general-knowledge"}
    form.cleaned_data = {name: field.clean(field.initial or given.get(name, "")) for name, field in form.fields.items()}
    assert set(form.facts("GB")) == proposed


def test_every_column_of_a_campaign_is_frozen_with_it_or_part_of_its_life() -> None:
    assert columns(Campaign) == {*DEFINITION, *LIFE, *WRITING}
    assert not (LIFE | WRITING) & {*DEFINITION}


@pytest.mark.django_db
def test_what_an_author_writes_is_what_is_frozen() -> None:
    make.app()

    fields = {field.name: field.attname for field in Campaign._meta.fields}
    written = {fields[name] for name in definition.parse(make.definition())}

    assert written == {*DEFINITION}
