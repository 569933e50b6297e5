"""Handouts: which tips and services stand on the page, in which size, and when it is to be checked again."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from content.exporting.handout_fit import Size
from content.exporting.handouts import CHECK_AFTER_DAYS, KINDS, NoSuchHandout, Sheet, find_kind, make_sheet
from content.linting.tip import is_telling
from content.resolver.essential_services import has_crisis_line
from content.terms import HANDOUT_LABELS, HANDOUT_NUMBERS, Handout, Situation
from tests.packs import KEPT_BACK, Packs

pytestmark = pytest.mark.django_db
RELEASED = date(2026, 11, 28)


def sheet(pack: Any, slug: str = "for-home", **changed: Any) -> Sheet:
    return make_sheet(pack, find_kind(slug), **{"country": pack["country"], "released": RELEASED, **changed})


def test_every_handout_has_a_neutral_slug_and_a_neutral_title(real_packs: Packs) -> None:
    assert [kind.slug for kind in KINDS] == list(Handout)
    for slug in Handout.values:
        title = real_packs["GB", "en"]["labels"]["handouts"][slug]["text"]
        assert not is_telling(slug)
        assert not is_telling(title.lower())


def test_every_pack_has_all_labels_in_its_own_language(real_packs: Packs) -> None:
    for (_, locale), pack in real_packs.items():
        labels = pack["labels"]["handouts"]
        assert labels.keys() == {*HANDOUT_LABELS}
        # A variant takes the words of its language.
        assert {label["lang"].split("-")[0] for label in labels.values()} == {locale.split("-")[0]}


@pytest.mark.slow
def test_every_sheet_has_an_emergency_step_a_crisis_line_and_a_tip(real_packs: Packs) -> None:
    for (country, locale), pack in real_packs.items():
        if country in KEPT_BACK:
            continue
        services = {service["id"]: service for service in pack["services"]}
        for slug in Handout.values:
            made = sheet(pack, slug)
            assert made.emergency.contacts or made.emergency.sentences, (country, locale)
            talk = made.sections[[section.step for section in made.sections].index("talk")]
            if country != "ZZ":
                assert has_crisis_line([services[contact.id] for contact in talk.contacts]), (country, locale, slug)
            for section in made.sections:
                assert section.contacts or section.sentences, (country, locale, slug, section.step)
            assert len(made.tips) >= (2 if slug == "for-school" and locale == "en" else 1)


@pytest.mark.slow
def test_a_sheet_does_not_mix_languages(real_packs: Packs) -> None:
    pack = copy.deepcopy(real_packs["GB", "cy"])
    for tip in pack["tips"]:
        tip["lang"] = "cy" if tip["slug"] == "tell-the-lead" else "en"

    assert [tip["slug"] for tip in sheet(pack, "for-school").tips] == ["tell-the-lead"]
    assert {tip["lang"] for tip in sheet(pack, "for-home").tips} == {"en"}
    for (_, locale), shipped in real_packs.items():
        for slug in Handout.values:
            assert len({tip["lang"].split("-")[0] for tip in sheet(shipped, slug).tips}) == 1, (locale, slug)


@pytest.mark.slow
def test_numbers_are_those_of_the_pack_and_never_cut(real_packs: Packs) -> None:
    for pack in real_packs.values():
        displays = {service["id"]: [c["display"] for c in service["channels"]] for service in pack["services"]}
        for slug in Handout.values:
            made = sheet(pack, slug)
            for section in (made.emergency, *made.sections):
                for contact in section.contacts:
                    assert contact.channels
                    assert {channel.display for channel in contact.channels} <= {*displays[contact.id]}
                    assert contact.channels[0].display == next(display for display in displays[contact.id] if display)


def test_a_parents_sheet_has_the_childs_own_line_and_no_region(real_packs: Packs) -> None:
    made = sheet(real_packs["GB", "en"])
    found = {section.step: [contact.id for contact in section.contacts] for section in made.sections}

    assert list(found) == ["talk", "report", "take-down"]
    assert "gb-childline" in found["talk"]
    assert found["report"][0] == "gb-ceop-safety-centre"
    assert not any(name.startswith("gb-ni-") or "scotland" in name for names in found.values() for name in names)
    assert found["take-down"] == ["gb-report-remove", "zz-take-it-down"]


def test_remarks_say_cost_hours_and_languages(real_packs: Packs) -> None:
    pack = real_packs["GB", "cy"]
    talk = sheet(pack).sections[0]
    remarks = {contact.id: [remark["text"] for remark in contact.remarks] for contact in talk.contacts}

    assert "Llun–Gwen 08:00–22:00; Sad–Sul 09:00–18:00" in remarks["gb-nspcc-helpline"]
    assert pack["labels"]["why"]["free"]["text"] in remarks["gb-nspcc-helpline"]
    assert pack["labels"]["handouts"]["always"]["text"] in remarks["gb-childline"]
    assert any("Saesneg" in text for text in remarks["gb-nspcc-helpline"])


def test_a_crisis_line_for_a_part_of_the_country_names_the_part(real_packs: Packs) -> None:
    talk = sheet(real_packs["CO", "en"]).sections[0]

    assert [contact.id for contact in talk.contacts] == ["co-icbf-141", "co-linea-106"]
    assert "Valle del Cauca" in talk.contacts[1].remarks[0]["text"]


def test_a_country_without_services_gets_the_worldwide_sheet(real_packs: Packs) -> None:
    made = sheet(real_packs["ZZ", "en"], "for-a-wall", country="NO")

    assert [contact.id for contact in made.emergency.contacts] == ["no-emergency-number"]
    report = made.sections[[section.step for section in made.sections].index("report")]
    assert report.contacts == ()
    assert report.sentences[0]["text"].startswith("Go to the nearest police station.")


def test_longer_tips_make_the_type_smaller_then_are_left_out(real_packs: Packs) -> None:
    pack = copy.deepcopy(real_packs["AE", "en"])
    sizes = []
    tips = {tip["slug"]: tip for tip in pack["tips"]}
    for times in (1, 2, 3, 9):
        for slug in ("first-hour", "not-alone"):
            tips[slug]["do_now"] = real_packs["AE", "en"]["tips"][0]["do_now"][:1] * (4 * times)
            tips[slug]["do_not"] = []
        made = sheet(pack, "for-a-wall")
        sizes.append((len(made.tips), made.size))

    assert sizes[0][0] == 2
    assert [count for count, _ in sizes] == sorted((count for count, _ in sizes), reverse=True)
    assert sizes[-1] == (1, Size.SMALLEST)


def test_it_is_checked_again_when_the_first_check_of_a_contact_expires(real_packs: Packs) -> None:
    pack = copy.deepcopy(real_packs["GB", "en"])
    unchecked = sheet(pack).check_after
    for service in pack["services"]:
        service["assured_until"] = {"gb-childline": "2026-12-24", "gb-emergency-999": "2026-01-01"}.get(service["id"])

    assert (unchecked, sheet(pack).check_after) == (date(2027, 2, 26), date(2026, 12, 24))
    assert CHECK_AFTER_DAYS == 90
    assert sheet(pack, released=None).check_after is None


def test_a_sheet_is_a_draft_while_anything_on_it_is(real_packs: Packs) -> None:
    pack = copy.deepcopy(real_packs["GB", "en"])
    assert not sheet(pack).reviewed

    def review(value: Any) -> None:
        for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            review(child)
        if isinstance(value, dict) and "reviewed" in value:
            value["reviewed"] = True

    review(pack)
    assert sheet(pack).reviewed
    next(tip for tip in pack["tips"] if tip["slug"] == "first-hour-parents")["reviewed"] = False
    assert not sheet(pack).reviewed


@pytest.mark.parametrize("slug", ["first-hour", "", "FOR-HOME", "for-home.html"])
def test_an_unknown_slug_is_refused(slug: str) -> None:
    with pytest.raises(NoSuchHandout):
        find_kind(slug)


def test_a_pack_of_an_older_version_has_no_handouts(real_packs: Packs) -> None:
    pack = copy.deepcopy(real_packs["GB", "en"])
    del pack["labels"]["handouts"]

    with pytest.raises(NoSuchHandout, match="next one"):
        sheet(pack)


def test_a_handout_for_one_situation_has_the_tips_and_services_of_its_plan(real_packs: Packs) -> None:
    pack = real_packs["GB", "en"]
    for kind in KINDS:
        for situation, number in HANDOUT_NUMBERS.items():
            address = f"{kind.slug.value}-{number}"

            found = sheet(pack, address)

            assert (found.kind.address, found.kind.situation, found.kind.audience) == (address, situation, kind.audience)
            assert found.title == pack["labels"]["handouts"][kind.slug]
            assert 1 <= len(found.tips) <= 3
            tips = {tip["slug"]: tip for tip in pack["tips"]}
            assert all(situation in tips[tip["slug"]]["situations"] for tip in found.tips)
            assert found.emergency.contacts
            assert situation.value not in address


def test_addresses_of_handouts_name_no_situation() -> None:
    assert HANDOUT_NUMBERS.keys() == set(Situation) - {Situation.BLACKMAIL, Situation.NOT_SURE}
    assert sorted(HANDOUT_NUMBERS.values()) == list(range(2, 10))
    for address in ("for-home-1", "for-home-10", "for-home-", "for-home-02", "for-home-2-2"):
        with pytest.raises(NoSuchHandout):
            find_kind(address)
