"""The Accept header: weights, of which 0 refuses a media type, and ranges by how specific they are."""

from __future__ import annotations

import pytest
from django.test import Client

from api.http.accept import choose_media_type
from content.models import Release

JSON, TEXT = "application/json", "text/plain"


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        (" , ", JSON),
        ("*/*", JSON),
        ("text/plain", TEXT),
        ("text/*;q=0.5, application/json;q=0.4", TEXT),
        ("application/json;q=0.5, text/plain;q=0.5", JSON),
        ("TEXT/PLAIN; Q=1", TEXT),
        ("application/json;q=0, */*", TEXT),
        ("application/json; version=1", JSON),
        ("text/html, image/gif, *; q=.2, */*; q=.2", JSON),
        ("application/json;q=nonsense", JSON),
        ("*/*;q=0", None),
        ("*/*;q=0.000", None),
        ("application/json;q=0", None),
        ("application/*;q=0, text/plain; q=0.0", None),
        ("image/png", None),
        ("nonsense", None),
    ],
)
def test_the_preferred_media_type_is_chosen(header: str | None, chosen: str | None) -> None:
    assert choose_media_type(header, (JSON, TEXT)) == chosen


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["*/*;q=0", "application/json;q=0", "application/json;q=0, */*"])
def test_a_media_type_of_weight_zero_is_not_served(api: Client, small_release: Release, accept: str) -> None:
    response = api.get("/v1/tips?country=GB", headers={"accept": accept})

    assert (response.status_code, response.json()["type"]) == (406, "/v1/problems/not-acceptable")
