"""What was sent, for the public: months that are over, rounded, and nothing to subtract."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.utils import timezone

from notifications.campaigns.public_counts import FinishedCampaign, counts_of, month_counts
from notifications.models import Campaign
from tests import make

NOVEMBER = datetime(2026, 11, 20, tzinfo=UTC)


def finished(*countries: str, accepted: int = 1_234, rejected: int = 0, stopped: bool = False) -> FinishedCampaign:
    return FinishedCampaign(NOVEMBER, list(countries), stopped, accepted, rejected, 7, 0)


def test_numbers_are_rounded_down_to_tens_and_small_ones_withheld() -> None:
    (count,) = counts_of([finished("GB"), finished("GB", stopped=True)])

    assert (count.month, count.country, count.alerts, count.stopped) == (date(2026, 11, 1), "GB", 2, 1)
    assert count.phones == {"accepted": 2_460, "rejected": 0, "unknown": None, "skipped": 0}


def test_alerts_to_several_countries_are_counted_apart() -> None:
    counts = counts_of([finished("GB", "IE"), finished("all"), finished("FR")])

    assert [(count.country, count.alerts) for count in counts] == [("FR", 1), (None, 2)]


@pytest.mark.django_db
def test_a_month_appears_once_it_is_over() -> None:
    campaign, exercise = make.campaign(), make.campaign()
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=NOVEMBER, accepted=40)
    Campaign.objects.filter(pk=exercise.pk).update(finished_at=None)

    assert month_counts(at=datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == []
    (count,) = month_counts(at=datetime(2026, 12, 1, tzinfo=UTC))
    assert (count.alerts, count.phones["accepted"]) == (1, 40)
    assert month_counts(at=datetime(2030, 1, 1, tzinfo=UTC)) == []


@pytest.mark.django_db
def test_the_public_reads_it_as_data_and_as_a_page(api: Client) -> None:
    campaign = make.campaign()
    before = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last_month = before.replace(year=before.year - 1)
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=last_month, accepted=160_538, rejected=12)

    data = api.get("/v1/transparency").json()
    page = api.get("/transparency", headers={"accept": "text/html"})

    assert data["rounded_to"] == 10
    assert data["sent"] == [
        {
            "month": f"{last_month:%Y-%m}",
            "country": "GB",
            "alerts": 1,
            "stopped": 0,
            "phones": {"accepted": 160_530, "rejected": None, "unknown": 0, "skipped": 0},
        }
    ]
    assert page.status_code == 200
    assert "fewer than 20" in page.content.decode()
    assert "<script" not in page.content.decode()
    assert api.get("/v1/transparency?country=GB").status_code == 400
