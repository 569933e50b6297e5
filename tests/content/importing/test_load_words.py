"""Tips and targets are loaded as drafts, all or none, and never over a text that a person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.importing.words import load_words
from content.importing.words_file import WordsRefused
from content.models import Target, Tip, TipRevision, Unit
from content.terms import Change
from core.models import User
from tests import make
from tests.content.importing.words_folder import TIP, load, write
from tests.make import NOON


def test_a_short_title_is_a_text_of_its_own_where_the_file_has_one(db: None, folder: Path) -> None:
    write(
        folder,
        tips=[TIP | {"short_title": "Breathe first"}, TIP | {"slug": "second"}],
        cy={"tip.first-hour.short-title": "Anadlwch"},
    )

    load(folder)

    assert Unit.objects.get(key__endswith=".short-title").text == "Breathe first"
    assert Target.objects.get().text == "Anadlwch"


def test_tips_become_rows_and_drafts(db: None, folder: Path) -> None:
    answer = load(folder)

    tip = Tip.objects.get()
    assert (tip.slug, tip.do_now, tip.do_not) == ("first-hour", [1, 2], [1])
    keys = [key for _, key in tip.keys()]  # noqa: SIM118  a method of the tip
    assert keys == [
        "tip.first-hour.title",
        "tip.first-hour.short-title",
        "tip.first-hour.short",
        "tip.first-hour.do-now.1",
        "tip.first-hour.do-now.2",
        "tip.first-hour.do-not.1",
        "tip.first-hour.more",
    ]
    assert set(Unit.objects.values_list("state", flat=True)) == {"needs-review"}
    assert Unit.objects.get(key="tip.first-hour.more").allowed_numbers == ["18"]
    assert answer.tips_new == 1


def test_loading_again_changes_nothing(db: None, folder: Path) -> None:
    write(folder, cy={"tip.first-hour.title": "Arhoswch"})
    load(folder)

    assert not load(folder).changed


def test_targets_are_drafts_of_the_current_source(db: None, folder: Path) -> None:
    write(folder, cy={"tip.first-hour.title": "Arhoswch", "step.talk": "Siarad"}, fr={})

    answer = load(folder)

    target = Target.objects.get(unit__key="tip.first-hour.title")
    assert (target.locale_id, target.state, target.source_revision) == ("cy", "needs-review", 1)
    assert answer.targets_new == {"cy": 2}


def test_a_changed_source_makes_its_targets_outdated(db: None, folder: Path) -> None:
    write(folder, cy={"tip.first-hour.title": "Arhoswch"})
    load(folder)
    write(folder, tips=[TIP | {"title": "Stop now"}], cy={"tip.first-hour.title": "Arhoswch"})

    answer = load(folder)

    assert answer.units_changed == 1
    assert Target.objects.with_status().get().status == "outdated"


def test_a_changed_target_is_updated_unless_a_person_wrote_it(db: None, folder: Path) -> None:
    write(folder, cy={"tip.first-hour.title": "Arhoswch", "tip.first-hour.short": "Un"})
    load(folder)
    mine = Target.objects.get(unit__key="tip.first-hour.short")
    mine.write(text="Fy ngeiriau", by=make.person("eve", "localisation-editor"), at=NOON, from_revision=1)
    write(folder, cy={"tip.first-hour.title": "Stopiwch", "tip.first-hour.short": "Dau"})

    answer = load(folder)

    mine.refresh_from_db()
    assert mine.text == "Fy ngeiriau"
    assert Target.objects.get(unit__key="tip.first-hour.title").text == "Stopiwch"
    assert answer.targets_changed == 1
    assert answer.refused == {"cy tip.first-hour.short": "a person has changed the text since the file was loaded last"}


def test_source_texts_and_tips_edited_by_a_person_are_kept(db: None, folder: Path) -> None:
    load(folder)
    eve, tip = make.person("eve", "localisation-editor"), Tip.objects.get()
    Unit.objects.get(key="tip.first-hour.title").revise(text="Mine", change=Change.CLARITY, by=eve, at=NOON, from_revision=1)
    changed = tip.facts() | {"audiences": ["teen", "parent"], "do_now": [2, 1]}
    TipRevision.objects.propose(slug=tip.slug, facts=changed, by=eve, at=NOON).approve(by=make.checker(), at=NOON)

    answer = load(folder)

    tip.refresh_from_db()
    assert (tip.audiences, tip.do_now) == (["teen", "parent"], [2, 1])
    assert sorted(answer.kept) == [
        "tip first-hour: the facts in the file are older than a decision of a person, or were rejected",
        "tip.first-hour.title",
    ]


def test_another_person_can_load_a_newer_file_over_its_own_texts(db: None, folder: Path) -> None:
    load(folder)
    write(folder, tips=[TIP | {"title": "Stop now"}])

    answer = load_words(folder, by=make.person("eve", "localisation-editor"), at=NOON)

    assert (answer.units_changed, answer.refused) == (1, {})
    assert Unit.objects.get(key="tip.first-hour.title").text == "Stop now"


def test_what_the_same_person_changed_since_is_not_overwritten_by_their_file(db: None, folder: Path) -> None:
    make.world()
    eve = make.person("eve", "localisation-editor")
    write(folder, cy={"tip.first-hour.title": "Arhoswch"})
    load_words(folder, by=eve, at=NOON)
    unit = Unit.objects.get(key="tip.first-hour.title")
    unit.revise(text="Mine", change=Change.SAFETY, by=eve, at=NOON, from_revision=1)
    target = Target.objects.get()
    target.write(text="Fy ngeiriau", by=eve, at=NOON, from_revision=1)
    write(folder, tips=[TIP | {"title": "Stop now"}], cy={"tip.first-hour.title": "Stopiwch"})

    answer = load_words(folder, by=eve, at=NOON)

    unit.refresh_from_db()
    target.refresh_from_db()
    assert (unit.text, target.text) == ("Mine", "Fy ngeiriau")
    assert answer.refused == {
        "tip.first-hour.title": "a person has changed the text since the file was loaded last",
        "cy tip.first-hour.title": "its source text has changed since the file was written",
    }


def test_an_older_file_brings_no_older_text_back(db: None, folder: Path) -> None:
    write(folder, cy={"tip.first-hour.short": "Un"})
    load(folder)
    write(folder, tips=[TIP | {"title": "Stop now"}], cy={"tip.first-hour.short": "Dau"})
    load(folder)
    write(folder, cy={"tip.first-hour.short": "Un"})

    answer = load(folder)

    assert Unit.objects.get(key="tip.first-hour.title").text == "Stop now"
    assert Target.objects.get().text == "Dau"
    assert answer.refused == {
        "tip.first-hour.title": "the file has an older text",
        "cy tip.first-hour.short": "the file has an older text",
    }
    assert not answer.changed


def test_an_older_file_that_was_never_loaded_changes_no_text(db: None, folder: Path) -> None:
    eve = make.person("eve", "localisation-editor")
    make.world()
    for revision, title, cy in ((1, "Stop", "Un"), (3, "Stop now", "Tri")):
        write(folder, revision=revision, tips=[TIP | {"title": title}], cy={"tip.first-hour.short": cy})
        load_words(folder, by=eve, at=NOON)
    write(
        folder, revision=2, tips=[TIP | {"title": "Halt", "do_not": ["Do not pay anything."]}], cy={"tip.first-hour.short": "Dau"}
    )

    tried = load_words(folder, by=eve, at=NOON, dry_run=True)
    answer = load_words(folder, by=eve, at=NOON)

    assert (
        answer.refused
        == tried.refused
        == {
            "tip.first-hour.title": "the file has an older text",
            "tip.first-hour.do-not.1": "the file has an older text",
            "cy tip.first-hour.short": "the file has an older text",
        }
    )
    assert Unit.objects.get(key="tip.first-hour.title").text == "Stop now"
    assert Target.objects.get().text == "Tri"
    assert not answer.changed


def test_a_changed_file_without_a_new_revision_changes_no_text(db: None, folder: Path) -> None:
    write(folder, revision=1, cy={"tip.first-hour.short": "Un"})
    load(folder)
    write(folder, revision=1, tips=[TIP | {"title": "Stop now"}], cy={"tip.first-hour.short": "Dau"})

    answer = load(folder)

    reason = "a file of this revision was loaded with another text; give a changed file the next revision"
    assert answer.refused == {"tip.first-hour.title": reason, "cy tip.first-hour.short": reason}
    assert not answer.changed


def test_a_file_of_the_next_revision_is_loaded_and_remembered(db: None, folder: Path) -> None:
    write(folder, revision=1, cy={"tip.first-hour.short": "Un"})
    load(folder)
    write(folder, revision=2, tips=[TIP | {"title": "Stop now"}], cy={"tip.first-hour.short": "Dau"})

    answer = load(folder)

    assert (answer.units_changed, answer.targets_changed, answer.refused) == (1, 1, {})
    assert set(Unit.objects.filter(owner="tip:first-hour").values_list("file_revision", flat=True)) == {2}
    assert Target.objects.get().file_revision == 2


def test_a_number_that_people_dial_refuses_the_files(db: None, folder: Path) -> None:
    make.world()
    make.emergency()
    write(folder, tips=[TIP | {"allowed_numbers": {"count": ["999"]}, "more": "For 999 people."}])

    with pytest.raises(WordsRefused, match=r"tip\.first-hour\.more: 999 is a number that people dial"):
        load(folder)

    assert not Unit.objects.owned_by("tip:first-hour").exists()


def test_a_translation_of_another_source_text_is_refused_and_the_rest_is_loaded(db: None, folder: Path) -> None:
    load(folder)
    eve = make.person("eve", "localisation-editor")
    make.service()
    # With the token, the translation in the file would break a rule too.
    Unit.objects.get(key="tip.first-hour.title").revise(
        text="Mine {service:gb-line}", change=Change.CLARITY, by=eve, at=NOON, from_revision=1
    )
    write(folder, cy={"tip.first-hour.title": "Arhoswch", "tip.first-hour.short": "Nid ydych ar eich pen eich hun."})

    answer = load(folder)

    assert answer.refused == {"cy tip.first-hour.title": "its source text has changed since the file was written"}
    assert Target.objects.get().unit.key == "tip.first-hour.short"


def test_an_approval_is_no_edit(db: None, folder: Path) -> None:
    write(folder, cy={"tip.first-hour.title": "Arhoswch"})
    load(folder)
    unit, target = Unit.objects.get(key="tip.first-hour.title"), Target.objects.get()
    unit.approve(by=make.checker(), at=NOON)
    target.approve(by=make.checker(), at=NOON)
    write(folder, cy={"tip.first-hour.title": "Stopiwch"})

    answer = load(folder)

    target.refresh_from_db()
    assert (answer.targets_changed, answer.refused) == (1, {})
    assert (target.text, target.approved_text, target.state) == ("Stopiwch", "Arhoswch", "needs-review")


def test_a_dry_run_says_what_would_change_and_changes_nothing(db: None, folder: Path) -> None:
    load(folder)
    write(folder, tips=[TIP | {"title": "Stop now"}], cy={"tip.first-hour.short": "Un"})
    before = list(Unit.objects.values())

    tried = load_words(folder, by=User.objects.system(), at=NOON, dry_run=True)

    assert (tried.units_changed, tried.targets_new) == (1, {"cy": 1})
    assert list(Unit.objects.values()) == before
    assert not Target.objects.exists()
    assert load(folder).data() == tried.data()
