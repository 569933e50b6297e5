"""Find and replace: what is shown becomes suggestions, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from content.console import find_replace
from content.models import Target, TextSuggestion
from core.audit_verbs import Verb
from core.models import AuditEntry, User
from tests import make

pytestmark = pytest.mark.django_db
URL = "/console/find/cy/"
TITLE, SHORT, STEP = (f"tip.first-hour.{part}" for part in ("title", "short", "do-now.1"))


@pytest.fixture(autouse=True)
def texts() -> None:
    make.world()
    make.service("gb-line", channels=0)
    make.tip(texts={"short": "Talk to {service:gb-line}."}, approved=True)
    make.target(TITLE, "cy", "Siarad nawr", approved=False)
    make.target(SHORT, "cy", "Siarad â {service:gb-line}.")
    make.target(STEP, "cy", "Siaradwch ag oedolyn.")
    make.target(TITLE, "fr", "Siarad")


@pytest.fixture
def eva(client: Client) -> User:
    made = make.person("eva", "localisation-editor", locales=("en", "cy"))
    client.force_login(made)
    return made


def shown(client: Client, **fields: str) -> Any:
    return client.get(URL, fields)


def form(*keys: str, find: str = "Siarad", put: str = "Sgwrsio", **more: str) -> dict[str, Any]:
    targets = [Target.objects.get(unit__key=key, locale="cy") for key in keys]
    values = [f"{target.pk} {target.revision}" for target in targets]
    return {"action": "suggest", "find": find, "put": put, "whole": "yes", "text": values, **more}


def test_the_search_shows_whole_words_in_drafts_and_approved_texts(client: Client, eva: User) -> None:
    Target.objects.get(unit__key=TITLE, locale="cy").approve(by=make.checker(), at=make.NOON)

    answer = shown(client, find="Siarad", put="Sgwrsio", whole="yes")

    assert [(row.target.unit.key, row.text) for row in answer.context["rows"]] == [
        (SHORT, "Sgwrsio â {service:gb-line}."),
        (TITLE, "Sgwrsio nawr"),
    ]
    assert len(shown(client, find="Siarad", put="Sgwrsio").context["rows"]) == 3
    assert shown(client, find="Siarad", put="Sgwrsio", part="services").context["rows"] == []
    assert not TextSuggestion.objects.exists()


def test_ticked_texts_become_suggestions_and_stay_as_they_are(client: Client, eva: User) -> None:
    before = dict(Target.objects.values_list("pk", "text"))

    answer = client.post(URL, form(TITLE, SHORT), follow=True)

    assert dict(Target.objects.values_list("pk", "text")) == before
    assert {one.unit.key: (one.text, one.origin) for one in TextSuggestion.objects.select_related("unit")} == {
        TITLE: ("Sgwrsio nawr", "replacement"),
        SHORT: ("Sgwrsio â {service:gb-line}.", "replacement"),
    }
    assert "2 suggestions made." in answer.content.decode()


def test_only_what_was_shown_is_suggested(client: Client, eva: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_replace, "SHOWN", 1)
    answer = shown(client, find="Siarad", put="Sgwrsio", whole="yes")
    assert (len(answer.context["rows"]), answer.context["more"]) == (1, True)
    changed = form(SHORT)
    french = Target.objects.get(unit__key=TITLE, locale="fr")
    Target.objects.get(unit__key=SHORT, locale="cy").write(
        text="Siarad nawr â {service:gb-line}.", by=eva, at=make.NOON, from_revision=1
    )

    page = client.post(URL, changed, follow=True).content.decode()
    client.post(URL, {**form(TITLE), "text": [f"{french.pk} 1"]})

    assert "The text has changed since it was shown." in page
    assert not TextSuggestion.objects.exists()


def test_a_replacement_that_breaks_a_rule_cannot_be_ticked(client: Client, eva: User) -> None:
    [row] = shown(client, find="nawr", put="0800 1111", whole="yes").context["rows"]
    assert "number" in row.refused

    client.post(URL, form(TITLE, find="nawr", put="0800 1111"))

    assert not TextSuggestion.objects.exists()


@pytest.mark.parametrize("fields", [{"find": ""}, {"put": "{fact:x}"}, {"text": []}, {"text": ["x"]}])
def test_an_incomplete_form_is_refused_and_keeps_what_was_entered(client: Client, eva: User, fields: dict[str, Any]) -> None:
    answer = client.post(f"{URL}?find=Siarad&put=Sgwrsio", {**form(TITLE), **fields})

    assert answer.status_code == 400
    assert 'value="Sgwrsio"' in answer.content.decode()
    assert not TextSuggestion.objects.exists()


def test_a_person_without_the_language_suggests_nothing(client: Client) -> None:
    client.force_login(make.person("fay", "localisation-editor", locales=("fr",)))

    client.post(URL, form(TITLE))

    assert not TextSuggestion.objects.exists()
    assert shown(client, find="Siarad", put="Sgwrsio").status_code == 200


def test_suggestions_are_accepted_and_dismissed_together(client: Client, eva: User) -> None:
    client.post(URL, form(TITLE, SHORT))
    rhys = make.person("rhys", "localisation-reviewer", locales=("cy",))
    client.force_login(rhys)
    path = reverse("admin:suggestions", args=["cy"])
    one, other = TextSuggestion.objects.order_by("unit__key")
    assert "Open suggestions in Welsh" in client.get(path).content.decode()

    client.post(path, {"action": "accept", "suggestion": [str(one.pk)]})
    client.post(path, {"action": "dismiss", "suggestion": [str(other.pk)]})

    short, title = Target.objects.get(unit=one.unit, locale="cy"), Target.objects.get(unit=other.unit, locale="cy")
    assert (short.text, short.written_by, title.text) == (one.text, eva, "Siarad nawr")
    assert {row.state: row.decided_by for row in TextSuggestion.objects.all()} == {"accepted": rhys, "dismissed": rhys}
    entries = AuditEntry.objects.filter(model="content.TextSuggestion").order_by("pk").values_list("verb", "by__username", "row")
    assert list(entries) == [
        *((Verb.SUGGESTION_MADE, "eva", str(row.pk)) for row in TextSuggestion.objects.order_by("pk")),
        (Verb.SUGGESTION_ACCEPTED, "rhys", str(one.pk)),
        (Verb.SUGGESTION_DISMISSED, "rhys", str(other.pk)),
    ]
    assert client.post(path, {"action": "accept", "suggestion": [str(one.pk)]}, follow=True).status_code == 200
    assert client.post(path, {"action": "accept"}).status_code == 400
