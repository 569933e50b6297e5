"""Outcomes by language and by readers: no row, and no difference of two rows, is about fewer than 20 phones."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.campaigns.outcome_table import LanguageGroup, ReaderGroup, outcome_tables, rows_of
from notifications.models import Campaign
from tests import make
from tests.notifications.campaigns.test_programmes import parents_and_educators
from tests.notifications.campaigns.test_variants import text

COUNTS = st.dictionaries(
    st.builds(LanguageGroup, st.sampled_from(["en", "cy", "ar"]), st.booleans(), st.sampled_from(["android", "ios", "web"])),
    st.builds(
        lambda accepted, rejected, unknown: Counter(accepted=accepted, rejected=rejected, unknown=unknown),
        st.integers(0, 60), st.integers(0, 30), st.integers(0, 30),
    ),
)  # fmt: skip


@given(COUNTS)
def test_every_row_is_of_twenty_phones_or_more(groups: dict[LanguageGroup, Counter[str]]) -> None:
    rows = rows_of(groups)
    shown = {row.group for row in rows if row.group}
    hidden = sum(counts.total() for group, counts in groups.items() if group not in shown)

    assert all(groups[group].total() >= 20 for group in shown)
    # What is not shown can be found by subtraction from the exact total, and so it is nobody or at least 20.
    if shown:
        assert hidden not in range(1, 20)
    for row in rows:
        assert all(number is None or number % 10 == 0 for number in row.numbers.values())


def test_a_small_group_takes_the_next_one_with_it() -> None:
    groups = {
        LanguageGroup("en", False, "android"): Counter(accepted=500, unregistered=0),
        LanguageGroup("en", False, "ios"): Counter(accepted=25),
        LanguageGroup("cy", False, "ios"): Counter(accepted=4),
    }

    rows = rows_of(groups)

    assert [(row.group, row.numbers["accepted"]) for row in rows] == [(LanguageGroup("en", False, "android"), 500), (None, 20)]


@pytest.mark.django_db
def test_the_table_counts_reasons_as_rejections() -> None:
    campaign = make.campaign()
    by_key = {message.key: str(message.pk) for message in campaign.messages.all()}
    Campaign.objects.filter(pk=campaign.pk).update(
        tally={
            by_key["en/parent/android"]: {"accepted": 64, "unregistered": 20, "sender-id-mismatch": 5, "unknown": 3},
            by_key["en*/parent/ios"]: {"accepted": 31},
        }
    )

    tables = outcome_tables(campaign)

    assert [row.group for row in tables.by_language] == [("en", False, "android"), ("en", True, "ios")]
    assert tables.by_language[0].numbers == {"accepted": 60, "rejected": 20, "unknown": None}
    # All phones got the text for parents.
    assert tables.by_readers == []


@pytest.mark.django_db
def test_phones_are_counted_by_audience_and_by_the_region_of_their_text() -> None:
    parents_and_educators()
    campaign = make.campaign(
        audience={"countries": ["GB"], "audiences": ["parent", "educator"]},
        messages={"en": text("For everyone", variants={"GB-WLS": text("In Wales")})},
    )
    by_key = {message.key: str(message.pk) for message in campaign.messages.all()}
    counts = {
        "en/parent/android": {"accepted": 300, "unregistered": 10},
        "en/parent/ios": {"accepted": 200},
        "en/parent+GB-WLS/web": {"accepted": 45, "unknown": 30},
        "en/educator/android": {"accepted": 33},
        "en/educator+GB-WLS/android": {"accepted": 7},
    }
    Campaign.objects.filter(pk=campaign.pk).update(tally={by_key[key]: tally for key, tally in counts.items()})

    rows = outcome_tables(campaign).by_readers

    # The educators in Wales are fewer than 20, and so the next larger group is counted with them.
    assert [(row.group, *row.numbers.values()) for row in rows] == [
        (ReaderGroup("parent", ""), 500, None, 0),
        (ReaderGroup("parent", "GB-WLS"), 40, 0, 30),
        (None, 40, 0, 0),
    ]
