"""Everybody who gets an alert finds help in it: checked at the submission, at the approval, and again at the start."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from content.models import Assurance, Channel
from notifications.campaigns import forecast, lifecycle, refusals
from notifications.campaigns.refusals import SubmissionRefused
from notifications.delivery import planner
from notifications.models import Batch, Campaign, Wave
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db

INDIA = {"countries": ["IN"], "audiences": ["parent"]}
BOTH = {"countries": ["GB", "IN"], "audiences": ["parent"]}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def services(db: None) -> None:
    make.world()
    make.app()
    make.service("gb-line")
    make.service("in-line", country="IN")
    for number in range(20):
        make.installation(number)
        make.installation(100 + number, country="IN", time_zone="Asia/Kolkata")


def refused(**changes: Any) -> list[tuple[str, str]]:
    campaign = make.campaign(state="draft", **changes)
    return [(reason.field, reason.code) for reason in refusals.at_submission(campaign, at=now())]


def test_a_service_of_another_country_is_no_help(services: None) -> None:
    assert refused(audience=INDIA, services=["gb-line"]) == [("services", "help-missing")]
    assert refused(audience=INDIA, services=["in-line"]) == []
    assert refused(audience=BOTH, services=["in-line"]) == [("services", "help-missing")]
    assert refused(audience=BOTH, services=["gb-line", "in-line"]) == []
    with pytest.raises(SubmissionRefused, match=r"India has no service in this campaign\. Choose one\."):
        make.campaign(state="submitted", audience=INDIA, services=["gb-line"])


def test_an_audience_of_every_country_needs_help_where_it_has_phones(services: None) -> None:
    everywhere = {"countries": "all", "audiences": ["parent"]}

    assert refused(audience=everywhere, services=["gb-line"]) == [("services", "help-missing")]
    assert refused(audience=everywhere, services=["gb-line", "in-line"]) == []


def test_a_tip_of_another_country_is_refused(services: None) -> None:
    make.tip(audiences=["parent"])
    make.tip("where-first-es", audiences=["parent"], countries=["ES"])
    make.approve_tips()

    assert refused(tips={"parent": "first-hour"}) == []
    assert refused(tips={"parent": "where-first-es"}) == [("tips", "tip-country")]


def test_a_service_for_other_readers_or_for_a_part_of_the_country_is_no_help(services: None) -> None:
    make.service("gb-teens", audiences=["teen"])
    make.service("gb-wales", regions=["GB-WLS"])
    wales = {"countries": ["GB"], "regions": ["GB-WLS"], "audiences": ["parent"]}
    make.installations(20, country="GB", region="GB-WLS")

    assert refused(services=["gb-teens"]) == [("services", "help-missing")]
    assert refused(services=["gb-wales"]) == [("services", "help-missing")]
    assert refused(services=["gb-wales"], audience=wales) == []


def test_each_reader_of_a_mixed_audience_needs_a_service(services: None) -> None:
    make.service("gb-teens", audiences=["teen"])
    make.service("in-teens", country="IN", audiences=["teen"])
    mixed = {"countries": ["GB", "IN"], "audiences": ["parent", "teen", "educator"]}

    def sentences(*services: str) -> list[str]:
        campaign = make.campaign(state="draft", audience=mixed, services=list(services))
        return [reason.detail for reason in refusals.at_submission(campaign, at=now()) if reason.field == "services"]

    assert sentences("gb-teens", "in-line") == [
        "The United Kingdom has no service in this campaign for parents and educators. Choose one."
    ]
    assert sentences("gb-line", "in-teens") == ["India has no service in this campaign for parents and educators. Choose one."]
    assert len(sentences("gb-teens", "in-teens")) == 2
    assert sentences("gb-line", "in-line") == []


def test_an_audience_of_every_reader_needs_help_for_those_that_it_reaches(services: None) -> None:
    make.service("gb-parents", audiences=["parent"])
    everybody = {"countries": ["GB"], "audiences": "all"}

    assert refused(audience=everybody, services=["gb-parents"]) == []
    make.installation(500, audience="educator")
    assert refused(audience=everybody, services=["gb-parents"]) == [("services", "help-missing")]
    assert refused(audience=everybody, services=["gb-line"]) == []


def test_readers_whom_a_closed_service_leaves_without_help_are_named(services: None) -> None:
    make.service("gb-teens", audiences=["teen"], regions=["GB-WLS"])
    make.service("gb-parents", audiences=["parent"])
    campaign = make.campaign(
        state="draft", audience={"countries": ["GB"], "audiences": ["parent", "teen"]}, services=["gb-teens", "gb-parents"]
    )

    (reason,) = refusals.at_submission(campaign, at=now())

    assert reason.detail == (
        "United Kingdom, teenagers: The gb-teens service helps in some regions of the country only. Choose another service."
    )


@pytest.mark.django_db(transaction=True)
def test_the_start_is_halted_for_one_reader_without_help(services: None) -> None:
    make.service("gb-parents", audiences=["parent"])
    mixed = {"countries": ["GB"], "audiences": ["parent", "teen"]}
    campaign = make.campaign(audience=mixed, services=["gb-line", "gb-parents"])
    make.service_facts("gb-line", status="defunct")

    assert not planner.plan_audience(campaign, at=now())

    campaign.refresh_from_db()
    assert campaign.reason.startswith(
        "United Kingdom, teenagers: The gb-line service has closed or was withdrawn. Nothing was sent."
    )
    assert Wave.objects.count() == 0


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        (date(2027, 1, 10), "has a check that ended on 10 January 2027. Have it checked"),
        (date(2027, 1, 12), "has a check that ends on 12 January 2027, before the campaign starts. Have it checked"),
        (date(2027, 1, 13), "has a check that ends on 13 January 2027, before the campaign ends. Have it checked"),
    ],
)
@override_settings(SERVE_UNREVIEWED=False)
def test_a_check_that_lapses_is_named_with_its_date(services: None, until: date, sentence: str) -> None:
    noon = datetime(2027, 1, 11, 12, 0, tzinfo=UTC)
    channel = Channel.objects.get(service="gb-line")
    Assurance.objects.create(
        revision_id=channel.revision_id, by=make.checker(), at=datetime(2027, 1, 9, tzinfo=UTC), method="rung", until=until
    )
    campaign = make.campaign(state="draft", at=noon, schedule={"at": "2027-01-13T12:00:00Z"}, not_after="2027-01-14T12:00:00Z")

    found = [reason.detail for reason in refusals.at_submission(campaign, at=noon)]

    assert found == [f"United Kingdom: The gb-line service {sentence} under “Contact checks”, or choose another service."]


@pytest.mark.parametrize(("until", "helps"), [(date(2027, 1, 13), False), (date(2027, 1, 14), True)])
@override_settings(SERVE_UNREVIEWED=False)
def test_a_check_that_ends_before_the_campaign_is_refused(services: None, until: date, helps: bool) -> None:
    noon = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
    channel = Channel.objects.get(service="gb-line")
    Assurance.objects.create(revision_id=channel.revision_id, by=make.checker(), at=noon, method="rung", until=until)
    campaign = make.campaign(state="draft", at=noon, not_after="2027-01-14T12:00:00Z")

    assert (not list(refusals.at_submission(campaign, at=noon))) is helps


def test_a_service_that_closes_after_the_submission_is_not_approved(services: None) -> None:
    campaign = make.campaign(state="submitted")
    make.service_facts("gb-line", status="temporarily closed")

    with pytest.raises(SubmissionRefused, match="The gb-line service has closed or was withdrawn") as error:
        lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=make.campaign_staff()[1], at=now())

    assert (error.value.extra["field"], error.value.code_name) == ("services", "help-missing")
    campaign.refresh_from_db()
    assert campaign.state == "submitted"


@pytest.mark.django_db(transaction=True)
def test_a_service_that_closes_after_the_approval_halts_the_start_before_anything_leaves(services: None) -> None:
    campaign = make.campaign(audience=BOTH, services=["gb-line", "in-line"])
    make.service_facts("in-line", status="defunct")

    tick()

    campaign.refresh_from_db()
    assert (campaign.state, campaign.starts_at, Wave.objects.count(), Batch.objects.count()) == ("halted", None, 0, 0)
    assert campaign.reason.startswith("India: The in-line service has closed or was withdrawn. Nothing was sent.")
    make.service_facts("in-line", status="active")
    lifecycle.resume(campaign, by=make.campaign_staff()[1], at=now())
    tick()
    campaign.refresh_from_db()
    assert campaign.state == "sending"


@pytest.mark.django_db(transaction=True)
def test_the_reason_of_a_halt_names_a_few_countries_and_counts_the_others() -> None:
    make.world()
    make.app()
    countries = ["FR", "GB", "IN", "IT", "NZ"]
    for place, country in enumerate(countries):
        make.service(f"{country.lower()}-line", country=country)
        make.installations(20) if country == "GB" else make.installation(500 + place, country=country)
    campaign = make.campaign(audience={"countries": countries, "audiences": ["parent"]})
    for country in countries:
        make.service_facts(f"{country.lower()}-line", status="defunct")

    planner.plan_audience(campaign, at=now())

    campaign.refresh_from_db()
    assert campaign.reason.count("has closed or was withdrawn") == 3
    assert "The same is true of 2 more." in campaign.reason
    assert campaign.reason.endswith("duplicate it with other help.")


def test_what_is_true_of_many_countries_is_one_reason(services: None) -> None:
    make.channel(make.service("zz-help", country="ZZ", channels=0), type="url")
    make.channel(make.service("zz-chat", country="ZZ", channels=0, audiences=["teen"]), type="url")
    countries = ["AR", "BO", "CL", "PE", "UY"]
    everybody = {"countries": ["GB", *countries], "audiences": ["parent", "teen"]}
    for number, country in enumerate(countries):
        make.installation(700 + number, country=country)

    def sentences(*services: str) -> list[str]:
        campaign = make.campaign(state="draft", audience=everybody, services=list(services))
        return [reason.detail for reason in refusals.at_submission(campaign, at=now()) if reason.field == "services"]

    many = "Argentina, Bolivia, Chile and 2 other countries"
    assert sentences("gb-line", "zz-help") == []
    assert sentences("gb-line", "zz-chat") == [f"{many} have no service in this campaign for parents. Choose one."]
    with override_settings(SERVE_UNREVIEWED=False):
        lack = "is not shown to readers, because nobody has checked that it works. Have it checked under “Contact checks”"
        assert sentences("gb-line", "zz-help") == [
            f"{many}: The zz-help service {lack}, or choose another service.",
            f"United Kingdom: The gb-line service {lack}, or choose another service.",
        ]


def test_a_correction_with_the_help_of_its_alert_is_not_held_up(services: None) -> None:
    alert = make.campaign(audience=INDIA, services=["in-line"])
    make.service("in-other", country="IN")
    make.service_facts("in-line", situations=[], audiences=["teen"])

    correction = {"kind": "update", "references": alert.pk, "audience": INDIA}

    assert refused(**correction, services=["in-line"]) == []
    assert refused(**correction, services=["gb-line"]) == [("services", "help-missing")]
    assert refused(**(correction | {"audience": BOTH}), services=["in-line"]) == [("services", "help-missing")]
    educators_too = {"countries": ["IN"], "audiences": ["parent", "educator"]}
    assert refused(**(correction | {"audience": educators_too}), services=["in-line"]) == [("services", "help-missing")]


def test_help_is_read_in_a_few_queries_for_every_country(services: None, django_assert_max_num_queries: Any) -> None:
    campaign = Campaign.objects.get(pk=make.campaign(state="draft", audience=BOTH).pk)
    said = forecast.of(campaign, at=now())

    with django_assert_max_num_queries(5):
        assert list(refusals.of_help(campaign, said, at=now() + timedelta(seconds=1))) == []
