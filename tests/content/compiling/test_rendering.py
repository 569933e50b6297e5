"""Rendered facts and texts: isolated numbers, addresses as entered, HTML without links."""

from __future__ import annotations

from typing import Any

import pytest

from content.compiling.facts import ChannelFact
from content.compiling.rendering import dial_kind, display, fill, href, isolate, language_names, more_html, spoken, tel


def facts(**given: Any) -> ChannelFact:
    known: dict[str, Any] = {"position": 1, "type": "phone", "cost": "free"}
    empty = dict.fromkeys(("number_type", "dial", "address", "keyword", "hours"), "")
    unknown = dict.fromkeys(("anonymous", "on_bill", "situations", "checked_on", "assured_until"))
    return ChannelFact(**known | empty | unknown | given)


@pytest.mark.parametrize(
    ("given", "opens", "shown"),
    [
        ({"dial": "0800 1111", "address": "+448001111"}, "tel:08001111", "0800 1111"),
        ({"dial": "116 111", "address": "116111", "number_type": "short"}, "tel:116111", "116 111"),
        ({"type": "sms", "dial": "85258", "address": "85258", "keyword": "SHOUT"}, "sms:85258?body=SHOUT", "85258"),
        ({"type": "url", "address": "https://www.example.org/a/"}, "https://www.example.org/a/", "www.example.org/a"),
        ({"type": "email", "address": "help@example.org"}, "mailto:help@example.org", "help@example.org"),
        ({"type": "chat", "address": "whatsapp:+5561996110100"}, "https://wa.me/5561996110100", "+55 61 99611 0100"),
        ({"type": "chat", "address": "telegram:@INCIBE017"}, "https://t.me/INCIBE017", "@INCIBE017"),
        ({"type": "app"}, None, None),
    ],
)
def test_a_channel_has_the_uri_and_display_of_its_own_address(
    given: dict[str, Any], opens: str | None, shown: str | None
) -> None:
    assert href(facts(**given)) == opens
    assert display(facts(**given)) == (isolate(shown) if shown else None)


def test_a_number_is_spoken_digit_by_digit() -> None:
    assert spoken(facts(dial="0800 1111")) == "0 8 0 0 1 1 1 1"
    assert spoken(facts(type="url", address="https://example.org")) is None


def test_a_number_is_spoken_in_words_and_in_groups_as_printed() -> None:
    words = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]

    assert spoken(facts(dial="0800 1111"), words) == "null acht null null, eins eins eins eins"


@pytest.mark.parametrize(
    ("given", "kind", "address"),
    [
        ({"dial": "0800 1111", "address": "+448001111", "number_type": "e164"}, "national", "tel:+448001111"),
        ({"dial": "+44 800 1111", "address": "+448001111", "number_type": "e164"}, "international", "tel:+448001111"),
        ({"dial": "116 111", "address": "116111", "number_type": "short"}, "short-code", "tel:116111;phone-context=+49"),
        ({"type": "sms", "dial": "85258", "address": "85258", "number_type": "short", "keyword": "SHOUT"}, "sms-keyword", None),
        ({"type": "sms", "dial": "85258", "address": "85258", "number_type": "short"}, "short-code", None),
        ({"type": "url", "address": "https://example.org"}, None, None),
    ],
)
def test_a_number_has_a_dial_kind_and_a_tel_uri_for_a_caller_in_the_country(
    given: dict[str, Any], kind: str | None, address: str | None
) -> None:
    assert dial_kind(facts(**given)) == kind
    assert tel(facts(**given), "DE") == address


def test_a_short_number_has_no_tel_uri_without_the_callers_country() -> None:
    assert tel(facts(dial="112", address="112", number_type="short"), "ZZ") is None


def test_languages_are_named_in_the_readers_language_or_not_at_all() -> None:
    assert language_names(["en", "cy"], "de") == "\u2066Englisch\u2069 und \u2066Walisisch\u2069"
    assert language_names(["pt-BR", "pt"], "en") == "\u2066Portuguese\u2069"
    assert language_names(["en", "qqq"], "de") is None
    assert language_names([], "de") is None


def test_tokens_become_isolated_names() -> None:
    assert fill("Ask {service:a}.", lambda _kind, _name: "The Line (24)") == "Ask \u2066The Line (24)\u2069."


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("One\n\nTwo", "<p>One</p>\n<p>Two</p>"),
        ("**Now** and *then*", "<p><strong>Now</strong> and <em>then</em></p>"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("[x](https://example.org)", "<p>[x](https://example.org)</p>"),
        ("![x](https://example.org/a.png)", "<p>![x](https://example.org/a.png)</p>"),
        ("<https://example.org>", "<p>&lt;https://example.org&gt;</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<img src=x onerror=y>", "<p>&lt;img src=x onerror=y&gt;</p>"),
    ],
)
def test_markdown_becomes_sanitised_html(markdown: str, expected: str) -> None:
    assert more_html(markdown, lambda _kind, name: name) == expected


def test_an_official_name_is_escaped() -> None:
    assert more_html("Ask {service:a}", lambda _kind, _name: "*Help* & <b>") == "<p>Ask \u2066*Help* &amp; &lt;b&gt;\u2069</p>"
