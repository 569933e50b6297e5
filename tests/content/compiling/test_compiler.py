"""Compiling packs is pure, serves each item in one language, and blocks a pack only for a finding in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from content.assurance.record import record_assurance
from content.compiling.compiler import build_packs, compile_release, own_countries
from content.compiling.facts import Policy, Snapshot
from content.compiling.snapshot import read_snapshot
from content.models import Channel, Pack, Release, Service, Target, Tip, Unit
from content.models.assurance import Method
from content.models.service_facts import Status
from content.terms import OUTDATED_DAYS, Change
from core.canonical import canonical_json, digest
from core.errors import Forbidden
from core.models import User
from tests import make
from tests.make import NOON

SANDBOX = Policy(NOON.date(), serve_unreviewed=True, sandbox=True)
STRICT = Policy(NOON.date())


def pack(country: str = "GB", locale: str = "en", *, policy: Policy = SANDBOX) -> dict[str, Any]:
    return json.loads(make.build_pack(read_snapshot(policy), country, locale))


def found(policy: Policy = SANDBOX) -> set[tuple[str, str, bool]]:
    return {(f.code, f.item, f.blocks) for built in build_packs(read_snapshot(policy)).values() for f in built.findings}


def assure(service: str, *, days: int) -> None:
    channel = Channel.objects.get(service=service)
    method = Method.READ if "emergency" in channel.service.roles else Method.RUNG
    record_assurance(channel, by=make.checker(), at=NOON, method=method, until=(NOON + timedelta(days=days)).date())


def tip_of(pack: dict[str, Any], slug: str = "first-hour") -> dict[str, Any]:
    return next(tip for tip in pack["tips"] if tip["slug"] == slug)


def welsh(*, approved: bool = False, slug: str = "first-hour") -> None:
    for part, text in {
        "title": "Arhoswch",
        "short": "Dydych chi ddim ar eich pen eich hun.",
        "do-now.1": "Dywedwch.",
        "do-not.1": "Na.",
    }.items():
        make.target(f"tip.{slug}.{part}", "cy", text, approved=approved)


def test_a_pack_has_everything_for_its_country_and_locale(content: None) -> None:
    value = pack()

    assert (value["v"], value["country"], value["coverage"], value["locale"], value["dir"]) == (1, "GB", "national", "en", "ltr")
    assert [service["id"] for service in value["services"]] == ["gb-emergency", "gb-line", "zz-line"]
    assert value["labels"]["steps"]["talk"] == {"text": "Label of talk", "lang": "en", "dir": "ltr", "reviewed": False}
    assert value["plan_order"]["self-harm-risk"]["teen"] == ["danger-now", "talk"]
    assert tip_of(value)["locale"] == {"requested": "en", "served": "en", "reason": None}


def test_a_channel_has_its_number_as_printed_and_an_isolated_display(content: None) -> None:
    [channel] = pack()["services"][1]["channels"]

    assert channel == {
        "position": 1,
        "type": "phone",
        "dial": "0800 1111",
        "dial_kind": "national",
        "tel": "tel:+448001111",
        "href": "tel:08001111",
        "display": "\u20660800 1111\u2069",
        "spoken": "zero eight zero zero, one one one one",
        "keyword": None,
        "label": None,
        "steps": None,
        "hours": "24/7",
        "week": {
            "days": [{"days": [1, 2, 3, 4, 5, 6, 7], "opens": "00:00", "closes": "24:00"}],
            "holidays": [{"opens": "00:00", "closes": "24:00"}],
        },
        "zone": None,
        "cost": "free",
        "anonymous": None,
        "needs_voice": True,
        "on_bill": None,
        "situations": None,
        "assured": False,
        "checked_on": None,
        "assured_until": None,
    }


def test_a_regional_service_has_the_names_of_its_regions(content: None) -> None:
    make.service("gb-wales", regions=["GB-WLS", "GB-SCT"])

    service = next(item for item in pack("GB", "ar")["services"] if item["id"] == "gb-wales")

    assert service["region_names"] == ["\u2066Wales\u2069", "\u2066Scotland\u2069"]


def test_no_provenance_reaches_a_pack(content: None) -> None:
    for service in Service.objects.all():
        make.service_facts(service.pk, source="https://provenance.example")
    Service.objects.update(notes="secret note", more_sources=["https://more.example"])

    body = make.build_pack(read_snapshot(SANDBOX), "GB", "en").decode()

    assert "provenance" not in body
    assert "secret" not in body
    assert "more.example" not in body


def test_the_worldwide_pack_is_for_countries_without_own_services(content: None) -> None:
    value = pack("ZZ")

    assert own_countries(read_snapshot(SANDBOX)) == ["GB", "ZZ"]
    assert (value["coverage"], [service["id"] for service in value["services"]]) == ("worldwide", ["zz-line"])


def test_a_worldwide_service_with_an_area_is_only_in_those_packs(content: None) -> None:
    for name, area in {"zz-here": ["GB"], "zz-there": ["FR"], "zz-nowhere": []}.items():
        make.channel(make.service(name, country="ZZ", channels=0, area=area), type="url")

    inside = {country: {service["id"] for service in pack(country)["services"]} for country in ("GB", "ZZ")}

    assert "zz-here" in inside["GB"]
    assert not inside["GB"] & {"zz-there", "zz-nowhere"}
    assert {"zz-here", "zz-there"} <= inside["ZZ"]
    assert "zz-nowhere" not in inside["ZZ"]
    assert ("no-area", "zz-nowhere", False) in found()


# Languages.


def test_a_tip_is_in_the_readers_language_only_if_all_its_texts_are(content: None) -> None:
    make.target("tip.first-hour.title", "cy", "Arhoswch")
    make.target("tip.first-hour.short", "cy", "Dydych chi ddim ar eich pen eich hun.")
    make.target("tip.first-hour.do-now.1", "cy", "Dywedwch wrth un oedolyn.")
    partly = tip_of(pack("GB", "cy"))
    make.target("tip.first-hour.do-not.1", "cy", "Peidiwch â thalu.")
    wholly = tip_of(pack("GB", "cy"))

    assert (partly["title"], partly["lang"], partly["locale"]) == (
        "Stop and breathe",
        "en",
        {"requested": "cy", "served": "en", "reason": "not-translated"},
    )
    assert (wholly["title"], wholly["do_not"], wholly["lang"]) == ("Arhoswch", ["Peidiwch â thalu."], "cy")


def test_a_fallback_in_a_right_to_left_pack_has_its_own_direction(content: None) -> None:
    value = pack("GB", "ar")

    assert value["dir"] == "rtl"
    assert (tip_of(value)["lang"], tip_of(value)["dir"]) == ("en", "ltr")
    assert value["services"][0]["purpose"]["dir"] == "ltr"


def test_drafts_are_served_only_in_the_sandbox_and_marked(content: None) -> None:
    welsh()

    assert tip_of(pack("GB", "cy"))["reviewed"] is False
    assert pack("GB", "cy", policy=STRICT)["tips"] == []


def test_an_approved_target_of_an_approved_source_is_served(db: None) -> None:
    make.world()
    make.tip(approved=True)
    welsh(approved=True)

    served = tip_of(pack("GB", "cy", policy=STRICT))

    assert (served["lang"], served["reviewed"]) == ("cy", True)


def test_the_approved_text_is_served_while_a_change_waits(db: None) -> None:
    make.world()
    make.tip(approved=True)
    welsh(approved=True)
    source = Unit.objects.get(key="tip.first-hour.title")
    before = make.build_pack(read_snapshot(STRICT), "GB", "cy")

    source.revise(text="Do not stop", change=Change.SAFETY, by=User.objects.system(), at=NOON, from_revision=1)
    Target.objects.of(source, "cy").write(text="Drafft", by=User.objects.system(), at=NOON, from_revision=2)

    assert make.build_pack(read_snapshot(STRICT), "GB", "cy") == before


@pytest.mark.parametrize(
    ("change", "days", "lang", "reason"),
    [
        (Change.COSMETIC, 1000, "cy", None),
        (Change.CLARITY, OUTDATED_DAYS, "cy", None),
        (Change.CLARITY, OUTDATED_DAYS + 1, "en", "outdated"),
        (Change.SAFETY, 0, "en", "outdated"),
    ],
)
def test_the_kind_of_change_of_a_source_decides_about_its_targets(
    db: None, change: Change, days: int, lang: str, reason: str | None
) -> None:
    make.world()
    make.tip(approved=True)
    welsh(approved=True)
    source = Unit.objects.get(key="tip.first-hour.short")
    source.revise(text="You are never alone.", change=change, by=User.objects.system(), at=NOON, from_revision=1)
    source.approve(by=make.checker(), at=NOON)

    served = tip_of(pack("GB", "cy", policy=replace(STRICT, day=NOON.date() + timedelta(days=days))))

    assert (served["lang"], served["locale"]["reason"]) == (lang, reason)


def test_a_tip_for_some_countries_is_only_in_their_packs(content: None) -> None:
    make.tip("over-there", countries=["FR"])

    assert [tip["slug"] for tip in pack()["tips"]] == ["first-hour"]


def test_a_retired_tip_is_in_no_pack(content: None) -> None:
    make.tip_facts("first-hour", tip_state="retired")

    assert pack()["tips"] == []


def test_a_token_becomes_the_name_and_id_of_the_service(content: None) -> None:
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-line}.", "more": "Ask **{service:gb-line}** or {service:zz-line}."})

    served = tip_of(pack(), "ask")

    assert served["do_now"] == ["Ask \u2066The gb-line service\u2069."]
    assert "<strong>\u2066The gb-line service\u2069</strong>" in served["more_html"]
    assert served["services"] == ["gb-line", "zz-line"]


def test_the_successor_is_named_instead_of_a_retired_service(content: None) -> None:
    old = make.service("gb-old")
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-old}."})
    make.service_facts(old.pk, status=Status.DEFUNCT, successor_id="gb-line")

    value = pack()

    assert tip_of(value, "ask")["services"] == ["gb-line"]
    assert value["retired"] == [{"id": "gb-old", "successor": "gb-line"}]
    assert "gb-old" not in {service["id"] for service in value["services"]}


def test_a_tip_that_names_a_service_not_served_is_a_finding(content: None) -> None:
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-line}."})

    assert [tip["slug"] for tip in pack("ZZ")["tips"]] == ["first-hour"]
    assert ("token-not-served", "tip.ask", False) in found()


def test_a_notice_that_cannot_be_served_blocks_the_pack(content: None) -> None:
    make.tip("what-we-keep", kind="notice", situations=[], texts={"short": "Ask {service:gb-line}."})

    assert ("token-not-served", "tip.what-we-keep", True) in found()


# Which services are served.


# The same snapshot gives the same bytes.


def test_a_pack_built_alone_is_the_same_as_among_all(content: None) -> None:
    welsh()
    snapshot = read_snapshot(SANDBOX)

    together = build_packs(snapshot)

    assert all(make.build_pack(snapshot, country, locale) == built.body for (country, locale), built in together.items())


def test_packs_are_canonical_json_without_release_number_or_time(content: None) -> None:
    body = make.build_pack(read_snapshot(SANDBOX), "GB", "en")

    assert canonical_json(json.loads(body)) == body
    assert not {"release", "number", "compiled_at", "at"} & json.loads(body).keys()


def test_compiling_on_another_day_changes_no_byte(content: None) -> None:
    assure("gb-line", days=90)
    today, tomorrow = (read_snapshot(replace(SANDBOX, day=NOON.date() + timedelta(days=n))) for n in (0, 1))

    assert {p: b.body for p, b in build_packs(today).items()} == {p: b.body for p, b in build_packs(tomorrow).items()}


def test_a_change_in_one_language_changes_only_its_packs(content: None) -> None:
    before = {place: built.body for place, built in build_packs(read_snapshot(SANDBOX)).items()}

    welsh()

    after = {place: built.body for place, built in build_packs(read_snapshot(SANDBOX)).items()}
    assert {locale for (country, locale) in before if before[country, locale] != after[country, locale]} == {"cy"}


# The candidate release.


def test_compiling_stores_each_pack_once_by_its_digest(content: None) -> None:
    first = make.release(publish=False)
    packs = set(Pack.objects.values_list("pk", flat=True))

    second = compile_release(by=make.checker(), at=NOON + timedelta(hours=1))

    assert set(Pack.objects.values_list("pk", flat=True)) == packs
    assert first.release_packs.count() == second.release_packs.count() == 2 * len(first.locales())
    assert all(digest(row.body.encode()) == row.pk and row.size == len(row.body.encode()) for row in Pack.objects.all())


def test_a_blocked_pack_keeps_the_published_bytes(content: None) -> None:
    published = make.release()
    kept = make.pack_body(published, "GB", "en")
    make.service_facts("gb-emergency", status=Status.DEFUNCT)
    make.tip("new")

    candidate = make.release(publish=False)

    assert ["GB", "en"] in candidate.report["blocked"]
    assert make.pack_body(candidate, "GB", "en") == kept
    assert make.pack_body(candidate, "ZZ", "en") != make.pack_body(published, "ZZ", "en")


def test_a_blocked_pack_that_was_never_published_is_absent(content: None) -> None:
    make.service("fr-line", country="FR")

    candidate = make.release(publish=False)

    assert candidate.countries() == ["GB", "ZZ"]
    assert make.pack_body(candidate, "FR", "fr") is None
    assert {"code": "no-emergency-number", "country": "FR", "locale": None, "item": "FR", "blocks": True}.items() <= next(
        finding for finding in candidate.report["findings"] if finding["blocks"]
    ).items()


@override_settings(SERVE_UNREVIEWED=False, SANDBOX=False)
def test_settings_decide_what_may_be_served(content: None) -> None:
    candidate = make.release(publish=False)

    assert candidate.release_packs.count() == 0
    assert {f["code"] for f in candidate.report["findings"] if f["blocks"]} >= {"label-missing"}


def test_only_a_publisher_compiles(content: None) -> None:
    with pytest.raises(Forbidden):
        compile_release(by=make.person("olaf", "localisation-editor"), at=NOON)


def test_the_number_of_queries_does_not_grow_with_the_content(content: None, django_assert_num_queries: Any) -> None:
    for number in range(5):
        make.tip(f"tip-{number}")
        make.service(f"gb-{number}")

    with django_assert_num_queries(_queries_of_a_snapshot()):
        read_snapshot(SANDBOX)


def _queries_of_a_snapshot() -> int:
    # One each: release, locales, units, revisions, approvals of units, targets, channels with their last checks, withdrawals,
    # services, revisions of tips, tips, notices, figures.
    return 13


def test_a_snapshot_is_consistent_while_others_write(
    transactional_db: None, at_once: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.small_content()
    from content.compiling import snapshot as module

    texts = module._texts

    def slow(policy: Policy, owners: Any, *, translated: bool) -> Any:
        yield from texts(policy, owners, translated=translated)
        # Another connection retires the tip after the texts were read and before the tips are.
        at_once(lambda: make.tip_facts("first-hour", tip_state="retired"))

    monkeypatch.setattr(module, "_texts", slow)
    snapshot: Snapshot = read_snapshot(SANDBOX)

    assert [tip.slug for tip in snapshot.tips] == ["first-hour"]
    assert not Tip.objects.current().exists()


def test_the_published_release_is_found_or_noted_as_missing(content: None) -> None:
    assert Release.objects.current_number() is None

    made = make.release()

    assert Release.objects.current() == made
    assert Release.objects.current_number() == made.number
    assert made.locales()[0] == "ar"


# What the gate says of texts beside what it refuses.
