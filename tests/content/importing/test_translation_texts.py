"""Texts go out in files and translations come back as drafts: what is changed, what is refused, and what is never touched."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from content.exporting.text_batch import TextBatch, export_texts
from content.importing import translation_texts
from content.importing.translation_texts import FileOutcome, ImportEffect, import_texts, read_effect
from content.models import Service, Target, TargetRevision, Tip, TipRevision, Unit
from content.models.rights import NotYourLanguage
from content.translation_files.file_text import FileRefused, FileText, Reference, TranslationFile
from content.translation_files.formats import FORMATS, read_file
from core.errors import ChangedMeanwhile, Forbidden, Invalid, NotFound
from core.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db
TITLE, SHORT, STEP = "tip.first-hour.title", "tip.first-hour.short", "tip.first-hour.do-now.1"


@pytest.fixture(autouse=True)
def eva() -> make.User:
    """Make one tip, and an editor who reads Welsh."""
    make.world()
    make.service("gb-line", channels=0)
    make.tip(texts={"short": "Talk to {service:gb-line}."})
    return make.person("eva", "localisation-editor", locales=("cy",))


def exported(locale: str = "cy", **wanted: str) -> TranslationFile:
    return export_texts(locale, name_texts=lambda keys: str, **wanted)


def translated(file: TranslationFile, **texts: str) -> TranslationFile:
    """Return the file with translations by part of the tip, its lines numbered as if it had been read."""
    keys = {TITLE: "title", SHORT: "short", STEP: "step"}
    return replace(
        file,
        texts=tuple(
            replace(one, target=texts.get(keys.get(one.key, ""), one.target), line=line)
            for line, one in enumerate(file.texts, start=1)
        ),
    )


def outcomes(effect: ImportEffect) -> dict[str, FileOutcome]:
    return {text.key: text.outcome for text in effect.texts}


def reason(file: TranslationFile, key: str, by: make.User) -> str:
    effect = read_effect(file, locale="cy", by=by)
    (found,) = (text for text in effect.texts if text.key == key and text.outcome == FileOutcome.REFUSED)
    assert not [text for text in effect.written if text.key == key]
    return found.reason


def test_translations_of_a_file_are_drafts_of_the_person_who_imports_it(eva: make.User) -> None:
    file = translated(exported(), title="Arhoswch ac anadlwch", short="Siaradwch â {service:gb-line}.")

    effect = import_texts(file, locale="cy", by=eva, at=make.NOON)

    target = Target.objects.get(unit__key=SHORT)
    assert (effect.counts[FileOutcome.NEW], effect.counts[FileOutcome.EMPTY]) == (2, 3)
    assert (target.text, target.state, target.written_by) == ("Siaradwch â {service:gb-line}.", "needs-review", eva)
    assert [row.act for row in TargetRevision.objects.filter(target=target)] == ["written"]
    assert AuditEntry.objects.get(verb="translations.imported").details == {
        "locale": "cy", "new": 2, "changed": 0, "same": 0, "empty": 3, "refused": 0,
    }  # fmt: skip
    with pytest.raises(Forbidden):
        target.approve(by=make.person("both", "localisation-editor"), at=make.NOON)


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_that_is_imported_changes_nothing(name: str, eva: make.User) -> None:
    make.target(TITLE, "cy", "Arhoswch ac anadlwch", approved=True)
    make.target(STEP, "cy", "Dywedwch wrth un oedolyn.")
    before = list(Target.objects.values()), list(TargetRevision.objects.values())

    file = read_file(FORMATS[name].write(exported(batch=TextBatch.ALL)))
    effect = import_texts(file, locale="cy", by=eva, at=make.NOON)

    assert {*outcomes(effect).values()} == {FileOutcome.SAME, FileOutcome.EMPTY}
    assert (list(Target.objects.values()), list(TargetRevision.objects.values())) == before
    assert not AuditEntry.objects.filter(verb="translations.imported").exists()


def test_an_approved_text_is_served_until_a_second_person_approves_the_import(eva: make.User) -> None:
    make.target(TITLE, "cy", "Arhoswch", approved=True)

    import_texts(translated(exported(batch="all"), title="Arhoswch ac anadlwch"), locale="cy", by=eva, at=make.NOON)

    target = Target.objects.get(unit__key=TITLE)
    assert (target.text, target.approved_text, target.state) == ("Arhoswch ac anadlwch", "Arhoswch", "needs-review")


def test_each_imported_text_has_its_act_in_the_history(eva: make.User) -> None:
    removed, kept = make.target(TITLE, "cy", "Arhoswch"), make.target(STEP, "cy", "Dywedwch.", approved=True)
    removed.propose_removal(by=eva, at=make.NOON, from_revision=1)
    removed.approve_removal(by=make.checker(), at=make.NOON, from_revision=2)

    import_texts(
        translated(exported(batch="all"), title="Arhoswch ac anadlwch", step="Dywedwch wrth un oedolyn."),
        locale="cy",
        by=eva,
        at=make.NOON,
    )

    history = TargetRevision.objects.order_by("revision")
    assert [row.act for row in history.filter(target=removed.pk)] == ["written", "removal-proposed", "removed", "written"]
    assert [row.act for row in history.filter(target=kept.pk)] == ["written", "approved", "revised"]
    last = history.filter(target=kept.pk).last()
    kept.refresh_from_db()
    assert last is not None
    assert (last.text, last.by, last.source_revision) == ("Dywedwch wrth un oedolyn.", eva, kept.source_revision)
    assert (kept.state, kept.revision, kept.approved_by, kept.approved_text) == ("needs-review", 3, None, "Dywedwch.")


def test_only_what_changed_meanwhile_is_refused(eva: make.User) -> None:
    make.target(STEP, "cy", "Dywedwch.")
    file = translated(exported(batch="all"), title="Arhoswch", short="Siaradwch â {service:gb-line}.", step="Dywedwch wrth un.")
    Unit.objects.get(key=TITLE).revise(
        text="Stop", change="clarity", by=make.User.objects.system(), at=make.NOON, from_revision=1
    )
    Target.objects.get(unit__key=STEP).write(text="Siaradwch.", by=eva, at=make.NOON, from_revision=1)

    effect = import_texts(file, locale="cy", by=eva, at=make.NOON)

    assert {text.key: text.reason for text in effect.refused} == {
        TITLE: translation_texts.SOURCE_CHANGED,
        STEP: translation_texts.TEXT_CHANGED,
    }
    assert [text.line for text in effect.refused] == [1, 3]
    assert list(Target.objects.values_list("unit__key", "text")) == [
        (STEP, "Siaradwch."),
        (SHORT, "Siaradwch â {service:gb-line}."),
    ]


def test_an_approval_in_between_is_no_change_of_the_text(eva: make.User) -> None:
    target = make.target(STEP, "cy", "Dywedwch.")
    file = translated(exported(batch="all"), step="Dywedwch wrth un oedolyn.")
    target.unit.approve(by=make.checker(), at=make.NOON)
    target.approve(by=make.checker(), at=make.NOON)

    assert outcomes(read_effect(file, locale="cy", by=eva))[STEP] == FileOutcome.CHANGED


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Siaradwch â rhywun.", "{service:gb-line} is in the source but missing here."),
        ("Siaradwch â {service:gb-other}.", "{service:gb-other} is not in the source"),
        ("Siaradwch â {service:gb-line} ar 0800 1111.", "08001111"),
        ("Siaradwch â {service:gb-line} ar www.example.org", "address"),
        ("Talk to {service:gb-line}.", "source"),
    ],
)
def test_a_changed_token_number_or_address_is_refused(text: str, says: str, eva: make.User) -> None:
    assert says in reason(translated(exported(), short=text), SHORT, eva)


def test_a_text_of_a_file_is_refused_where_it_no_longer_fits(eva: make.User) -> None:
    file = translated(exported(), title="Arhoswch", step="Dywedwch.")
    title = next(text for text in file.texts if text.key == TITLE)

    def with_title(**changes: Any) -> TranslationFile:
        return replace(file, texts=(replace(title, **changes), *(text for text in file.texts if text.key != TITLE)))

    assert reason(with_title(source="Something else"), TITLE, eva) == translation_texts.SOURCE_EDITED
    assert reason(with_title(unfinished=True), TITLE, eva) == translation_texts.UNFINISHED
    assert reason(with_title(key="tip.none.title"), "tip.none.title", eva) == translation_texts.UNKNOWN
    # A first translation needs no reference: the source text stands beside it.
    assert outcomes(read_effect(with_title(reference=None), locale="cy", by=eva))[TITLE] == FileOutcome.NEW
    target = make.target(TITLE, "cy", "Stopiwch")
    assert reason(with_title(reference=None), TITLE, eva) == translation_texts.NO_REFERENCE
    target.propose_removal(by=eva, at=make.NOON, from_revision=1)
    now = Reference.of(TITLE, title.source, "Stopiwch")
    assert reason(with_title(reference=now), TITLE, eva) == translation_texts.REMOVAL


def test_a_text_that_stands_in_the_file_twice_is_refused_twice(eva: make.User) -> None:
    file = translated(exported(), title="Arhoswch")
    title = next(text for text in file.texts if text.key == TITLE)

    effect = read_effect(replace(file, texts=(title, replace(title, target="Stopiwch"))), locale="cy", by=eva)

    assert [text.reason for text in effect.refused] == [translation_texts.REPEATED] * 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"locale": "ar"}, "The file is in the language ar, not in cy."),
        ({"source_locale": "fr"}, "translated from fr"),
        ({"texts": ()}, "has no texts"),
    ],
)
def test_a_file_for_another_language_or_source_is_refused_whole(changes: dict[str, Any], says: str, eva: make.User) -> None:
    with pytest.raises(FileRefused, match=says):
        read_effect(replace(translated(exported(), title="Arhoswch"), **changes), locale="cy", by=eva)


@pytest.mark.parametrize("locale", ["cy", "CY", "cy_", ""])
def test_a_language_tag_may_be_written_in_another_way(locale: str, eva: make.User) -> None:
    file = replace(translated(exported(), title="Arhoswch"), locale=locale.rstrip("_"))

    assert outcomes(read_effect(file, locale="cy", by=eva))[TITLE] == FileOutcome.NEW


def test_only_an_editor_of_the_language_imports(eva: make.User) -> None:
    file = translated(exported(), title="Arhoswch")

    with pytest.raises(NotYourLanguage):
        import_texts(replace(file, locale="ar"), locale="ar", by=eva, at=make.NOON)
    with pytest.raises(NotFound):
        import_texts(file, locale="xx", by=eva, at=make.NOON)
    with pytest.raises(Invalid):
        import_texts(file, locale="en", by=make.person("all", "localisation-editor"), at=make.NOON)
    with pytest.raises(Forbidden):
        import_texts(file, locale="cy", by=make.person("rhys", "localisation-reviewer"), at=make.NOON)
    assert not Target.objects.exists()


def test_an_import_touches_no_source_and_no_fact(eva: make.User) -> None:
    models = (Unit, Tip, TipRevision, Service)
    before = [list(model.objects.values()) for model in models]

    import_texts(translated(exported(), title="Arhoswch", step="Dywedwch."), locale="cy", by=eva, at=make.NOON)

    assert [list(model.objects.values()) for model in models] == before


def test_nothing_is_written_where_the_effect_is_not_the_one_that_was_seen(eva: make.User) -> None:
    file = translated(exported(), title="Arhoswch", step="Dywedwch.")
    seen = read_effect(file, locale="cy", by=eva).token
    make.target(STEP, "cy", "Siaradwch.")

    with pytest.raises(ChangedMeanwhile):
        import_texts(file, locale="cy", by=eva, at=make.NOON, seen=seen)

    assert Target.objects.count() == 1


def test_each_batch_holds_its_texts_in_reading_order(eva: make.User) -> None:
    make.unit("why.night", "It is night.")
    make.tip("stay-close", situations=["self-harm-risk"], order=1)
    make.target(TITLE, "cy", "Arhoswch", approved=True)
    outdated = make.target(STEP, "cy", "Dywedwch.", approved=True)
    outdated.unit.revise(text="Tell two adults.", change="safety", by=make.User.objects.system(), at=make.NOON, from_revision=1)
    keys = {batch: [text.key for text in exported(batch=batch).texts] for batch in TextBatch.values}

    of_tip = [f"tip.stay-close.{part}" for part in ("title", "short", "do-now.1", "do-not.1")]
    others = ["service.gb-line.purpose", "why.night"]
    first = [TITLE, SHORT, STEP, "tip.first-hour.do-not.1"]
    assert keys["all"] == [*of_tip, *first, *others]
    assert keys["to-do"] == [*of_tip, *first[1:], *others]
    assert keys["missing"] == [*of_tip, SHORT, "tip.first-hour.do-not.1", *others]
    assert keys["urgent"] == [*of_tip, STEP]
    assert (keys["outdated"], keys["needs-review"]) == ([STEP], [])
    assert [text.key for text in exported(batch="all", tip="first-hour").texts] == first
    (step,) = exported(batch="outdated").texts
    assert (step.state, step.limit) == ("withdrawn", 650)
    assert "When this was translated, the source text was: Tell one adult." in step.notes


def test_a_file_says_which_texts_it_was_made_from() -> None:
    first = exported().revision
    assert exported().revision == first

    make.target(TITLE, "cy", "Arhoswch")

    assert exported(batch="all").revision != first


def test_the_command_exports_and_imports(tmp_path: Path, eva: make.User) -> None:
    path = tmp_path / "cy.po"
    call_command("text_files", "export", "cy", str(path), stdout=StringIO())
    text = path.read_text().replace('msgid "Stop and breathe"\nmsgstr ""', 'msgid "Stop and breathe"\nmsgstr "Arhoswch"')
    path.write_text(text.replace('msgid "Do not pay."\nmsgstr ""', 'msgid "Do not pay."\nmsgstr "Ffoniwch 0800 1111"'))

    dry, done = StringIO(), StringIO()
    call_command("text_files", "import", "cy", str(path), "--by", "eva", "--dry-run", stdout=dry)
    assert not Target.objects.exists()
    call_command("text_files", "import", "cy", str(path), "--by", "eva", stdout=done)

    line = text.split("\n").index('msgctxt "tip.first-hour.do-not.1"') + 1
    assert dry.getvalue().startswith("Dry run: nothing is written. 1 new translations and 0 changed ones")
    assert f"line {line}, tip.first-hour.do-not.1: " in done.getvalue()
    assert Target.objects.get().text == "Arhoswch"


@pytest.mark.parametrize("file", ["none.po", "large.po"])
def test_the_command_refuses_a_file_in_a_sentence(file: str, tmp_path: Path) -> None:
    with (tmp_path / "large.po").open("wb") as large:
        large.truncate(50 * 2**20)

    with pytest.raises(CommandError, match=r"cannot be read|larger than 16 MB"):
        call_command("text_files", "import", "cy", str(tmp_path / file), "--by", "eva")


#: docs/measurements/localisation.md has the figures for 10,000.
COUNT = int(os.environ.get("TRANSLATIONS", "1000"))


@pytest.mark.parametrize("there_before", [False, True])
def test_many_translations_are_imported_in_one_go(there_before: bool, eva: make.User) -> None:
    system = make.User.objects.system()
    drafts = [
        Unit.drafted(
            key=f"why.text-{n}", owner="term", text=f"Ask an adult about {_word(n)}.", by=system, at=make.NOON,
            locale="en", numbers={}, hosts=(),
        )
        for n in range(COUNT)
    ]  # fmt: skip
    Unit.objects.write_many(drafts)
    if there_before:
        Target.objects.write_many(
            Target(unit=unit, locale_id="cy", text="Gofynnwch.", written_by=system, written_at=make.NOON) for unit in drafts
        )
    texts = tuple(
        FileText(text.key, text.source, f"Gofynnwch i oedolyn am {_word(n)}.", text.reference, line=n)
        for n, text in enumerate(exported(batch="all").texts, start=1)
        if text.key.startswith("why.text-")
    )

    start = time.process_time()
    effect = import_texts(TranslationFile("cy", "en", texts), locale="cy", by=eva, at=make.NOON)
    seconds = time.process_time() - start

    assert len(effect.written) == COUNT
    assert Target.objects.filter(written_by=eva).count() == COUNT
    print(f"{COUNT} translations: {seconds:.1f} s of processor time")
    # Twice the promise of 20 s for 10,000.
    assert seconds < 4 * COUNT / 1000


def _word(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
