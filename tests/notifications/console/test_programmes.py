"""The pages about programmes, and starting a campaign from a template, as a repetition, or in a programme."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.campaigns import programmes
from notifications.models import Campaign, Programme
from tests import make
from tests.notifications.campaigns.test_programmes import parents_and_educators
from tests.notifications.console.test_approve import ARABIC, TEXTS

pytestmark = pytest.mark.django_db


def url(name: str, programme: Programme) -> str:
    return reverse(f"admin:{name}", args=[programme.pk])


@pytest.fixture
def programme(client: Client) -> Programme:
    """Return a programme with two ready drafts, and sign its author in."""
    parents_and_educators()
    author = make.campaign_staff()[0]
    made = programmes.create("Half-term", "Both on the same day.", by=author, at=timezone.now())
    make.campaign(state="draft", name="Parents", messages={"en": TEXTS, "ar": ARABIC})
    make.campaign(state="draft", name="Educators", audience={"countries": ["GB"], "audiences": ["educator"]})
    client.force_login(author)
    return made


def fill(client: Client, programme: Programme) -> None:
    for draft in Campaign.objects.filter(programme=None):
        client.post(url("programme", programme), {"action": "add", "campaign": draft.pk})


def submitted(client: Client, programme: Programme) -> list[Campaign]:
    fill(client, programme)
    client.post(url("programme", programme), {"action": "submit"})
    return list(programmes.campaigns_of(programme))


def approval_form(campaigns: list[Campaign]) -> dict[str, object]:
    form: dict[str, object] = {"action": "approve"}
    for campaign in campaigns:
        form |= {
            f"campaign-{campaign.pk}-fingerprint": campaign.fingerprint,
            f"campaign-{campaign.pk}-language": list(campaign.words),
        }
    return form


def test_an_author_creates_a_programme_and_fills_it(client: Client, programme: Programme) -> None:
    empty = client.post(reverse("admin:programmes"), {"action": "create", "name": " "})
    made = client.post(reverse("admin:programmes"), {"action": "create", "name": "Easter", "note": ""})
    fill(client, programme)

    shown = client.get(url("programme", programme)).content.decode()
    listed = client.get(reverse("admin:programmes")).content.decode()

    assert empty.status_code == 400
    assert made["Location"] == url("programme", Programme.objects.get(name="Easter"))
    assert re.findall(r"<bdi>(Parents|Educators)</bdi>", shown) == ["Parents", "Educators"]
    assert "2 draft" in listed


def test_the_page_says_which_draft_is_not_ready_and_submits_none(client: Client, programme: Programme) -> None:
    fill(client, programme)
    Campaign.objects.filter(name="Educators").update(not_after=timezone.now() - timedelta(hours=1))

    answer = client.post(url("programme", programme), {"action": "submit"})

    assert answer.status_code == 400
    assert "Not ready: Educators" in answer.content.decode()
    assert "The end has passed" in answer.content.decode()
    assert not Campaign.objects.filter(state="submitted").exists()


def test_an_approver_reads_all_campaigns_on_one_page_and_approves_them(client: Client, programme: Programme) -> None:
    campaigns = submitted(client, programme)
    client.force_login(make.campaign_staff()[1])
    today = client.get("/console/").content.decode()
    shown = client.get(url("programme-approve", programme)).content.decode()
    form = approval_form(campaigns)

    unread = client.post(url("programme-approve", programme), {**form, f"campaign-{campaigns[0].pk}-language": ["en"]})
    still = Campaign.objects.filter(state="submitted").count()
    approved = client.post(url("programme-approve", programme), form)

    assert "To approve: Half-term" in today
    assert "To approve: Parents" not in today
    for campaign in campaigns:
        assert f'id="campaign-{campaign.pk}"' in shown
        assert campaign.fingerprint in shown
    assert len(re.findall(r'type="checkbox" name="campaign-\d+-language"', shown)) == 3
    assert unread.status_code == 400
    assert "Parents: Arabic: read the text" in unread.content.decode()
    assert (still, approved["Location"]) == (2, url("programme", programme))
    assert Campaign.objects.filter(state="approved").count() == 2


def test_an_approver_sends_all_back_with_a_reason(client: Client, programme: Programme) -> None:
    submitted(client, programme)
    client.force_login(make.campaign_staff()[1])

    without = client.post(url("programme-approve", programme), {"action": "return", "reason": " "})
    client.post(url("programme-approve", programme), {"action": "return", "reason": "Wrong date"})

    assert without.status_code == 400
    assert list(Campaign.objects.values_list("state", "reason")) == [("draft", "Wrong date")] * 2


def test_who_wrote_one_of_them_is_told_that_another_person_decides(client: Client, programme: Programme) -> None:
    both = make.person("both", "campaign-author", "campaign-approver")
    Campaign.objects.filter(name="Educators").update(touched_by=[*Campaign.objects.get(name="Educators").touched_by, both.pk])
    campaigns = submitted(client, programme)
    client.force_login(both)

    shown = client.get(url("programme-approve", programme)).content.decode()
    alone = client.get(reverse("admin:campaign-approve", args=[campaigns[0].pk])).content.decode()
    refused = client.post(url("programme-approve", programme), approval_form(campaigns))

    assert "someone else must approve it" in shown
    assert "another one of its programme" in alone
    assert refused.status_code == 403


def test_all_campaigns_are_stopped_on_one_page(client: Client, programme: Programme) -> None:
    campaigns = submitted(client, programme)
    approver = make.campaign_staff()[1]
    client.force_login(approver)
    client.post(url("programme-approve", programme), approval_form(campaigns))

    page = client.get(url("programme-stop", programme)).content.decode()
    client.post(url("programme-stop", programme), {"action": "stop", "reason": "Wrong day"})
    history = client.get(reverse("admin:history")).content.decode()

    assert "Parents" in page
    assert set(Campaign.objects.values_list("state", flat=True)) == {"stopped"}
    assert "stopped all campaigns of the programme" in history
    assert "approved all campaigns of the programme together" in history


def test_the_campaigns_of_a_programme_stand_together_in_the_list(client: Client, programme: Programme) -> None:
    programmes.add(programme, Campaign.objects.get(name="Parents"), by=make.campaign_staff()[0], at=timezone.now())
    make.campaign(state="draft", name="Alone")
    later = make.campaign(state="draft", name="Later")
    programmes.add(programme, later, by=make.campaign_staff()[0], at=timezone.now())

    rows = client.get(reverse("admin:campaigns")).context["rows"]

    assert [row.campaign.name for row in rows] == ["Later", "Parents", "Alone", "Educators"]


def test_a_campaign_is_started_or_copied_into_a_programme(client: Client, programme: Programme) -> None:
    origin = Campaign.objects.get(name="Parents")
    address = f"{reverse('admin:campaign-new')}?like={origin.pk}&programme={programme.pk}"

    client.post(address, {"action": "start", "name": "Bystanders", "key": str(uuid4())})

    assert Campaign.objects.get(name="Bystanders").programme == programme


def test_a_campaign_is_repeated_at_another_time_in_one_step(client: Client, programme: Programme) -> None:
    ends = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    starts = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=30, second=15, microsecond=0)
    origin = make.campaign(name="February", schedule={"at": starts.isoformat()}, not_after=ends.isoformat())
    address = f"{reverse('admin:campaign-new')}?repeats={origin.pk}"
    day = (starts + timedelta(days=30)).date()
    shown = client.get(address).content.decode()

    past = client.post(address, {"action": "start", "name": "Again", "key": str(uuid4()), "date": "2020-01-01", "time": "09:00"})
    answer = client.post(
        address, {"action": "start", "name": "Next February", "key": str(uuid4()), "date": f"{day}", "time": "10:00:00"}
    )

    again = Campaign.objects.get(name="Next February")
    assert past.status_code == 400
    assert 'name="time"' in shown
    assert answer["Location"] == reverse("admin:campaign-check", args=[again.pk])
    assert (again.open_tasks, again.words, again.schedule_kind) == ([], origin.words, "at")
    began = datetime.fromisoformat(again.schedule_at)
    assert began.date() == day
    assert again.not_after - began == ends - starts
    assert client.post(answer["Location"], {"action": "submit"}).status_code == 302


def test_a_template_is_offered_when_a_campaign_is_started(client: Client, programme: Programme) -> None:
    origin = Campaign.objects.get(name="Parents")
    form = {"action": "start", "name": "Every half-term", "as_template": "on", "key": str(uuid4())}
    client.post(f"{reverse('admin:campaign-new')}?like={origin.pk}", form)
    template = Campaign.objects.get(name="Every half-term")

    start = client.get(reverse("admin:campaign-new")).content.decode()
    check = client.get(reverse("admin:campaign-check", args=[template.pk])).content.decode()
    client.post(f"{reverse('admin:campaign-new')}?like={template.pk}", {"action": "start", "name": "May", "key": str(uuid4())})
    today = client.get("/console/").content.decode()

    assert template.is_template
    assert "Every half-term" in start
    assert 'value="submit"' not in check
    assert (Campaign.objects.get(name="May").is_template, Campaign.objects.get(name="May").words) == (False, origin.words)
    assert "Every half-term" not in today
