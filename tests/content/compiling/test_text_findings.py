"""Findings about texts and labels: which block a pack, and which are only reported."""

from __future__ import annotations

from django.db import connection

from content.compiling.compiler import build_packs
from content.compiling.snapshot import read_snapshot
from content.models import Locale, Unit
from tests import make
from tests.content.compiling.test_compiler import SANDBOX, found


def test_a_missing_label_blocks_the_pack(content: None) -> None:
    Unit.objects.filter(key="step.talk").update(owner="elsewhere")

    assert ("label-missing", "step.talk", True) in found()


def test_a_text_that_bypassed_the_linting_blocks_its_packs(content: None) -> None:
    make.tip("over-there", countries=["GB"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE content_unit SET text = 'Call 0800 9999', revision = 2 WHERE key = 'tip.over-there.title'")

    built = build_packs(read_snapshot(SANDBOX))

    assert {place[0] for place, pack in built.items() if pack.blocked} == {"GB"}
    assert ("number", "tip.over-there.title", True) in found()


def test_a_target_with_changed_tokens_blocks_only_its_locale(content: None) -> None:
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-line}."}, countries=["GB"])
    welsh_texts = {"title": "T", "short": "B", "do-now.1": "G {service:gb-line}", "do-not.1": "N"}
    for part, text in welsh_texts.items():
        make.target(f"tip.ask.{part}", "cy", text)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE content_target SET text = 'G {service:zz-other}', revision = 2 WHERE text = 'G {service:gb-line}'")

    built = build_packs(read_snapshot(SANDBOX))

    assert [place for place, pack in built.items() if pack.blocked] == [("GB", "cy")]


def test_the_gate_names_the_place_of_a_fault_in_its_text(content: None) -> None:
    make.tip("over-there", countries=["GB"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE content_unit SET text = 'So: it is your fault', revision = 2 WHERE key = 'tip.over-there.short'")

    built = build_packs(read_snapshot(SANDBOX))

    [finding] = {finding for finding in built["GB", "en"].findings if finding.code == "blame"}
    assert (finding.item, finding.locale, finding.blocks) == ("tip.over-there.short", "en", True)
    assert (finding.start, finding.end) == (10, 20)


def test_a_tip_that_is_hard_to_read_is_reported_and_served(content: None) -> None:
    hard = "Notwithstanding organisational considerations, communicate identifying information confidentially. "
    make.tip("over-there", texts={"more": hard * 4}, audiences=["parent"])

    built = build_packs(read_snapshot(SANDBOX))

    [finding] = {finding for finding in built["GB", "en"].findings if finding.code == "reading-age"}
    assert (finding.item, finding.locale, finding.blocks) == ("tip.over-there", "en", False)
    assert not built["GB", "en"].blocked


def test_a_tip_without_ages_that_names_its_readers_age_blocks_its_packs(content: None) -> None:
    make.tip("over-there", texts={"short": "Say that you are under eighteen."}, countries=["GB"])
    make.tip("over-here", texts={"short": "Say that you are under eighteen."}, max_age=17, age_measured="now")

    built = build_packs(read_snapshot(SANDBOX))

    assert {place[0] for place, pack in built.items() if pack.blocked} == {"GB"}
    assert {finding.item for finding in built["GB", "en"].findings if finding.code == "reader-age"} == {"tip.over-there.short"}


def test_a_locale_without_a_term_list_is_reported_as_unchecked(content: None) -> None:
    Locale.objects.create(code="zu", name="Zulu", endonym="isiZulu", dir="ltr")

    built = build_packs(read_snapshot(SANDBOX))

    unchecked = {finding.locale for pack in built.values() for finding in pack.findings if finding.code == "terms-unchecked"}
    assert unchecked == {"zu"}
