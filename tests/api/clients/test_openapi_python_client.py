"""A client of openapi-python-client: generated, used from the first request to the last, and with a pack of next year."""

from __future__ import annotations

import importlib
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from django.test import Client

from api.sandbox.next_year import NEW, of_next_year
from content.models import Release
from tests import make
from tests.api.contract import application
from tests.api.reads.test_fast_path import opened
from tests.doc_samples import sample
from tests.packs import Packs, publish

ROOT = Path(__file__).resolve().parents[3]
BASE = "http://testserver"
PHONE = {
    "app": "parent",
    "address_kind": "fid",
    "address": "cXy0123456789abcdefghi",
    "platform": "android",
    "locale": "cy",
    "country": "GB",
    "region": None,
    "time_zone": "Europe/London",
    "audience": "parent",
    "app_version": "1.2.0",
}


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Generate a Python client from the contract with openapi-python-client, and import it."""
    folder = tmp_path_factory.mktemp("client")
    for name in ("openapi.yaml", "clients/openapi-python-client.yaml"):
        shutil.copy(ROOT / "docs" / name, folder)
    install, command = map(shlex.split, sample("docs/clients/README.md", "Python", "sh").splitlines())
    assert install == ["pip", "install", command[0]]
    program = Path(sys.executable).with_name(command[0])
    subprocess.run([program, *command[1:]], cwd=folder, check=True, capture_output=True, timeout=120)
    # The command makes a project with the package in it.
    sys.path.insert(0, str(folder / "fingerpost-client"))
    yield importlib.import_module("fingerpost_client")
    sys.path.remove(str(folder / "fingerpost-client"))


@pytest.fixture
def call(as_served: None, client_package: ModuleType, release: Release) -> Callable[..., Any]:
    """Return a function that calls an operation of the client on the application in this process."""
    make.app("teen", push_mode="topics")
    make.app("parent")
    opened()
    make.service("gb-childline")
    transport = {"transport": httpx.WSGITransport(application())}

    def call(tag: str, operation: str, *path: str, secret: str | None = None, **given: Any) -> Any:
        plain = client_package.Client(BASE, httpx_args=transport)
        client = plain if secret is None else client_package.AuthenticatedClient(BASE, token=secret, httpx_args=transport)
        module = importlib.import_module(f"fingerpost_client.api.{tag}.{operation}")
        return module.sync_detailed(*path, client=client, **given)

    return call


@pytest.mark.slow
@pytest.mark.django_db
def test_a_client_of_openapi_python_client_has_a_whole_day(call: Callable[..., Any]) -> None:
    models = importlib.import_module("fingerpost_client.models")
    place = {"country": "GB", "locale": "cy"}

    def ok(tag: str, operation: str, *path: str, **given: Any) -> Any:
        response = call(tag, operation, *path, **given)
        assert response.status_code < 300, response.content[:500]
        return response.parsed

    # What there is, and everything for Wales, once.
    assert "GB" in ok("server", "get_service_document").countries
    first = call("packs", "get_pack", "GB", "cy")
    assert first.parsed.locale == "cy"
    assert call("packs", "get_pack", "GB", "cy", if_none_match=first.headers["ETag"]).status_code == 304

    # One plan, with the words for its buttons.
    question = models.HelpRequest.from_dict({"country": "GB", "situation": "blackmail", "age": 15, "languages": ["cy"]})
    plan = ok("help_", "make_plan", body=question)
    assert plan.plan[0].step == "danger-now"
    assert plan.labels.contact["opens-at"].text
    assert [tip.slug for tip in plan.first_tips] == plan.tips[:3]
    assert ok("tips", "list_tips", **place).tips
    assert ok("services", "list_services", **place, open_now=True).services

    # Alerts, and a receipt of one.
    alert = ok("alerts", "list_alerts", **place, audience=models.Recipient("parent")).alerts[0]
    assert ok("alerts", "get_alert", alert.id).alert.id == alert.id
    ok("alerts", "count_receipt", body=models.ReceiptRequest.from_dict({"app": "parent", "alert": alert.id, "event": "opened"}))

    # Registered, amended, read and forgotten.
    phone = ok("registrations", "register_installation", body=models.RegistrationRequest.from_dict(PHONE))
    one: dict[str, Any] = {"secret": phone.secret}
    amendment = models.Amendment.from_dict({"locale": "en"})
    assert ok("registrations", "change_registration", phone.id, body=amendment, **one).locale == "en"
    assert ok("registrations", "get_registration", phone.id, **one).locale == "en"
    ok("registrations", "delete_registration", phone.id, **one)
    forgotten = call("registrations", "get_registration", phone.id, **one)
    assert (forgotten.status_code, forgotten.parsed.type_) == (404, "/v1/problems/not-found")

    # Topics, a number that does not work, and the open data.
    assert ok("registrations", "list_topics", **place, app="teen", audience=models.Recipient("teen")).topics
    report = {"service": "gb-childline", "channel": 1, "problem": "no-answer"}
    ok("services", "report_channel", body=models.CorrectionRequest.from_dict(report))
    assert len(ok("hsds", "list_hsds_services", per_page=5).contents) == 5


@pytest.mark.django_db
def test_the_sample_tells_a_page_of_open_data_from_lines(
    as_served: None,
    client_package: ModuleType,
    release: Release,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = client_package.Client(BASE, httpx_args={"transport": httpx.WSGITransport(application())})
    monkeypatch.setattr(client_package, "Client", lambda base_url: whole)

    exec(sample("docs/clients/README.md", "Lists of open data", "python"), {})

    counts = [[int(word) for word in line.split()] for line in capsys.readouterr().out.splitlines()]
    (total, on_the_page), (of_lines,) = counts
    assert total == of_lines > 0
    assert on_the_page == min(total, 50)


def test_a_generated_client_reads_the_pack_of_next_year(real_packs: Packs, client_package: ModuleType) -> None:
    models = importlib.import_module("fingerpost_client.models")
    later = json.loads(json.dumps(of_next_year(real_packs["GB", "en"])))

    pack = models.Pack.from_dict(later)

    childline = next(service for service in pack.services if service.id == "gb-childline")
    assert NEW in childline.roles
    assert childline.channels[-1].type_ == NEW
    assert childline.additional_properties["member_of_next_year"] == {NEW: [1, None]}
    assert pack.plan_order["default"]["teen"][-1] == NEW


@pytest.mark.django_db
def test_a_server_of_today_answers_from_a_pack_of_next_year(api: Client, real_packs: Packs, client_package: ModuleType) -> None:
    models = importlib.import_module("fingerpost_client.models")
    publish({place: of_next_year(real_packs[place]) for place in [("GB", "en"), ("ZZ", "en")]}, [("GB", "en"), ("ZZ", "en")])

    def read(path: str, model: str) -> Any:
        response = api.get(path)
        assert response.status_code == 200, path
        return getattr(models, model).from_dict(response.json())

    assert read("/v1/packs/GB/en", "Pack").services
    assert read("/v1/services?country=GB&locale=en", "ServiceList").services
    assert read("/v1/tips?country=GB&locale=en", "TipList").tips
    assert read("/v1/facts?country=GB&locale=en", "FigureList").figures
    answer = api.post("/v1/help", {"country": "GB", "situation": "blackmail", "age": 15}, content_type="application/json")
    plan = models.HelpAnswer.from_dict(answer.json())
    assert plan.plan[0].step == "danger-now"
