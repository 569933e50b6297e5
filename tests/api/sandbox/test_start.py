"""The start page of a sandbox: links that lead somewhere, the root key, and no password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from content.models import Release
from content.publishing import signing
from content.publishing.verify import decode, verify_manifest
from tests import make
from tests.signing import Signer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.SANDBOX, settings.DOCS_DIR = True, ""


def page(api: Client) -> str:
    response = api.get("/")
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Access-Control-Allow-Origin" not in response
    return response.content.decode()


def test_every_link_of_the_start_page_leads_somewhere(api: Client, release: Release) -> None:
    links = re.findall(r'href="(/[^"]+)"', page(api))

    assert len(links) >= 7
    for link in links:
        # The page of what is listed reads rows that no release of these tests has, and the console asks for a sign-in.
        if not link.startswith(("/static/", "/trust/", "/console/")):
            assert api.get(link.replace("&amp;", "&")).status_code == 200, link


def test_the_root_key_verifies_the_manifest(api: Client, release: Release, signer: Signer) -> None:
    signing.sign_if_due(at=timezone.now())
    (key,) = re.findall(r"<code>([\w-]{43})</code>", page(api))
    signed = api.get("/v1/manifest").content.decode()

    assert verify_manifest(signed, decode(key), last_number=None, now=timezone.now()).packs


def test_accounts_are_shown_with_their_roles_and_without_a_secret(api: Client) -> None:
    person = make.person("amina", "campaign-author")
    person.set_password("a-password-of-amina")
    person.save()
    make.person("gone", "publisher", "assurer")
    type(person).objects.filter(username="gone").update(is_active=False)

    shown = page(api)

    assert '<th scope="row">amina</th><td>campaign author</td>' in shown
    assert "gone" not in re.findall(r'<th scope="row">(\w+)</th>', shown)
    assert person.password not in shown


def test_the_documents_are_linked_once_they_are_built(api: Client, settings: Any, tmp_path: Path) -> None:
    settings.DOCS_DIR = str(tmp_path)
    assert "./run docs" in page(api)

    (tmp_path / "index.html").touch()

    assert 'href="/docs/"' in page(api)


def test_there_is_no_start_page_outside_a_sandbox(api: Client, settings: Any) -> None:
    settings.SANDBOX = False

    response = api.get("/")

    assert (response.status_code, response.json()["type"]) == (404, "/v1/problems/not-found")
