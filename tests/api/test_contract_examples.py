"""Each operation of the contract succeeds with its examples, as on the documentation's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from content.models import Release
from content.publishing import signing
from tests import make
from tests.api.reads.test_fast_path import opened
from tests.api.v1.test_registrations import bearer
from tests.guards.test_contract_rules import OF_ONE_INSTALLATION, contract
from tests.make import NOON
from tests.signing import Signer

pytestmark = pytest.mark.django_db
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in contract()["paths"].items()
    for method, operation in methods.items()
    if operation["operationId"] not in OF_ONE_INSTALLATION
]


@pytest.fixture
def sandbox(release: Release, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish what the sandbox publishes, as far as the examples name it: the first alert has the id 1."""
    monkeypatch.setattr("api.pages.handout_pdf._render", lambda page, paper, *, url: b"%PDF-1.7")
    signing.sign_if_due(at=NOON)


def ask(api: Client, path: str, method: str, operation: dict[str, Any], **headers: str) -> Any:
    parameters = operation.get("parameters", ())
    values = {
        kind: {p["name"]: _text(p["example"]) for p in parameters if p["in"] == kind} for kind in ("path", "query", "header")
    }
    # Once with every optional value: the page fills them all in.
    sent = {**values["header"], **headers}
    sent.pop("If-None-Match", None)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if method == "get":
        return api.get(path.format(**values["path"]), values["query"], headers=sent)
    return getattr(api, method)(path.format(**values["path"]), body, content_type="application/json", headers=sent)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_succeeds_with_its_examples(api: Client, path: str, method: str, operation: dict[str, Any]) -> None:
    make.app("teen", push_mode="topics")
    make.app("parent")
    number = opened().pk
    make.service("gb-childline")
    if "alert_id" in path or "receipt" in operation["operationId"]:
        path = path.replace("{alert_id}", str(number))
        operation = {**operation, "requestBody": _with_alert(operation, str(number))} if method == "post" else operation

    response = ask(api, path, method, operation)

    assert 200 <= response.status_code < 300, response.content[:500]
    assert str(response.status_code) in operation["responses"]


def test_the_examples_of_one_installation_fit_what_registering_returns(api: Client, release: Release) -> None:
    make.app("parent")
    register = contract()["paths"]["/v1/registrations"]["post"]
    one = contract()["paths"]["/v1/registrations/{registration_id}"]
    phone = ask(api, "/v1/registrations", "post", register).json()
    path, secret = f"/v1/registrations/{phone['id']}", bearer(phone["secret"])

    assert [ask(api, path, method, one[method], **secret).status_code for method in ("get", "patch", "delete")] == [200, 200, 204]
    digest = release.pack_digests()["GB", "cy"]
    assert api.get(f"/v1/packs/GB/cy/{digest}").status_code == 200


def _with_alert(operation: dict[str, Any], number: str) -> dict[str, Any]:
    example = operation["requestBody"]["content"]["application/json"]["example"]
    return {"content": {"application/json": {"example": {**example, "alert": number}}}}
