"""The written form of a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import Invalid
from notifications.campaigns import definition
from notifications.campaigns.definition import InvalidDefinition
from notifications.management.commands.campaign import read_file
from tests import make

pytestmark = pytest.mark.django_db

EXAMPLE = """
name: Half-term blackmail warning
kind: alert
apps: [parent]
audience: {countries: [GB, "NO"], regions: all, audiences: [parent], locales: all}
messages:
  en: {outer: {title: New advice in the app, body: Take two minutes to read it.}, inner: {title: Advice, body: Read it.}}
  cy: {outer: {title: Cyngor, body: Darllenwch.}, inner: {title: Cyngor, body: Darllenwch.}}
services: [gb-ceop-safety-centre, gb-childline]
tips: {parent: first-hour}
alert: {severity: Moderate, urgency: Expected, certainty: Likely, status: Actual}
home: {zone: Europe/London, locale: en}
schedule: {at: now}
not_after: 2026-12-03T00:00:00Z
quiet_hours: respect
"""


@pytest.fixture(autouse=True)
def apps() -> None:
    make.app()


def written(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "campaign.yaml"
    path.write_text(text, "utf-8")
    return read_file(str(path))


def test_the_documented_file_survives_a_round_trip(tmp_path: Path) -> None:
    fields = definition.parse(written(tmp_path, EXAMPLE))

    campaign = make.Campaign(**fields)
    again = definition.parse(definition.write(campaign))
    assert again == fields
    assert fields["countries"] == ["GB", "NO"]
    assert fields["locales"] == ["all"]
    assert fields["schedule_kind"] == "now"


def test_norway_needs_no_quotes(tmp_path: Path) -> None:
    fields = definition.parse(written(tmp_path, EXAMPLE.replace('"NO"', "NO")))

    assert fields["countries"] == ["GB", "NO"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: alert", "kind: alert\nkind: update", "duplicate key"),
        ("kind: alert", "kind: alert\ntokens: [abc]", "tokens"),
        ("apps: [parent]", "apps: []", "apps"),
        ("apps: [parent]", "apps: [nobody]", "nobody"),
        ('countries: [GB, "NO"]', "countries: []", "countries"),
        ('countries: [GB, "NO"]', "countries: everywhere", "countries"),
        ('countries: [GB, "NO"]', "countries: [GB], devices: [one]", "devices"),
        ("regions: all", "regions: [FR-75]", "regions"),
        ("audiences: [parent]", "audiences: [child]", "child"),
        ("kind: alert", "kind: update", "references"),
        ("kind: alert", "kind: alert\nreferences: 1", "references"),
        ("kind: alert", "kind: exercise", "status"),
        ("severity: Moderate", "severity: moderate", "severity"),
        ("schedule: {at: now}", "schedule: {at: soon}", "schedule.at"),
        ("schedule: {at: now}", "schedule: {at: 2026-12-01T06:00:00}", "schedule.at"),
        ("schedule: {at: now}", "schedule: {local: 2026-12-01T06:00:00Z}", "schedule.local"),
        ("schedule: {at: now}", "schedule: {}", "schedule"),
        ("not_after: 2026-12-03T00:00:00Z", "not_after: tomorrow", "not_after"),
        ("quiet_hours: respect", "quiet_hours: ignore", "quiet_hours"),
        ("quiet_hours: respect", "quiet_hours: {override: ''}", "quiet_hours"),
        ("zone: Europe/London", "zone: Mars/Olympus", "home.zone"),
        ("locale: en}", "locale: fr}", "fr"),
        ("services: [gb-ceop-safety-centre, gb-childline]", "services: []", "services"),
        ("services: [gb-ceop-safety-centre, gb-childline]", "services: all", "services"),
        ("tips: {parent: first-hour}", "tips: {teen: first-hour}", "teen"),
        ("title: New advice in the app", f"title: {'x' * 66}", "outer.title"),
        ("title: New advice in the app", "title: 7", "outer.title"),
        ("  cy:", "  en-gb:\n    outer: 1\n  cy:", "messages.en-gb"),
        ("name: Half-term blackmail warning", "name: [1]", "name"),
        ("name: Half-term blackmail warning", r'name: "a\0b"', "name"),
        ("name: Half-term blackmail warning", r'name: "a\ud800b"', "name"),
        ("kind: alert", "kind: all-clear\nreferences: '1'", "references"),
        ("schedule: {at: now}", "schedule: {at: now, local: 2026-12-01T06:00}", "schedule"),
        ("schedule: {at: now}", "schedule: {at: null}", "schedule.at"),
        ("  cy:", "  EN: {outer: {title: a, body: b}, inner: {title: a, body: b}}\n  cy:", "same locale"),
        ("  cy:", "  en-US: {outer: {title: a, body: b}, inner: {title: a}}\n  cy:", "messages.en-US.inner.body"),
        ("name: Half-term", "name: &a Half\nother: *b", "YAML"),
        (EXAMPLE, "- just\n- a list", "campaign"),
        (EXAMPLE, "", "campaign"),
    ],
)
def test_the_first_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in EXAMPLE

    with pytest.raises(Invalid) as refused:
        definition.parse(written(tmp_path, EXAMPLE.replace(old, new)))

    assert said in refused.value.detail
    assert "\n" not in refused.value.detail


def test_a_campaign_has_no_way_to_name_a_device() -> None:
    for key in ("addresses", "registrations", "tokens", "fids", "tickets", "segment"):
        with pytest.raises(InvalidDefinition, match=key):
            definition.parse(make.definition(audience={"countries": ["GB"], "audiences": ["parent"], key: ["x"]}))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read_file(str(tmp_path / "nothing.yaml"))
