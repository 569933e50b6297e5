"""What a reader learns before making contact: the language, what happens next, where to tap, what the form asks."""

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
from content.models.unit import UnitState
from content.terms import Role, Situation
from core.models import User
from tests.make import NOON
from tests.packs import Packs

ENTRIES = {entry["id"]: entry for entry in json.loads((FACTS_DIR / "reporting_tools.json").read_bytes())["entries"]}


def service_of(packs: Packs, country: str, locale: str, name: str) -> dict[str, Any]:
    return next(s for s in packs[country, locale]["services"] if s["id"] == name)


def test_every_word_about_contact_belongs_to_an_entry_of_the_facts() -> None:
    contact = read_contact()

    assert contact.after.keys() <= ENTRIES.keys()
    assert all("platform-report" in ENTRIES[name]["kinds"] for name in contact.routes)
    for name, routes in contact.routes.items():
        in_app = any(channel["type"] == "app" for channel in ENTRIES[name]["channels"])
        assert in_app or all(route.steps != "app" for route in routes.values())


def test_the_words_are_loaded_as_drafts_that_need_review(db: None) -> None:
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
def test_a_file_that_breaks_a_rule_is_refused_with_the_reason(value: Any, said: str) -> None:
    with pytest.raises(ContactRefused) as refused:
        parse_contact(value)

    assert any(said in fault for fault in refused.value.extra["faults"])


@pytest.mark.django_db
def test_a_reader_is_told_in_their_own_language_in_which_one_they_answer(real_packs: Packs) -> None:
    told = {locale: service_of(real_packs, "GB", locale, "gb-childline")["answers_in"] for locale in ("en", "de", "ur")}

    assert told["en"]["text"] == "They answer in: \u2066English\u2069"
    assert (told["de"]["lang"], "\u2066Englisch\u2069" in told["de"]["text"]) == ("de", True)
    assert (told["ur"]["dir"], "انگریزی" in told["ur"]["text"]) == ("rtl", True)
    assert service_of(real_packs, "IN", "en", "in-child-helpline-1098")["answers_in"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("place", [("GB", "en"), ("DE", "de"), ("IN", "ml"), ("ZZ", "mi")])
def test_every_number_is_spoken_in_the_words_of_the_locale(real_packs: Packs, place: tuple[str, str]) -> None:
    for service in real_packs[place]["services"]:
        for channel in service["channels"]:
            assert (channel["spoken"] is None) == (channel["dial"] is None)
            assert not any(sign.isdigit() for sign in channel["spoken"] or "")
            assert len((channel["spoken"] or "").replace(",", "").split()) == sum(map(str.isdigit, channel["dial"] or ""))


@pytest.mark.django_db
def test_a_number_of_the_union_is_local_to_the_callers_country(real_packs: Packs) -> None:
    def address(country: str) -> str | None:
        return str(service_of(real_packs, country, "en", "zz-eu-112")["channels"][0]["tel"])

    assert (address("FR"), address("DE")) == ("tel:112;phone-context=+33", "tel:112;phone-context=+49")


@pytest.mark.django_db
def test_platforms_say_where_to_tap_and_what_is_asked_by_situation(real_packs: Packs) -> None:
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
def test_a_call_that_does_not_show_on_the_bill_says_so_and_nothing_is_guessed(real_packs: Packs) -> None:
    bills = {s["id"]: c["on_bill"] for s in real_packs["GB", "en"]["services"] for c in s["channels"] if c["type"] == "phone"}

    assert {name for name, on_bill in bills.items() if on_bill is not None} == {"gb-childline"}
    assert bills["gb-childline"] is False


@pytest.mark.parametrize(("country", "short"), [("FR", "1000"), ("IE", "53000"), ("ES", "120"), ("US", "24280")])
def test_a_short_number_that_costs_extra_is_refused(country: str, short: str) -> None:
    service = Service(id="x", country_id=country, roles=[Role.HELPLINE], situations=[Situation.BLACKMAIL])

    faults = channel_faults(Channel(service=service, position=1, type="phone", number_type="short", dial=short, address=short))

    assert any("premium-rate" in fault for fault in faults)
