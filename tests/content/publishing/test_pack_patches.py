"""What a withdrawal does to the texts of one pack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from content.compiling.substitution import Ages, TextReaders, may_stand_for, scope_of, substitute_helpline
from content.publishing.pack_patch import (
    withdraw_services,
)


def offering(*services: dict[str, Any], **tip_fields: Any) -> str:
    tip = {
        "slug": "ask",
        "kind": "tip",
        "audiences": ["teen"],
        "situations": ["blackmail"],
        "title": "Stop",
        "short": "Breathe.",
        "do_now": ["Ask \u2066Wrong\u2069.", "Breathe."],
        "do_not": ["Do not pay.", "Do not skip \u2066Wrong\u2069."],
        "more_html": "<p>One.</p>\n<ul>\n<li>Ask \u2066Wrong\u2069.</li>\n</ul>\n<p>\u2066Wrong\u2069 answers.</p>",
        "services": ["wrong"],
    }
    return json.dumps({"country": "GB", "services": list(services), "tips": [tip | tip_fields], "retired": []})


def entry(name: str, *roles: str, **fields: Any) -> Any:
    from tests.packs import service

    return service(name, *roles, **fields) | {"name": name.capitalize()}


def by_name(service: str) -> tuple[bool, str]:
    return False, service


def withdrawn(body: str, successor: str | None = None) -> Any:
    return withdraw_services({"wrong": successor}, by_name)(json.loads(body))


def test_without_a_substitute_the_steps_that_named_it_are_removed() -> None:
    [left] = withdrawn(offering(entry("wrong", "image-removal")))["tips"]

    assert (left["do_now"], left["do_not"]) == (["Breathe."], ["Do not pay."])
    assert left["more_html"] == "<p>One.</p>"
    assert left["services"] == []


def test_a_tip_with_it_in_title_or_answer_is_removed_and_a_notice_stays() -> None:
    body = offering(entry("wrong", "image-removal"), short="\u2066Wrong\u2069 helps.")
    notice = offering(entry("wrong", "image-removal"), short="\u2066Wrong\u2069 helps.", kind="notice")

    assert withdrawn(body)["tips"] == []
    assert withdrawn(notice)["tips"][0]["short"] == "helps."


def test_a_helpline_with_an_age_limit_or_for_others_is_no_substitute() -> None:
    adult = entry("adults", "helpline", min_age=18)
    parents = entry("parents", "helpline", audiences=["parent"])
    worldwide = entry("far", "helpline", country="ZZ")

    def instead(services: list[Any], audience: str) -> Any:
        readers = TextReaders(frozenset({audience}), frozenset({"blackmail"}), Ages())
        return substitute_helpline(services, scope_of(entry("wrong", "helpline")), readers)

    assert instead([adult, parents], "teen") is None
    assert instead([adult, parents, worldwide], "teen") == worldwide
    assert instead([adult, parents, worldwide], "parent") == parents


@pytest.mark.parametrize(
    ("other", "fits"),
    [
        ({}, True),
        ({"roles": ["helpline", "advice"]}, True),
        ({"roles": ["advice"]}, False),
        ({"audiences": ["parent"]}, False),
        ({"situations": ["grooming"]}, False),
        ({"min_age": 18, "age_measured": "now"}, False),
        ({"max_age": 17, "age_measured": "now"}, True),
        ({"max_age": 17, "age_measured": "image-taken"}, False),
        ({"max_age": 15, "age_measured": "now"}, False),
        ({"regions": ["GB-WLS"]}, False),
        ({"channels": [{"type": "url"}]}, False),
    ],
)
def test_a_successor_stands_only_where_the_sentence_stays_true(other: dict[str, Any], fits: bool) -> None:
    removed = entry("wrong", "helpline", max_age=17, age_measured="now")
    successor = entry("new", *other.get("roles", ["helpline"]), **{k: v for k, v in other.items() if k != "roles"})
    readers = TextReaders(frozenset({"teen"}), frozenset({"blackmail"}), Ages(highest=17, measured="now"))

    assert may_stand_for(scope_of(successor), scope_of(removed), readers) is fits


def test_a_successor_of_another_role_is_not_put_into_a_sentence() -> None:
    body = offering(entry("wrong", "image-removal"), entry("new", "helpline"))

    mended = withdrawn(body, "new")

    assert mended["tips"][0]["do_now"] == ["Breathe."]
    assert "New" not in json.dumps(mended["tips"])


def test_a_tip_with_nothing_left_to_do_is_removed() -> None:
    assert withdrawn(offering(entry("wrong", "image-removal"), do_now=["Ask \u2066Wrong\u2069."]))["tips"] == []


def test_tombstones_name_the_last_successor() -> None:
    body = json.loads(offering(entry("wrong", "image-removal"), entry("new", "image-removal")))
    body["retired"] = [{"id": "older", "successor": "wrong"}]

    assert withdrawn(json.dumps(body), "new")["retired"] == [
        {"id": "older", "successor": "new"},
        {"id": "wrong", "successor": "new"},
    ]


def test_a_successor_that_the_pack_does_not_offer_is_not_named() -> None:
    assert withdrawn(offering(entry("wrong", "image-removal")), "elsewhere")["retired"] == [{"id": "wrong", "successor": None}]
