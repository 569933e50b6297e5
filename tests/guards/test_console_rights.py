"""What holds on every page of the console; `test_access` says who may open and do what."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from content.models import Unit
from content.models.channel_revision import Act
from core import roles
from core.console import pages
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.slow
@pytest.mark.usefixtures("no_strip")
def test_an_unknown_action_is_refused(client: Client, console_paths: dict[str, str]) -> None:
    client.force_login(User.objects.create_superuser("root", password=None, locales=["*"]))

    for name, path in console_paths.items():
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


def test_no_model_is_registered_with_djangos_own_forms() -> None:
    assert admin.site._registry == {}, "with those, one person could change a row that takes two"


@pytest.mark.slow
@pytest.mark.usefixtures("no_strip")
def test_even_a_superuser_changes_a_number_only_by_a_proposal(client: Client, console_paths: dict[str, str]) -> None:
    root = User.objects.create_superuser("root", password=None, locales=["*"])
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

    client.post(console_paths["contact-change-propose"] + f"?position={channel.position}", {"action": "propose", **facts})
    proposal = make.ChannelRevision.objects.proposed().get(act=Act.CHANGE)
    channel.refresh_from_db()
    assert channel.dial == "0800 1111"

    for name, path in console_paths.items():
        for action in ("approve", "assure", "propose"):
            client.post(path, {"action": action, "revision": str(proposal.pk), **facts})
            channel.refresh_from_db()
            assert channel.dial == "0800 1111", (name, action)


@pytest.mark.slow
def test_no_page_has_inline_scripts_styles_or_handlers(client: Client, console_paths: dict[str, str]) -> None:
    client.force_login(User.objects.create_superuser("root", password=None, locales=["*"]))
    own = [reverse(f"admin:{name}") for name in ("index", "token", "password_change")]

    for path in (*console_paths.values(), *own):
        answer = client.get(path)
        html = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        # A block of JSON is data: no browser runs it.
        runs = [tag for tag in re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)", html) if "application/json" not in tag]
        assert runs == [], path
        assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", html), path


def test_a_tip_of_many_steps_needs_no_more_queries_than_a_short_one(
    client: Client, console_paths: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries
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
