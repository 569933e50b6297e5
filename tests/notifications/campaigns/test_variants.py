"""Variants of a text by audience and region: each installation gets exactly one text, the one that the forecast counts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications import feed_query
from notifications.campaigns import definition, forecast, lifecycle, messages, texts, variants
from notifications.campaigns.audience import AudienceSegment
from notifications.campaigns.refusals import SubmissionRefused
from notifications.delivery.verified_campaign import VerifiedCampaign
from notifications.models import Campaign, Message, Segment, Wave
from tests import make
from tests.examples import examples
from tests.notifications.campaigns.test_schedule import planned
from tests.notifications.steps import tick

AUDIENCES, REGIONS, LOCALES = ("parent", "educator"), ("", "GB-WLS", "GB-NIR"), ("en", "cy", "ar")
KEYS = [
    *("educator", "parent", "GB-WLS", "GB-NIR"),
    *(f"{who}+{where}" for who, where in product(AUDIENCES, ("GB-WLS", "GB-NIR"))),
]


def text(words: str, **more: Any) -> dict[str, Any]:
    shown = {"title": words, "body": f"{words}, in full."}
    return {"outer": {"title": "New advice", "body": "Read it in the app."}, "inner": shown, **more}


def expected_text(words: dict[str, Any], audience: str, region: str) -> str:
    """Return the title that the rule names, written out apart from the product's own function."""
    known = words.get("variants", {})
    if region and f"{audience}+{region}" in known:
        return str(known[f"{audience}+{region}"]["inner"]["title"])
    if region in known:
        return str(known[region]["inner"]["title"])
    return str(known.get(audience, words)["inner"]["title"])


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    """Return a campaign in up to three languages, each with some of the variants that there can be."""
    words = {}
    for locale in ["en", *draw(st.sets(st.sampled_from(["cy", "ar"])))]:
        keys = draw(st.sets(st.sampled_from(KEYS)))
        words[locale] = text(locale) | ({"variants": {key: text(f"{locale} {key}") for key in sorted(keys)}} if keys else {})
    return planned(
        words=words, home_locale="en", audiences=["parent", "educator"], countries=["GB"], regions=["all"], services=[], tips={},
        kind="alert", status="Actual", severity="Moderate", thread_id=7, rev=1,
        submitted_at=datetime(2027, 1, 12, tzinfo=UTC),
    )  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(campaigns(), st.lists(st.integers(0, 30), min_size=54, max_size=54))
def test_each_installation_gets_one_text_and_the_forecast_counts_it(campaign: Campaign, sizes: list[int]) -> None:
    places = product(AUDIENCES, REGIONS, ("en", "cy", "ur"), ("android", "ios", "web"))
    members = [
        AudienceSegment(number, "parent", "p", "GB", region, locale, audience, "Europe/London", platform, sizes[number])
        for number, (audience, region, locale, platform) in enumerate(places)
    ]

    said = forecast.forecast(campaign, members, at=datetime(2027, 1, 12, 12, tzinfo=UTC))

    bodies: dict[str, str] = {}
    for columns, body in messages.build_messages(campaign, topics=False):
        key = Message(**columns).key
        assert key not in bodies
        bodies[key] = body
    keys = messages.keys_by_segment(campaign, members)
    sent: Counter[tuple[str, bool, str]] = Counter()
    for member in members:
        message = json.loads(bodies[keys[member.pk]])
        served = texts.served(campaign, member.locale)
        title = expected_text(campaign.words[served or "en"], member.audience, member.region)
        assert message["data"]["inner_title"] == title
        sent[served or "en", served is None, title] += member.devices
    shown = Counter(
        {
            (one.locale, one.fallback, variants.text_of(campaign.words[one.locale], one.variant)["inner"]["title"]): one.devices
            for one in said.texts
        }
    )
    assert +shown == +sent
    assert sum(one.devices for one in said.texts) == said.devices


def test_a_message_without_a_region_keeps_the_key_that_approved_fingerprints_hold() -> None:
    message = Message(locale="cy", fallback=True, audience="parent", platform="ios")

    assert message.key == "cy*/parent/ios"


def wales_and_others(**more: Any) -> dict[str, Any]:
    variants_ = {"GB-WLS": text("In Wales"), "educator": text("For schools"), "educator+GB-WLS": text("For schools in Wales")}
    return {
        "audience": {"countries": ["GB"], "audiences": ["parent", "educator"]},
        "messages": {"en": text("For everyone", variants=variants_), "cy": text("I bawb")},
        **more,
    }


@pytest.mark.django_db(transaction=True)
class TestInTheProduct:
    """The variants from the definition to the phones and the feed."""

    @pytest.fixture(autouse=True)
    def _world(self, transactional_db: None) -> None:
        make.world()
        make.app()
        make.service(channels=0)

    def test_phones_in_a_region_get_the_text_for_it(self) -> None:
        for number, (region, audience) in enumerate(product((None, "GB-WLS", "GB-SCT"), ("parent", "educator"))):
            for one in range(5):
                make.installation(10 * number + one, region=region, audience=audience)
        campaign = make.campaign(**wales_and_others(), reached=False)

        tick()
        verified = VerifiedCampaign.load(campaign.pk)
        wave = Wave.objects.get(campaign=campaign)
        verified.segments(wave.pk, 0, 10**9)
        titles = {
            (segment.region, segment.audience): json.loads(Message.objects.get(pk=verified.message_id(segment.pk)).body)["data"][
                "inner_title"
            ]
            for segment in Segment.objects.filter(pk__in=wave.segments)
        }
        assert titles == {
            ("", "parent"): "For everyone",
            ("GB-SCT", "parent"): "For everyone",
            ("GB-WLS", "parent"): "In Wales",
            ("", "educator"): "For schools",
            ("GB-SCT", "educator"): "For schools",
            ("GB-WLS", "educator"): "For schools in Wales",
        }

    def test_the_feed_gives_each_reader_the_text_for_their_region(self) -> None:
        make.installations(20)
        campaign = make.campaign(**wales_and_others())
        tick()
        now = datetime.now(UTC) + timedelta(minutes=1)
        found = feed_query.read(at=now)

        def title(**reader: Any) -> str:
            return found.alert(campaign.pk, locale="en", at=now, **reader)["title"]

        assert title() == "For everyone"
        assert title(region="GB-WLS") == "In Wales"
        assert title(audience="educator") == "For schools"
        assert title(audience="educator", region="GB-WLS") == "For schools in Wales"
        assert title(audience="educator", region="GB-SCT") == "For schools"
        (listed,) = found.alerts(country="GB", audience="parent", region="GB-WLS", locale="en", at=now)
        assert listed["title"] == "In Wales"

    @pytest.mark.parametrize(
        ("audience", "key"),
        [
            ({"countries": ["GB"], "audiences": ["parent"]}, "educator"),
            ({"countries": ["GB"], "regions": ["GB-NIR"], "audiences": ["parent"]}, "GB-WLS"),
            ({"countries": ["IE"], "audiences": ["parent"]}, "GB-WLS"),
            ({"countries": ["GB"], "audiences": ["parent"]}, "educator+GB-WLS"),
        ],
    )
    def test_a_text_that_nobody_would_get_is_refused(self, audience: dict[str, Any], key: str) -> None:
        draft = make.campaign(state="draft", audience=audience, messages={"en": text("One", variants={key: text("Two")})})

        with pytest.raises(SubmissionRefused) as refused:
            lifecycle.submit(draft, by=make.campaign_staff()[0], at=datetime.now(UTC))

        assert (f"messages.en.variants.{key}", "variant") in [
            (refused.value.extra["field"], refused.value.code_name),
            *((field, "variant") for field, _ in refused.value.extra["problems"]),
        ]

    @pytest.mark.parametrize("key", ["GB-WLS+educator", "wales", "GB-XXX", "survivor", "educator+", "", "educator+GB-XXX"])
    def test_a_key_that_names_no_readers_is_refused_on_its_field(self, key: str) -> None:
        document = make.definition(messages={"en": text("One", variants={key: text("Two")})})

        with pytest.raises(definition.InvalidDefinition) as refused:
            definition.parse(document)

        assert str(refused.value.extra["field"]).startswith("messages.en.variants")

    def test_a_correction_leaves_no_variant_as_it_was_without_a_word(self) -> None:
        make.installations(20)
        first = make.campaign(**wales_and_others())
        changed = wales_and_others(kind="update", references=first.pk)
        changed["messages"]["en"] |= text("The right text for everyone")
        draft = make.campaign(state="draft", **changed, unchanged=["cy", "en/educator", "en/educator+GB-WLS"])
        author = make.campaign_staff()[0]

        with pytest.raises(SubmissionRefused) as refused:
            lifecycle.submit(draft, by=author, at=datetime.now(UTC))
        assert [field for field, _ in refused.value.extra["problems"]] == ["messages.en.variants.GB-WLS"]

        lifecycle.edit(
            draft,
            make.definition(
                **changed, services=draft.services, unchanged=["cy", "en/GB-WLS", "en/educator", "en/educator+GB-WLS"]
            ),
            by=author,
            at=datetime.now(UTC),
        )
        lifecycle.submit(draft, by=author, at=datetime.now(UTC))

        assert draft.state == "submitted"

    def test_a_topic_of_a_region_carries_the_text_for_it(self) -> None:
        make.app("teen", push_mode="topics")
        make.topic(region="GB-WLS")
        make.topic(region=None)
        words = text("For everyone", variants={"GB-WLS": text("In Wales")})
        campaign = make.campaign(
            apps=["teen"], audience={"countries": ["GB"], "audiences": ["teen"]}, messages={"en": words}, reached=False
        )

        keys = set(campaign.messages.filter(platform="", fallback=False).values_list("region", flat=True))
        assert keys == {"", "GB-WLS"}


def test_places_are_named_for_people() -> None:
    assert variants.readers_text("educator+GB-WLS") == "educators in Wales"
    assert variants.readers_text("GB-WLS") == "readers in Wales"
    assert variants.title_of("cy", "educator") == "Welsh for educators"
