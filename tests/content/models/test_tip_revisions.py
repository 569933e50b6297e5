"""The facts of a tip change only by a proposal that a second person approves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.compiling.tip_versions import TipVersions
from content.models import Tip, TipRevision, Unit
from content.models.revision import AlreadyProposed, RevisionState
from content.models.tip_revision import TipAct
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, DomainError, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def tip() -> Tip:
    make.world()
    return make.tip()


@pytest.fixture
def eva() -> User:
    return make.person("eva", "localisation-editor", "localisation-reviewer")


def propose(by: User, **changed: Any) -> TipRevision:
    facts = Tip.objects.get(pk="first-hour").facts() | changed
    return TipRevision.objects.propose(slug="first-hour", facts=facts, by=by, at=NOON, reason="Because.")


def test_a_proposal_changes_nothing_until_a_second_person_approves(tip: Tip, eva: User) -> None:
    revision = propose(eva, audiences=["parent", "teen"], countries=["IE", "GB"])
    before = Tip.objects.get(pk="first-hour").facts()

    revision.approve(by=make.checker(), at=NOON)
    after = Tip.objects.get(pk="first-hour")

    assert before == tip.facts()
    assert (after.audiences, after.countries, after.revision_id) == (["teen", "parent"], ["GB", "IE"], revision.pk)
    verbs = AuditEntry.objects.filter(model="content.TipRevision", row=str(revision.pk)).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [Verb.TIP_CHANGE_PROPOSED, Verb.TIP_CHANGE_APPROVED]


def test_the_proposer_cannot_approve(tip: Tip, eva: User) -> None:
    revision = propose(eva, audiences=["parent"])

    with pytest.raises(SecondPersonRequired):
        revision.approve(by=eva, at=NOON)

    assert Tip.objects.get().audiences == ["teen"]


def test_people_who_do_not_read_english_neither_propose_nor_approve(tip: Tip, eva: User) -> None:
    amal = make.person("amal", "localisation-editor", "localisation-reviewer", locales=("ar",))

    with pytest.raises(Forbidden):
        propose(amal, tip_state="retired")
    with pytest.raises(Forbidden):
        propose(eva, tip_state="retired").approve(by=amal, at=NOON)

    assert Tip.objects.get().state == "current"


def test_a_tip_is_retired_and_restored_by_two_people(tip: Tip, eva: User) -> None:
    retired = propose(eva, tip_state="retired")
    retired.approve(by=make.checker(), at=NOON)
    assert (retired.act, Tip.objects.get().state) == (TipAct.RETIRE, "retired")

    restored = propose(eva, tip_state="current")
    restored.approve(by=make.checker(), at=NOON)
    assert (restored.act, Tip.objects.get().state) == (TipAct.RESTORE, "current")


def test_a_tip_has_one_proposal_at_a_time(tip: Tip, eva: User) -> None:
    propose(eva, order=1)

    with pytest.raises(AlreadyProposed):
        propose(make.person("ben", "localisation-editor"), order=2)

    assert TipRevision.objects.proposed().get().order == 1


def test_two_people_who_propose_at_once_leave_one_proposal(transactional_db: None, at_once: Callable[..., list[Any]]) -> None:
    make.world()
    make.tip()
    people = [make.person(name, "localisation-editor") for name in ("ann", "ben")]

    answers = at_once(*(lambda by=by, n=n: propose(by, order=n) for n, by in enumerate(people)))

    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyProposed", "TipRevision"]
    assert TipRevision.objects.proposed().count() == 1


def test_a_proposer_replaces_the_own_proposal_and_the_older_one_is_final(tip: Tip, eva: User) -> None:
    first = propose(eva, order=1)
    facts = tip.facts() | {"order": 2}
    TipRevision.objects.propose(slug="first-hour", facts=facts, by=eva, at=NOON, replaces=first.pk)

    with pytest.raises(ChangedMeanwhile):
        TipRevision.objects.get(pk=first.pk).approve(by=make.checker(), at=NOON)
    with pytest.raises(ChangedMeanwhile):
        TipRevision.objects.propose(slug="first-hour", facts=facts, by=eva, at=NOON, replaces=first.pk)

    assert TipRevision.objects.get(pk=first.pk).state == RevisionState.WITHDRAWN
    assert TipRevision.objects.proposed().get().order == 2


def test_a_rejected_proposal_changes_nothing_and_cannot_be_approved(tip: Tip, eva: User) -> None:
    revision = propose(eva, tip_state="retired")
    revision.withdraw(by=make.checker(), at=NOON)

    with pytest.raises(DomainError):
        revision.approve(by=make.checker(), at=NOON)
    with pytest.raises(ChangedMeanwhile):
        revision.withdraw(by=eva, at=NOON)

    assert Tip.objects.get().state == "current"


def test_a_proposal_without_a_change_is_refused(tip: Tip, eva: User) -> None:
    with pytest.raises(Invalid, match="nothing to propose"):
        propose(eva)

    assert not TipRevision.objects.proposed().exists()


WRONG: dict[str, dict[str, object]] = {
    "no audience": {"audiences": []},
    "an unknown audience": {"audiences": ["child"]},
    "no situation": {"situations": []},
    "an unknown situation": {"situations": ["sextortion"]},
    "an unknown country": {"countries": ["UK"]},
    "the whole world as a country": {"countries": ["ZZ"]},
    "an age that nobody measures": {"max_age": 17},
    "ages the wrong way round": {"min_age": 18, "max_age": 13, "age_measured": "now"},
    "an impossible age": {"min_age": 116111, "age_measured": "now"},
    "a step that was never written": {"do_now": [1, 2]},
    "a step twice": {"do_not": [1, 1]},
    "a position for a situation that it is not for": {"order_in": {"grooming": 1}},
    "a position below zero": {"order": -1},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG.keys())
def test_facts_that_break_a_rule_are_refused(tip: Tip, eva: User, changed: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        propose(eva, **changed)

    assert refused.value.extra["faults"]
    assert not TipRevision.objects.proposed().exists()


def test_a_new_tip_is_a_proposal_too(eva: User) -> None:
    make.world()
    make.unit("tip.hold-on.do-now.1", "Tell one adult.", owner="tip:hold-on")
    facts = make.NEW_TIP | {"audiences": ["teen"], "situations": ["blackmail"], "do_now": [1], "do_not": []}
    revision = TipRevision.objects.propose(slug="hold-on", facts=facts, by=eva, at=NOON)
    assert not Tip.objects.exists()

    revision.approve(by=make.checker(), at=NOON)

    assert (Tip.objects.get().slug, revision.act) == ("hold-on", TipAct.ADD)


def test_a_new_step_gets_a_number_that_no_step_has_had(tip: Tip, eva: User) -> None:
    def step(text: str) -> None:
        TipRevision.objects.propose_step(slug="first-hour", part="do-now", text=text, by=eva, at=NOON)

    step("Block the person.")
    TipRevision.objects.proposed().get().withdraw(by=eva, at=NOON)
    step("Write down what happened.")
    step("Close the app.")

    assert TipRevision.objects.proposed().get().do_now == [1, 3, 4]
    assert Tip.objects.get().do_now == [1]
    assert Unit.objects.get(key="tip.first-hour.do-now.3").state == "needs-review"


def test_the_text_more_is_proposed_as_a_step_is(tip: Tip, eva: User) -> None:
    _, unit = TipRevision.objects.propose_step(slug="first-hour", part="more", text="It is not your fault.", by=eva, at=NOON)

    assert unit.key == "tip.first-hour.more"
    assert TipRevision.objects.proposed().get().more
    assert not Tip.objects.get().more
    with pytest.raises(Invalid, match="has this text already"):
        TipRevision.objects.propose_step(slug="first-hour", part="more", text="Another.", by=eva, at=NOON)


def test_the_text_more_takes_no_language_to_english_and_counts_where_it_is_approved(eva: User) -> None:
    make.world()
    make.tip(approved=True)
    for key in ("title", "short", "do-now.1", "do-not.1"):
        make.target(f"tip.first-hour.{key}", "cy", f"Testun {key[:5]}", approved=True)
    revision, unit = TipRevision.objects.propose_step(
        slug="first-hour", part="more", text="It is not your fault.", by=eva, at=NOON
    )

    revision.approve(by=make.checker(), at=NOON)
    unit.approve(by=make.checker(), at=NOON)

    assert shown("en") == ("en", True)
    assert shown("cy") == ("cy", False)
    make.target(unit.key, "cy", "Nid dy fai di yw hyn.", approved=True)
    assert shown("cy") == ("cy", True)


def shown(locale: str) -> tuple[str, bool]:
    """Return the language in which the tip is served, and whether with the text “more”."""
    snapshot = read_snapshot(Policy(NOON.date(), serve_unreviewed=False, sandbox=False))
    [choice] = TipVersions(snapshot).choices(snapshot.tips[0], locale)[:1]
    fields = [field for field, _ in snapshot.tips[0].versions[choice.version]]
    return choice.served.locale, "more" in fields


def test_a_step_is_refused_while_another_person_proposes(tip: Tip, eva: User) -> None:
    propose(eva, order=1)

    with pytest.raises(AlreadyProposed):
        TipRevision.objects.propose_step(
            slug="first-hour", part="do-now", text="Breathe.", by=make.person("ben", "localisation-editor"), at=NOON
        )
    for part in ("title", ""):
        with pytest.raises(Invalid):
            TipRevision.objects.propose_step(slug="first-hour", part=part, text="Breathe.", by=eva, at=NOON)

    assert not Unit.objects.filter(key="tip.first-hour.do-now.2").exists()


def test_the_facts_from_before_are_a_revision_that_no_statement_can_make(tip: Tip, eva: User) -> None:
    columns = [field.column for field in TipRevision._meta.concrete_fields if field.name not in ("id", "act")]
    names = ", ".join(f'"{column}"' for column in columns)

    with pytest.raises(Exception, match="pgtrigger"), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO content_tiprevision (act, {names}) SELECT 'existing', {names} FROM content_tiprevision")
