"""The commands of content: every action has a person, every refusal is one sentence, and --json prints JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from content.models import Channel, ChannelRevision, Service, ServiceRevision
from tests import make


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue().strip().splitlines()[-1])


def test_loading_facts_twice_changes_nothing_the_second_time(db: None) -> None:
    first = run("load_facts")
    out = io.StringIO()
    call_command("load_facts", stdout=out)

    assert first["entries"] == first["services"]["new"] > 350
    assert first["proposals"]["add"] > 800
    assert out.getvalue().startswith(f"No changes: {first['entries']} entries.")


def test_an_invalid_file_is_refused_with_the_entry(db: None, tmp_path: Path) -> None:
    broken = tmp_path / "facts.json"
    broken.write_text('{"entries": [{"id": "gb-x"}]}', encoding="utf-8")

    with pytest.raises(CommandError, match="gb-x: kinds: this field is required"):
        call_command("load_facts", "--file", str(broken), stdout=io.StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_facts", "--file", str(tmp_path / "none.json"), stdout=io.StringIO())


def test_the_loader_of_facts_cannot_approve_them(db: None) -> None:
    make.person("ann", "localisation-editor", "assurer")
    run("load_facts", "--by", "ann")

    for command in ("services", "channels"):
        with pytest.raises(CommandError, match="a second person must"):
            run(command, "approve-all", "--by", "ann")
    with pytest.raises(CommandError, match="a second person must"):
        run("channels", "approve", str(ChannelRevision.objects.proposed().first().pk), "--by", "ann")  # type: ignore[union-attr]

    assert not Channel.objects.exists()


def test_a_proposal_of_a_service_is_listed_shown_approved_and_rejected(db: None) -> None:
    make.small_content()
    ann, ben = make.person("ann", "assurer"), make.person("ben", "assurer")
    line = Service.objects.get(pk="gb-line")

    def propose(**facts: Any) -> str:
        return str(ServiceRevision.objects.propose(service=line, facts=facts, by=ann, at=make.NOON, reason="Closed.").pk)

    rejected = propose(zone="Europe/London")
    assert run("services", "reject", rejected, "--by", "ben")["state"] == "withdrawn"
    proposed = propose(status="defunct")
    (row,) = run("services", "list")["proposals"]
    shown = run("services", "show", proposed)
    out = io.StringIO()
    call_command("services", "show", proposed, stdout=out)
    with pytest.raises(CommandError, match="a second person must"):
        run("services", "approve", proposed, "--by", ann.username)
    run("services", "approve", proposed, "--by", ben.username)

    assert (row["service"], row["act"], row["proposed_by"]) == ("gb-line", "change", "ann")
    assert shown["packs_before"] > shown["packs_after"] == 0
    assert "No crisis line can be served here." in out.getvalue()
    assert Service.objects.get(pk="gb-line").status == "defunct"
    with pytest.raises(CommandError, match="decided or replaced"):
        run("services", "approve", proposed, "--by", "ben")
    with pytest.raises(CommandError, match="no proposal 999"):
        run("services", "approve", "999", "--by", "ben")


def test_publishing_takes_a_candidate(db: None) -> None:
    make.person("ben", "publisher")

    with pytest.raises(CommandError, match="no such candidate"):
        run("release", "publish", "--by", "ben")
    with pytest.raises(CommandError, match="never published"):
        run("release", "rollback", "7", "--by", "ben")


def test_the_table_of_warnings_keeps_the_other_sections_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "gate.md"
    file.write_text("# Gate\n\n## Terms, length and reading age\n\nold\n\n## Corpus\n\nkept\n", encoding="utf-8")

    assert run("text_warnings", str(file))["languages"] > 25
    text = file.read_text(encoding="utf-8")

    assert "| en | " in text
    assert "old" not in text
    assert text.startswith("# Gate\n\n## Terms")
    assert text.endswith("\n## Corpus\n\nkept\n")
    refused = [row.split("|")[3].strip() for row in text.splitlines() if row.startswith("| ")]
    assert set(refused) == {"refused", "---", "0"}
