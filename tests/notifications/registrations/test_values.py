"""The values that a registration may have, and their canonical forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.registrations import values


@pytest.mark.parametrize(
    ("given_tag", "kept"),
    [
        ("en-GB", "en-GB"),
        ("EN_gb", "en-GB"),
        ("iw", "he"),
        ("tl", "fil"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("pt-br", "pt-BR"),
        ("mi", "mi"),
        ("en-GB-u-hc-h12", "en-GB"),
        ("en-x-hello", "en"),
        ("x-secret", "und"),
        ("zz", "und"),
        ("de-1996", "de"),
    ],
)
def test_a_locale_is_kept_as_language_script_and_region_alone(given_tag: str, kept: str) -> None:
    assert values.locale(given_tag) == kept


@pytest.mark.parametrize("tag", ["", " en", "en--GB", "a", "abcdefghij", "en-" * 40, "\x00", "en\n"])
def test_an_invalid_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(values.InvalidValue):
        values.locale(tag)


@pytest.mark.parametrize(
    ("country", "name", "kept"),
    [
        ("US", "America/New_York", "America/New_York"),
        ("US", "america/new_york", "America/New_York"),
        ("US", "US/Eastern", "America/New_York"),
        ("US", "Navajo", "America/Denver"),
        ("US", "Europe/London", ""),
        ("US", "UTC", ""),
        ("US", "Mars/Olympus", ""),
        ("US", "../../etc/passwd", ""),
        ("US", "", ""),
        ("US", None, ""),
        ("IN", "Asia/Calcutta", "Asia/Kolkata"),
        ("NO", "Europe/Oslo", "Europe/Oslo"),
        ("GB", None, "Europe/London"),
        ("GB", "Antarctica/Davis", "Europe/London"),
        ("XK", "Europe/Belgrade", ""),
    ],
)
def test_a_zone_of_the_country_is_stored_under_its_current_name_and_no_other(country: str, name: str | None, kept: str) -> None:
    assert values.time_zone(country, name) == kept


def test_a_region_belongs_to_its_country() -> None:
    assert values.region("GB", "GB-WLS") == "GB-WLS"
    assert values.region("GB", None) == ""
    for wrong in ("FR-75", "GB-XXX", "Wales", "GB", "gb-wls", "GB-WLS\n"):
        with pytest.raises(values.InvalidValue):
            values.region("GB", wrong)


@pytest.mark.parametrize("code", ["gb", "UK", "ZZ", "GBR", "", "G", "G\x00"])
def test_only_assigned_countries_are_accepted(code: str) -> None:
    with pytest.raises(values.InvalidValue):
        values.country(code)


@pytest.mark.parametrize("version", ["1", "1.2.0", "1.2.0-beta.3", "1.2.0+45", "2.0.0-rc1"])
def test_a_valid_version_is_accepted(version: str) -> None:
    assert values.app_version(version) == version


@pytest.mark.parametrize("version", ["", "v1", "1.2.0-hello", "1.2.0 ", "1.2.0+abc", "1.2.3.4.5", "1" * 60, "my name is"])
def test_a_version_cannot_carry_free_text(version: str) -> None:
    with pytest.raises(values.InvalidValue):
        values.app_version(version)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("fid", "short"),
        ("fid", "x" * 23),
        ("fid", "é" * 22),
        ("token", ""),
        ("token", "with space"),
        ("token", 'quote"'),
        ("token", "back\\slash"),
        ("token", "x"),
        ("token", "x" * 150),
        ("token", "name:" + "x" * 251),
        ("token", "hello,this.is{free}text<script>:" + "x" * 100),
        (
            "token",
            "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB" * 4,
        ),
        ("token", "nul\x00:" + "x" * 100),
        ("email", "a@b"),
    ],
)
def test_an_address_of_the_wrong_shape_is_refused_and_never_repeated(kind: str, address: str) -> None:
    with pytest.raises(values.InvalidValue) as refused:
        values.address(kind, address)

    if address:
        assert address not in str(refused.value)


@given(st.text(max_size=60))
def test_any_text_is_either_a_valid_value_or_refused(text: str) -> None:
    for check in (values.locale, values.country, values.app_version, lambda value: values.address("token", value)):
        try:
            kept = check(text)
        except values.InvalidValue:
            continue
        assert kept.isascii()
        assert kept.isprintable()
    assert values.time_zone("US", text).isascii()
