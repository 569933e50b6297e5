"""Outcomes by language and platform: no row, and no difference of two rows, is about fewer than 20 phones."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.campaigns.outcome_table import outcome_table, rows_of
from notifications.models import Campaign
from tests import make

COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(["en", "cy", "ar"]), st.booleans(), st.sampled_from(["android", "ios", "web"])),
    st.builds(
        lambda accepted, rejected, unknown: Counter(accepted=accepted, rejected=rejected, unknown=unknown),
        st.integers(0, 60), st.integers(0, 30), st.integers(0, 30),
    ),
)  # fmt: skip


@given(COUNTS)
def test_every_row_is_of_twenty_phones_or_more(groups: dict[tuple[str, bool, str], Counter[str]]) -> None:
    rows = rows_of(groups)
    shown = {(row.locale, row.fallback, row.platform) for row in rows if row.locale}
    hidden = sum(counts.total() for group, counts in groups.items() if group not in shown)

    assert all(groups[group].total() >= 20 for group in shown)
    # What is not shown can be found by subtraction from the exact total, and so it is nobody or at least 20.
    if shown:
        assert hidden not in range(1, 20)
    for row in rows:
        assert all(number is None or number % 10 == 0 for number in row.numbers.values())


def test_a_small_group_takes_the_next_one_with_it() -> None:
    groups = {
        ("en", False, "android"): Counter(accepted=500, unregistered=0),
        ("en", False, "ios"): Counter(accepted=25),
        ("cy", False, "ios"): Counter(accepted=4),
    }

    rows = rows_of(groups)

    assert [(row.locale, row.platform, row.numbers["accepted"]) for row in rows] == [("en", "android", 500), ("", "", 20)]


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

    rows = outcome_table(campaign)

    assert [(row.locale, row.fallback, row.platform) for row in rows] == [("en", False, "android"), ("en", True, "ios")]
    assert rows[0].numbers == {"accepted": 60, "rejected": 20, "unknown": None}
