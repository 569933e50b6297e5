"""Samples that are no script of a tutorial: sent, parsed, compared with what the code makes, or carried out one by one."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from fcm_emulator.testing import wait_until_up
from firebase_admin import messaging

from config import env
from content.publishing import signing
from content.publishing.verify import decode
from notifications.models import Campaign
from tests import make
from tests.doc_samples import sample, samples
from tests.make import NOON
from tests.processes import EMULATOR, free_port
from tests.signing import Signer
from tests.tools.fcm_emulator.in_process import make_handler, post

EMULATOR_PAGE = "tools/fcm_emulator/README.md"


@pytest.mark.django_db
def test_the_problem_of_the_api_page_is_what_the_server_answers() -> None:
    query = {"country": "GB", "situation": "blackmail", "age": 121}

    answer = Client().post("/v1/help", query, content_type="application/json")

    assert (answer.status_code, answer.json()) == (422, json.loads(sample("docs/api.md", "Problems", "json")))


@pytest.mark.django_db
def test_the_campaign_file_for_staff_makes_a_campaign(tmp_path: Path, settings: Any) -> None:
    settings.SANDBOX = True
    make.campaign_staff()
    make.app()
    file = tmp_path / "campaign.yaml"
    file.write_text(sample("docs/campaign-staff.md", "From the command line", "yaml"), encoding="utf-8")

    call_command("campaign", "create", str(file), "--by", "author")

    made = Campaign.objects.get()
    assert (made.name, made.countries, made.services) == ("Half-term warning", ["GB"], ["gb-childline"])
    assert (made.tips, made.handouts) == ({"parent": "first-hour"}, ["for-school"])


def test_the_fixture_of_the_push_page_is_an_extract_of_the_one_that_it_names() -> None:
    shown = json.loads(sample("docs/push.md", "A fixture", "json"))
    whole = json.loads(Path(f"kit/push/fixtures/{shown['name']}.json").read_text(encoding="utf-8"))

    assert shown.keys() == whole.keys()
    assert shown["message"].keys() <= whole["message"].keys()
    assert {**shown["phone"], "reader": whole["phone"]["reader"]} == whole["phone"]
    assert shown["expect"].items() <= whole["expect"].items()


@pytest.mark.django_db
def test_the_manifests_of_the_page_have_the_members_of_real_ones(signer: Signer) -> None:
    make.small_content()
    make.release()
    signed = signing.sign_if_due(at=NOON)
    assert signed is not None

    documents = samples("docs/verifying.md", "Documents", "json")
    for text, body in zip(documents, (signed.body, signed.country_bodies["GB"]), strict=True):
        shown, real = json.loads(text), json.loads(decode(body.split(".")[1]))
        assert shown.keys() == real.keys()
        assert [entry.keys() for entry in shown["packs"]] == [real["packs"][0].keys()]
    by_locale = json.loads(decode(signed.locale_bodies["GB"]["cy"].split(".")[1]))
    assert by_locale.keys() == real.keys()


def test_the_list_of_firebase_apps_on_the_page_for_operators_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    name, _, value = sample("docs/operations.md", "App Check", "ini").strip().partition("=")
    monkeypatch.setenv(name, value)

    assert [len(apps) for apps in env.firebase_apps(name).values()] == [2]


def test_the_fault_plan_of_the_emulators_page_is_taken() -> None:
    plan = json.loads(sample(EMULATOR_PAGE, "Fault plan", "json"))

    assert post(make_handler(), "/emulator/plan", plan).status == 200


def test_the_commands_of_the_emulators_page_start_it(tmp_path: Path) -> None:
    port = str(free_port())
    text = sample(EMULATOR_PAGE, "FCM emulator", "sh").replace("DIR", str(tmp_path / "keys")).replace("9099", port)
    # The first line installs it, as tests/tools/fcm_emulator/test_package.py does.
    install, credentials, serve = (shlex.split(line) for line in text.splitlines())
    assert install == ["pip", "install", "./tools/fcm_emulator"]
    assert credentials[0] == serve[0] == "fcm-emulator"

    subprocess.run([*EMULATOR, *credentials[1:]], check=True, capture_output=True, timeout=120)
    process = subprocess.Popen([*EMULATOR, *serve[1:]], stdout=subprocess.DEVNULL)
    try:
        assert wait_until_up(f"https://127.0.0.1:{port}/healthz", process, ca_bundle=tmp_path / "keys/ca.pem")
    finally:
        process.terminate()
        process.wait(60)


def test_the_setting_of_firebase_admin_is_one_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    before = messaging._MessagingService.FCM_URL
    monkeypatch.setattr(messaging._MessagingService, "FCM_URL", before)

    exec(sample(EMULATOR_PAGE, "Connect a sender", "python"), {"messaging": messaging, "URL": "https://127.0.0.1:9099"})

    assert before.replace("https://fcm.googleapis.com", "https://127.0.0.1:9099") == messaging._MessagingService.FCM_URL


def test_the_test_of_the_emulators_page_runs(tmp_path: Path) -> None:
    names: dict[str, Any] = {"tmp_path": tmp_path}

    try:
        exec(sample(EMULATOR_PAGE, "In a test", "python"), names)
    finally:
        if "emulator" in names:
            names["emulator"].stop()
