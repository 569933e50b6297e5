"""What readers learn before they contact a service: its languages, what happens next, where to tap, what forms ask."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest

from content.contact_file import ContactRefused, parse_contact, read_contact
from content.importing.contact import contact_drafts
from content.importing.facts import FACTS_DIR, load_facts
from content.linting.channel import channel_faults
from content.models import Channel, Service, Unit
from content.models.unit_lifecycle import UnitState
from content.terms import Role, Situation
from core.models import User
from tests.make import NOON
from tests.packs import Packs

ENTRIES = {entry["id"]: entry for entry in json.loads((FACTS_DIR / "reporting_tools.json").read_bytes())["entries"]}


def service_of(packs: Packs, country: str, locale: str, name: str) -> dict[str, Any]:
    return next(s for s in packs[country, locale]["services"] if s["id"] == name)


def test_contact_yaml_names_only_services_of_the_facts() -> None:
    contact = read_contact()

    assert contact.after.keys() <= ENTRIES.keys()
    assert all("platform-report" in ENTRIES[name]["kinds"] for name in contact.routes)
    for name, routes in contact.routes.items():
        in_app = any(channel["type"] == "app" for channel in ENTRIES[name]["channels"])
        assert in_app or all(route.steps != "app" for route in routes.values())


def test_contact_texts_are_loaded_as_drafts(db: None) -> None:
    load_facts((FACTS_DIR / "reporting_tools.json").read_bytes(), by=User.objects.system(), at=NOON.astimezone(UTC))

    keys = [draft.key for name in ENTRIES for draft in contact_drafts(name)]
    states = set(Unit.objects.filter(key__in=keys).values_list("state", flat=True))
    assert Unit.objects.filter(key__in=keys).count() == len(keys) > 25
    assert states == {UnitState.NEEDS_REVIEW}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "contact.yaml: cannot be []; expected a mapping"),
        ({"after": {}}, "routes: this field is required"),
        ({"after": {"gb-childline": "Call 0800 1111."}, "routes": {}}, "number"),
        ({"after": {"gb-childline": "See https://example.org."}, "routes": {}}, "address"),
        ({"after": {"gb-childline": ""}, "routes": {}}, "after.gb-childline: must not be empty"),
        (
            {"after": {}, "routes": {"platform-x": {"blackmail": {"steps": None, "asks": None}}}},
            "routes.platform-x: a route for the situation 'any' is required",
        ),
        ({"after": {}, "routes": {"platform-x": {"any": {"steps": None}}}}, "routes.platform-x.any.asks: this field is required"),
        (
            {"after": {}, "routes": {"platform-x": {"any": {"steps": None, "asks": None}, "boredom": {}}}},
            "routes.platform-x.boredom: unknown value 'boredom'",
        ),
    ],
)
def test_each_broken_rule_is_reported_with_its_place(value: Any, said: str) -> None:
    with pytest.raises(ContactRefused) as refused:
        parse_contact(value)

    assert any(said in fault for fault in refused.value.extra["faults"])


@pytest.mark.django_db
def test_the_languages_of_a_service_are_named_in_the_readers_language(real_packs: Packs) -> None:
    answers_in = {locale: service_of(real_packs, "GB", locale, "gb-childline")["answers_in"] for locale in ("en", "de", "ur")}

    assert answers_in["en"]["text"] == "They answer in: \u2066English\u2069"
    assert (answers_in["de"]["lang"], "\u2066Englisch\u2069" in answers_in["de"]["text"]) == ("de", True)
    assert (answers_in["ur"]["dir"], "انگریزی" in answers_in["ur"]["text"]) == ("rtl", True)
    assert service_of(real_packs, "IN", "en", "in-child-helpline-1098")["answers_in"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("place", [("GB", "en"), ("GB", "de"), ("GB", "ml"), ("GB", "si"), ("IN", "hi"), ("ZZ", "ur")])
def test_every_number_is_spelled_out_in_the_locales_words(real_packs: Packs, place: tuple[str, str]) -> None:
    for service in real_packs[place]["services"]:
        for channel in service["channels"]:
            assert (channel["spoken"] is None) == (channel["dial"] is None)
            assert not any(sign.isdigit() for sign in channel["spoken"] or "")
            assert len((channel["spoken"] or "").replace(",", "").split()) == sum(map(str.isdigit, channel["dial"] or ""))


@pytest.mark.django_db
def test_a_number_of_the_eu_is_local_to_the_callers_country(real_packs: Packs) -> None:
    def tel(country: str) -> str | None:
        return str(service_of(real_packs, country, "en", "zz-eu-112")["channels"][0]["tel"])

    assert (tel("FR"), tel("DE")) == ("tel:112;phone-context=+33", "tel:112;phone-context=+49")


@pytest.mark.django_db
def test_platform_routes_depend_on_the_situation(real_packs: Packs) -> None:
    tiktok = service_of(real_packs, "GB", "en", "platform-tiktok")["routes"]
    whatsapp = service_of(real_packs, "GB", "cy", "platform-whatsapp")["routes"]

    assert "people under 18" in tiktok["any"]["steps"]["text"]
    assert tiktok["hacked-account"] == {"steps": None, "asks": None}
    assert "last five messages" in whatsapp["any"]["asks"]["text"]
    assert (whatsapp["any"]["asks"]["lang"], whatsapp["any"]["asks"]["reviewed"]) == ("en", False)
    assert service_of(real_packs, "GB", "en", "platform-instagram")["routes"] == {}


@pytest.mark.django_db
def test_what_happens_after_contact_is_a_text_or_not_known(real_packs: Packs) -> None:
    assert "advisor" in service_of(real_packs, "GB", "en", "gb-ceop-safety-centre")["after"]["text"]
    assert service_of(real_packs, "GB", "en", "gb-meic")["after"] is None


@pytest.mark.django_db
def test_on_bill_is_given_only_where_it_is_known(real_packs: Packs) -> None:
    bills = {s["id"]: c["on_bill"] for s in real_packs["GB", "en"]["services"] for c in s["channels"] if c["type"] == "phone"}

    assert {name for name, on_bill in bills.items() if on_bill is not None} == {"gb-childline"}
    assert bills["gb-childline"] is False


@pytest.mark.parametrize(("country", "short"), [("FR", "1000"), ("IE", "53000"), ("ES", "120"), ("US", "24280")])
def test_a_premium_rate_short_number_is_refused(country: str, short: str) -> None:
    service = Service(id="x", country_id=country, roles=[Role.HELPLINE], situations=[Situation.BLACKMAIL])

    faults = channel_faults(Channel(service=service, position=1, type="phone", number_type="short", dial=short, address=short))

    assert any("premium-rate" in fault for fault in faults)
