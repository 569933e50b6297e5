"""A verdict that is kept is the verdict of a fresh check, whatever was checked before and by whichever list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.linting import addresses, kept_faults, term_list, text
from content.linting.fault import Fault
from content.linting.text import text_faults, translation_faults
from content.linting.wording import wording_faults

#: Few values, so that many checks differ in one of them alone: one that the key left out would give the verdict of another.
SOURCES = ("Wait 18 hours.", "WhatsApp", "Call {service:gb-line}.", "Ask one adult whom you trust, and do it today.", "")
TEXTS = (
    *SOURCES,
    "Attendez 18 heures.",
    "Appelez {service:gb-line} avant 18 h.",
    "It is your own fault. Send the picture to www.example.org, or call 0800 1111.",
    "Ruf das {service:gb-other} an!",
    "Danger: a man blackmails you with a picture",
    "اتصل ١٨ ساعة",
)
CHECKS = st.fixed_dictionaries(
    {
        "text": st.sampled_from(TEXTS),
        "locale": st.sampled_from(("en", "fr", "de", "ar", "so")),
        "allowed_numbers": st.sampled_from(((), ("18",), ("18", "24"))),
        "allowed_hosts": st.sampled_from(((), ("www.example.org",))),
        "known_services": st.sampled_from(((), ("gb-line",), ("gb-line", "gb-other"))),
        "key": st.sampled_from(("", "tip.one.title", "tip.one.short-title", "tip.one.more", "where.home")),
    }
)
BESIDE = st.fixed_dictionaries(
    {"source": st.sampled_from(SOURCES), "source_locale": st.sampled_from(("en", "fr")), "stays_as_is": st.booleans()}
)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(term_list, "_STORED", [])
    kept_faults.forget_faults()
    yield
    kept_faults.forget_faults()


def fresh(check: dict[str, Any], beside: dict[str, Any] | None) -> list[Fault]:
    """Return the faults that are found while nothing is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "kept_faults", lambda given, locale, find: list(find()))
        return found(check, beside)


def found(check: dict[str, Any], beside: dict[str, Any] | None) -> list[Fault]:
    return text_faults(**check) if beside is None else translation_faults(**check, **beside)


@given(st.lists(st.tuples(CHECKS, st.none() | BESIDE), min_size=2, max_size=30))
def test_a_kept_verdict_is_that_of_a_fresh_check(checks: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> None:
    for check, beside in [*checks, *checks]:
        assert found(check, beside) == fresh(check, beside)


def test_a_text_is_checked_once_by_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def counted(value: str, locale: str) -> list[Fault]:
        checked.append(value)
        return wording_faults(value, locale)

    monkeypatch.setattr(text, "wording_faults", counted)
    check: dict[str, Any] = {"allowed_numbers": (), "allowed_hosts": (), "known_services": ()}

    for _ in range(3):
        [fault] = text_faults("Stop!", locale="en", **check)

    assert (fault.code, checked) == ("exclamation", ["Stop!"])


def test_another_term_list_is_another_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"so": ""}
    monkeypatch.setattr(term_list, "_STORED", [lambda code: lists.get(code, "")])
    shipped = (term_list.TERMS_DIR / "fr.yaml").read_text(encoding="utf-8")
    check: dict[str, Any] = {"locale": "so", "allowed_numbers": (), "allowed_hosts": (), "known_services": ()}

    def codes() -> set[str]:
        return {fault.code for fault in text_faults("C'est ta faute.", **check)}

    assert "blame" not in codes()
    lists["so"] = shipped
    assert "blame" in codes()
    lists["so"] = ""
    assert "blame" not in codes()


def test_a_text_is_checked_again_when_the_list_is_replaced_during_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    new = term_list.term_list("fr")
    lists = iter([None, new, new, new, None, None])
    monkeypatch.setattr(kept_faults, "term_list", lambda locale: next(lists))
    verdicts = iter([[Fault("of which list?", "")], [Fault("of the new list", "")], [Fault("of the old list", "")]])

    def check() -> list[str]:
        return [fault.code for fault in kept_faults.kept_faults(("a",), "so", lambda: next(verdicts))]

    assert check() == ["of the new list"]
    assert check() == ["of the old list"]


def test_what_the_caller_does_with_the_faults_changes_no_verdict() -> None:
    check: dict[str, Any] = {"locale": "en", "allowed_numbers": (), "allowed_hosts": (), "known_services": ()}

    text_faults("Stop!", **check).clear()

    assert [fault.code for fault in text_faults("Stop!", **check)] == ["exclamation"]


PIECES = (*"abw1@＠:./-([{<（【 \n", *"。．｡․éﬀ", "\u0301", "नि", "www", "com", "dot", "t.me", "https://", "x.com/x")


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=40))
@example("a。com")
@example("example[.]com")
def test_no_address_is_missed_because_a_sign_is_looked_for_first(value: str) -> None:
    for pattern in (*addresses._PATTERNS, addresses._HOST):
        every = [match.span() for match in re.compile(pattern.pattern, pattern.flags).finditer(value)]
        assert [match.span() for match in addresses._matches(pattern, value)] == every
