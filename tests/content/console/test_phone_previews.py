"""Previews on a phone: who may open a link and for how long, what it shows, and what the pages around it allow."""

from __future__ import annotations

import json
import re
import time
import zlib
from base64 import urlsafe_b64decode
from contextlib import closing
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.models import ReleasePack, Tip, TipRevision, Unit
from core import companion_files
from core.console.phone_preview import LINK_SECONDS
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db

DRAFT = "A title that nobody has approved"


@pytest.fixture
def eva(client: Client) -> User:
    """Publish a release, write a draft after it, and sign an editor in."""
    make.small_release()
    unit = Unit.objects.get(key="tip.first-hour.title")
    unit.revise(text=DRAFT, change="cosmetic", by=User.objects.system(), at=timezone.now(), from_revision=unit.revision)
    user = make.person("eva", "localisation-editor")
    client.force_login(user)
    return user


def page(locale: str = "en", *, country: str = "GB") -> str:
    return reverse("admin:tip-phone", args=["first-hour", locale]) + f"?country={country}"


def links(client: Client, path: str) -> list[str]:
    return re.findall(r'<iframe src="([^"]+)"', client.get(path).content.decode())


def shown(client: Client, link: str) -> dict[str, Any]:
    (content,) = re.findall(r'<script id="content" type="application/json">(.*?)</script>', client.get(link).content.decode())
    found: dict[str, Any] = json.loads(content)
    return found


def tip_in(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(tip for tip in content["pack"]["tips"] if tip["slug"] == "first-hour")
    return found


def test_the_draft_is_shown_in_the_pack_that_is_published(client: Client, eva: User) -> None:
    light, dark, narrow = (shown(client, link) for link in links(client, page()))

    assert tip_in(light)["title"] == DRAFT
    assert not tip_in(light)["reviewed"]
    body = ReleasePack.objects.filter(release__state="published", country="GB", locale="en").values_list("pack__body", flat=True)
    published = json.loads(body[0])
    assert {**light["pack"], "tips": published["tips"]} == published
    assert [content["theme"] for content in (light, dark, narrow)] == ["light", "dark", "light"]
    # Readers get what was approved.
    assert DRAFT not in json.dumps(published)


def test_a_link_ends_after_minutes(client: Client, eva: User, monkeypatch: pytest.MonkeyPatch) -> None:
    (link, *_) = links(client, page())
    began = time.time()
    statuses = []

    for later in (LINK_SECONDS - 5, LINK_SECONDS + 5):
        monkeypatch.setattr("django.core.signing.time.time", lambda later=later: began + later)
        response = client.get(link)
        statuses.append(response.status_code)

    assert statuses == [200, 410]
    assert "This preview has ended." in response.content.decode()
    assert DRAFT not in response.content.decode()


def test_a_link_is_of_one_person_in_a_session(client: Client, eva: User) -> None:
    (link, *_) = links(client, page())
    other = Client()
    other.force_login(make.person("oli", "localisation-editor"))

    assert client.get(link).status_code == 200
    assert other.get(link).status_code == 410
    assert Client().get(link).status_code == 302
    assert client.get(link[:-2] + ("A/" if link[-2] != "A" else "B/")).status_code == 410
    eva.set_password("another-long-password")
    eva.save()
    client.force_login(eva)
    assert client.get(link).status_code == 410


def test_a_link_says_nothing_of_the_person_and_the_session(client: Client, eva: User) -> None:
    for link in links(client, page()):
        value, *_ = unquote(link).rstrip("/").rpartition("/")[2].split(":")
        packed = urlsafe_b64decode(value.lstrip(".") + "=" * (-len(value.lstrip(".")) % 4))
        said = json.loads(zlib.decompress(packed) if value.startswith(".") else packed)

        assert said.keys() == {"kind", "shows"}
        assert said["shows"].keys() == {"tip", "country", "locale", "audience", "theme"}


def test_only_the_page_in_the_frame_may_be_in_one_and_nothing_keeps_it(client: Client, eva: User) -> None:
    around = client.get(page())
    (link, *_) = links(client, page())
    inside, other = client.get(link), client.get(reverse("admin:tips"))
    policy = dict(part.partition(" ")[::2] for part in inside["Content-Security-Policy"].split("; "))

    assert policy["frame-ancestors"] == "'self'"
    assert policy["sandbox"] == "allow-scripts"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "connect-src" not in policy
    assert inside["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in inside["Cache-Control"]
    assert inside["Referrer-Policy"] == "no-referrer"
    assert "frame-src 'self'" in around["Content-Security-Policy"]
    assert "frame-src" not in other["Content-Security-Policy"]
    for response in (around, other):
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"


def test_texts_without_a_translation_are_counted_and_stand_in_english(client: Client, eva: User) -> None:
    make.target("tip.first-hour.short", "cy", "Nid wyt ti ar dy ben dy hun.")

    html = client.get(page("cy")).content.decode()
    tip = tip_in(shown(client, links(client, page("cy"))[0]))

    assert "3 texts have no translation yet" in html
    assert (tip["lang"], tip["title"], tip["short"]) == ("cy", DRAFT, "Nid wyt ti ar dy ben dy hun.")


def test_a_tip_without_any_translation_is_shown_in_english(client: Client, eva: User) -> None:
    tip = tip_in(shown(client, links(client, page("ar"))[0]))

    assert (tip["lang"], tip["dir"], tip["locale"]["reason"]) == ("en", "ltr", "not-translated")


def test_a_tip_that_readers_do_not_get_says_so(client: Client, eva: User) -> None:
    tip = Tip.objects.get(pk="first-hour")
    by, facts = User.objects.system(), tip.facts() | {"tip_state": "retired"}
    revision = TipRevision.objects.propose(slug=tip.slug, facts=facts, by=by, at=timezone.now())
    revision.approve(by=make.person("rev", "localisation-reviewer"), at=timezone.now() + timedelta(seconds=1))

    html = client.get(page()).content.decode()

    assert "No release holds this tip" in html
    assert "<iframe" not in html


def test_before_the_first_release_there_is_nothing_to_show(client: Client) -> None:
    make.small_content()
    client.force_login(make.person("eva", "localisation-editor"))

    for path in (page(), reverse("admin:service-phone", args=["gb-line"])):
        html = client.get(path).content.decode()
        assert "Publish one first." in html, path
        assert "<iframe" not in html, path


def test_a_draft_of_a_service_is_shown_with_its_approved_numbers(client: Client, eva: User) -> None:
    unit = Unit.objects.get(key="service.gb-line.purpose")
    unit.revise(text=DRAFT, change="cosmetic", by=User.objects.system(), at=timezone.now(), from_revision=unit.revision)
    path = reverse("admin:service-phone", args=["gb-line"]) + "?locale=en"

    content = shown(client, links(client, path)[0])
    service = next(service for service in content["pack"]["services"] if service["id"] == "gb-line")

    assert service["purpose"]["text"] == DRAFT
    assert service["channels"][0]["dial"] == "0800 1111"
    assert client.get(path.replace("=en", "=xx")).status_code == 404


def test_the_files_of_a_preview_are_static_files_and_no_other_file_of_the_kit(client: Client) -> None:
    names = companion_files.modules(companion_files.PREVIEW)

    assert "resolver/index.js" in names
    assert not {"companion/main.js", "companion/sw.js", "companion/store.js"} & names.keys()
    for name in (*names, companion_files.STYLE):
        assert finders.find(f"kit/{name}"), name
    for name in ("companion/sw.js", "companion/index.html", "package.json", "resolver/README.md", "../manage.py"):
        assert not finders.find(f"kit/{name}"), name
    with closing(client.get("/static/kit/companion/preview.js")) as response:
        assert response.status_code == 200
        # The frame has an origin of its own, so that its modules are of another one.
        assert response["Access-Control-Allow-Origin"] == "*"
