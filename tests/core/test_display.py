"""The console words dates, times, zones, places and languages as people say them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import timezone as django_timezone

import content
from content.compiling.rendering import language_names
from content.exporting import hsds
from content.linting.locale_tag import names_of
from core.console import display


def test_dates_and_times_are_written_out() -> None:
    instant = datetime(2026, 12, 1, 19, 30, tzinfo=timezone(timedelta(hours=2)))

    assert display.date_text(date(2026, 12, 1)) == "1 December 2026"
    assert display.instant_text(instant) == "1 December 2026 at 17:30 UTC"
    assert display.local_text(datetime(2026, 12, 1, 17, 0)) == "1 December 2026 at 17:00"
    assert display.local_text(datetime(2026, 12, 1, 17, 0, 30)) == "1 December 2026 at 17:00"
    assert display.instant_text(instant, seconds=True) == "1 December 2026 at 17:30:00 UTC"


def test_zones_countries_regions_and_languages_have_names() -> None:
    assert display.zone_text("Europe/London") == "London time"
    assert display.zone_text("America/Argentina/Buenos_Aires") == "Buenos Aires time"
    assert display.zone_text("UTC") == "UTC"
    assert display.country_text("GB") == "United Kingdom"
    assert display.country_text("ZZ") == "Worldwide"
    assert display.region_text("GB-WLS") == "Wales"
    assert display.language_text("zh-Hant") == "Chinese (Traditional)"


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        (["GB"], "for the United Kingdom"),
        (["ZZ"], "worldwide"),
        (["IE", "ZZ"], "for Ireland and worldwide"),
        (["ZZ", "GB", "IE"], "for the United Kingdom, Ireland and worldwide"),
        (["AE", "NL", "US"], "for the United Arab Emirates, the Netherlands and the United States"),
        (["AE", "NL", "US", "GB"], "for 4 countries"),
        (["AE", "NL", "US", "GB", "ZZ"], "for 4 countries and worldwide"),
    ],
)
def test_countries_in_a_sentence_have_their_article(codes: list[str], text: str) -> None:
    assert display.places_text("for", codes, most=3) == text


def test_of_many_countries_the_first_are_named_and_the_rest_counted() -> None:
    assert display.places_text("in", ["FR", "GB", "IE"], most=1, rest=True) == "in France and 2 more countries"
    assert display.places_text("in", ["FR", "GB"], most=1, rest=True) == "in France and 1 more country"


def test_the_worldwide_pack_is_that_of_countries_without_one() -> None:
    assert display.pack_country_text("GB") == "the United Kingdom"
    assert display.pack_country_text("ZZ") == "countries without a pack of their own"


def test_what_has_no_name_is_shown_as_it_is() -> None:
    assert display.country_text("XX") == "XX"
    assert display.region_text("GB-XXX") == "GB-XXX"
    assert display.language_text("not a tag") == "not a tag"


def test_details_of_the_audit_log_are_words() -> None:
    assert display.detail_text("to_state", "needs-review") == "needs review"
    assert display.detail_text("act", "take-back") == "withdraw rights"
    assert display.detail_text("service", "gb-childline") == "gb-childline"
    assert display.detail_text("until", "2026-12-01") == "1 December 2026"
    assert display.detail_text("roles", ["publisher", "assurer"]) == "publisher, assurer"
    values: list[object] = [None, [], True, False, 0]
    assert [display.detail_text("x", value) for value in values] == ["none", "none", "yes", "no", "0"]


def test_audit_verbs_are_words() -> None:
    assert display.verb_text("release.rolled_back") == "Rollback prepared"


def test_templates_show_instants_with_their_machine_readable_time() -> None:
    template = Template("{% load console %}{{ at|instant }}|{{ at|day }}|{{ none|instant }}|{{ at|exact_instant|striptags }}")
    at = datetime(2026, 12, 1, 17, 30, tzinfo=UTC)

    shown = template.render(Context({"at": at, "none": None}))

    assert shown == (
        '<time datetime="2026-12-01T17:30:00+00:00">1 December 2026 at 17:30 UTC</time>|'
        '<time datetime="2026-12-01T17:30:00+00:00">1 December 2026</time>||1 December 2026 at 17:30:00 UTC'
    )


def test_instants_are_told_by_the_current_clock() -> None:
    template = Template("{% load console %}{{ at|instant|striptags }}|{{ at|day|striptags }}|{{ day|day|striptags }}")
    at = datetime(2026, 7, 1, 20, 30, 5, tzinfo=UTC)

    with django_timezone.override("Asia/Kolkata"):
        shown = template.render(Context({"at": at, "day": at.date()}))
        clock = display.time_text(at)

    assert shown == "2 July 2026 at 02:00 Kolkata time|2 July 2026|1 July 2026"
    assert clock == "02:00:05 Kolkata time"


def test_a_language_has_the_name_of_the_shipped_list_everywhere() -> None:
    with (Path(content.__file__).parent / "facts" / "locales.json").open(encoding="utf-8") as file:
        shipped = {row["code"]: row["name"] for row in json.load(file)}

    assert shipped["bn"] == "Bengali"
    assert {code: display.language_text(code) for code in shipped} == shipped
    assert {code: names_of(code)[0] for code in shipped} == shipped
    assert hsds._language("gb-line", "bn")["name"] == "Bengali"
    assert language_names(["bn"], "en") == "\u2066Bengali\u2069"
