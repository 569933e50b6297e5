"""Every column that the compiler reads is under four eyes, or is named here as one that a single account can change today."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields

import pytest
from django.db.models import Model

from content.compiling import snapshot
from content.compiling.facts import Snapshot
from content.contact_file import read_contact
from content.fact_lists import read_aliases, read_removal_powers
from content.importing.facts import FACTS_DIR
from content.models import (
    Assurance,
    Channel,
    Figure,
    Locale,
    Organization,
    Release,
    Service,
    ServiceNotice,
    Target,
    Tip,
    TipRevision,
    TipWithdrawal,
    Unit,
    UnitApproval,
    UnitRevision,
    Withdrawal,
)
from content.models.channel_facts import FACTS as CHANNEL_FACTS
from content.models.figure import VALUES as FIGURE_VALUES
from content.models.service_facts import FACTS as SERVICE_FACTS
from content.models.tip_facts import FACTS as TIP_FACTS

#: Held by a trigger that compares the row with its newest approved revision: test_content_four_eyes.
CHANNEL_REVISION = "an approved ChannelRevision"
TIP_REVISION = "an approved TipRevision"
SERVICE_REVISION = "an approved ServiceRevision"
ORGANIZATION_REVISION = (
    "an approved OrganizationRevision; a new name is read by the person who approves the first service that shows it"
)
#: Held by a CHECK (another person approves) and by triggers that fix what was approved: test_content_four_eyes.
SECOND_PERSON = "a second person approves the row, which is fixed from then on"
SECOND_READER = "a second reader approves the text, which is served until the next one is approved"
#: Nothing that is served can be brought in with it, only taken away.
TAKES_AWAY = "one person takes away at once, and two put back"
#: The row is never changed once it is written.
APPEND_ONLY = "the row is append-only"
NOT_COMPILED = "no byte of a pack depends on it"
IDENTITY = "it is the identity of the row, to which approvals refer"
#: A check adds nothing that two people have not approved: it is of one revision of a channel, append-only, its last day is
#: bounded by the rules for the role and the method, and the publisher of the release sees what comes with it or goes.
CHECK_OF_APPROVED = "one person checks, for a bounded time, what two people have approved"
LOCALE_REVISION = "an approved LocaleRevision"
OPERATOR = "an operator loads the shipped list, and an approved LocaleRevision adds a row; no account and no file changes it"


def _all(names: tuple[str, ...], holder: str) -> dict[str, str]:
    return {name.removesuffix("_id"): holder for name in names}


HELD: Mapping[type[Model], Mapping[str, str]] = {
    Tip: {
        **_all(TIP_FACTS, TIP_REVISION),
        "state": TIP_REVISION,
        "revision": TIP_REVISION,
        "slug": TIP_REVISION,
    },
    TipRevision: {
        **_all(TIP_FACTS, SECOND_PERSON),
        **_all(("slug", "tip_state", "act", "state"), SECOND_PERSON),
        **_all(("proposed_by", "proposed_at", "approved_by", "approved_at"), SECOND_PERSON),
        **_all(("id", "reason"), NOT_COMPILED),
    },
    TipWithdrawal: {
        **_all(("tip", "put_back_by", "put_back_seconded_by", "put_back_at"), TAKES_AWAY),
        **_all(("id", "release", "withdrawn_by", "at"), NOT_COMPILED),
    },
    Channel: {
        **_all(CHANNEL_FACTS, CHANNEL_REVISION),
        **_all(("service", "position", "revision"), CHANNEL_REVISION),
        "id": NOT_COMPILED,
    },
    Assurance: {
        **_all(("revision", "at", "until"), CHECK_OF_APPROVED),
        **_all(("id", "by", "method", "note"), NOT_COMPILED),
    },
    Figure: {
        **_all(FIGURE_VALUES, SECOND_PERSON),
        **_all(("state", "proposed_by", "proposed_at", "approved_by", "approved_at"), SECOND_PERSON),
        "id": NOT_COMPILED,
    },
    ServiceNotice: {
        **_all(("service", "kind", "position", "from_at", "until_at"), SECOND_PERSON),
        **_all(("state", "proposed_by", "proposed_at", "approved_by", "approved_at"), SECOND_PERSON),
        **_all(("id", "source", "ended_by", "ended_at"), NOT_COMPILED),
    },
    Unit: {
        **_all(("text", "approved_text", "approved_revision", "state", "revision"), SECOND_READER),
        **_all(
            ("last_change", "meaning_revision", "safety_revision", "outdated_revisions", "withdrawn_revisions"), SECOND_READER
        ),
        **_all(("written_by", "written_at", "approved_by", "approved_at", "digest"), SECOND_READER),
        **_all(("allowed_numbers", "approved_numbers", "number_kinds", "approved_number_kinds", "allowed_hosts"), SECOND_READER),
        **_all(("stays_as_is", "approved_stays_as_is"), SECOND_READER),
        **_all(("id", "key", "owner", "source_locale"), IDENTITY),
        **_all(("file_digest", "file_revision"), NOT_COMPILED),
    },
    UnitApproval: _all(("id", "unit", "revision", "declared", "change", "by", "at"), APPEND_ONLY),
    UnitRevision: _all(
        ("id", "unit", "revision", "change", "text", "allowed_numbers", "number_kinds", "stays_as_is", "by", "at"), APPEND_ONLY
    ),
    Target: {
        **_all(("text", "approved_text", "approved_source_revision", "state", "revision", "source_revision"), SECOND_READER),
        **_all(("written_by", "written_at", "approved_by", "approved_at"), SECOND_READER),
        **_all(("id", "unit", "locale"), IDENTITY),
        **_all(("file_digest", "file_revision"), NOT_COMPILED),
    },
    Withdrawal: {
        **_all(("service", "successor", "put_back_by", "put_back_seconded_by", "put_back_at"), TAKES_AWAY),
        **_all(("id", "release", "emergency", "withdrawn_by", "seconded_by", "at"), NOT_COMPILED),
    },
    Release: {
        **_all(("number", "state", "base", "reason", "scope", "restores", "report", "changed"), SECOND_PERSON),
        **_all(("compiled_by", "compiled_at", "published_by", "published_at"), SECOND_PERSON),
    },
    Locale: {
        **_all(("code", "dir"), OPERATOR),
        **_all(("fallback", "terms", "revision"), LOCALE_REVISION),
        **_all(("name", "endonym"), NOT_COMPILED),
    },
    Organization: {**_all(("name", "contact", "revision"), ORGANIZATION_REVISION), "id": IDENTITY},
    Service: {
        **_all(SERVICE_FACTS, SERVICE_REVISION),
        "revision": SERVICE_REVISION,
        "id": IDENTITY,
        **_all(("more_sources", "source_kind", "source_year", "compiled_on", "notes", "needs_before_launch"), NOT_COMPILED),
    },
}


def test_every_model_that_the_compiler_reads_is_listed() -> None:
    read = {value for value in vars(snapshot).values() if isinstance(value, type) and issubclass(value, Model)}
    read = {model for model in read if not model._meta.abstract} | {Organization}

    assert sorted(model.__name__ for model in read ^ HELD.keys()) == []


def test_every_column_that_the_compiler_reads_says_what_holds_it() -> None:
    for model, held in HELD.items():
        columns = {field.name for field in model._meta.concrete_fields}
        assert sorted(columns ^ held.keys()) == [], model.__name__


def test_only_a_check_of_what_two_people_approved_is_by_one_person() -> None:
    by_one = {model.__name__ for model, held in HELD.items() if CHECK_OF_APPROVED in held.values()}

    assert by_one == {"Assurance"}


def test_no_column_of_a_tip_is_left_to_one_person() -> None:
    assert set(HELD[Tip].values()) == {TIP_REVISION}
    assert {*TIP_FACTS} <= HELD[TipRevision].keys()


#: What a snapshot holds beside rows → the function that reads it from a file of the software.
SHIPPED: Mapping[str, Callable[..., object]] = {
    "routes": read_contact,
    "aliases": read_aliases,
    "removal_powers": read_removal_powers,
}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_snapshot_holds_beside_rows_is_shipped_with_the_software(name: str) -> None:
    (file,) = inspect.signature(SHIPPED[name]).parameters.values()

    assert name in {field.name for field in fields(Snapshot)}
    assert file.default.parent == FACTS_DIR
    assert file.default.is_file()
