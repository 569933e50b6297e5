"""The day of a translation agency: it converts, edits and checks an exported file with tools of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from translate.storage import po, xliff

from content.exporting.text_batch import export_texts
from content.importing.translation_texts import FileOutcome, import_texts
from content.models import Target
from content.translation_files.formats import FORMATS, read_file
from tests import make

pytestmark = pytest.mark.django_db
SCHEMA = Path(__file__).resolve().parents[2] / "standards/xliff-1.2/xliff-core-1.2-transitional.xsd"

WELSH = {
    "Stop and breathe": "Arhoswch ac anadlwch",
    "Talk to {service:gb-line}.": "Siaradwch â {service:gb-line}.",
    "Tell one adult.\n\nIf you are under 18, ask for help.": "Dywedwch wrth un oedolyn.\n\nOs ydych o dan 18, gofynnwch am help.",
    "Do not pay.": "Peidiwch â thalu.",
}


@pytest.fixture(autouse=True)
def eva() -> make.User:
    make.world()
    make.service("gb-line", channels=0)
    source = "Tell one adult.\n\nIf you are under 18, ask for help."
    make.unit("tip.first-hour.do-now.1", source, owner="tip:first-hour", allowed_numbers={"18": "age"})
    for part, text in (("title", "Stop and breathe"), ("short", "Talk to {service:gb-line}."), ("do-not.1", "Do not pay.")):
        make.unit(f"tip.first-hour.{part}", text, owner="tip:first-hour")
    make.tip_facts("first-hour", audiences=["teen"], situations=["blackmail"], do_now=[1], do_not=[1])
    return make.person("eva", "localisation-editor", locales=("cy",))


def tool(name: str, *arguments: str | Path) -> None:
    """Run a program of translate-toolkit."""
    done = subprocess.run(
        [Path(sys.executable).parent / name, "--progress=none", *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def exported(folder: Path) -> Path:
    path = folder / "cy.xlf"
    path.write_bytes(FORMATS["xliff"].write(export_texts("cy", tip="first-hour", name_texts=lambda keys: str)))
    return path


@pytest.mark.services
def test_xmllint_finds_an_exported_file_valid_by_the_schema_of_oasis(tmp_path: Path, eva: make.User) -> None:
    make.target("tip.first-hour.title", "cy", "Arhoswch")
    program = shutil.which("xmllint")
    assert program, "xmllint is missing: apt-get install libxml2-utils"

    done = subprocess.run(
        [program, "--nonet", "--noout", "--schema", SCHEMA, exported(tmp_path)], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr


def test_a_file_that_went_through_po_and_back_is_imported(tmp_path: Path, eva: make.User) -> None:
    source, edited, back, wrong = exported(tmp_path), tmp_path / "cy.po", tmp_path / "back.xlf", tmp_path / "wrong.po"

    tool("xliff2po", source, edited)
    store = po.pofile.parsefile(str(edited))
    for unit in store.units:
        if unit.source in WELSH:
            unit.target = WELSH[unit.source]
            unit.markfuzzy(False)
    store.save()
    tool("pofilter", "--test=pythonbraceformat", "--test=numbers", "--test=newlines", edited, wrong)
    tool("po2xliff", edited, back)
    effect = import_texts(read_file(back.read_bytes()), locale="cy", by=eva, at=make.NOON)
    for target in Target.objects.all():
        target.unit.approve(by=make.checker(), at=make.NOON)
        target.approve(by=make.checker(), at=make.NOON)

    assert not wrong.exists()
    assert effect.counts == {**dict.fromkeys(FileOutcome, 0), FileOutcome.NEW: 4}, effect
    assert dict(Target.objects.values_list("unit__text", "approved_text")) == WELSH


def test_a_file_that_was_edited_as_xliff_is_imported(tmp_path: Path, eva: make.User) -> None:
    store = xliff.xlifffile.parsefile(str(exported(tmp_path)))
    for unit in store.units:
        unit.target = WELSH[unit.source]

    saved = BytesIO()
    store.serialize(saved)
    effect = import_texts(read_file(saved.getvalue()), locale="cy", by=eva, at=make.NOON)

    assert effect.counts[FileOutcome.NEW] == 4, effect


def test_the_agencys_checks_and_ours_find_a_lost_token(tmp_path: Path, eva: make.User) -> None:
    source, edited, wrong = exported(tmp_path), tmp_path / "cy.po", tmp_path / "wrong.po"

    tool("xliff2po", source, edited)
    store = po.pofile.parsefile(str(edited))
    for unit in store.units:
        if "{service" in unit.source:
            unit.target = "Siaradwch â rhywun."
            unit.markfuzzy(False)
    store.save()
    tool("pofilter", "--test=pythonbraceformat", edited, wrong)
    effect = import_texts(read_file(edited.read_bytes()), locale="cy", by=eva, at=make.NOON)

    assert "Siaradwch" in wrong.read_text()
    assert [text.reason for text in effect.refused] == ["{service:gb-line} is in the source but missing here."]
    assert not Target.objects.exists()
