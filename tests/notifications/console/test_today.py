"""Today and the strip: what needs a person in order of its deadline, what goes out, what starts next, what ended."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.campaigns import lifecycle
from notifications.delivery import planner
from notifications.models import Brake, Campaign
from tests import make

pytestmark = pytest.mark.django_db


def today(client: Client, query: str = "") -> str:
    return client.get(reverse("admin:index") + query).content.decode()


def part(html: str, name: str) -> str:
    """Return the section of Today with this anchor."""
    return html.partition(f'id="{name}"')[2].partition("</section>")[0]


def needs(html: str) -> list[str]:
    """Return the titles of the cards in their order."""
    return re.findall(
        r"<h3><bdi>([^<]+)</bdi></h3>", html.partition('id="needs-you"')[2].partition('<section class="fp-today"')[0]
    )


def at_in(hours: float) -> dict[str, str]:
    """Return a schedule with an exact start in so many hours."""
    return {"at": (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")}


def until(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def strip(client: Client) -> str:
    html = client.get(reverse("admin:people")).content.decode()
    return " ".join(html.partition('<section class="fp-strip')[2].partition("</section>")[0].split())


def test_an_author_writes_a_campaign_from_today_and_an_approver_is_not_offered_it(client: Client) -> None:
    author, approver = make.campaign_staff()

    client.force_login(author)
    assert f'href="{reverse("admin:campaign-new")}">Write a campaign</a>' in part(today(client), "yours")

    client.force_login(approver)
    assert reverse("admin:campaign-new") not in today(client)


def test_what_needs_an_approver_is_in_the_order_of_its_deadline(client: Client) -> None:
    for name, hours in (("Third", 9), ("First", 2), ("Second", 5)):
        make.campaign(state="submitted", name=name, schedule=at_in(hours))
    client.force_login(make.campaign_staff()[1])

    html = today(client)

    assert needs(html) == ["To approve: First", "To approve: Second", "To approve: Third"]
    assert re.search(
        r"Approve before \w+ \d+ \w+ \d{4} at \d\d:\d\d:\d\d London time, in 1 hour\. Submitted by author: alert\.", html
    )


def test_a_start_that_quiet_hours_move_is_the_deadline(client: Client) -> None:
    three = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT03:10:00Z")
    later = (datetime.now(UTC) + timedelta(days=4)).isoformat()
    make.app()
    make.installations(20, country="GB")
    made = make.campaign(state="draft", schedule={"at": three}, quiet_hours="respect", not_after=later)
    Campaign.objects.filter(pk=made.pk).update(
        state="submitted", submitted_by=made.created_by, submitted_at=datetime.now(UTC), fingerprint="0" * 64, rev=1
    )
    client.force_login(make.campaign_staff()[1])

    assert "at 08:02:00 London time" in today(client)


def test_what_an_author_wrote_is_not_theirs_to_approve_and_is_among_theirs(client: Client) -> None:
    make.campaign(state="submitted", name="Waiting")
    sent_back = make.campaign(state="submitted", name="Came back")
    author, approver = make.campaign_staff()
    lifecycle.send_back(sent_back, by=approver, at=datetime.now(UTC), reason="The second sentence is unclear.")
    make.campaign(state="draft", name="Half written")
    client.force_login(author)

    html = today(client)
    mine = part(html, "yours")

    assert needs(html) == ["Sent back: Came back"]
    assert "The second sentence is unclear." in html
    assert "Waits for an approver since less than a minute" in mine
    assert "Came back: The second sentence is unclear." in mine
    assert "Draft, written less than a minute ago" in mine


def test_a_halted_campaign_comes_first_with_its_reason_and_what_helps(client: Client) -> None:
    make.campaign(state="submitted", name="Soon", schedule=at_in(2))
    halted = make.campaign(name="Trouble")
    assert lifecycle.halt(halted, "FCM refuses the credentials.", at=datetime.now(UTC))
    client.force_login(make.campaign_staff()[1])

    html = today(client)

    assert needs(html) == ["Halted: Trouble", "To approve: Soon"]
    assert "FCM refuses the credentials." in html
    assert 'name="action" value="resume"' in html


def test_at_most_seven_cards_and_rows_are_shown_and_the_rest_is_a_link_away(client: Client) -> None:
    for number in range(9):
        make.campaign(state="submitted", name=f"Campaign {number}", schedule=at_in(2 + number))
    author, approver = make.campaign_staff()
    client.force_login(approver)

    assert len(needs(today(client))) == 7
    assert "Show 2 more" in today(client)
    assert len(needs(today(client, "?all=1"))) == 9

    client.force_login(author)
    mine = part(today(client), "yours")
    assert mine.count("<li>") == 7
    assert "(2 more)" in mine


def test_the_next_fourteen_days_are_listed_by_day(client: Client) -> None:
    first = make.campaign(name="Tomorrow", schedule=at_in(26), not_after=until(3))
    make.campaign(name="Today", schedule=at_in(0.2))
    make.campaign(name="Far", schedule=at_in(24 * 20), not_after=until(25))
    client.force_login(make.person("nora", "auditor"))

    listed = part(today(client), "next-days")

    assert listed.index("Today") < listed.index("Tomorrow")
    assert "Far" not in listed
    assert re.search(r"Starts [A-Z][a-z]+day \d+ [A-Z][a-z]+ \d{4} at \d\d:\d\d:\d\d London time, in 1 day", listed)
    starts = datetime.fromisoformat(first.schedule_at)
    assert f"<h3>{starts:%A} {starts.day} {starts:%B %Y}</h3>" in listed


def test_the_strip_says_how_far_a_campaign_is_and_who_may_stop(client: Client) -> None:
    make.app()
    make.installations(25)
    campaign = make.campaign(name="Going")
    assert planner.plan_audience(campaign, at=datetime.now(UTC))
    author, _ = make.campaign_staff()

    client.force_login(make.person("nora", "auditor"))
    seen = strip(client)
    assert "Going" in seen
    assert "0 % of 25 phones" in seen
    assert "Stop everything" not in seen

    client.force_login(author)
    assert 'href="/console/campaigns/stop-everything/">Stop everything…</a>' in strip(client)


def test_the_strip_names_the_next_start_and_is_red_once_everything_is_stopped(client: Client) -> None:
    make.campaign(name="Later", schedule=at_in(30), not_after=until(3))
    make.campaign(name="Sooner", schedule=at_in(3))
    author, approver = make.campaign_staff()
    client.force_login(approver)

    seen = strip(client)
    assert seen.startswith('bad"')
    assert "<strong>Nobody is sending.</strong> No worker has run here yet." in seen

    make.workers()
    seen = strip(client)
    assert "Nothing is being sent." in seen
    assert re.search(r"Next: <a href=\"[^\"]+\"><bdi>Sooner</bdi></a> <span>starts .+, in 2 hours", seen)

    Brake.objects.stop_everything(by=author, at=datetime.now(UTC), reason="A wrong number.")
    seen = strip(client)
    assert seen.startswith('bad"')
    assert "Everything is stopped." in seen
    assert "A wrong number. (author," in seen
    assert "but nothing starts while everything is stopped" in seen
    assert "Stop everything…" not in seen


def test_today_says_once_why_everything_is_stopped_and_who_can_end_it(client: Client) -> None:
    author, approver = make.campaign_staff()
    Brake.objects.stop_everything(by=author, at=datetime.now(UTC), reason="A wrong number.")

    for person, may_end_it in ((approver, True), (author, False)):
        client.force_login(person)
        html = today(client)
        assert (html.count("A wrong number."), html.count("Everything is stopped")) == (1, 1)
        assert ("<bdi>Allow sending again</bdi>" in html) is may_end_it


def test_last_results_say_how_many_phones_were_accepted(client: Client) -> None:
    done = make.campaign(name="Finished")
    Campaign.objects.filter(pk=done.pk).update(state="sending")
    Campaign.objects.filter(pk=done.pk).update(
        state="done", devices=15_930, accepted=15_700, rejected=200, unknown=30, finished_at=datetime.now(UTC)
    )
    client.force_login(make.campaign_staff()[0])

    assert "Accepted for 15,700 of 15,930 phones" in part(today(client), "results")


@pytest.mark.slow
def test_today_needs_the_same_queries_for_any_number_of_campaigns(client: Client) -> None:
    counts = []
    for number in (2, 14):
        for one in range(number):
            make.campaign(state="submitted", name=f"To approve {one}", schedule=at_in(2 + one))
            make.campaign(state="approved", name=f"Approved {one}", schedule=at_in(3 + one))
            make.campaign(state="draft", name=f"Draft {one}")
        author, approver = make.campaign_staff()
        for person in (author, approver):
            client.force_login(person)
            today(client)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                today(client)
            counts.append(len(queries))

    assert counts[:2] == counts[2:]
    assert max(counts) <= 20
