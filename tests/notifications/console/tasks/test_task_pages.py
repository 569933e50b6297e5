"""The task list in the console: starting, readers, times, submitting; what cannot be is refused on its field."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from notifications.campaigns import audience
from notifications.models import Campaign, CautionAnswer
from tests import make
from tests.notifications.console.tasks.pages import TOMORROW, WHO, WORDS, complete, save, started, url, when

pytestmark = pytest.mark.django_db


def test_a_campaign_is_written_task_by_task_and_submitted(client: Client, author: make.User, content: None) -> None:
    campaign = complete(client)

    listed = client.get(url(campaign, "edit"))
    answer = client.post(url(campaign, "check"), {"action": "submit"})
    campaign.refresh_from_db()

    assert [row.tag.text for row in listed.context["rows"]] == ["Done"] * 5 + ["Optional", "Ready"]
    assert answer.status_code == 302
    assert campaign.state == "submitted"
    assert (campaign.countries, campaign.audiences, campaign.apps) == (["GB"], ["parent"], ["all"])
    assert campaign.words["en"]["inner"]["body"] == "Do not pay.\nIt is never their fault."
    assert campaign.tips == {"parent": "first-hour"}
    assert (campaign.severity, campaign.urgency, campaign.quiet_override) == ("Severe", "Immediate", "It cannot wait.")


@pytest.mark.parametrize(
    ("preset", "purpose"),
    [
        ("awareness", ("alert", "Actual", "Future")),
        ("broadcast", ("alert", "Actual", "Expected")),
        ("urgent", ("alert", "Actual", "Immediate")),
        ("rehearsal", ("exercise", "Exercise", "Expected")),
    ],
)
def test_a_preset_fills_in_the_purpose_and_leaves_the_rest_open(
    client: Client, author: make.User, content: None, preset: str, purpose: tuple[str, str, str]
) -> None:
    campaign = started(client, preset)

    rows = client.get(url(campaign, "edit")).context["rows"]

    assert (campaign.kind, campaign.status, campaign.urgency) == purpose
    assert [row.tag.text for row in rows] == ["Done", *["Not yet"] * 4, "Optional", "Not yet"]


def test_the_whole_campaign_says_nothing_of_a_time_and_readers_that_nobody_chose(
    client: Client, author: make.User, content: None
) -> None:
    campaign = started(client, "broadcast")
    address = reverse("admin:campaign", args=[campaign.pk])

    empty = client.get(address).content.decode()
    save(client, url(campaign, "who"), **WHO)
    save(
        client, url(campaign, "when"), **when(start="at", at_date=TOMORROW, at_time="11:59:05", night="respect", night_reason="")
    )
    chosen = client.get(address).content.decode()

    for name in ("Who", "When", "Services"):
        assert f"<dt>{name}</dt><dd>Not chosen yet</dd>" in empty
    for untrue in ("As soon as it is approved", "Nothing is sent after", "Respected:", "<dt>Phones</dt>"):
        assert untrue not in empty, untrue
    assert re.search(r"<dt>Start</dt><dd>\d+ \w+ \d{4} at 11:59:05 London time</dd>", chosen)
    assert "<dt>Countries</dt><dd>United Kingdom" in chosen


def test_a_start_that_is_sent_twice_makes_one_draft(client: Client, author: make.User, content: None) -> None:
    sent = {"action": "start", "name": "Once", "preset": "urgent", "key": str(uuid4())}

    first, second = (client.post(reverse("admin:campaign-new"), sent) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert Campaign.objects.count() == 1


def test_a_copy_takes_everything_but_the_time(client: Client, author: make.User, content: None) -> None:
    origin = complete(client)

    client.post(f"{reverse('admin:campaign-new')}?like={origin.pk}", {"action": "start", "name": "The copy", "key": str(uuid4())})
    copied = Campaign.objects.latest("pk")

    assert copied.pk != origin.pk
    assert (copied.words, copied.services, copied.countries) == (origin.words, origin.services, origin.countries)
    assert copied.open_tasks == ["when"]
    assert copied.quiet_override == ""


def test_a_follow_up_joins_the_thread_of_the_earlier_alert(client: Client, author: make.User, content: None) -> None:
    earlier = make.campaign(state="approved")

    client.post(
        f"{reverse('admin:campaign-new')}?follows={earlier.pk}",
        {"action": "start", "name": "Correction", "kind": "update", "key": str(uuid4())},
    )
    follow_up = Campaign.objects.latest("pk")

    assert (follow_up.kind, follow_up.references_id, follow_up.thread_id) == ("update", earlier.pk, earlier.pk)
    assert follow_up.words == earlier.words


def test_a_draft_is_deleted_after_a_confirmation(client: Client, author: make.User, content: None) -> None:
    campaign = complete(client)

    assert client.get(url(campaign, "delete")).status_code == 200
    assert Campaign.objects.exists()
    client.post(url(campaign, "delete"), {"action": "delete"})

    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"where": "all"}, "where", "You chose every country, and also the United Kingdom. Choose one of both."),
        ({"countries": []}, "countries", "Choose at least one country."),
        ({"audiences": []}, "audiences", "Choose the readers that it is for."),
        ({"countries": ["FR"], "regions": ["GB-WLS"]}, "regions", "Wales lies in the United Kingdom, which is not chosen."),
        ({"locales": ["cy"]}, "readers_of", "You chose readers of every language, and also single languages."),
        ({"readers_of": "some"}, "locales", "Choose at least one language."),
        ({"reach_confirmed": "200,000"}, "reach_confirmed", "No number is needed"),
    ],
)
def test_nothing_that_is_chosen_for_the_readers_is_ignored(
    client: Client, author: make.User, content: None, changes: dict[str, Any], field: str, sentence: str
) -> None:
    make.service("fr-line", country="FR")
    campaign = started(client)

    answer = save(client, url(campaign, "who"), **{**WHO, **changes})

    assert answer.status_code == 400
    assert sentence in " ".join(answer.context["form"].errors[field])


def test_nations_are_chosen_by_name(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)

    html = client.get(url(campaign, "who")).content.decode()
    save(client, url(campaign, "who"), **WHO, regions=["GB-WLS", "GB-NIR"])
    campaign.refresh_from_db()

    assert "Wales" in html
    assert "Northern Ireland" in html
    assert campaign.regions == ["GB-NIR", "GB-WLS"]


def test_a_region_that_only_invented_installations_name_is_not_offered(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    make.installation(700, region="GB-LND", proven=False)
    before = client.get(url(campaign, "who")).content.decode()

    make.installation(701, region="GB-LND")

    assert 'value="GB-LND"' not in before
    assert 'value="GB-LND"' in client.get(url(campaign, "who")).content.decode()


def test_a_large_audience_is_confirmed_by_typing_its_number(
    client: Client, author: make.User, content: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "CONFIRM_ABOVE", 10)
    campaign = started(client)

    save(client, url(campaign, "who"), **WHO)
    shown = client.get(url(campaign, "who"))
    wrong = save(client, url(campaign, "who"), **WHO, reach_confirmed="25")
    right = save(client, url(campaign, "who"), **WHO, reach_confirmed="20")

    assert "About 20 phones get the alert. Type this number" in shown.content.decode()
    assert wrong.status_code == 400
    assert right["Location"] == url(campaign, "edit")


YESTERDAY = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"start": "now", "at_date": TOMORROW}, "at_date", "You chose “As soon as it is approved”, so this field stays empty."),
        ({"start": "at", "at_date": TOMORROW, "at_time": "06:00", "local_time": "07:00"}, "local_time", "this field stays empty"),
        ({"start": "at", "at_date": TOMORROW}, "at_time", "Enter a time."),
        ({"start": "at", "at_date": YESTERDAY, "at_time": "06:00"}, "at_date", "This moment has passed."),
        ({"start": "at", "at_date": "2099-01-01", "at_time": "06:00"}, "at_date", "The start is more than a year away."),
        ({"start": "at", "at_date": "2027-03-28", "at_time": "01:30"}, "at_time", "This time does not exist"),
        ({"start": "at", "at_date": "2027-10-31", "at_time": "01:30"}, "at_time", "This time comes twice"),
        ({"start": "at", "at_date": TOMORROW, "at_time": "25:00"}, "at_time", "There is no such time."),
        ({"start": "at", "at_date": TOMORROW, "at_time": "noon"}, "at_time", "Enter a time such as"),
        ({"end_date": YESTERDAY}, "end_date", "This moment has passed."),
        ({"night": "respect"}, "night_reason", "You chose that phones wait"),
        ({"night_reason": ""}, "night_reason", "Enter why it cannot wait"),
        ({"city": "Europe/Atlantis"}, "city", "Select a valid choice"),
    ],
)
def test_a_time_that_cannot_be_is_refused_on_its_field(
    client: Client, author: make.User, content: None, changes: dict[str, Any], field: str, sentence: str
) -> None:
    campaign = started(client)

    answer = save(client, url(campaign, "when"), **when(**changes))

    assert answer.status_code == 400
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert "when" in Campaign.objects.get().open_tasks


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("06:00:30", "06:00:30"), ("6am", "06:00:00"), ("8.30pm", "20:30:00"), ("20.30", "20:30:00"), ("12am", "00:00:00")],
)
def test_a_time_is_typed_as_people_write_it(client: Client, author: make.User, content: None, typed: str, stored: str) -> None:
    campaign = started(client)
    day = datetime.now(UTC) + timedelta(days=3)

    save(
        client,
        url(campaign, "when"),
        **when(start="at", city="UTC", at_date=f"{day:%Y-%m-%d}", at_time=typed, end_date=f"{day + timedelta(days=1):%Y-%m-%d}"),
    )
    campaign.refresh_from_db()

    assert campaign.schedule_at == f"{day:%Y-%m-%d}T{stored}Z"


def test_a_local_time_keeps_the_seconds_that_were_typed(client: Client, author: make.User, content: None) -> None:
    campaign = started(client)
    day = datetime.now(UTC) + timedelta(days=3)
    fields = when(start="local", local_date=f"{day:%Y-%m-%d}", end_date=f"{day + timedelta(days=1):%Y-%m-%d}")

    save(client, url(campaign, "when"), **fields, local_time="17:00:00")
    exact = Campaign.objects.get().schedule_at
    save(client, url(campaign, "when"), **fields, local_time="17:00")
    loose = Campaign.objects.get().schedule_at

    assert (exact[10:], loose[10:]) == ("T17:00:00", "T17:00")


def test_each_country_needs_a_service_of_its_own(client: Client, author: make.User, content: None) -> None:
    make.service("fr-line", country="FR")
    campaign = started(client)
    save(client, url(campaign, "who"), **{**WHO, "countries": ["GB", "FR"]})

    save(client, url(campaign, "help"), services=["gb-line"])
    without = client.get(url(campaign, "help"))
    save(client, url(campaign, "help"), services=["gb-line", "fr-line"])
    campaign.refresh_from_db()

    assert "France has no service in this campaign. Choose one." in str(without.context["form"].errors["services"])
    assert campaign.services == ["fr-line", "gb-line"]
    assert client.get(url(campaign, "help")).context["summary"] == []


def test_a_caution_is_answered_before_the_draft_is_submitted(client: Client, author: make.User, content: None) -> None:
    campaign = complete(client)
    save(client, url(campaign, "text", "en"), **{**WORDS, "inner_body": "Help for every victim."})

    refused = client.post(url(campaign, "check"), {"action": "submit"})
    (caution, name, _), *_ = refused.context["cautions"]
    answer = client.post(url(campaign, "check"), {"action": "submit", name: "The organization calls itself so."})
    campaign.refresh_from_db()

    assert refused.status_code == 400
    assert "the person who was harmed" in caution.detail
    assert answer.status_code == 302
    assert CautionAnswer.objects.get().reason == "The organization calls itself so."
    assert campaign.state == "submitted"


def test_the_back_button_and_start_again_lead_to_the_draft_that_nobody_has_written_in(
    client: Client, author: make.User, content: None
) -> None:
    first = started(client)

    assert started(client) == first
    assert started(client, "awareness") != first
    save(client, url(first, "who"), **WHO)
    assert started(client) != first
    assert Campaign.objects.count() == 3


def test_a_campaign_that_is_no_longer_a_draft_cannot_be_edited(client: Client, author: make.User, content: None) -> None:
    campaign = complete(client)
    client.post(url(campaign, "check"), {"action": "submit"})

    for name in ("purpose", "who", "words", "help", "when"):
        answer = client.post(url(campaign, name), {"action": "save", "version": "", **WHO})
        assert answer.status_code == 409, name
        assert "Only a draft can be edited" in answer.content.decode()


def test_no_page_of_a_draft_shows_a_code(client: Client, author: make.User, content: None) -> None:
    campaign = complete(client)
    save(client, url(campaign, "who"), **WHO, regions=["GB-WLS"])
    code = re.compile(r"\b[A-Z]{2}-[A-Z]{3}\b|\d{4}-\d\d-\d\dT|Europe/|not_after|quiet_hours|\bgb-line\b(?! service)|first-hour")
    addresses = [url(campaign, name) for name in ("edit", "purpose", "who", "words", "help", "when", "check")]

    for address in (*addresses, url(campaign, "text", "cy"), reverse("admin:campaign-new")):
        html = client.get(address).content.decode()
        shown = re.sub(r"<[^>]*>", " ", html.partition("<main")[2] or html.partition('id="content"')[2])
        assert len(shown) > 200, address
        assert code.search(shown) is None, (address, code.search(shown))


@pytest.mark.slow
@pytest.mark.usefixtures("author", "content")
def test_check_says_that_a_message_is_too_long_before_it_is_submitted(client: Client) -> None:
    """FCM limits a message to 4,096 bytes, which hold the identifiers of all services."""
    many = [f"gb-service-with-a-long-name-{number:03d}" for number in range(130)]
    for slug in many:
        make.service(slug, channels=int(slug == many[0]))
    campaign = complete(client)
    assert "Nothing is missing." in client.get(url(campaign, "check")).content.decode()
    save(client, url(campaign, "help"), services=["gb-line", *many], tip_parent="first-hour")

    shown = client.get(url(campaign, "check"))
    sent = client.post(url(campaign, "check"), {"action": "submit"})

    [(sentence, address)] = shown.context["problems"]
    assert sentence.startswith("The alert is too long for FCM:")
    assert address == url(campaign, "help")
    assert "Nothing is missing." not in shown.content.decode()
    assert sent.status_code == 400
    campaign.refresh_from_db()
    assert campaign.state == "draft"
