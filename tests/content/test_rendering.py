"""What is put on a page: numbers that cannot be reversed, addresses that are ours, HTML without a way out."""

from __future__ import annotations

from typing import Any

import pytest

from content.models.channel_facts import FACTS
from content.rendering import display, fill, href, isolate, more_html, spoken


def facts(**given: Any) -> dict[str, Any]:
    return dict.fromkeys(FACTS, "") | {"type": "phone"} | given


@pytest.mark.parametrize(
    ("given", "opens", "shown"),
    [
        ({"dial": "0800 1111", "address": "+448001111"}, "tel:08001111", "0800 1111"),
        ({"dial": "116 111", "address": "116111", "number_type": "short"}, "tel:116111", "116 111"),
        ({"dial": "*123#", "address": "*123#", "number_type": "short"}, "tel:*123%23", "*123#"),
        ({"type": "sms", "dial": "85258", "address": "85258", "keyword": "SHOUT"}, "sms:85258", "85258"),
        ({"type": "url", "address": "https://www.example.org/a/"}, "https://www.example.org/a/", "www.example.org/a"),
        ({"type": "email", "address": "help@example.org"}, "mailto:help@example.org", "help@example.org"),
        ({"type": "chat", "address": "whatsapp:+5561996110100"}, "https://wa.me/5561996110100", "+55 61 99611 0100"),
        ({"type": "chat", "address": "telegram:@INCIBE017"}, "https://t.me/INCIBE017", "@INCIBE017"),
        ({"type": "app"}, None, None),
    ],
)
def test_a_channel_opens_and_shows_its_own_address(given: dict[str, Any], opens: str | None, shown: str | None) -> None:
    assert href(facts(**given)) == opens
    assert display(facts(**given)) == (isolate(shown) if shown else None)


def test_a_number_is_spoken_digit_by_digit() -> None:
    assert spoken(facts(dial="0800 1111")) == "0 8 0 0 1 1 1 1"
    assert spoken(facts(type="url", address="https://example.org")) is None


def test_tokens_become_isolated_names() -> None:
    assert fill("Ask {service:a}.", lambda _: "The Line (24)") == "Ask \u2066The Line (24)\u2069."


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
def test_markdown_becomes_harmless_html(markdown: str, expected: str) -> None:
    assert more_html(markdown, lambda name: name) == expected


def test_an_official_name_is_no_markup() -> None:
    assert more_html("Ask {service:a}", lambda _: "*Help* & <b>") == "<p>Ask \u2066*Help* &amp; &lt;b&gt;\u2069</p>"
