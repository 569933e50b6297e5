"""Conditional requests and content codings."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.test import RequestFactory

from api.http import encoding
from api.http.responses import NO_STORE, SHORT, Conditions, PreconditionFailed, ReadResponse, etag_matches, negotiate, respond
from core.canonical import digest

factory = RequestFactory()
LONG = b"Do not pay. " * 200


@pytest.fixture
def two_codings(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace brotli by a stand-in: these tests are about the choice of a coding."""
    monkeypatch.setattr(encoding, "ENCODERS", {"br": lambda body: body[::-1], "gzip": encoding.ENCODERS["gzip"]})
    encoding._choose.cache_clear()
    yield
    encoding._choose.cache_clear()


@pytest.mark.parametrize(
    "header",
    ['"abc"', 'W/"abc"', '"x", "abc"', '"x","abc","y"', 'W/"x" , W/"abc"', "*", "  *  ", '"x",, "abc"'],
)
def test_if_none_match_may_be_a_list_a_weak_tag_or_a_star(header: str) -> None:
    assert etag_matches(header, '"abc"')


@pytest.mark.parametrize("header", [None, "", "abc", '"abcd"', '"ab', "'abc'", '"x, abc"', 'W/abc, "x"', '"' * 8000, "\0"])
def test_other_headers_do_not_match_the_etag(header: str | None) -> None:
    assert not etag_matches(header, '"abc"')


def test_equal_bytes_have_equal_etags() -> None:
    first, again, other = (respond(factory.get("/"), body, cache=SHORT) for body in (b"{}", b"{}", b"[]"))

    assert first["ETag"] == again["ETag"] != other["ETag"]


def test_304_carries_the_headers_of_200_and_no_body() -> None:
    made = ReadResponse(LONG, SHORT, language="cy", location="/x", vary=("Accept-Language",))

    _, full, _ = negotiate(made, Conditions())
    status, short, body = negotiate(made, Conditions(if_none_match=dict(full)["ETag"]))

    assert (status, body) == (304, b"")
    assert dict(short).keys() == {"ETag", "Cache-Control", "Content-Language", "Content-Location", "Vary"}
    assert dict(short).items() <= dict(full).items()


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br, gzip", "br"),
        ("gzip;q=0.5, br;q=0.4", "gzip"),
        ("*", "br"),
        ("*;q=0.1, br;q=0", "gzip"),
        ("gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("zstd, deflate", None),
        ("gzip;q=x", None),
        ("gzip;q=9", None),
        (",;,", None),
        ("gzip" * 2000, None),
        ("\x00", None),
    ],
)
def test_the_coding_is_the_best_that_the_client_accepts(two_codings: None, header: str | None, coding: str | None) -> None:
    assert encoding.choose(header) == coding


def test_each_coding_has_its_own_etag_and_any_of_them_gets_304(two_codings: None) -> None:
    made = ReadResponse(LONG, SHORT)

    forms = {name: negotiate(made, Conditions(accept_encoding=name)) for name in ("identity", "gzip", "br")}
    etags = {name: dict(headers)["ETag"] for name, (_, headers, _) in forms.items()}

    plain = etags["identity"].strip('"')
    assert etags == {"identity": f'"{plain}"', "gzip": f'"{plain}.gzip"', "br": f'"{plain}.br"'}
    assert gzip.decompress(forms["gzip"][2]) == forms["identity"][2] == LONG
    assert dict(forms["gzip"][1])["Content-Length"] == str(len(forms["gzip"][2]))
    for etag in etags.values():
        status, headers, _ = negotiate(made, Conditions(accept_encoding="gzip", if_none_match=etag))
        assert (status, dict(headers)["ETag"]) == (304, etag)


def test_short_and_uncompressible_bodies_are_not_compressed(two_codings: None) -> None:
    for made in (ReadResponse(b"{}", SHORT), ReadResponse(LONG, NO_STORE, compressible=False)):
        _, headers, body = negotiate(made, Conditions(accept_encoding="gzip"))
        assert body == made.body
        assert not {"Vary", "Content-Encoding"} & dict(headers).keys()


@pytest.mark.parametrize("header", ["*", '"{name}"', '"x", "{name}"', '"{name}.gzip"'])
def test_if_match_accepts_the_etag_of_any_representation(header: str) -> None:
    made = ReadResponse(LONG, SHORT)

    status, _, _ = negotiate(made, Conditions(if_match=header.format(name=digest(LONG))))

    assert status == 200


@pytest.mark.parametrize("header", ["", '"x"', 'W/"{name}"', "{name}", '"{name}', '"' * 8000])
def test_if_match_refuses_other_and_weak_etags(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        negotiate(ReadResponse(LONG, SHORT), Conditions(if_match=header.format(name=digest(LONG))))


def test_head_has_the_length_and_no_body() -> None:
    response = respond(factory.head("/"), b"12345", cache=SHORT)

    assert (response["Content-Length"], response.content) == ("5", b"")


def test_a_no_store_response_has_no_etag() -> None:
    response = respond(factory.get("/", headers={"if-none-match": "*"}), b"{}", cache=NO_STORE)

    assert response.status_code == 200
    assert "ETag" not in response
