"""The report of a campaign, on a page and in a file."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone

from core.console.csv_file import csv_response
from core.formula_cells import cell
from notifications.campaigns import lifecycle
from notifications.models import Campaign, ReceiptCount
from tests import make
from tests.notifications.campaigns.test_programmes import parents_and_educators
from tests.notifications.campaigns.test_variants import text
from tests.notifications.console.test_live import page, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Campaign:
    campaign = send(make.campaign(name="=cmd|'/C calc'!A0"), accepted=420, rejected=20)
    key = str(campaign.messages.get(locale="en", fallback=False, platform="android").pk)
    Campaign.objects.filter(pk=campaign.pk).update(tally={key: {"accepted": 420, "unregistered": 20}})
    ReceiptCount.objects.create(campaign=campaign, event="opened", total=43)
    ReceiptCount.objects.create(campaign=campaign, event="help-opened", total=3)
    return campaign


def test_the_report_says_who_when_how_many_and_why_in_words(client: Client, sent: Campaign) -> None:
    lifecycle.stop(sent, by=make.campaign_staff()[1], at=timezone.now(), reason="A wrong day.")
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(sent, "campaign-report")).content.decode()

    assert "900 phones." in html
    assert "App removed, or its address expired: 20" in html
    assert "Alert opened: 40" in html
    assert "Help opened: fewer than 20" in html
    assert "English: approver" in html
    assert "A wrong day." in html
    assert "Campaign stopped" in html
    for code in ("unregistered", "help-opened", "campaign.stopped", sent.fingerprint):
        assert code not in html


def test_a_report_names_the_corrections_of_the_alert(client: Client, sent: Campaign) -> None:
    make.campaign(kind="update", references=sent.pk, name="The right day")
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(sent, "campaign-report")).content.decode()

    assert "Corrections" in html
    assert "The right day" in html


def test_a_report_shows_what_each_reader_was_told(client: Client) -> None:
    words = make.definition()["messages"]["en"]
    for_educators = words | {"inner": {"title": "For teachers", "body": "Tell the safeguarding lead."}}
    campaign = make.campaign(
        messages={"en": words | {"variants": {"educator": for_educators}}},
        audience={"countries": ["GB"], "audiences": ["educator", "parent"]},
    )
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(campaign, "campaign-report")).content.decode()

    assert words["inner"]["title"] in html
    assert "<h3>English for educators</h3>" in html
    assert "For teachers" in html


def test_the_file_holds_the_figures_and_no_formula(client: Client, sent: Campaign) -> None:
    client.force_login(make.person("nora", "auditor"))

    answer = client.get(page(sent, "campaign-report-csv"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer["Content-Disposition"] == f'attachment; filename="campaign-{sent.pk}.csv"'
    assert rows[0] == ["Part", "What", "Value", "Detail"]
    assert ["Campaign", "Name", "'=cmd|'/C calc'!A0", ""] in rows
    assert ["Outcome", "Accepted: FCM took the message", "420", "47%"] in rows
    assert ["Language and platform", "English, Android", "20", "Rejected"] in rows
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_the_report_and_its_file_count_by_readers_and_region(client: Client) -> None:
    parents_and_educators()
    campaign = make.campaign(
        audience={"countries": ["GB"], "audiences": ["parent", "educator"]},
        messages={"en": text("For everyone", variants={"GB-WLS": text("In Wales")})},
    )
    keys = {message.key: str(message.pk) for message in campaign.messages.all()}
    tally = {keys["en/parent/android"]: {"accepted": 300}, keys["en/educator+GB-WLS/ios"]: {"accepted": 64, "unknown": 3}}
    send(campaign, accepted=364, unknown=3, tally=tally)
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(campaign, "campaign-report")).content.decode()
    answer = client.get(page(campaign, "campaign-report-csv"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert "By readers and region" in html
    assert '<th scope="row">Educators</th><td data-label="Region of the text">Wales</td>' in html
    assert [row for row in rows if row[0] == "Readers and region"] == [
        ["Readers and region", "Parents, Every other region", "300", "Accepted"],
        ["Readers and region", "Parents, Every other region", "0", "Rejected"],
        ["Readers and region", "Parents, Every other region", "0", "Unknown"],
        ["Readers and region", "Educators, Wales", "60", "Accepted"],
        ["Readers and region", "Educators, Wales", "0", "Rejected"],
        ["Readers and region", "Educators, Wales", "fewer than 20", "Unknown"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝", "\ufeff="])
def test_no_cell_begins_a_formula(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"
    assert cell(f"1{start}1") == f"1{start}1"


def test_a_file_is_read_as_utf_8() -> None:
    answer = csv_response("a", ["Name"], [["نصائح"], [None], [7]])

    assert answer.content.decode("utf-8") == '\ufeffName\r\nنصائح\r\n""\r\n7\r\n'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_a_draft_has_no_report(client: Client) -> None:
    campaign = make.campaign(state="draft")
    client.force_login(make.person("nora", "auditor"))

    assert "there is nothing to report" in client.get(page(campaign, "campaign-report")).content.decode()
    assert client.get(page(campaign, "campaign-report-csv")).content.decode("utf-8-sig").count("\n") == 1
