"""The console's shell: a menu by role, the strip with what is being sent, the clock, and a person's own settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.console import pages
from core.console.display import clock_text, duration_text, zoned_text
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db


def menus(html: str) -> tuple[str, str]:
    """Return the user's own part of the menu and the part under "More"."""
    menu = html.partition('<nav class="fp-menu"')[2].partition("</nav>")[0]
    own, _, more = menu.partition("<summary>More</summary>")
    return own, more


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [
        ("campaign-author", ("campaigns", "calendar"), ("tips", "releases", "audit")),
        ("campaign-approver", ("campaigns", "calendar"), ("numbers", "people")),
        ("localisation-editor", ("tips", "words"), ("releases", "audit")),
        ("assurer", ("services", "desk", "numbers"), ("words", "campaigns")),
        ("publisher", ("releases",), ("tips", "campaigns")),
    ],
)
def test_the_menu_shows_the_work_of_a_role_and_the_rest_under_more(
    client: Client, role: str, own: tuple[str, ...], others: tuple[str, ...]
) -> None:
    client.force_login(make.person("nora", role))

    mine, more = menus(client.get(reverse("admin:people")).content.decode())

    for path in own:
        assert f'href="/console/{path}/"' in mine
        assert f'href="/console/{path}/"' not in more
    for path in others:
        assert f'href="/console/{path}/"' in more


@pytest.mark.parametrize("role", ["localisation-editor", "localisation-reviewer"])
def test_who_only_works_on_texts_sees_nothing_of_campaigns(client: Client, role: str) -> None:
    campaign = make.campaign(schedule={"at": f"{datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"})
    client.force_login(make.person("nora", role))

    page = client.get(reverse("admin:index")).content.decode()

    assert campaign.name not in page
    assert "fp-strip" not in page
    for path in ("campaigns", "calendar", "history", "status"):
        assert f'href="/console/{path}/"' not in page
    for name in ("campaign", "campaign-history", "campaign-report", "campaign-progress", "campaign-live", "campaign-test"):
        assert client.get(reverse(f"admin:{name}", args=[campaign.pk])).status_code == 403, name


def test_a_superuser_of_the_sandbox_has_one_menu(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))

    mine, more = menus(client.get(reverse("admin:people")).content.decode())

    assert 'href="/console/audit/"' in mine
    assert more == ""


def test_somebody_without_a_role_has_no_menu_and_sees_nothing_of_campaigns(client: Client) -> None:
    campaign = make.campaign(state="approved")
    client.force_login(make.person("nora"))

    page = client.get(reverse("admin:index")).content.decode()

    assert 'href="/console/people/"' not in page
    assert campaign.name not in page


def test_the_clock_is_that_of_the_person() -> None:
    instant = datetime(2026, 7, 1, 16, 30, 5, tzinfo=UTC)

    assert clock_text(instant, "Europe/London") == "Wednesday 1 July, 17:30 London time"
    assert clock_text(instant, "UTC") == "Wednesday 1 July, 16:30 UTC"
    assert zoned_text(instant, "Asia/Kolkata") == "Wednesday 1 July 2026 at 22:00:05 Kolkata time"
    assert zoned_text(instant.replace(second=0), "UTC") == "Wednesday 1 July 2026 at 16:30 UTC"
    assert zoned_text(instant.replace(second=0), "UTC", seconds=True) == "Wednesday 1 July 2026 at 16:30:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "less than a minute"), (59, "less than a minute"), (60, "1 minute"), (7_199, "1 hour"), (172_800, "2 days")],
)
def test_a_length_of_time_is_given_in_its_largest_unit(seconds: int, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text


def test_a_person_chooses_their_time_zone(client: Client) -> None:
    nora, other = make.person("nora"), make.person("other")
    client.force_login(nora)

    answer = client.post(reverse("admin:my-settings"), {"action": "save", "time_zone": "Asia/Kolkata"})

    assert answer.status_code == 302
    assert "Kolkata time" in client.get(reverse("admin:my-settings")).content.decode()
    nora.refresh_from_db()
    other.refresh_from_db()
    assert (nora.time_zone, other.time_zone) == ("Asia/Kolkata", "Europe/London")


def test_a_time_zone_that_does_not_exist_is_refused_on_its_field(client: Client) -> None:
    nora = make.person("nora")
    client.force_login(nora)

    answer = client.post(reverse("admin:my-settings"), {"action": "save", "time_zone": "Mars/Olympus"})

    assert answer.status_code == 400
    assert 'class="errorlist"' in answer.content.decode()
    nora.refresh_from_db()
    assert nora.time_zone == "Europe/London"


def test_an_unknown_address_shows_a_page_of_the_console(client: Client) -> None:
    client.force_login(make.person("nora", "campaign-author"))

    answer = client.get("/console/no/such/page/")

    assert answer.status_code == 404
    html = answer.content.decode()
    assert "There is no page at this address." in html
    assert 'class="fp-strip' in html
    assert 'href="/console/campaigns/"' in html


def test_every_item_of_the_menu_says_whose_work_it_is() -> None:
    assert [item.name for item in pages.MENU if not item.permissions] == []
