"""kit/push: the fixtures are current, the handlers do what they say, and docs/push.md names every key."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from playwright._impl._driver import compute_driver_executable

from kit.push.push_handler import Phone, notification_of, on_message
from notifications.management.commands import push_fixtures
from notifications.models.campaign import CampaignKind

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "kit" / "push"
FIXTURES = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted((KIT / "fixtures").glob("*.json"))}
PAGE = (ROOT / "docs" / "push.md").read_text("utf-8")
_RUN_ALL = """
import { readFileSync } from "node:fs";
import { onMessage } from "%s";
const cases = JSON.parse(readFileSync(0, "utf-8"));
const found = cases.map(({ data, notification, phone }) => onMessage(data, notification, phone));
process.stdout.write(JSON.stringify(found));
"""


def test_the_fixtures_are_the_messages_that_are_sent() -> None:
    call_command("push_fixtures", "--check")


def test_a_fixture_that_differs_is_named_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_fixtures, "FOLDER", tmp_path)
    (tmp_path / "of-an-earlier-version.json").write_text("{}")

    with pytest.raises(CommandError, match="of-an-earlier-version"):
        call_command("push_fixtures", "--check")
    call_command("push_fixtures")

    assert {file.stem for file in tmp_path.iterdir()} == FIXTURES.keys()


@pytest.mark.parametrize("name", FIXTURES)
def test_the_reference_handler_does_what_the_fixture_says(name: str) -> None:
    fixture = FIXTURES[name]

    assert on_message(fixture["message"], Phone(**fixture["phone"])) == fixture["expect"]


def test_the_handler_in_javascript_does_what_every_fixture_says() -> None:
    cases = [_as_a_browser_gets_it(fixture) for fixture in FIXTURES.values()]
    node, _ = compute_driver_executable()
    script = _RUN_ALL % (KIT / "web" / "push-handler.js").as_uri()

    ran = subprocess.run(
        [node, "--no-warnings", "--input-type=module", "--eval", script], input=json.dumps(cases), capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stderr
    found = dict(zip(FIXTURES, json.loads(ran.stdout), strict=True))
    assert {name: found[name] for name in FIXTURES if found[name] != FIXTURES[name]["expect"]} == {}


def test_fixtures_hold_every_kind_of_message_and_screen() -> None:
    data = [fixture["message"]["data"] for fixture in FIXTURES.values()]
    expected = [fixture["expect"] for fixture in FIXTURES.values()]
    screens = [one["opened"] for one in expected if one["opened"]]

    assert {one.get("act") for one in data} >= {"show", "update", "cancel"}
    assert {name.rpartition("-")[0] or name for name in FIXTURES} >= {kind.value for kind in CampaignKind}
    assert {one["phone"]["platform"] for one in FIXTURES.values()} == {"android", "ios", "web"}
    assert {one["notification"]["action"] for one in expected if one["notification"]} == {"show", "replace", "keep"}
    assert {note for screen in screens for note in screen.get("notes", [])} == {
        *("rehearsal", "in-another-language", "updated", "withdrawn")
    }
    assert {screen.get("text_from") for screen in screens} == {"message", "feed", None}
    assert None in [screen["services"] for screen in screens if "services" in screen]


def test_the_page_names_every_key_and_every_fixture_that_exists() -> None:
    keys = {key for fixture in FIXTURES.values() for key in fixture["message"]["data"]}
    table = PAGE.partition("## The keys")[2].partition("## ")[0]
    rows = {key for row in re.findall(r"^\| (`.+?) \|", table, re.M) for key in re.findall(r"`(\w+)`", row)}

    assert rows == keys - {"member_of_next_year", "later"}
    assert set(re.findall(r"`([\w-]+)\.json`", PAGE)) <= FIXTURES.keys()


def _as_a_browser_gets_it(fixture: dict[str, Any]) -> dict[str, Any]:
    """Return the message as Firebase hands it to a web app; that of another platform too, as if it were one for the web."""
    phone = fixture["phone"]
    outer = notification_of(fixture["message"], phone["platform"])
    notification = {**outer, "silent": not outer.pop("sound")}
    given = {"alertsOn": phone["alerts_on"], "shown": phone["shown"], "reader": phone["reader"]}
    return {"data": fixture["message"]["data"], "notification": notification, "phone": given}
