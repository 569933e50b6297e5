"""GET /.well-known/security.txt: the fields that RFC 9116 requires, and nothing without a contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

PATH = "/.well-known/security.txt"


def test_the_file_names_the_contact_and_when_it_expires(api: Client, settings: Any) -> None:
    settings.SECURITY_EMAIL, settings.PUBLIC_URL = "security@fingerpost.example", "https://fingerpost.example"

    response = api.get(PATH)

    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert fields["Contact"] == "mailto:security@fingerpost.example"
    assert fields["Canonical"] == f"https://fingerpost.example{PATH}"
    assert timedelta(days=170) < datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC) < timedelta(days=365)


def test_without_a_contact_there_is_no_file(api: Client, settings: Any) -> None:
    settings.SECURITY_EMAIL = ""

    assert api.get(PATH).status_code == 404
