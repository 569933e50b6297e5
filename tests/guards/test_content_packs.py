"""Promises 6, 10 and 11 on the packs of the real facts: numbers as dialled, in both directions, and the same bytes each time."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.compiling.compiler import build_packs
from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.importing.facts import EMERGENCY_FILE, FACTS_DIR, FIGURES_FILE, SERVICES_FILE
from content.importing.words_file import read_words
from content.linting.numbers import number_runs
from content.linting.text import text_faults
from core.canonical import canonical_json
from tests import make
from tests.bidi import displayed
from tests.examples import examples
from tests.make import NOON
from tests.packs import KEPT_BACK, build_sample

FACTS = json.loads((FACTS_DIR / "reporting_tools.json").read_bytes())["entries"]
EMERGENCY = json.loads(EMERGENCY_FILE.read_bytes())["numbers"]
WORDS = read_words(FACTS_DIR)
RTL = ("ar", "ur")
ISOLATED = re.compile("\u2066[^\u2066\u2069]*\u2069")
#: Fields that are data for machines and never shown inside a text.
NEVER_SHOWN = {
    "dial",
    "href",
    "tel",
    "spoken",
    "name",
    "id",
    "slug",
    "hours",
    "week",
    "public_holidays",
    "checked_on",
    "assured_until",
    "digest",
    "zone",
    "services",
    "period",
    "read_on",
    "source_url",
}

Packs = dict[tuple[str, str], Any]


def shown(value: Any, field: str = "") -> Iterator[str]:
    """Yield every string of a pack that an app may show in running text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in NEVER_SHOWN:
                yield from shown(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from shown(inner, field)
    elif isinstance(value, str):
        yield value


def test_promise_6_every_number_of_the_facts_is_served_as_dialled(real_packs: Packs) -> None:
    served = {
        (service["id"], channel["dial"])
        for pack in real_packs.values()
        for service in pack["services"]
        for channel in service["channels"]
        if channel["dial"]
    }
    printed = {
        (entry["id"], channel["dial"].replace("-", " ")) for entry in FACTS for channel in entry["channels"] if "dial" in channel
    }

    printed |= {(f"{code.lower()}-emergency-number", number) for code, numbers in EMERGENCY.items() for number in numbers}
    assert served <= printed
    assert {("gb-childline", "0800 1111"), ("in-cybercrime-portal", "1930"), ("fr-3018", "3018")} <= served
    assert ("de-nummer-gegen-kummer", "116 111") in served


def test_promise_6_a_short_number_never_gets_a_country_code(real_packs: Packs) -> None:
    short = {(e["id"], c["value"]) for e in FACTS for c in e["channels"] if c.get("number_type") == "short"}

    for pack in real_packs.values():
        for service in pack["services"]:
            for channel in service["channels"]:
                if channel["dial"] and (service["id"], channel["dial"].replace(" ", "")) in short:
                    assert "+" not in f"{channel['dial']}{channel['href']}{channel['display']}"
                    assert channel["href"].partition("?")[0].split(":")[1] == channel["dial"].replace(" ", "")


def test_promise_6_what_is_dialled_and_opened_holds_nothing_invisible(real_packs: Packs) -> None:
    for pack in real_packs.values():
        for service in pack["services"]:
            for channel in service["channels"]:
                assert re.fullmatch(r"[0-9+*# ]+", channel["dial"] or "0")
                assert (channel["href"] or "https:").isascii()
                assert (channel["href"] or "https:").startswith(("tel:", "sms:", "https:", "mailto:"))


@pytest.mark.parametrize("locale", RTL)
def test_promise_6_right_to_left_packs_display_numbers_in_order(real_packs: Packs, locale: str) -> None:
    around = {"ar": "اتصل على {} الآن", "ur": "ابھی {} پر کال کریں"}[locale]
    channels = [c for (_, own), pack in real_packs.items() if own == locale for s in pack["services"] for c in s["channels"]]
    numbers = [channel for channel in channels if channel["dial"]]

    assert len(numbers) > 80
    for channel in numbers:
        assert channel["display"].strip("\u2066\u2069") == channel["dial"]
        assert channel["dial"] in displayed(around.format(channel["display"]))


def test_promise_6_without_isolates_a_number_would_be_displayed_reversed() -> None:
    assert "1111 0800" in displayed("اتصل على 0800 1111 الآن")
    assert "0800 1111" in displayed("اتصل على \u20660800 1111\u2069 الآن")
    assert "0800 1111" in displayed("Call 0800 1111 now", base=0)


@pytest.mark.parametrize("locale", RTL)
def test_promise_6_right_to_left_packs_isolate_every_number(real_packs: Packs, locale: str) -> None:
    allowed = {number for draft in WORDS.drafts for number in draft.numbers}
    allowed |= {run for entry in FACTS for text in (entry["purpose"], *_labels(entry)) for run in number_runs(text)}

    for (country, own), pack in real_packs.items():
        if own == locale:
            for text in shown(pack):
                assert set(number_runs(ISOLATED.sub("token", text))) <= allowed, (country, text)


def _labels(entry: dict[str, Any]) -> list[str]:
    labels = [channel["label"] for channel in entry["channels"] if channel.get("label")]
    steps = [channel["value"] for channel in entry["channels"] if channel["type"] == "app"]
    # A label that repeats the channel's own number is stored without it.
    return [label for label in labels if "WhatsApp" not in label and "Telegram" not in label] + steps


def test_promise_6_isolates_are_balanced_and_only_around_facts(real_packs: Packs) -> None:
    for pack in real_packs.values():
        for text in shown(pack):
            assert not set("\u2066\u2069\u202a\u202b\u202c\u202d\u202e\u2067\u2068") & set(ISOLATED.sub("", text)), text


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_promise_6_no_target_can_change_add_or_drop_a_digit(data: st.DataObject) -> None:
    numbers = {draft.key: draft.numbers for draft in WORDS.drafts}
    locale = data.draw(st.sampled_from(sorted(locale for locale, texts in WORDS.targets.items() if texts)))
    key = data.draw(st.sampled_from(sorted(WORDS.targets[locale])))
    number = data.draw(st.sampled_from(["0800 1111", "٠٨٠٠ ١١١١", "१९३०", "3-0-1-8", "116\u200b111", "9 9 9"]))
    text = WORDS.targets[locale][key]
    place = data.draw(st.integers(0, len(text)).filter(lambda at: text[:at].count("{") == text[:at].count("}")))

    faults = text_faults(
        f"{text[:place]} {number} {text[place:]}",
        locale=locale,
        allowed_numbers=numbers.get(key, ()),
        allowed_hosts=(),
        known_services={entry["id"] for entry in FACTS},
    )

    assert "number" in {fault.code for fault in faults}


def test_promise_2_no_page_where_a_number_was_read_reaches_a_pack(real_packs: Packs) -> None:
    own = {channel["value"] for entry in FACTS for channel in entry["channels"]}
    pages = {page for entry in FACTS for page in (entry["source"], *entry["more_sources"])}
    pages |= {channel.get("source") for entry in FACTS for channel in entry["channels"]}
    pages = {page for page in pages if page and not any(address.startswith(page) for address in own)}
    served = "".join(canonical_json(pack).decode() for pack in real_packs.values() if pack["locale"] in ("en", "ar"))

    assert [page for page in sorted(pages) if page in served] == []


def test_promise_11_packs_have_an_emergency_number_and_a_crisis_line(real_packs: Packs) -> None:
    for (country, _), pack in real_packs.items():
        emergency = [s for s in pack["services"] if "emergency" in s["roles"] and any(c["dial"] for c in s["channels"])]
        crisis = [s for s in pack["services"] if "helpline" in s["roles"] and "self-harm-risk" in s["named_situations"]]
        assert emergency or country == "ZZ"
        assert crisis
        answered = [s for s in crisis if {"phone", "sms", "chat"} & {c["type"] for c in s["channels"]}]
        assert answered or country == "ZZ" or country in KEPT_BACK


def test_promise_11_a_number_that_works_in_some_countries_is_in_no_others(real_packs: Packs) -> None:
    with_112 = {country for (country, _), pack in real_packs.items() if "zz-eu-112" in {s["id"] for s in pack["services"]}}
    area = next(s["area"] for s in real_packs["ZZ", "en"]["services"] if s["id"] == "zz-eu-112")

    assert with_112 == {"DE", "ES", "FR", "IE", "IT", "NL", "PL", "ZZ"}
    assert len(area) == 27
    assert not any("zz-eu-116111" in {s["id"] for s in pack["services"]} for pack in real_packs.values())


# Promise 10: the same inputs, the same bytes.


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_promise_10_rows_in_any_order_give_the_same_bytes(db: None, seed: int) -> None:
    from django.db import transaction

    policy = Policy(NOON.date(), serve_unreviewed=True, sandbox=True)

    def bytes_of(order: random.Random | None) -> dict[tuple[str, str], bytes]:
        with transaction.atomic():
            make.world()
            steps: list[Callable[[], object]] = [
                make.labels,
                make.emergency,
                *(lambda n=n: make.service(f"gb-{n}") for n in "abc"),
                lambda: make.channel(make.service("zz-line", country="ZZ", channels=0), type="url"),
                *(lambda n=n: make.tip(f"tip-{n}", order=7, texts={"more": f"**{n}**"}) for n in "abc"),
            ]
            if order is not None:
                order.shuffle(steps)
            for step in steps:
                step()
            packs = {place: built.body for place, built in build_packs(read_snapshot(policy)).items()}
            transaction.set_rollback(True)
        return packs

    assert bytes_of(random.Random(seed)) == bytes_of(None)


@pytest.mark.slow
@pytest.mark.django_db
def test_promise_10_the_real_facts_compile_to_the_same_bytes_again(db: None, real_packs: Packs) -> None:
    from content.importing.facts import load_facts
    from content.importing.words import load_words
    from content.models import ChannelRevision, Figure
    from core.models import User

    system = User.objects.system()
    load_words_after = load_facts(
        SERVICES_FILE.read_bytes(), EMERGENCY_FILE.read_bytes(), FIGURES_FILE.read_bytes(), by=system, at=NOON
    )
    load_words(by=system, at=NOON)
    make.approve_services()
    for revision in reversed(ChannelRevision.objects.proposed()):
        revision.approve(by=make.checker(), at=NOON)
    for figure in Figure.objects.proposed():
        figure.approve(by=make.checker(), at=NOON)
    make.approve_tips()

    again = build_sample(read_snapshot(Policy(NOON.date(), serve_unreviewed=True, sandbox=True)))

    assert load_words_after.changed
    assert again == {place: canonical_json(pack) for place, pack in real_packs.items()}
