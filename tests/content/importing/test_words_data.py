"""The texts that ship with Fingerpost: complete, neutral, and without facts that belong to a record."""

import re

import pytest

from content.importing.words_file import PHRASES
from content.terms import COMPANION_LABELS, CONTACT_LABELS, HANDOUT_LABELS, NoticeKind, Where
from tests.content.importing.words import (
    AUDIENCES,
    DEATH,
    NOTICES,
    SITUATIONS,
    STEPS,
    TOKEN,
    all_items,
    allowed_numbers,
    entries,
    every_text,
    numbers_allowed_in,
    numbers_in,
    sentences_of,
    services_in,
    source_units,
    speaks_of_death,
    tips,
    units_of,
    words,
)

WHY = {
    "emergency", "local-emergency", "national", "regional", "worldwide", "your-situation", "under-18-now",
    "under-18-in-image", "adult-now", "adult-in-image", "free", "anonymous", "your-language", "crisis-line",
    "talk-first", "platform", "if-at-home-unsafe", "other-language", "without-voice", "trusted-adult",
    "for-your-child", "for-the-young-person", "directory", "orders-removal", "nearest-police", "nearest-police-adult",
    "private-chat", "no-address",
}  # fmt: skip
TOPIC_OF = {"blackmail": "sextortion", "live-abuse": "livestream"}

MARKUP = re.compile(r"https?:|www\.|tel:|mailto:|!\[|\]\(|<[a-z/]", re.IGNORECASE)
CAPTURE = re.compile(
    r"\b(screenshot|capture|save|saves|saved|copy|copies|copied|download|forward|record)\b",
    re.IGNORECASE,
)
#: A screenshot of words and names shows no picture.
OF_WORDS = re.compile(r"\bscreenshots? of words\b")
#: What may be kept: words and names, both of two numbers, and what has nothing to do with pictures.
MAY_BE_KEPT = re.compile(
    r"\bkeep (account )?names\b|\bkeep both\b|\bkeep nothing\b|\bkeep talking\b|\bto keep the young person safe\b", re.IGNORECASE
)
NEGATION = re.compile(r"\b(not|never|without|cannot)\b", re.IGNORECASE)
BANNED = re.compile(
    r"porn|prostitut|sextortion|sexting|revenge|\bvictim|own fault|should have|foolish|naughty|pervert"
    r"|themselves at risk|committed suicide|guarantee|we promise|will be removed|will be deleted"
    r"|per ?cent|%|!|\b(nigeria|philippin|ivor|russia|chin|west africa)\w*",
    re.IGNORECASE,
)
TELLING_SLUG = re.compile(
    r"blackmail|threat|extort|image|picture|photo|nude|sex|abuse|groom|live|csam|hack|harm|suicid"
    r"|fake|money|pay|porn|victim|police|password|camera|crisis",
)


def test_labels_name_every_situation_step_audience_and_reason() -> None:
    expected = {f"situation.{s}" for s in SITUATIONS} | {f"step.{s}" for s in STEPS}
    expected |= {f"audience.{a}" for a in AUDIENCES} | {f"why.{code}" for code in WHY}
    expected |= {f"handout.{name}" for name in HANDOUT_LABELS} | {f"contact.{name}" for name in CONTACT_LABELS}
    expected |= {f"companion.{name}" for name in COMPANION_LABELS}
    expected |= PHRASES | {f"notice.{kind}" for kind in NoticeKind.values} | {f"where.{where}" for where in Where.values}

    assert set(words()["labels"]) == expected
    assert all(text.strip() for text in words()["labels"].values())


def test_slugs_are_unique_and_never_name_a_situation() -> None:
    slugs = [item["slug"] for item in all_items()]

    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)
    assert [slug for slug in slugs if TELLING_SLUG.search(slug) or slug in SITUATIONS] == []


def test_every_item_is_whole() -> None:
    fields = {
        "slug", "kind", "audiences", "situations", "countries", "order",
        "allowed_numbers", "title", "short", "do_now", "do_not", "more",
    }  # fmt: skip
    optional = {"min_age", "max_age", "age_measured", "order_in"}

    for item in all_items():
        assert set(item) - optional == fields, item["slug"]
        assert item["kind"] in {"tip", "notice"}
        assert set() < set(item["audiences"]) <= AUDIENCES, item["slug"]
        assert set() < set(item["situations"]) <= SITUATIONS, item["slug"]
        assert isinstance(item["order"], int)
        assert all(isinstance(text, str) and text.strip() for text in units_of(item).values())


def test_each_tip_has_two_to_six_steps_and_one_to_four_warnings() -> None:
    for tip in tips():
        assert 2 <= len(tip["do_now"]) <= 6, tip["slug"]
        assert 1 <= len(tip["do_not"]) <= 4, tip["slug"]


def test_there_are_enough_tips_and_exactly_the_two_notices() -> None:
    notices = [item for item in all_items() if item["kind"] == "notice"]

    assert len(tips()) >= 32
    assert [notice["slug"] for notice in notices] == NOTICES
    for notice in notices:
        assert set(notice["audiences"]) == AUDIENCES
        assert set(notice["situations"]) == SITUATIONS
        assert notice["countries"] == []


@pytest.mark.parametrize("audience", sorted(AUDIENCES))
@pytest.mark.parametrize("situation", sorted(SITUATIONS))
def test_each_reader_has_advice_of_their_own_in_each_situation(situation: str, audience: str) -> None:
    # The tips on danger now are for everyone, so they alone would make this test pass for nothing.
    own = [
        tip["slug"]
        for tip in tips()
        if situation in tip["situations"]
        and audience in tip["audiences"]
        and tip["countries"] == []
        and not tip["slug"].startswith("right-now")
    ]

    assert own


def test_there_is_a_tip_on_danger_now_for_every_reader_in_every_situation() -> None:
    found = [tip for tip in tips() if tip["slug"].startswith("right-now")]

    assert sorted(reader for tip in found for reader in tip["audiences"]) == sorted(AUDIENCES)
    assert all(set(tip["situations"]) == SITUATIONS for tip in found)


def test_the_first_hour_has_a_tip_for_the_teen_and_one_for_the_parent() -> None:
    readers = {tip["slug"]: tip["audiences"] for tip in tips() if tip["slug"].startswith("first-hour")}

    assert readers == {"first-hour": ["teen"], "first-hour-parents": ["parent"]}


def test_tokens_name_services_that_fit_the_tip() -> None:
    known = entries()

    for item in all_items():
        for service in services_in(item):
            entry = known[service]
            audiences = set(entry["audiences"])
            topics = {TOPIC_OF.get(s, s) for s in item["situations"]}
            where = (item["slug"], service)
            assert entry["status"] == "active", where
            assert entry["confidence"] == "confirmed-in-source", where
            assert entry["channels"], where
            assert not entry["regions"], where
            assert entry["country"] == "ZZ" or item["countries"] == [entry["country"]], where
            # An adult may be told of the line that is for the young person.
            assert "anyone" in audiences or "teen" in audiences or set(item["audiences"]) <= audiences, where
            assert "teen" not in item["audiences"] or "teen" in audiences or audiences == {"anyone"}, where
            assert "general" in entry["topics"] or topics & set(entry["topics"]), where
            # No text may hand an adult tool to a reader whose age nobody asked for.
            assert entry["min_age"] is None or (item.get("min_age") or 0) >= entry["min_age"], where


def test_a_tip_that_names_a_service_with_an_age_limit_says_so() -> None:
    limited = [
        item
        for item in all_items()
        if item.get("max_age") != 17
        # To an adult, the texts speak of a child.
        and "teen" in item["audiences"]
        and any(entries()[service]["max_age"] == 17 for service in services_in(item))
    ]

    assert limited
    for item in limited:
        assert "under 18" in " ".join(units_of(item).values()), item["slug"]


def test_no_text_holds_a_number_that_its_tip_does_not_allow() -> None:
    allowed = allowed_numbers()
    wrong = [
        (locale, key, numbers_in(text)) for locale, key, text in every_text() if numbers_in(text) - set(allowed.get(key, []))
    ]

    assert wrong == []


def test_no_number_is_allowed_that_its_tip_does_not_use() -> None:
    for item in all_items():
        used = set().union(*(numbers_in(text) for text in units_of(item).values()))
        assert used == set(numbers_allowed_in(item)), item["slug"]


def test_a_phone_number_would_be_seen_however_it_is_spaced() -> None:
    assert numbers_in("0800 11-11") == {"08001111"}
    assert numbers_in("(११६) १११") == {"116111"}
    assert numbers_in("{service:fr-3018} at 5") == set()


def test_no_text_holds_a_link_an_image_or_markup() -> None:
    assert [row for row in every_text() if MARKUP.search(row[2])] == []


def test_the_source_uses_no_banned_term() -> None:
    # A tip on where to start in a country names the country.
    wrong = {k: BANNED.findall(t) for k, t in source_units().items() if BANNED.search(t) and "where-first" not in k}

    assert wrong == {}


def test_no_text_raises_its_voice() -> None:
    assert [row for row in every_text() if re.search("[!¡！]", row[2])] == []


def test_nothing_tells_anyone_to_capture_or_pass_on_a_picture() -> None:
    wrong = [
        (key, sentence)
        for key, text in source_units().items()
        for sentence in sentences_of(text)
        if CAPTURE.search(sentence)
        and not NEGATION.search(sentence)
        # Being recorded by somebody else is a warning, not an instruction.
        and "be recorded" not in sentence
        and not OF_WORDS.search(sentence)
    ]

    assert wrong == []


def test_keep_is_said_of_words_and_names_only() -> None:
    kept = {
        sentence
        for text in source_units().values()
        for sentence in sentences_of(text)
        if re.search(r"\bkeep\b", MAY_BE_KEPT.sub("", sentence), re.IGNORECASE) and not NEGATION.search(sentence)
    }

    assert kept == set()
    assert any("Keep words and names, never the picture" in t for t in source_units().values())


def test_texts_for_teens_never_speak_of_death() -> None:
    for_teens = {item["slug"] for item in all_items() if "teen" in item["audiences"]}
    wrong = [
        (locale, key) for locale, key, text in every_text() if key.split(".")[1] in for_teens and speaks_of_death(locale, text)
    ]

    assert wrong == []
    assert [key for key, text in words()["labels"].items() if DEATH.search(text)] == []


def test_a_text_that_names_suicide_carries_a_crisis_line() -> None:
    naming = [item for item in all_items() if DEATH.search(" ".join(units_of(item).values()))]

    assert naming
    for item in naming:
        assert "emergency number" in item["short"] + (item["more"] or ""), item["slug"]
        for text in units_of(item).values():
            # A step cannot repeat the lines that stand beside it.
            if DEATH.search(text) and text not in item["do_now"]:
                assert "crisis line" in text, item["slug"]


@pytest.mark.parametrize("audience", ["teen", "parent", "educator", "bystander"])
@pytest.mark.parametrize("situation", ["grooming", "live-abuse", "offline-abuse"])
def test_the_first_five_tips_on_abuse_cover_an_abuser_at_home(situation: str, audience: str) -> None:
    suited = [tip for tip in tips() if situation in tip["situations"] and audience in tip["audiences"] and not tip["countries"]]
    suited.sort(key=lambda tip: (tip.get("order_in", {}).get(situation, tip["order"]), tip["slug"]))

    steps = " ".join(step for tip in suited[:5] for step in tip["do_now"])

    assert re.search(r"\bat home\b|home is not safe|outside (your|the) home", steps)


def test_a_parent_is_never_the_only_adult_a_child_may_turn_to() -> None:
    for tip in tips():
        if "teen" not in tip["audiences"]:
            continue
        for text in units_of(tip).values():
            for sentence in sentences_of(text):
                if re.search(r"\b(parent|parents|mum|dad|mother|father)\b", sentence):
                    assert "teacher" in sentence or "someone else" in sentence, tip["slug"]


def test_sentences_stay_short_enough_for_a_reader_in_panic() -> None:
    lengths = {
        (key, sentence): len(TOKEN.sub("service", sentence).split())
        for key, text in source_units().items()
        for sentence in sentences_of(text)
    }

    assert {row: n for row, n in lengths.items() if n > 25} == {}
    assert sum(lengths.values()) / len(lengths) <= 12
