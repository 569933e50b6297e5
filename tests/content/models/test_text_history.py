"""No text is lost, and none takes effect by one person: histories, removals, restored texts, severity, unchanged saves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from content.compiling.facts import Policy, UnitText
from content.compiling.snapshot import read_snapshot
from content.models import Target, TargetRevision, Unit, UnitApproval, UnitRevision
from content.models.target import SourceNotApproved
from content.models.target_lifecycle import TargetState
from content.models.unit_lifecycle import UnitState
from content.terms import OUTDATED_DAYS, Change
from core.errors import EditConflict, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from tests import make
from tests.make import NOON

KEY = "tip.first-hour.title"


@pytest.fixture
def unit(db: None) -> Unit:
    make.world()
    return make.unit(KEY, "Stop and breathe", owner="tip:first-hour", approved=True)


@pytest.fixture
def eve(unit: Unit) -> User:
    return make.person("eve", "localisation-editor", locales=("en", "cy"))


@pytest.fixture
def rhys(unit: Unit) -> User:
    return make.person("rhys", "localisation-reviewer", locales=("en", "cy"))


def revise(unit: Unit, text: str, change: Change, by: User) -> bool:
    return unit.revise(text=text, change=change, by=by, at=NOON, from_revision=unit.revision)


def served(*, day: int = 0) -> UnitText:
    """Return the unit as a production server compiles it, this many days later."""
    policy = Policy((NOON + timedelta(days=day)).date(), serve_unreviewed=False)
    return read_snapshot(policy).texts[KEY]


def welsh() -> Target:
    return Target.objects.get(unit__key=KEY, locale="cy")


# A target is approved for an approved source alone.


def test_a_translation_of_an_unread_source_cannot_be_approved(unit: Unit, eve: User, rhys: User) -> None:
    make.target(KEY, "cy", "Stopiwch", approved=True)
    revise(unit, "Wait until you are sure", Change.SAFETY, eve)
    target = welsh()
    target.write(text="Arhoswch", by=eve, at=NOON, from_revision=target.revision)

    with pytest.raises(SourceNotApproved, match="Approve the source text first"):
        target.approve(by=rhys, at=NOON)

    assert served().targets["cy"].text == "Stopiwch"


def test_a_translation_is_approved_for_the_approved_source_while_a_newer_draft_waits(unit: Unit, eve: User, rhys: User) -> None:
    target = make.target(KEY, "cy", "Stopiwch")
    revise(unit, "Stop now", Change.CLARITY, eve)

    target.approve(by=rhys, at=NOON, source_revision=1)

    assert (served().text, served().targets["cy"].text, served().targets["cy"].reviewed) == ("Stop and breathe", "Stopiwch", True)


def test_the_compiler_serves_no_target_whose_source_was_never_approved(unit: Unit, eve: User) -> None:
    """Rows of an earlier version may be approved for a draft of the source; no trigger checked them then."""
    make.target(KEY, "cy", "Stopiwch", approved=True)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE content_target DISABLE TRIGGER USER")
        cursor.execute("UPDATE content_target SET approved_source_revision = 7, source_revision = 7")
        cursor.execute("ALTER TABLE content_target ENABLE TRIGGER USER")

    drafts = read_snapshot(Policy(NOON.date(), serve_unreviewed=True)).texts[KEY]

    assert "cy" not in served().targets
    assert not drafts.targets["cy"].reviewed


# A source that is put back.


def test_the_approved_source_put_back_is_approved_again_with_its_targets(unit: Unit, eve: User) -> None:
    make.target(KEY, "cy", "Stopiwch", approved=True)
    revise(unit, "Wait and see", Change.SAFETY, eve)
    assert Target.objects.of(unit, "cy").status == "withdrawn"

    revise(unit, "Stop and breathe", Change.COSMETIC, eve)

    assert (unit.state, unit.revision, unit.approved_revision) == (UnitState.APPROVED, 3, 3)
    assert (unit.written_by.username, unit.approved_by and unit.approved_by.username) == ("fingerpost-system", "checker")
    assert Target.objects.of(unit, "cy").status == "approved"
    assert (served().targets["cy"].reviewed, served().targets["cy"].withdrawn) == (True, False)
    assert AuditEntry.objects.filter(verb="source.put_back", by=eve).exists()


def test_an_earlier_approved_source_put_back_needs_a_second_reader_and_restores_its_targets(
    unit: Unit, eve: User, rhys: User
) -> None:
    make.target(KEY, "cy", "Stopiwch", approved=True)
    revise(unit, "Do something else", Change.SAFETY, eve)
    unit.approve(by=rhys, at=NOON)
    assert served().targets["cy"].withdrawn

    unit.put_back(1, by=eve, at=NOON, from_revision=2)

    assert (unit.state, served().text) == (UnitState.NEEDS_REVIEW, "Do something else")
    unit.approve(by=rhys, at=NOON)
    assert (served().text, served().targets["cy"].reviewed) == ("Stop and breathe", True)
    assert Target.objects.of(unit, "cy").status == "approved"


def test_a_target_of_the_text_that_was_undone_is_withdrawn_with_it(unit: Unit, eve: User, rhys: User) -> None:
    revise(unit, "Do something else", Change.SAFETY, eve)
    unit.approve(by=rhys, at=NOON)
    make.target(KEY, "cy", "Rhywbeth arall").approve(by=rhys, at=NOON)

    unit.put_back(1, by=eve, at=NOON, from_revision=2)

    assert UnitRevision.objects.get(unit=unit, revision=3).change == "safety"
    assert Target.objects.of(unit, "cy").status == "withdrawn"


def test_revisions_that_were_undone_do_not_count_for_targets_before_them(unit: Unit, eve: User, rhys: User) -> None:
    make.target(KEY, "cy", "Stopiwch", approved=True)
    revise(unit, "Stop, then breathe", Change.CLARITY, eve)
    unit.approve(by=rhys, at=NOON)
    revise(unit, "Something wrong", Change.SAFETY, eve)

    revise(unit, "Stop, then breathe", Change.COSMETIC, eve)

    assert Target.objects.of(unit, "cy").status == "outdated"
    assert not served().targets["cy"].withdrawn
    assert served(day=OUTDATED_DAYS + 1).targets["cy"].withdrawn


# Severity.


def test_a_later_cosmetic_change_does_not_hide_a_safety_change(unit: Unit, eve: User, rhys: User) -> None:
    make.target(KEY, "cy", "Stopiwch", approved=True)
    revise(unit, "Do not pay", Change.SAFETY, eve)
    revise(unit, "Do not pay!", Change.COSMETIC, eve)

    assert unit.pending_change() == Change.SAFETY
    unit.approve(by=rhys, at=NOON)

    assert served().targets["cy"].withdrawn


@pytest.mark.parametrize(
    ("declared", "decided", "status"),
    [
        (Change.COSMETIC, Change.SAFETY, "withdrawn"),
        (Change.COSMETIC, Change.CLARITY, "outdated"),
        (Change.SAFETY, Change.CLARITY, "outdated"),
        (Change.SAFETY, Change.COSMETIC, "approved"),
    ],
)
def test_the_approver_corrects_the_severity_and_both_are_kept(
    unit: Unit, eve: User, rhys: User, declared: Change, decided: Change, status: str
) -> None:
    make.target(KEY, "cy", "Stopiwch", approved=True)
    revise(unit, "Do not pay", declared, eve)

    unit.approve(by=rhys, at=NOON, change=decided)

    approval = UnitApproval.objects.get(unit=unit, revision=2)
    assert (approval.declared, approval.change) == (declared, decided)
    assert Target.objects.of(unit, "cy").status == status
    assert served().targets["cy"].withdrawn == (status == "withdrawn")
    assert served().targets["cy"].reviewed == (status == "approved")


# Unchanged saves.


def test_saving_without_a_change_changes_no_author_state_or_revision(unit: Unit, eve: User, rhys: User) -> None:
    target = make.target(KEY, "cy", "Stopiwch", approved=True)
    before = (Unit.objects.values().get(), Target.objects.values().get(), AuditEntry.objects.count())

    assert not target.write(text=" Stopiwch\r\n", by=eve, at=NOON, from_revision=target.revision)
    assert not revise(unit, "Stop and breathe ", Change.SAFETY, eve)

    assert (Unit.objects.values().get(), Target.objects.values().get(), AuditEntry.objects.count()) == before


def test_the_true_author_cannot_approve_after_another_persons_unchanged_save(unit: Unit) -> None:
    author = make.person("ann", "localisation-editor", "localisation-reviewer")
    target = Target.objects.of(unit, "cy")
    target.write(text="Stopiwch", by=author, at=NOON, from_revision=0)
    target.write(text="Stopiwch", by=make.person("bo", "localisation-editor"), at=NOON, from_revision=1)

    with pytest.raises(SecondPersonRequired):
        target.approve(by=author, at=NOON)


def test_the_same_text_sent_twice_is_not_a_conflict(unit: Unit, eve: User, rhys: User) -> None:
    target = Target.objects.of(unit, "cy")
    assert target.write(text="Stopiwch", by=eve, at=NOON, from_revision=0)
    assert not target.write(text="Stopiwch", by=eve, at=NOON, from_revision=0)
    assert revise(unit, "Stop now", Change.CLARITY, eve)
    assert not unit.revise(text="Stop now", change=Change.CLARITY, by=eve, at=NOON, from_revision=1)
    for _ in range(2):
        unit.approve(by=rhys, at=NOON, from_revision=2)
    for _ in range(2):
        target.approve(by=rhys, at=NOON, from_revision=1, source_revision=2)

    assert (unit.revision, welsh().revision) == (2, 2)


def test_an_approval_in_between_is_not_a_conflict_for_the_next_text(unit: Unit, eve: User, rhys: User) -> None:
    target = Target.objects.of(unit, "cy")
    target.write(text="Stopiwch", by=eve, at=NOON, from_revision=0)
    target.approve(by=rhys, at=NOON)

    assert target.write(text="Arhoswch", by=eve, at=NOON, from_revision=1)


# The history of targets.


def test_every_act_on_a_target_is_a_revision_with_its_text(unit: Unit, eve: User, rhys: User) -> None:
    target = Target.objects.of(unit, "cy")
    target.write(text="Un", by=eve, at=NOON, from_revision=0)
    target.approve(by=rhys, at=NOON)
    target.write(text="Dau", by=eve, at=NOON, from_revision=2)
    target.restore(1, by=eve, at=NOON, from_revision=3)
    target.propose_removal(by=eve, at=NOON, from_revision=4)
    target.reject_removal(by=rhys, at=NOON, from_revision=5)
    target.propose_removal(by=eve, at=NOON, from_revision=6)
    target.approve_removal(by=rhys, at=NOON, from_revision=7)

    acts = list(TargetRevision.objects.order_by("revision").values_list("revision", "act", "text", "by__username"))
    assert acts == [
        (1, "written", "Un", "eve"),
        (2, "approved", "Un", "rhys"),
        (3, "revised", "Dau", "eve"),
        (4, "restored", "Un", "eve"),
        (5, "removal-proposed", "Un", "eve"),
        (6, "removal-rejected", "Un", "rhys"),
        (7, "removal-proposed", "Un", "eve"),
        (8, "removed", "", "rhys"),
    ]
    assert Target.objects.get().revision == 8


@pytest.mark.parametrize("statement", ["UPDATE content_targetrevision SET text = 'Pay.'", "DELETE FROM content_targetrevision"])
def test_the_history_of_a_target_cannot_be_changed(unit: Unit, statement: str) -> None:
    make.target(KEY, "cy", "Stopiwch")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_restored_text_needs_a_reader_who_neither_wrote_nor_restored_it(unit: Unit, rhys: User) -> None:
    ann, bo = (make.person(name, "localisation-editor", "localisation-reviewer") for name in ("ann", "bo"))
    target = Target.objects.of(unit, "cy")
    target.write(text="Un", by=ann, at=NOON, from_revision=0)
    target.write(text="Dau", by=bo, at=NOON, from_revision=1)

    target.restore(1, by=bo, at=NOON, from_revision=2)

    assert (target.text, target.state) == ("Un", TargetState.NEEDS_REVIEW)
    for author in (ann, bo):
        with pytest.raises(SecondPersonRequired):
            target.approve(by=author, at=NOON)
    target.approve(by=rhys, at=NOON)


def test_a_revision_without_a_text_cannot_be_restored(unit: Unit, eve: User) -> None:
    target = make.target(KEY, "cy", "Un")

    with pytest.raises(Invalid, match="no text in that revision"):
        target.restore(9, by=eve, at=NOON, from_revision=1)


# Removing a translation.


def test_a_removal_is_a_proposal_and_the_approved_text_is_served_until_a_second_person_approves(
    unit: Unit, eve: User, rhys: User
) -> None:
    target = make.target(KEY, "cy", "Stopiwch", approved=True)
    before = served()

    target.propose_removal(by=eve, at=NOON, from_revision=target.revision)

    assert (target.state, Target.objects.of(unit, "cy").status) == (TargetState.REMOVAL, "removal")
    assert served() == before
    target.approve_removal(by=rhys, at=NOON, from_revision=target.revision)
    assert "cy" not in served().targets


def test_the_person_who_proposed_a_removal_cannot_approve_it(unit: Unit) -> None:
    both = make.person("bo", "localisation-editor", "localisation-reviewer")
    target = make.target(KEY, "cy", "Stopiwch", approved=True)
    target.propose_removal(by=both, at=NOON, from_revision=target.revision)

    with pytest.raises(SecondPersonRequired):
        target.approve_removal(by=both, at=NOON, from_revision=target.revision)


def test_a_rejected_removal_leaves_the_text_as_it_was(unit: Unit, eve: User, rhys: User) -> None:
    approved = make.target(KEY, "cy", "Stopiwch", approved=True)
    draft = make.target(KEY, "fr", "Stop")
    root = make.person("root", "localisation-editor", "localisation-reviewer")

    for target, state in ((approved, TargetState.APPROVED), (draft, TargetState.NEEDS_REVIEW)):
        target.propose_removal(by=root, at=NOON, from_revision=target.revision)
        target.reject_removal(by=root, at=NOON, from_revision=target.revision)
        assert target.state == state


def test_another_editor_cannot_reject_a_removal(unit: Unit, eve: User) -> None:
    target = make.target(KEY, "cy", "Stopiwch")
    target.propose_removal(by=make.person("bo", "localisation-editor"), at=NOON, from_revision=1)

    with pytest.raises(Forbidden):
        target.reject_removal(by=eve, at=NOON, from_revision=2)


def test_a_removal_of_another_text_than_was_seen_is_refused(unit: Unit, eve: User, rhys: User) -> None:
    target = make.target(KEY, "cy", "Stopiwch")
    target.propose_removal(by=eve, at=NOON, from_revision=1)
    target.write(text="Arhoswch", by=eve, at=NOON, from_revision=1)

    with pytest.raises(EditConflict):
        target.approve_removal(by=rhys, at=NOON, from_revision=2)
