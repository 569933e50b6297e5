"""What a release changes is said in words, once for all countries in which it is the same, and nothing is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from content.compiling.comparison import Compared, Comparison, compare, gone_steps


def tip(slug: str = "ask", **changed: Any) -> Any:
    value: dict[str, Any] = {
        "slug": slug,
        "kind": "tip",
        "audiences": ["teen", "parent"],
        "situations": ["blackmail"],
        "order": 1,
        "lang": "en",
        "title": "Stop and breathe",
        "short": "You are not alone.",
        "do_now": ["Tell one adult.", "Keep the messages."],
        "do_not": ["Do not pay."],
        "more_html": "<p>More &amp; more</p>",
    }
    return value | changed


def pack(*tips: Any, **changed: Any) -> Any:
    return {"v": 1, "tips": list(tips), "services": [], "labels": {}, "retired": [], "figures": []} | changed


def found(before: Any, after: Any, countries: tuple[str, ...] = ("GB", "IE"), locale: str = "en", **more: Any) -> Comparison:
    places = [Compared(country, locale, before, after, **more) for country in countries]
    return compare(places, source="en")


def test_a_change_that_is_the_same_in_many_countries_is_one_change() -> None:
    countries = tuple(f"A{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    [change] = found(pack(tip()), pack(tip(title="Stop")), countries).changes

    assert (change.kind, change.item, change.locale, change.countries) == ("tip", "ask", "en", countries)
    assert (change.old, change.new) == ({"title": "Stop and breathe"}, {"title": "Stop"})


def test_a_change_that_differs_by_country_is_two() -> None:
    places = [Compared("GB", "en", pack(tip()), pack(tip(title="A"))), Compared("IE", "en", pack(tip()), pack(tip(title="B")))]

    assert [change.countries for change in compare(places, source="en").changes] == [("GB",), ("IE",)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([], [("tip", "ask", "Stop and breathe")]),
        ([tip(do_now=["Tell one adult."])], [("step", "ask/do_now/2", "Keep the messages.")]),
        ([tip(do_now=["Tell one adult now.", "Keep the messages."])], []),
        ([tip(do_now=["Buy flowers at noon", "Keep the messages."])], [("step", "ask/do_now/1", "Tell one adult.")]),
        ([tip(audiences=["teen"])], [("readers", "tip:ask:audiences:parent", "Stop and breathe")]),
    ],
)
def test_what_goes_is_named(after: list[Any], expected: list[tuple[str, str, str]]) -> None:
    effects = found(pack(tip()), pack(*after)).effects

    assert [(effect.kind, effect.item, effect.name) for effect in effects] == expected
    assert all(effect.places == {"en": ("GB", "IE")} for effect in effects)


def test_a_language_that_falls_back_to_english_is_a_loss() -> None:
    welsh = tip(lang="cy", title="Arhoswch")

    [effect] = found(pack(welsh), pack(tip()), locale="cy").effects

    assert (effect.kind, effect.item, effect.name) == ("translation", "ask", "Arhoswch")


def test_a_channel_and_a_service_that_go_are_named() -> None:
    def service(*positions: int) -> Any:
        channels = [
            {"position": n, "display": f"0800 {n}", "href": None, "type": "phone", "label": None, "keyword": None}
            | {"hours": None, "steps": None}
            for n in positions
        ]
        limits = {"min_age": None, "max_age": None, "age_measured": None}
        lists = {"roles": ["helpline"], "audiences": [], "situations": [], "region_names": []}
        return lists | {
            "id": "line",
            "name": "The Line",
            "organization": {"name": "Org"},
            "purpose": None,
            "channels": channels,
            "eligibility": limits,
        }

    both, one, none = (pack(services=services) for services in ([service(1, 2)], [service(1)], []))

    assert [(e.kind, e.item, e.name) for e in found(both, one).effects] == [("channel", "line/2", "The Line: 0800 2")]
    assert [(e.kind, e.item, e.name) for e in found(one, none).effects] == [("service", "line", "The Line")]


def test_a_pack_that_goes_is_named() -> None:
    [effect] = found(pack(tip()), None, ("GB",)).effects

    assert (effect.kind, effect.item, effect.places) == ("pack", "GB", {"en": ("GB",)})


def test_no_difference_is_hidden_where_no_word_differs() -> None:
    [change] = found(pack(tip()), pack(tip(reviewed=False))).changes

    assert change.new == {"other": ["reviewed"]}


def test_what_a_rollback_replaced_is_named_when_it_returns() -> None:
    good, bad = pack(tip()), pack(tip(title="Wait until you are sure"))

    [effect] = found(good, bad, undone=bad).effects

    assert (effect.kind, effect.item, effect.name) == ("returns", "tip:ask", "Wait until you are sure")
    assert not [e for e in found(good, pack(tip(title="Wait")), undone=bad).effects if e.kind == "returns"]


def test_a_step_that_moves_does_not_go() -> None:
    assert gone_steps(["Tell one adult.", "Keep the messages."], ["Keep the messages.", "Tell one adult."]) == []
