"""The one rule for crisis lines, and the one for emergency numbers."""

from __future__ import annotations

import pytest

from content.resolver.essential_services import (
    has_crisis_line,
    has_emergency_number,
    is_crisis_line,
    is_directory,
    is_emergency_number,
)
from tests.packs import channel, service


@pytest.mark.parametrize(
    ("roles", "named", "types", "expected"),
    [
        (["helpline"], ["self-harm-risk"], ["phone"], True),
        (["helpline"], ["self-harm-risk"], ["url", "chat"], True),
        (["advice", "helpline"], ["blackmail", "self-harm-risk"], ["sms"], True),
        (["helpline"], ["self-harm-risk"], ["url", "email"], False),
        (["helpline"], ["blackmail"], ["phone"], False),
        (["advice"], ["self-harm-risk"], ["phone"], False),
        ([], [], [], False),
    ],
)
def test_a_crisis_line_is_a_helpline_with_a_line_of_its_own_that_names_self_harm(
    roles: list[str], named: list[str], types: list[str], expected: bool
) -> None:
    assert is_crisis_line(roles, named, types) is expected


@pytest.mark.parametrize(
    ("roles", "country", "types", "expected"),
    [
        (["helpline"], "ZZ", ["url"], True),
        (["helpline"], "ZZ", ["url", "chat"], False),
        (["helpline"], "GB", ["url"], False),
        (["image-removal"], "ZZ", ["url"], False),
    ],
)
def test_a_directory_is_a_worldwide_helpline_where_nobody_answers(
    roles: list[str], country: str, types: list[str], expected: bool
) -> None:
    assert is_directory(roles, country, types) is expected


@pytest.mark.parametrize(
    ("roles", "types", "expected"),
    [
        (["emergency"], ["phone"], True),
        (["emergency"], ["url", "sms"], True),
        (["emergency"], ["url", "app"], False),
        (["emergency"], [], False),
        (["police-report"], ["phone"], False),
    ],
)
def test_an_emergency_number_can_be_called_or_texted(roles: list[str], types: list[str], expected: bool) -> None:
    assert is_emergency_number(roles, types) is expected


def test_a_general_helpline_that_does_not_name_self_harm_is_no_crisis_line() -> None:
    general = service("general", "helpline", named_situations=["blackmail"])

    assert not has_crisis_line([general])
    assert has_crisis_line([general, service("crisis", "helpline")])


def test_an_emergency_service_that_is_only_a_page_is_no_emergency_number() -> None:
    page = service("page", "emergency", channels=[channel("url")])

    assert not has_emergency_number([page])
    assert has_emergency_number([page, service("number", "emergency")])
