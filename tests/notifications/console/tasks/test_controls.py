"""Every control of the task pages changes what is stored, or is refused: nothing that is typed is ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from django import forms
from django.test import Client

from notifications.models import Campaign
from notifications.models.campaign_rules import DEFINITION
from tests import make
from tests.examples import examples
from tests.notifications.console.tasks import pages

pytestmark = pytest.mark.django_db

#: Other choices of a control that are tried; in the quick tier the first of them.
_TRIED = examples(6, least=2)
#: Other values of the controls in which people type.
TYPED: dict[str, str] = {
    "at_date": "2027-02-02", "at_time": "06:00:07", "local_date": "2027-02-01", "local_time": "17:00:07",
    "end_date": "2026-12-24", "end_time": "13:00:07", "reach_confirmed": "160,530",
}  # fmt: skip
#: Values in which each choice that opens fields of its own is made another way than in `complete`.
OTHER_BASES: dict[str, dict[str, Any]] = {
    "who": {"where": "all", "countries": [], "readers_of": "some", "locales": ["en"]},
    "when": {
        "start": "local", "local_date": "2027-02-02", "local_time": "17:00:00", "end_date": "2027-02-03", "night": "respect",
        "night_reason": "",
    },
}  # fmt: skip


def stored(campaign: Campaign) -> dict[str, Any]:
    row = Campaign.objects.filter(pk=campaign.pk).values(*DEFINITION, "reach_confirmed").get()
    return cast("dict[str, Any]", row)


def others(field: forms.Field, name: str, value: list[str]) -> Iterator[list[str]]:
    """Yield other values of a control than this one."""
    if isinstance(field, forms.MultipleChoiceField):
        for choice in choices(field):
            yield [one for one in value if one != choice] if choice in value else [*value, choice]
    elif isinstance(field, forms.ChoiceField):
        yield from ([choice] for choice in choices(field) if [choice] != value)
    else:
        yield [TYPED.get(name, "Something else")]


def choices(field: forms.ChoiceField) -> list[str]:
    """Return the first choices of a field, those of groups included."""
    found: list[str] = []
    for value, label in cast("list[tuple[str, Any]]", field.choices):
        found += [inner for inner, _ in label] if isinstance(label, (list, tuple)) else [value]
    return found[:_TRIED]


def values(form: forms.Form) -> dict[str, list[str]]:
    """Return what a form shows, as it would be sent."""
    shown = {name: form[name].value() for name in form.fields}
    return {
        name: [] if value is None else list(value) if isinstance(value, (list, tuple)) else [str(value)]
        for name, value in shown.items()
    }


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("task", "base"),
    [*((task, {}) for task in ("purpose", "who", "words", "help", "when")), *OTHER_BASES.items()],
    ids=["purpose", "who", "words", "help", "when", "who everywhere", "when by local time"],
)
def test_promise_15_every_control_changes_what_is_stored_or_is_refused(
    client: Client, author: make.User, content: None, task: str, base: dict[str, Any]
) -> None:
    campaign = pages.complete(client)
    address = pages.url(campaign, task)
    form = client.get(address).context["form"]
    sent = {**values(form), **base}
    assert pages.save(client, address, **sent).status_code == 302
    before = stored(campaign)

    ignored = []
    for name, field in form.fields.items():
        value = sent[name] if isinstance(sent[name], list) else [sent[name]]
        for other in others(field, name, value):
            answer = pages.save(client, address, **(sent | {name: other}))
            if answer.status_code == 302 and stored(campaign) == before:
                ignored.append((name, other))
            if answer.status_code == 302:
                # A main language that was chosen once keeps its empty text.
                pages.save(client, address, **sent)
                before = stored(campaign)

    assert ignored == []
