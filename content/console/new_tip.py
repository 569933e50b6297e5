"""A whole new tip: its texts, its readers and its situations in one form, proposed to a second person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.console.number_boxes import entered_numbers, number_boxes
from content.console.revision_pages import MAX_REASON
from content.console.tip_form import TipForm
from content.models import Tip, Unit
from content.models.new_tip import NewTip, NewTipRefused, propose_new_tip
from content.models.tip_facts import TipKind, TipState
from content.terms import SOURCE_LOCALE
from core.console.pages import Link, Page, page
from core.errors import Invalid

_STEP_HELP = "One step in each paragraph: leave an empty line between two steps."
#: Part of a unit key → the field with its text; steps have a number behind the part.
_FIELDS = {
    "slug": "slug",
    "title": "title",
    "short-title": "short_title",
    "short": "short",
    "do-now": "now",
    "do-not": "never",
    "more": "more_text",
}
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n\s*")


def _box(label: str, rows: int, *, required: bool = True, help_text: str = "") -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "lang": SOURCE_LOCALE, "spellcheck": "true"})
    return forms.CharField(label=label, widget=widget, required=required, help_text=help_text, max_length=20_000)


class NewTipForm(TipForm):
    """The texts of a new tip in the source language, and its facts."""

    slug = forms.CharField(
        max_length=60,
        label="Reference",
        help_text="For addresses and campaign files, for example first-hour. It must not say what happened to the reader.",
    )
    title = _box("Title", 2, help_text="What the reader sees first: up to 70 characters.")
    short_title = _box(
        "Short title",
        1,
        required=False,
        help_text="For lock screens and tight places: up to 30 characters that do not tell what happened. "
        "Without one, the title is shown.",
    )
    short = _box("Short answer", 3, help_text="The one thing to know, for a reader in panic: up to 180 characters.")
    now = _box("Do now", 8, help_text=_STEP_HELP)
    never = _box("Do not", 5, required=False, help_text=_STEP_HELP)
    more_text = _box("More", 8, required=False, help_text="Markdown without images and links.")
    reason = forms.CharField(
        max_length=MAX_REASON, label="Reason", help_text="For the person who approves the tip: who needs it, and your sources."
    )
    # A new tip is current, and its steps are in the order of their texts.
    tip_state = None  # type: ignore[assignment]
    do_now = None  # type: ignore[assignment]
    do_not = None  # type: ignore[assignment]
    more = None  # type: ignore[assignment]

    def texts(self) -> dict[str, str]:
        """Return the texts by the part of their unit keys, without empty ones."""
        chosen = self.cleaned_data
        texts = {part: chosen[_FIELDS[part]] for part in ("title", "short-title", "short")}
        for part in ("do-now", "do-not"):
            steps = [step for step in _BLANK_LINE.split(chosen[_FIELDS[part]].strip()) if step.strip()]
            texts |= {f"{part}.{number}": step.strip() for number, step in enumerate(steps, start=1)}
        return {part: text for part, text in {**texts, "more": chosen["more_text"]}.items() if text.strip()}

    def facts(self) -> dict[str, Any]:
        """Return the facts of the tip without its steps."""
        own = {*_FIELDS.values(), "reason"}
        facts = {name: value for name, value in super().facts().items() if name not in own}
        return {**facts, "kind": TipKind.TIP, "tip_state": TipState.CURRENT}

    def mark(self, refused: NewTipRefused) -> None:
        """Put the sentences about each part at its field."""
        for part, sentences in refused.extra["faults"].items():
            name, _, number = part.partition(".")
            for sentence in sentences:
                self.add_error(_FIELDS[name], f"Step {number}: {sentence}" if number else sentence)


@page("new-tip/", "new-tip")
class NewTipPage(Page):
    """The form of a new tip, empty or filled from another tip (`like` in the query string)."""

    template_name = "content/new_tip.html"
    title = "Write a new tip"
    menu = "Tips"
    permission_required = "content.edit_words"
    actions = {"propose": ("content.edit_words",)}

    form: NewTipForm | None = None

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Tips", reverse("admin:tips"))]

    def context(self) -> dict[str, Any]:
        like = self.request.GET.get("like", "")
        titles = dict(Unit.objects.filter(key__startswith="tip.", key__endswith=".title").values_list("owner", "text"))
        tips = Tip.objects.current().filter(kind=TipKind.TIP).order_by("order", "slug")
        return {
            "form": self.form or NewTipForm(initial=_initial(Tip.objects.filter(pk=like).first())),
            "boxes": number_boxes(Unit(), self.submitted, self.error),
            "reads": self.user.reads(SOURCE_LOCALE),
            "like": like,
            "tips": [(tip.slug, titles.get(tip.owner, tip.slug)) for tip in tips],
        }

    def action_propose(self, data: QueryDict) -> str | None:
        self.form = form = NewTipForm(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        new = NewTip(form.cleaned_data["slug"], form.texts(), form.facts(), entered_numbers(data))
        try:
            revision = propose_new_tip(new, by=self.user, at=self.at, reason=form.cleaned_data["reason"])
        except NewTipRefused as refused:
            form.mark(refused)
            raise
        self.success("Proposed. Another person must approve the tip, and each of its texts, before readers can get it.")
        return reverse("admin:tip-change", args=[revision.pk])


def _initial(tip: Tip | None) -> dict[str, Any]:
    """Return the values of an empty form, or those of another tip to start from."""
    if tip is None:
        return {"order": 100}
    units = {unit.key: unit.text for unit in Unit.objects.owned_by(tip.owner)}
    texts: dict[str, list[str]] = {}
    for column, key in list(tip.keys()):
        texts.setdefault(column, []).append(units.get(key, ""))
    names = {field.replace("-", "_"): name for field, name in _FIELDS.items()}
    return {
        **TipForm.initial_of(tip.facts()),
        **{names[column]: "\n\n".join(part for part in parts if part) for column, parts in texts.items()},
    }
