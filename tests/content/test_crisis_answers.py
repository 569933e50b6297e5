"""What a young person in a crisis is given to read: how long it is, and in which language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Query
from tests.packs import Packs

pytestmark = pytest.mark.django_db

AT = datetime(2026, 12, 1, 17, tzinfo=UTC)
#: The tips that are translated first: the first hour, despair, and how to stand by somebody.
CRISIS_TIPS = (
    "right-now", "first-hour", "not-alone", "hold-on", "stay-close", "stay-with-them", "close-and-tell", "call-first",
    "calm-first", "tell-the-lead", "going-round",
)  # fmt: skip


@pytest.mark.parametrize(("locale", "everything"), [("en", 1000), ("ur", 1130)])
def test_a_blackmailed_teenager_is_not_given_too_much_to_read(real_packs: Packs, locale: str, everything: int) -> None:
    pack = real_packs["GB", locale]
    plan = resolve(pack, Query("GB", "blackmail", audience="teen", age=15), AT)
    tips = [tip for slug in plan.tips for tip in pack["tips"] if tip["slug"] == slug]
    services = [(step, plan.services[step.service]) for step in plan.steps if step.service]

    first = [pack["labels"]["steps"][step.step] for step in plan.steps]
    first += [part for _, service in services for part in (service["name"], *_shown(service["channels"], "label", "display"))]
    first += [text for tip in tips for text in (tip["title"], tip["short"], *tip["do_now"], *tip["do_not"])]
    unfolded = [pack["labels"]["why"][code] for step in plan.steps for code in step.why]
    unfolded += list(_shown([service for _, service in services], "purpose", "after", "answers_in"))
    unfolded += [re.sub(r"<[^>]+>", " ", tip["more_html"] or "") for tip in tips]

    assert len(tips) == 5
    assert 300 < _words(first) < 700
    # With all reasons, what each service does and what happens there, and the part of each tip that apps fold away.
    assert _words(first + unfolded) < everything


@pytest.mark.parametrize("locale", ["hi", "bn", "fil"])
def test_no_crisis_text_is_in_english_for_readers_of(real_packs: Packs, locale: str) -> None:
    pack = real_packs["GB", locale]
    tips = {tip["slug"]: tip for tip in pack["tips"]}
    labels = [phrase for group in ("steps", "situations", "why") for phrase in pack["labels"][group].values()]

    assert {slug: tips[slug]["lang"] for slug in CRISIS_TIPS} == dict.fromkeys(CRISIS_TIPS, locale)
    assert {phrase["lang"] for phrase in labels} == {locale}


def _shown(parts: list[Any], *fields: str) -> Iterator[Any]:
    for part in parts:
        yield from (part[field] for field in fields if part[field])


def _words(texts: list[Any]) -> int:
    return sum(len((text if isinstance(text, str) else text["text"]).split()) for text in texts)
