"""Term lists of added languages: kept in memory for a few seconds, and never out of date where a text is approved or released."""

from __future__ import annotations

from typing import Any

import pytest

from content.compiling.compiler import build_packs
from content.compiling.snapshot import read_snapshot
from content.linting.text import text_faults
from content.models import Locale, LocaleRevision, Target, stored_terms
from core.errors import Invalid
from core.models import User
from notifications.campaigns import messages
from tests import make
from tests.content.compiling.test_compiler import SANDBOX
from tests.content.console.test_languages import TERMS

pytestmark = pytest.mark.django_db
TITLE = "tip.first-hour.title"
BLAMES = "Waa khaladkaaga."


@pytest.fixture
def ann() -> User:
    make.small_content()
    person = make.person("ann", "localisation-editor")
    LocaleRevision.objects.propose_new("so", by=person, at=make.NOON).approve(by=make.checker(), at=make.NOON)
    return person


def is_refused() -> bool:
    none: frozenset[str] = frozenset()
    faults = text_faults(BLAMES, locale="so", allowed_numbers=none, allowed_hosts=none, known_services=none)
    return any(fault.code == "blame" for fault in faults)


def approve_elsewhere(terms: str, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give Somali the term list as another process does, which tells this one nothing."""
    locale = Locale.objects.get(pk="so")
    revision = LocaleRevision.objects.propose_change(
        locale, name=locale.name, endonym=locale.endonym, fallback=None, terms=terms, by=ann, at=make.NOON
    )
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("content.models.locale_revision.recheck_terms", lambda: None)
        revision.approve(by=make.checker(), at=make.NOON)


def test_checks_of_an_added_language_cost_no_query_each(ann: User, django_assert_num_queries: Any) -> None:
    stored_terms.forget_terms()

    with django_assert_num_queries(2):
        checked = [is_refused() for _ in range(40)]

    assert checked == [False] * 40


def test_another_process_has_the_list_after_five_seconds(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("content.models.stored_terms.time.monotonic", lambda: now[0])
    assert not is_refused()
    approve_elsewhere(TERMS, ann, monkeypatch)

    now[0] += stored_terms.MAX_AGE - 0.1
    shortly_before = is_refused()
    now[0] += 0.1

    assert (stored_terms.MAX_AGE, shortly_before, is_refused()) == (5.0, False, True)


def test_the_process_that_approves_a_list_has_it_at_once(ann: User) -> None:
    assert not is_refused()
    locale = Locale.objects.get(pk="so")
    LocaleRevision.objects.propose_change(
        locale, name=locale.name, endonym=locale.endonym, fallback=None, terms=TERMS, by=ann, at=make.NOON
    ).approve(by=make.checker(), at=make.NOON)

    assert is_refused()


def test_the_earlier_of_two_proposals_counts_though_it_is_approved_last(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    somali = Locale.objects.get(pk="so")
    first = LocaleRevision.objects.propose_change(
        somali, name=somali.name, endonym=somali.endonym, fallback=None, terms=TERMS, by=ann, at=make.NOON
    )
    LocaleRevision.objects.propose_new("he", by=ann, at=make.NOON).approve(by=make.checker(), at=make.NOON)
    assert not is_refused()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("content.models.locale_revision.recheck_terms", lambda: None)
        first.approve(by=make.checker(), at=make.NOON)

    stored_terms.recheck_terms()

    assert is_refused()


def test_no_text_is_approved_by_the_list_of_before(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make.target(TITLE, "so", BLAMES)
    target.unit.approve(by=make.checker(), at=make.NOON)
    assert not is_refused()
    approve_elsewhere(TERMS, ann, monkeypatch)

    with pytest.raises(Invalid) as refused:
        target.approve(by=make.checker(), at=make.NOON)

    assert [fault["code"] for fault in refused.value.extra["faults"]] == ["blame"]
    assert Target.objects.get().state == "needs-review"


def test_no_release_is_compiled_by_the_list_of_before(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("title", "short", "do-now.1", "do-not.1"):
        make.target(f"tip.first-hour.{part}", "so", BLAMES)
    assert not is_refused()
    approve_elsewhere(TERMS, ann, monkeypatch)

    built = build_packs(read_snapshot(SANDBOX))

    assert "blame" in {finding.code for finding in built["GB", "so"].findings}


def test_no_campaign_is_submitted_by_the_list_of_before(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    text = {"outer": {"title": "Fariin cusub", "body": "Fur."}, "inner": {"title": "Fariin", "body": BLAMES}}
    campaign = make.campaign(state="draft", reached=False, messages={"so": text}, home={"zone": "Europe/London", "locale": "so"})
    assert not is_refused()
    approve_elsewhere(TERMS, ann, monkeypatch)

    assert [place for place, _ in messages.refused_texts(campaign)] == ["messages.so.inner.body"]
