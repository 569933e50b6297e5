"""Every page and action of the console, for people with and without the permission."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from content.models import OrganizationRevision, Service, ServiceRevision, Tip, TipRevision, Unit
from content.models.channel_revision import Act
from core import roles
from core.console import pages
from core.models import AuditEntry, User
from notifications.campaigns import translation_requests
from tests import make

pytestmark = pytest.mark.django_db

#: Django's own pages in the console, and who may open them.
DJANGOS_OWN = {
    "index": "staff",
    "login": "anyone",
    "logout": "staff",
    "password_change": "staff",
    "password_change_done": "staff",
    "autocomplete": "nobody",
    "jsi18n": "staff",
    "view_on_site": "staff",
    "token": "staff",
    "factor": "anyone",
    "invitation": "anyone",
}


@pytest.fixture
def filled() -> dict[str, str]:
    """Create one of everything, and return the path of every page by its URL name."""
    make.small_content()
    make.target("tip.first-hour.title", "cy", "Arhoswch ac anadlwch")
    make.release(publish=False)
    campaign = make.campaign(state="submitted")
    facts = Tip.objects.get(pk="first-hour").facts() | {"order": 7}
    proposed = TipRevision.objects.propose(slug="first-hour", facts=facts, by=User.objects.system(), at=make.NOON)
    line, by = Service.objects.get(pk="gb-line"), User.objects.system()
    of_service = ServiceRevision.objects.propose(service=line, facts={"zone": "Europe/London"}, by=by, at=make.NOON)
    own = line.organization
    of_organization = OrganizationRevision.objects.propose(organization=own, name="Another", by=by, at=make.NOON)
    draft = make.campaign(state="draft")
    make.person("editor", "localisation-editor")
    later = timezone.now() + timedelta(hours=2)
    translation_requests.ask(draft, ["cy"], deadline=later, by=draft.created_by, at=timezone.now())
    release: dict[str, object] = {"number": make.Release.objects.get().pk}
    arguments: dict[str, dict[str, object]] = {
        "person": {"id": make.person("colleague").pk},
        "tip": {"slug": "first-hour"},
        "tip-change": {"id": proposed.pk},
        "translation-queue": {"locale": "cy"},
        **{name: {"locale": "cy"} for name in ("text-files", "text-file-download", "text-import")},
        "translation": {"locale": "cy", "key": "tip.first-hour.title"},
        "translation-history": {"locale": "cy", "key": "tip.first-hour.title"},
        "tip-translation": {"slug": "first-hour", "locale": "cy"},
        "source-text": {"key": "tip.first-hour.title"},
        "service": {"id": "gb-line"},
        "service-edit": {"id": "gb-line"},
        "service-change": {"id": of_service.pk},
        "organization-change": {"id": of_organization.pk},
        "contact-change-propose": {"id": "gb-line"},
        "notice-propose": {"id": "gb-line"},
        "channel": {"id": "gb-line", "position": 1},
        "organization": {"id": "org"},
        "withdrawal": {"id": "gb-line"},
        "tip-withdrawal": {"slug": "first-hour"},
        "campaign-text": {"locale": "en"},
        "campaign-translate": {"id": draft.pk, "locale": "cy"},
        "campaign-text-for": {"locale": "en", "audience": "teen"},
        **{f"release{part}": release for part in ("", "-changes", "-coverage", "-preview")},
    }
    paths = {}
    for route in pages.ROUTES:
        of_campaign = route.name == "campaign" or (route.name.startswith("campaign-") and "<int:id>" in route.pattern)
        args = {**({"id": campaign.pk} if of_campaign else {}), **arguments.get(route.name, {})}
        paths[route.name] = reverse(f"admin:{route.name}", kwargs=args)
    return paths


def test_every_page_is_closed_to_people_who_are_not_staff(client: Client, filled: dict[str, str]) -> None:
    outsider = User.objects.create_user("outsider", password=None)
    before = AuditEntry.objects.count()

    for name, path in filled.items():
        for person in (None, outsider):
            client.logout()
            if person:
                client.force_login(person)
            seen, sent = client.get(path), client.post(path, {"action": "approve"})
            assert seen.status_code == 302, name
            assert seen["Location"].startswith("/console/login/"), name
            assert sent.status_code == 403, name
            assert sent.templates[0].name == "admin/login.html", name

    assert AuditEntry.objects.count() == before


def test_staff_without_a_role_can_view_open_pages_and_change_nothing(client: Client, filled: dict[str, str]) -> None:
    client.force_login(make.person("nora"))
    before = AuditEntry.objects.count()

    for route in pages.ROUTES:
        seen = client.get(filled[route.name])
        assert seen.status_code == (403 if route.page.permission_required else 200), route.name
        for action in route.page.actions:
            assert client.post(filled[route.name], {"action": action}).status_code == 403, (route.name, action)

    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_each_role_can_do_what_the_table_says_and_nothing_else(client: Client, filled: dict[str, str], role: str) -> None:
    client.force_login(make.person("somebody", role))
    held = set(roles.ROLES[role])

    for route in pages.ROUTES:
        opens = not route.page.permission_required or route.page.permission_required in held
        assert client.get(filled[route.name]).status_code == (200 if opens else 403), route.name
        for action, permissions in route.page.actions.items():
            before = AuditEntry.objects.count()
            answer = client.post(filled[route.name], {"action": action})
            if opens and held & set(permissions):
                # The form is empty, so most actions are refused, but never for a missing role.
                error = None if answer.status_code == 302 else answer.context["error"]
                assert getattr(error, "code_name", None) != "role", (route.name, action)
            else:
                assert answer.status_code == 403, (route.name, action)
                assert AuditEntry.objects.count() == before, (route.name, action)


def test_an_unknown_action_is_refused(client: Client, filled: dict[str, str]) -> None:
    client.force_login(User.objects.create_superuser("root", password=None, locales=["*"]))

    for name, path in filled.items():
        assert client.post(path, {"action": "no-such-action"}).status_code == 400, name
        assert client.post(path).status_code == 400, name
        assert client.put(path).status_code == 405, name


def test_every_action_has_a_method_and_every_permission_exists() -> None:
    known = {name for given in roles.ROLES.values() for name in given}

    for route in pages.ROUTES:
        for action, permissions in route.page.actions.items():
            assert callable(getattr(route.page, f"action_{action.replace('-', '_')}", None)), (route.name, action)
            assert permissions, (route.name, action)
            assert set(permissions) <= known, (route.name, action)
        assert route.page.permission_required in {*known, ""}, route.name


def test_all_of_djangos_pages_are_known_and_none_changes_an_account(client: Client, filled: dict[str, str]) -> None:
    ours = {route.name for route in pages.ROUTES}
    console = next(entry for entry in get_resolver("config.urls").url_patterns if str(entry.pattern) == "console/")
    assert isinstance(console, URLResolver)
    names = {pattern.name for pattern in _patterns(console) if pattern.name and pattern.name not in ours}
    assert names == set(DJANGOS_OWN)
    assert admin.site._registry == {}


def test_even_a_superuser_changes_a_number_only_by_a_proposal(client: Client, filled: dict[str, str]) -> None:
    root = User.objects.create_superuser("root", password=None)
    client.force_login(root)
    channel = make.Channel.objects.get(service="gb-line")
    facts = {
        "type": "phone",
        "number_type": "e164",
        "dial": "0808 800 5002",
        "address": "+448088005002",
        "cost": "free",
        "reason": "x",
    }

    client.post(filled["contact-change-propose"] + f"?position={channel.position}", {"action": "propose", **facts})
    proposal = make.ChannelRevision.objects.proposed().get(act=Act.CHANGE)
    channel.refresh_from_db()
    assert channel.dial == "0800 1111"

    for name, path in filled.items():
        for action in ("approve", "assure", "propose"):
            client.post(path, {"action": action, "revision": str(proposal.pk), **facts})
            channel.refresh_from_db()
            assert channel.dial == "0800 1111", (name, action)


def test_no_page_has_inline_scripts_styles_or_handlers(client: Client, filled: dict[str, str]) -> None:
    client.force_login(User.objects.create_superuser("root", password=None, locales=["*"]))
    own = [reverse(f"admin:{name}") for name in ("index", "token", "password_change")]

    for path in (*filled.values(), *own):
        answer = client.get(path)
        html = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        # A block of JSON is data: no browser runs it.
        runs = [tag for tag in re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)", html) if "application/json" not in tag]
        assert runs == [], path
        assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", html), path


def test_a_tip_of_many_steps_needs_no_more_queries_than_a_short_one(
    client: Client, filled: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(make.person("eva", "localisation-editor", "localisation-reviewer"))
    steps = {f"do-now.{number}": f"Step {'x' * number}." for number in range(2, 31)}
    make.tip("longer", do_now=list(range(1, 31)), do_not=[1], texts=steps)
    assert Unit.objects.owned_by("tip:longer").count() == 33

    for slug in ("first-hour", "longer"):
        with django_assert_max_num_queries(15):
            client.get(reverse("admin:tip", args=[slug]))
    with django_assert_max_num_queries(20):
        client.get(reverse("admin:translation", args=["cy", "tip.longer.title"]))


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        else:
            yield entry
