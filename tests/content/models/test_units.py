"""A text is saved from a known revision, by someone who reads its language, and approved by another who does."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.linting.text import TextRefused
from content.models import Target, Unit, UnitRevision
from content.models.rights import NotYourLanguage
from content.models.target import SourceNotApproved
from content.models.target_lifecycle import TargetState
from content.models.unit_lifecycle import UnitState
from content.terms import Change
from core.errors import EditConflict, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from tests import make
from tests.make import NOON


@pytest.fixture
def unit(db: None) -> Unit:
    make.world()
    return make.unit("tip.first-hour.title", "Stop and breathe", owner="tip:first-hour")


@pytest.fixture
def editor(unit: Unit) -> User:
    return make.person("eve", "localisation-editor", locales=("en", "cy"))


@pytest.fixture
def reviewer(unit: Unit) -> User:
    return make.person("rhys", "localisation-reviewer", locales=("en", "cy"))


def revise(unit: Unit, by: User, text: str = "Stop. Breathe.", change: Change = Change.CLARITY, **more: Any) -> None:
    unit.revise(text=text, change=change, by=by, at=NOON, from_revision=more.pop("from_revision", unit.revision), **more)


def test_a_new_text_needs_review_and_takes_the_next_revision(unit: Unit, editor: User, reviewer: User) -> None:
    unit.approve(by=reviewer, at=NOON)

    revise(unit, editor)

    assert (unit.state, unit.revision, unit.approved_by) == (UnitState.NEEDS_REVIEW, 2, None)
    assert (unit.text, unit.approved_text) == ("Stop. Breathe.", "Stop and breathe")
    assert list(UnitRevision.objects.filter(unit=unit).values_list("revision", "text", "change")) == [
        (2, "Stop. Breathe.", "clarity"),
        (1, "Stop and breathe", "safety"),
    ]


def test_a_save_from_an_old_revision_gets_both_texts_and_changes_nothing(unit: Unit, editor: User) -> None:
    revise(unit, editor, "Theirs")

    with pytest.raises(EditConflict) as refused:
        revise(unit, editor, "Mine", from_revision=1)

    assert refused.value.extra == {"mine": "Mine", "theirs": "Theirs", "revision": 2}
    assert Unit.objects.get(pk=unit.pk).text == "Theirs"


def test_the_writer_cannot_approve(unit: Unit) -> None:
    both = make.person("bo", "localisation-editor", "localisation-reviewer")
    revise(unit, both)

    with pytest.raises(SecondPersonRequired, match="wrote a text"):
        unit.approve(by=both, at=NOON)


def test_writing_and_approving_take_the_language(unit: Unit) -> None:
    frank = make.person("frank", "localisation-editor", "localisation-reviewer", locales=("fr",))

    with pytest.raises(NotYourLanguage):
        revise(unit, frank)
    with pytest.raises(NotYourLanguage):
        unit.approve(by=frank, at=NOON)
    with pytest.raises(NotYourLanguage):
        Target.objects.of(unit, "cy").write(text="Stopiwch", by=frank, at=NOON, from_revision=0)


def test_writing_and_approving_take_a_role(unit: Unit) -> None:
    outsider = make.person("olaf")

    with pytest.raises(Forbidden):
        revise(unit, outsider)
    with pytest.raises(Forbidden):
        unit.approve(by=outsider, at=NOON)


def test_only_the_revision_that_the_reviewer_saw_is_approved(unit: Unit, editor: User, reviewer: User) -> None:
    revise(unit, editor, "Another text")

    with pytest.raises(EditConflict):
        unit.approve(by=reviewer, at=NOON, from_revision=1)


def test_a_number_in_a_text_is_refused_with_the_reason(unit: Unit, editor: User) -> None:
    with pytest.raises(TextRefused) as refused:
        revise(unit, editor, "Call 0800 1111")

    assert [fault["code"] for fault in refused.value.extra["faults"]] == ["number"]
    assert Unit.objects.get(pk=unit.pk).revision == 1


def test_texts_are_stored_in_nfc_and_stripped(unit: Unit, editor: User) -> None:
    revise(unit, editor, " Cafe\u0301\r\n")

    assert unit.text == "Café"


@pytest.mark.parametrize(
    ("change", "status"), [(Change.COSMETIC, "approved"), (Change.CLARITY, "outdated"), (Change.SAFETY, "withdrawn")]
)
def test_the_kind_of_change_decides_the_status_of_targets(
    unit: Unit, editor: User, reviewer: User, change: Change, status: str
) -> None:
    target = make.target(unit.key, "cy", "Stopiwch ac anadlwch", approved=True)

    revise(unit, editor, change=change)

    target.refresh_from_db()
    assert (Target.objects.with_status().get().status, target.state) == (status, TargetState.APPROVED)


def test_a_target_stays_withdrawn_until_it_is_confirmed_for_the_approved_source(unit: Unit, editor: User, reviewer: User) -> None:
    target = make.target(unit.key, "cy", "Stopiwch", approved=True)
    revise(unit, editor, "Stop now.", Change.SAFETY)
    revise(unit, editor, "Stop now!", Change.COSMETIC)
    assert Target.objects.of(unit, "cy").status == "withdrawn"
    with pytest.raises(SourceNotApproved):
        target.approve(by=reviewer, at=NOON)
    unit.approve(by=reviewer, at=NOON)

    target.approve(by=reviewer, at=NOON)

    assert Target.objects.of(unit, "cy").status == "approved"
    assert (target.approved_by, target.source_revision, target.text) == (reviewer, 3, "Stopiwch")


def test_a_target_written_for_an_old_source_is_outdated_at_once(unit: Unit, editor: User) -> None:
    revise(unit, editor)
    target = Target.objects.of(unit, "cy")

    target.write(text="Stopiwch", by=editor, at=NOON, from_revision=0, source_revision=1)

    assert Target.objects.of(unit, "cy").status == "outdated"


#: Whether the compiler serves a target of the status, and whether as one that a person has read.
SERVED = {
    "approved": (True, True),
    "needs-review": (True, False),
    "outdated": (True, False),
    "withdrawn": (False, False),
}


@pytest.mark.sampled
@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize(
    "changes", [c for n in range(4) for c in product(Change, repeat=n)], ids=lambda changes: "-".join(changes) or "none"
)
def test_the_compiler_serves_targets_by_their_status(
    unit: Unit, editor: User, reviewer: User, changes: tuple[Change, ...], approved: bool
) -> None:
    make.target(unit.key, "cy", "Stopiwch", approved=approved)
    for number, change in enumerate(changes):
        revise(unit, editor, f"Stop{'!' * number}", change)

    status = Target.objects.of(unit, "cy").status
    [text] = [text for key, text in read_snapshot(Policy(NOON.date(), serve_unreviewed=True)).texts.items() if key == unit.key]

    served = text.targets["cy"]
    assert (not served.withdrawn, served.reviewed) == SERVED[status]


def test_a_target_saved_from_an_old_revision_gets_both_texts(unit: Unit, editor: User) -> None:
    first, second = Target.objects.of(unit, "cy"), Target.objects.of(unit, "cy")
    first.write(text="Eu testun", by=editor, at=NOON, from_revision=0)

    with pytest.raises(EditConflict) as refused:
        second.write(text="Fy nhestun", by=editor, at=NOON, from_revision=0)

    assert refused.value.extra == {"mine": "Fy nhestun", "theirs": "Eu testun", "revision": 1}


def test_rewriting_an_approved_target_keeps_the_approved_text(unit: Unit, editor: User) -> None:
    target = make.target(unit.key, "cy", "Stopiwch", approved=True)

    target.write(text="Arhoswch", by=editor, at=NOON, from_revision=target.revision)

    assert (target.state, target.text, target.approved_text) == (TargetState.NEEDS_REVIEW, "Arhoswch", "Stopiwch")


def test_the_source_language_has_no_target(unit: Unit, editor: User) -> None:
    with pytest.raises(Invalid, match="own language"):
        Target.objects.of(unit, "en").write(text="Stop", by=editor, at=NOON, from_revision=0)


def test_a_target_cannot_lose_a_token(unit: Unit, editor: User) -> None:
    make.service()
    named = make.unit("tip.first-hour.short", "Ask {service:gb-line}.", owner="tip:first-hour")

    with pytest.raises(TextRefused, match="but missing here"):
        Target.objects.of(named, "cy").write(text="Gofynnwch.", by=editor, at=NOON, from_revision=0)


def test_each_save_and_approval_is_in_the_audit(unit: Unit, editor: User, reviewer: User) -> None:
    revise(unit, editor)
    unit.approve(by=reviewer, at=NOON)

    said = list(
        AuditEntry.objects.filter(model="content.Unit", row=str(unit.pk)).order_by("pk").values_list("verb", "by__username")
    )
    assert said == [("source.written", "fingerpost-system"), ("source.revised", "eve"), ("source.approved", "rhys")]


def test_of_four_concurrent_saves_one_wins_and_three_keep_their_text(at_once: Callable[..., list[Any]]) -> None:
    make.world()
    unit = make.unit("tip.first-hour.title", "Stop")
    editor = make.person("eve", "localisation-editor")

    answers = at_once(*(lambda n=n: revise(Unit.objects.get(pk=unit.pk), editor, f"Text {n}", from_revision=1) for n in range(4)))

    refused = [answer for answer in answers if answer is not None]
    assert [type(answer) for answer in refused] == [EditConflict] * 3
    assert len({answer.extra["mine"] for answer in refused} | {Unit.objects.get(pk=unit.pk).text}) == 4


def test_of_two_concurrent_first_targets_one_is_saved(at_once: Callable[..., list[Any]]) -> None:
    make.world()
    unit = make.unit("tip.first-hour.title", "Stop")
    editor = make.person("eve", "localisation-editor")

    answers = at_once(
        *(
            lambda text=text: Target.objects.of(unit, "cy").write(text=text, by=editor, at=NOON, from_revision=0)
            for text in ("Un", "Dau")
        )
    )

    assert [type(answer) for answer in answers if answer is not True] == [EditConflict]
    assert Target.objects.filter(unit=unit).count() == 1
