"""Campaigns and registrations from the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core import tokens
from core.audit_verbs import Verb
from core.models import AuditEntry
from notifications.campaigns import audience
from notifications.delivery import maintenance
from notifications.models import App, Brake, Campaign, Registration
from tests import make

pytestmark = pytest.mark.django_db


def command(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


@pytest.fixture
def file(tmp_path: Path) -> str:
    make.campaign(state="draft").delete()
    path = tmp_path / "campaign.yaml"
    path.write_text(json.dumps(make.definition()), "utf-8")
    return str(path)


def test_a_campaign_goes_from_a_file_to_its_approval(file: str) -> None:
    made = command("campaign", "create", file, "--by", "author")["id"]
    submitted = command("campaign", "submit", str(made), "--by", "author")

    approved = command("campaign", "approve", str(made), "--fingerprint", submitted["fingerprint"], "--by", "approver")

    assert submitted["id"] == made
    assert approved == {"id": made, "state": "approved"}
    assert command("campaign", "list")["campaigns"][0]["state"] == "approved"
    status = command("campaign", "status", str(made))
    assert set(status) >= {
        "id", "state", "fingerprint", "devices", "accepted", "rejected", "unknown", "pending", "skipped", "started_at",
        "finished_at", "halted",
    }  # fmt: skip


def test_the_forecast_of_a_draft_has_its_times_and_everything_that_is_wrong_with_it(file: str) -> None:
    made = str(command("campaign", "create", file, "--by", "author")["id"])
    Campaign.objects.update(schedule_kind="at", schedule_at="2020-01-01T12:00:00Z", services=["no-such-line"])

    said = command("campaign", "forecast", made)

    assert (said["devices"], said["feed_only"], [zone["zone"] for zone in said["zones"]]) == (20, False, ["Europe/London"])
    assert said["zones"][0]["planned_at"] == "2020-01-01T12:00:00Z"
    assert [language["served"] for language in said["languages"]] == ["en"]
    assert [problem["field"] for problem in said["problems"]] == ["schedule.at", "not_after", "services"]
    out = io.StringIO()
    call_command("campaign", "forecast", made, stdout=out)
    assert "Europe/London" in out.getvalue()
    assert "schedule.at: The start has passed" in out.getvalue()


def test_the_author_cannot_approve_here_either(file: str) -> None:
    make.person("both", "campaign-author", "campaign-approver")
    made = str(command("campaign", "create", file, "--by", "both")["id"])
    fingerprint = command("campaign", "submit", made, "--by", "both")["fingerprint"]

    with pytest.raises(CommandError, match="Nobody can approve"):
        command("campaign", "approve", made, "--fingerprint", fingerprint, "--by", "both")

    assert Campaign.objects.get().state == "submitted"


def test_a_second_reader_confirms_a_language_that_the_approver_does_not_read(tmp_path: Path, file: str) -> None:
    text = make.definition()["messages"]["en"]
    path = tmp_path / "two.yaml"
    path.write_text(json.dumps(make.definition(messages={"en": text, "cy": text})), "utf-8")
    make.person("ben", "campaign-approver", locales=("en",))
    make.person("carys", "localisation-reviewer", locales=("cy",))
    made = str(command("campaign", "create", str(path), "--by", "author")["id"])
    read = ("--fingerprint", command("campaign", "submit", made, "--by", "author")["fingerprint"])

    with pytest.raises(CommandError, match="cy"):
        command("campaign", "approve", made, *read, "--by", "ben")
    command("campaign", "confirm", made, *read, "--language", "cy", "--by", "carys")

    assert command("campaign", "approve", made, *read, "--by", "ben")["state"] == "approved"


def test_a_caution_and_a_large_audience_are_confirmed_on_the_command_line(
    tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "CONFIRM_ABOVE", 10)
    text = make.definition()["messages"]["en"]
    text["inner"]["body"] = "Help for every victim."
    path = tmp_path / "large.yaml"
    path.write_text(json.dumps(make.definition(messages={"en": text})), "utf-8")
    made = str(command("campaign", "create", str(path), "--by", "author")["id"])
    submit = ("campaign", "submit", made, "--by", "author")

    said = command("campaign", "forecast", made)
    (caution,) = said["cautions"]
    answer = ("--answer", f"{caution['code']}=The organization calls itself so.")
    with pytest.raises(CommandError, match="give the reason why it stays"):
        command(*submit, "--confirm-reach", "20")
    with pytest.raises(CommandError, match="No text of the campaign has a caution with the code no-such"):
        command(*submit, "--answer", "no-such=Because.")
    with pytest.raises(CommandError, match="About 20 phones get the alert"):
        command(*submit, *answer)
    fingerprint = command(*submit, "--confirm-reach", "20")["fingerprint"]
    approve = ("campaign", "approve", made, "--fingerprint", fingerprint, "--by", "approver")
    with pytest.raises(CommandError, match="enter 20 to confirm"):
        command(*approve)

    assert command(*approve, "--confirm-reach", "20")["state"] == "approved"
    assert command("campaign", "forecast", made)["cautions"][0]["reason"] == "The organization calls itself so."
    assert {problem["field"] for problem in said["problems"]} == {"reach_confirmed", "messages.en.inner.body"}


def test_another_urgent_alert_is_approved_by_two_people_here_too(tmp_path: Path, file: str) -> None:
    urgent = make.definition()["alert"] | {"severity": "Severe"}
    make.campaign(alert=urgent)
    path = tmp_path / "urgent.yaml"
    path.write_text(json.dumps(make.definition(alert=urgent)), "utf-8")
    make.person("third", "campaign-approver")
    made = str(command("campaign", "create", str(path), "--by", "author")["id"])
    fingerprint = command("campaign", "submit", made, "--by", "author")["fingerprint"]
    approve = ("campaign", "approve", made, "--fingerprint", fingerprint)

    with pytest.raises(CommandError, match="enter the reason"):
        command(*approve, "--by", "approver")
    first = command(*approve, "--by", "approver", "--reason", "A new threat.")
    second = command(*approve, "--by", "third")

    assert (first["state"], second["state"]) == ("submitted", "approved")


def test_refusals_are_one_sentence(file: str) -> None:
    for arguments in (
        ("campaign", "create", "no-such-file.yaml", "--by", "author"),
        ("campaign", "create", file, "--by", "nobody"),
        ("campaign", "create", file, "--by", "approver"),
        ("campaign", "status", "7"),
        ("campaign", "status", "x"),
        ("campaign", "submit", "7", "--by", "author"),
    ):
        with pytest.raises(CommandError) as refused:
            command(*arguments)
        assert "\n" not in str(refused.value)


def test_outside_the_sandbox_a_person_is_named_with_their_token(file: str, settings: Any, tmp_path: Path) -> None:
    made = str(command("campaign", "create", file, "--by", "author")["id"])
    author, approver = make.campaign_staff()
    settings.SANDBOX = False
    own, foreign = tmp_path / "own", tmp_path / "foreign"
    own.write_text(tokens.issue(author) + "\n", encoding="utf-8")
    foreign.write_text(tokens.issue(approver), encoding="utf-8")

    with pytest.raises(CommandError, match="token"):
        command("campaign", "submit", made, "--by", "author")
    with pytest.raises(CommandError, match="token"):
        command("campaign", "submit", made, "--by", "author", "--token-file", str(foreign))
    submitted = command("campaign", "submit", made, "--by", "author", "--token-file", str(own))
    with pytest.raises(CommandError, match="used"):
        command("campaign", "return", made, "--by", "author", "--token-file", str(own))

    assert submitted["fingerprint"]


def test_a_token_is_read_from_standard_input(file: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SANDBOX = False
    author, _ = make.campaign_staff()
    monkeypatch.setattr("sys.stdin", io.StringIO(tokens.issue(author) + "\n"))

    assert command("campaign", "create", file, "--by", "author", "--token-file", "-")["id"]


@pytest.mark.parametrize("verb", ["pause", "resume", "stop", "return", "reject", "submit"])
def test_no_verb_takes_a_name_without_a_token(file: str, settings: Any, verb: str) -> None:
    campaign = make.campaign()
    settings.SANDBOX = False

    with pytest.raises(CommandError, match="token"):
        command("campaign", verb, str(campaign.pk), "--by", "author")


def test_stopping_needs_no_token_and_puts_nobody_on_record(file: str, settings: Any) -> None:
    settings.SANDBOX = False
    campaign = make.campaign()

    assert command("campaign", "stop", str(campaign.pk))["state"] == "stopped"
    assert AuditEntry.objects.get(verb=Verb.CAMPAIGN_STOPPED).by.is_system


def test_everything_is_stopped_without_the_console_and_with_a_reason(db: None, settings: Any) -> None:
    settings.SANDBOX = False
    make.campaign_staff()

    for reason in ("", "  "):
        with pytest.raises(CommandError, match="Give a reason"):
            command("campaign", "stop-everything", "--reason", reason)
    untouched = Brake.objects.for_everything().state
    assert command("campaign", "stop-everything", "--reason", "A wrong number is in an alert.") == {"stopped": True}

    brake = Brake.objects.for_everything()
    assert (untouched, brake.state, brake.reason) == ("go", "stopped", "A wrong number is in an alert.")
    assert AuditEntry.objects.get(verb=Verb.SENDING_STOPPED).by.is_system
    with pytest.raises(CommandError, match="token"):
        command("campaign", "stop-everything", "--reason", "Again.", "--by", "author")


def test_the_forecast_counts_topics_where_there_are_no_phones(db: None) -> None:
    make.app("teen", push_mode="topics")
    campaign = make.campaign(state="draft", apps=["teen"], audience={"countries": ["GB"], "audiences": ["teen"]})
    make.topic(locale="cy")
    make.topic(locale="cy", region="GB-WLS")
    out = io.StringIO()

    call_command("campaign", "forecast", str(campaign.pk), stdout=out)

    assert "3 topics." in out.getvalue()
    (welsh,) = [line for line in out.getvalue().splitlines() if line.split()[:2] == ["GB", "cy"]]
    assert welsh.endswith("2 topics")
    assert [line for line in out.getvalue().splitlines() if line.endswith("1 topic")]


def test_apps_are_created_once_and_not_changed_afterwards(db: None, settings: Any) -> None:
    settings.FIREBASE_PROJECTS = {"project-one": "/nowhere"}

    first = command("load_apps")
    App.objects.filter(name="teen").update(push_mode="feed")
    second = command("load_apps")

    assert (first["made"], second["made"]) == (["parent", "teen", "parent-test"], [])
    modes = {app.name: (app.project, app.push_mode, app.test) for app in App.objects.all()}
    assert modes == {
        "parent": ("project-one", "registrations", False),
        "parent-test": ("project-one", "registrations", True),
        "teen": ("project-one", "feed", False),
    }


def test_simulated_registrations_are_real_ones(db: None) -> None:
    make.app()

    made = command("simulate_registrations", "1200")

    assert made["registrations"] == Registration.objects.count() == 1200
    assert Registration.objects.values("ticket").distinct().count() == 1200
    assert maintenance.purge_stale_registrations(at=make.NOON) == 0


@pytest.mark.parametrize(
    "outside",
    [
        {"DATABASE_URL": "postgresql://real/db", "FINGERPOST_SANDBOX": ""},
        {"FIREBASE_PROJECTS": '{"real": "x"}', "FINGERPOST_SANDBOX": ""},
        {"FCM_ENDPOINT": "https://fcm.googleapis.com"},
    ],
)
def test_nobody_is_simulated_outside_the_sandbox(db: None, monkeypatch: pytest.MonkeyPatch, outside: dict[str, str]) -> None:
    make.app()
    for name, value in outside.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(CommandError, match=r"."):
        command("simulate_registrations", "10")

    assert not Registration.objects.exists()


def test_nothing_is_simulated_where_the_settings_say_no_sandbox(db: None, settings: Any) -> None:
    settings.SANDBOX = False
    make.app()

    with pytest.raises(CommandError, match="sandbox"):
        command("simulate_registrations", "10")
