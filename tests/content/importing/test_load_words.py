"""Tips and targets are loaded as drafts, all or none, and never over a text that a person wrote."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from content.importing.words import WordsLoaded, load_words
from content.importing.words_file import LABELS, WordsRefused, read_words
from content.models import Target, Tip, TipRevision, Unit
from content.terms import Change
from core.models import User
from tests import make
from tests.make import NOON

TIP = {
    "slug": "first-hour",
    "kind": "tip",
    "audiences": ["teen"],
    "situations": ["blackmail"],
    "countries": [],
    "order": 10,
    "allowed_numbers": {"age": ["18"]},
    "title": "Stop and breathe",
    "short": "You are not alone.",
    "do_now": ["Tell one adult.", "Stop answering."],
    "do_not": ["Do not pay."],
    "more": "Under 18? **Still** not your fault.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "targets").mkdir()
    write(tmp_path)
    return tmp_path


def write(folder: Path, *, tips: list[dict[str, Any]] | None = None, revision: int = 0, **targets: dict[str, str]) -> None:
    labels = {key: f"Label {key.partition('.')[2]}" for key in sorted(LABELS)} | {"why.free": "It is free."}
    with (folder / "tips.yaml").open("w", encoding="utf-8") as out:
        YAML().dump({"revision": revision, "labels": labels, "tips": [TIP] if tips is None else tips}, out)
    for locale, texts in targets.items():
        with (folder / "targets" / f"{locale}.yaml").open("w", encoding="utf-8") as out:
            YAML().dump({"revision": revision, **texts}, out)


def load(folder: Path) -> WordsLoaded:
    make.world()
    loaded = load_words(folder, by=User.objects.system(), at=NOON)
    make.approve_tips()
    return loaded


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


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a slug that tells": ({"slug": "blackmail-help"}, "must not tell"),
    "an invalid slug": ({"slug": "First Hour"}, "lower-case letters"),
    "an unknown kind": ({"kind": "hint"}, "kind: unknown value 'hint'"),
    "an unknown situation": ({"situations": ["sextortion"]}, r"situations\.1: unknown value 'sextortion'"),
    "an unknown audience": ({"audiences": ["child"]}, r"audiences\.1: unknown value 'child'"),
    "no audience": ({"audiences": []}, "audiences: must not be empty"),
    "an unknown country": ({"countries": ["UK"]}, "'UK' is not an assigned ISO 3166-1 code"),
    "an order in words": ({"order": "first"}, "order: cannot be 'first'; expected a whole number"),
    "an allowed number that is not text": (
        {"allowed_numbers": {"age": [18]}},
        r"allowed_numbers\.age\.1: cannot be 18; expected text",
    ),
    "a helpline's number": ({"allowed_numbers": {"count": ["08001111"]}}, r"allowed_numbers\.count\.1: cannot be '08001111'"),
    "a kind of number that there is not": ({"allowed_numbers": {"phone": ["18"]}}, r"allowed_numbers\.phone"),
    "a number in two kinds": ({"allowed_numbers": {"age": ["18"], "hours": ["18"]}}, "allowed_numbers: 18 is there twice"),
    "a tip without situations": ({"situations": []}, "situations: must not be empty"),
    "an empty title": ({"title": ""}, "title: must not be empty"),
    "steps that are not a list": ({"do_now": "Tell."}, "do_now: cannot be 'Tell.'; expected a list"),
    "an unknown field": ({"image": "x"}, "image: unknown field"),
    "a number in a text": ({"title": "Call 0800 1111"}, "0800"),
    "its readers' age without ages": (
        {"short": "Say that you are under eighteen."},
        "Give the tip its ages",
    ),
    "blame": ({"short": "It is your fault."}, r"first-hour\.short: 'your fault' puts the blame"),
    "an unknown service": ({"short": "Ask {service:gb-nobody}."}, "does not exist"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_each_broken_rule_is_reported_and_nothing_is_loaded(db: None, folder: Path, change: dict[str, Any], said: str) -> None:
    write(folder, tips=[TIP | {"slug": "another"}, TIP | change])

    with pytest.raises(WordsRefused, match=said):
        load(folder)

    assert not Tip.objects.exists()
    assert not Unit.objects.exists()


def test_a_duplicate_tip_is_refused(folder: Path) -> None:
    write(folder, tips=[TIP, TIP])

    with pytest.raises(WordsRefused, match="2 tips have this slug"):
        read_words(folder)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from([*TIP, "odd"]),
    value=st.sampled_from([None, "", "x" * 7000, 0, -1, True, [], [None], {}, {"x": 1}, "٣"]),
)
def test_any_value_is_read_or_refused_with_a_reason(folder: Path, field: str, value: object) -> None:
    write(folder, tips=[TIP | {field: value}])

    with contextlib.suppress(WordsRefused):
        read_words(folder)


@pytest.mark.parametrize("text", ["labels: 1\n", "tips: {a: 1}\n", "tips: [1]\n", "a: 1\na: 2\n", "a: [", "- a\n"])
def test_invalid_yaml_and_duplicate_keys_are_refused(folder: Path, text: str) -> None:
    (folder / "tips.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(WordsRefused, match=r"tips\.yaml"):
        read_words(folder)


@pytest.mark.parametrize(
    ("locale", "texts", "said"),
    [
        ("cy", {"tip.nothing.title": "x"}, "no such unit"),
        ("cy", {"tip.first-hour.title": ""}, "must not be empty"),
        ("cy", {"tip.first-hour.title": "Ffoniwch ٠٨٠٠"}, "0800"),
        ("xx", {"tip.first-hour.title": "x"}, "there is no locale xx"),
    ],
)
def test_a_target_that_breaks_a_rule_is_refused(db: None, folder: Path, locale: str, texts: dict[str, str], said: str) -> None:
    targets: dict[str, Any] = {locale: texts}
    write(folder, **targets)

    with pytest.raises(WordsRefused, match=said):
        load(folder)

    assert not Target.objects.exists()


def test_the_words_of_contacts_and_of_the_companion_may_be_left_out(folder: Path) -> None:
    labels = {key: "x" for key in LABELS if not key.startswith(("contact.", "companion."))}
    with (folder / "tips.yaml").open("w", encoding="utf-8") as out:
        YAML().dump({"labels": labels, "tips": [TIP]}, out)

    assert {draft.key for draft in read_words(folder).drafts} >= {*labels, "tip.first-hour.title"}
    assert len(labels) < len(LABELS)


def test_a_missing_or_unknown_label_is_refused(folder: Path) -> None:
    with (folder / "tips.yaml").open("w", encoding="utf-8") as out:
        YAML().dump({"labels": {"step.sing": "Sing"}, "tips": []}, out)

    with pytest.raises(WordsRefused) as refused:
        read_words(folder)

    assert not [fault for fault in refused.value.extra["faults"] if "labels.contact." in fault or "labels.companion." in fault]
    assert "tips.yaml: labels.step.talk: this label is required." in refused.value.extra["faults"]
    assert "tips.yaml: labels.step.sing: there is no such label." in refused.value.extra["faults"]
