"""The audit log as a file: complete, in order, and checked without the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core import audit_chain, audit_export
from core.audit_chain import ChainBroken, ChainHead
from core.models import AuditEntry
from tests.core.test_audit_chain import commit, force, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines of seven entries, which are read three at a time."""
    monkeypatch.setattr(audit_export, "_CHUNK", 3)
    write(7)
    commit()
    return list(audit_export.lines(end=audit_chain.check()))


def test_every_entry_is_a_line_that_anybody_can_check(exported: list[str]) -> None:
    found = [json.loads(line) for line in exported]

    assert [line["position"] for line in found] == list(range(1, 8))
    assert all(sha256(line["digested"].encode()).hexdigest() == line["digest"] for line in found)
    assert [json.loads(line["digested"])[0] for line in found] == ["", *(line["digest"] for line in found[:-1])]
    entry = AuditEntry.objects.order_by("pk")[6]
    values = [entry.pk, "2026-12-01T12:00:00.000000", entry.by_id, "tip.changed", "", "", {"number": 6, "text": "é ”"}]
    assert json.loads(found[6]["digested"])[1:] == values
    assert {line["by"] for line in found} == {entry.by.username}
    assert audit_export.check(exported) == audit_chain.head()


def test_an_export_goes_on_where_another_one_ended(exported: list[str]) -> None:
    end = audit_chain.head()
    before = audit_export.check(exported[:4])

    later = list(audit_export.lines(end=end, after=4))

    assert later == exported[4:]
    assert audit_export.check(later, after=4) == audit_export.check(later, after=4, expected=before) == end
    assert list(audit_export.lines(end=end, after=7)) == []
    assert list(audit_export.lines(end=before)) == exported[:4]
    with pytest.raises(ChainBroken, match="Line 1 does not follow"):
        audit_export.check(later, after=4, expected=ChainHead(4, "0" * 64))


def changed(line: str, **values: object) -> str:
    return json.dumps(json.loads(line) | values)


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (lambda lines: lines[:2] + lines[3:], "Line 3 does not follow"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "Line 2 does not follow"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "begins at position 2 and not at 1"),
        (lambda lines: [*lines[:3], lines[3].replace("tip.changed", "tip.created"), *lines[4:]], "Line 4 was changed"),
        (lambda lines: [*lines[:5], lines[4], *lines[5:]], "Line 6 does not follow"),
        (lambda lines: [*lines, "{}"], "Line 8 is not a line"),
        (lambda lines: [*lines, '{"position": 8, "digest": "", "digested": "[]"}'], "Line 8 is not a line"),
        (lambda lines: lines[:6], "does not hold position 7"),
        (lambda lines: lines[3:], "begins at position 4 and not at 1"),
        (lambda lines: [], "has no lines"),
        (lambda lines: [changed(lines[0], position="1"), *lines[1:]], "Line 1 is not a line"),
        (lambda lines: [changed(lines[0], position=True), *lines[1:]], "Line 1 is not a line"),
        (lambda lines: [changed(lines[0], digested='["\ud800"]'), *lines[1:]], "Line 1 is not a line"),
        (lambda lines: [changed(lines[0], digested=["a"]), *lines[1:]], "Line 1 is not a line"),
        (lambda lines: [changed(lines[0], digested="[7]"), *lines[1:]], "Line 1 is not a line"),
    ],
)
def test_what_was_changed_in_a_file_is_named(
    exported: list[str], tamper: Callable[[list[str]], list[str]], sentence: str
) -> None:
    with pytest.raises(ChainBroken, match=sentence):
        audit_export.check(tamper(exported), expected=audit_chain.head())


def test_a_log_that_was_changed_is_not_exported(exported: list[str], tmp_path: Path) -> None:
    force("UPDATE core_auditentry SET verb = 'x'")

    with pytest.raises(CommandError, match="position 1 is not the one that was written"):
        call_command("audit", "--export", str(tmp_path / "audit.jsonl"))

    assert list(tmp_path.iterdir()) == []


def test_the_command_exports_and_checks_a_file(exported: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "audit.jsonl"

    call_command("audit", "--export", str(file), "--after", "2")
    head = capsys.readouterr().out.split()[-1]
    call_command("audit", "--check", str(file), "--after", "2", "--head", head)
    checked = capsys.readouterr().out
    call_command("audit", "--export", "-")

    assert file.read_text(encoding="utf-8").splitlines() == exported[2:]
    assert file.stat().st_mode & 0o777 == 0o600
    assert "holds positions 3 to 7, unchanged" in checked
    assert checked.split()[-1] == head == str(audit_chain.head())
    assert capsys.readouterr().out.splitlines() == exported
    with pytest.raises(CommandError, match="does not hold position 9"):
        call_command("audit", "--check", str(file), "--after", "2", "--head", str(ChainHead(9, "0" * 64)))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("audit", "--check", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("audit", "--export", str(tmp_path / "none" / "file"))
    with pytest.raises(CommandError, match="begins at position 3 and not at 1"):
        call_command("audit", "--check", str(file))


def test_an_export_is_readable_by_its_owner_alone_whatever_lies_there(exported: list[str], tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "audit.jsonl", tmp_path / "elsewhere"
    draft = tmp_path / "audit.jsonl.new"
    elsewhere.write_text("kept")

    for lies_there in ("file", "link"):
        file.unlink(missing_ok=True)
        if lies_there == "file":
            draft.touch(0o666)
        else:
            draft.symlink_to(elsewhere)
        call_command("audit", "--export", str(file))
        assert (file.stat().st_mode & 0o777, file.is_symlink()) == (0o600, False)

    assert elsewhere.read_text() == "kept"
    assert not draft.is_symlink()


def test_an_export_that_is_interrupted_leaves_no_file(
    exported: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*, end: ChainHead, after: int) -> Iterator[str]:
        yield exported[0]
        raise KeyboardInterrupt()

    monkeypatch.setattr(audit_export, "lines", interrupted)

    with pytest.raises(KeyboardInterrupt):
        call_command("audit", "--export", str(tmp_path / "audit.jsonl"))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--after", "2"], "goes with --export or --check"),
        (["--after", "0"], "goes with --export or --check"),
        (["--after", "-1", "--export", "-"], "0 or a larger whole number"),
        (["--after", "8", "--export", "-"], "past the end of the log, which is at position 7"),
    ],
)
def test_an_option_that_has_no_meaning_is_refused(exported: list[str], options: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("audit", *options)
