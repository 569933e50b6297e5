"""If-None-Match in every form, and answers without a body."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from api.conditional import NO_STORE, SHORT, answer, matches

factory = RequestFactory()


@pytest.mark.parametrize(
    "header",
    ['"abc"', 'W/"abc"', '"x", "abc"', '"x","abc","y"', 'W/"x" , W/"abc"', "*", "  *  ", '"x",, "abc"'],
)
def test_the_etag_is_found_in_a_list_weak_or_starred(header: str) -> None:
    assert matches(header, '"abc"')


@pytest.mark.parametrize("header", [None, "", "abc", '"abcd"', '"ab', "'abc'", '"x, abc"', 'W/abc, "x"', '"' * 8000, "\0"])
def test_what_does_not_name_the_etag_gets_the_body(header: str | None) -> None:
    assert not matches(header, '"abc"')


def test_the_same_bytes_have_the_same_etag_and_others_another() -> None:
    first, again, other = (answer(factory.get("/"), body, cache=SHORT) for body in (b"{}", b"{}", b"[]"))

    assert first["ETag"] == again["ETag"] != other["ETag"]


def test_304_carries_the_headers_of_200_and_no_body() -> None:
    full = answer(factory.get("/"), b"{}", cache=SHORT, language="cy", location="/x", vary=["Accept-Language"])

    short = answer(
        factory.get("/", headers={"if-none-match": full["ETag"]}),
        b"{}",
        cache=SHORT,
        language="cy",
        location="/x",
        vary=["Accept-Language"],
    )

    assert (short.status_code, short.content) == (304, b"")
    kept = {"ETag", "Cache-Control", "Content-Language", "Content-Location", "Vary"}
    assert {name: short[name] for name in kept} == {name: full[name] for name in kept}
    assert "Content-Type" not in short


def test_head_tells_the_length_and_sends_nothing() -> None:
    response = answer(factory.head("/"), b"12345", cache=SHORT)

    assert (response["Content-Length"], response.content) == ("5", b"")


def test_what_may_not_be_stored_has_no_etag() -> None:
    response = answer(factory.get("/", headers={"if-none-match": "*"}), b"{}", cache=NO_STORE)

    assert response.status_code == 200
    assert "ETag" not in response
