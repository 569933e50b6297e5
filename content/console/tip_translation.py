"""All texts of one tip in one language on one screen, to write, review and approve them in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from content.console.text_rows import check, set_conflict, text_rows
from content.console.tip_opinions import TipOpinionPage
from content.console.tip_text_row import TipTextRow
from content.console.unit_names import part_of_tip
from content.console.unsaved_texts import CHANGED_SINCE, revision_in
from content.linting.reading_age import reading_faults
from content.linting.style_notes import style_notes
from content.linting.tokens import without_tokens
from content.models.rights import read_only_because
from content.models.text_comment import MAX_COMMENT
from core.console.pages import Link, page
from core.errors import DomainError, EditConflict, Invalid

_WRITES, _REVIEWS = ("content.edit_words",), ("content.approve_words",)
#: Keys that the script of the page knows, as the list on the page names them.
KEYS = (
    ("Ctrl + Enter", "Save, and go to the next text"),
    ("Ctrl + Shift + Enter", "Approve the saved text, and go to the next one to review"),
    ("Alt + R", "Write why you send the text back; Ctrl + Enter then sends it back"),
    ("Alt + C", "Say that you cannot judge the text, and go to the next one to review"),
    ("Alt + 1 … 9", "Insert the token with this number"),
    ("Alt + V", "Go to the next text to review"),
    ("Alt + N", "Go to the next text that is not translated or not up to date"),
    ("Alt + E", "Go to the next text with an error or a warning"),
    ("Alt + J, Alt + K", "Go to the next text, to the previous one"),
)


@page("tips/<slug:slug>/<str:locale>/", "tip-translation")
class TipTranslationPage(TipOpinionPage):
    """One tip in one language. Each text is a form of its own, so that the page works without scripts."""

    template_name = "content/tip_translation.html"
    menu = "Translations"
    actions = {
        "save": _WRITES,
        "save-next": _WRITES,
        "replace": _WRITES,
        "keep": _WRITES,
        "discard": _WRITES,
        "as-source": _WRITES,
        "suggest": _WRITES,
        "approve": _REVIEWS,
        "approve-read": _REVIEWS,
        "send-back": _REVIEWS,
        "cannot-judge": _REVIEWS,
        **dict.fromkeys(("comment", "resolve", "accept", "dismiss", "present"), (*_WRITES, *_REVIEWS)),
    }

    def heading(self) -> str:
        return f"{self.title_text} ({self.locale.name})"

    @property
    def title_text(self) -> str:
        """The tip's title in the source language."""
        return next((row.unit.text for row in self.rows() if row.kind == "title"), self.tip.slug)

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("My work", reverse("admin:my-work") + f"?language={self.locale.pk}")]

    def rows(self) -> list[TipTextRow]:
        """Return the rows, read once for a page."""
        if not hasattr(self, "_rows"):
            self._rows = text_rows(self.tip, self.locale, self.user, beside=self.beside())
            self._show_refused(self._rows)
        return self._rows

    def context(self) -> dict[str, Any]:
        rows = self.rows()
        texts = [without_tokens(row.checked) for row in rows if row.checked]
        return {
            "tip": self.tip,
            "locale": self.locale,
            "rows": rows,
            "reads": not (why := read_only_because(self.user, self.locale.pk, self.locale.name, self.tip.owner)),
            "read_only": why,
            "focus": self.focus(rows),
            "notes": style_notes(self.locale.pk),
            "tip_faults": reading_faults("\n".join(texts), self.locale.pk, self.tip.audiences),
            "keys": KEYS,
            "beside": self.locales.get(self.beside()),
            "offered": self.offered(),
            "unfinished": sum(row.is_unfinished for row in rows),
            "to_approve": sum(row.is_to_approve for row in rows),
            "to_tick": sum(row.is_approvable for row in rows),
            "max_comment": MAX_COMMENT,
            "present": self.others(),
        }

    def focus(self, rows: Sequence[TipTextRow]) -> str:
        """Return the anchor of the text in which the person goes on, "" where the page begins at its top."""
        wanted = self.key or self.request.GET.get("at", "")
        return next((row.anchor for row in rows if row.unit.key == wanted), "")

    def _show_refused(self, rows: Sequence[TipTextRow]) -> None:
        """Show what was sent in the row that it was about, with the reason why it was refused."""
        row = next((row for row in rows if row.unit.key == self.key), None)
        if row is None or self.submitted is None:
            return
        row.is_refused = True
        if "text" not in self.submitted:
            return
        row.text = self.submitted.get("text", "")
        if isinstance(self.error, EditConflict):
            set_conflict(row, self.error.extra["theirs"], self.error.extra["revision"])
        check([row], self.locale.pk)

    def action_keep(self, data: QueryDict) -> HttpResponse:
        self.find_text()
        return super().action_keep(data)

    def action_save(self, data: QueryDict) -> str | None:
        self._write(data)
        return self.url_at(self.unit.key)

    def action_replace(self, data: QueryDict) -> str | None:
        """Save the text in the box over the one that the page showed in a conflict."""
        return self.action_save(data)

    def action_save_next(self, data: QueryDict) -> str | None:
        self._write(data)
        return self.next_url()

    def action_as_source(self, data: QueryDict) -> str | None:
        """Save the source text as the translation of a name or a brand, which stays as it is."""
        self.find_text()
        if not self.unit.stays_as_is:
            raise Invalid("This text is not marked as a name that stays as it is.", code="stays-as-is")
        data = data.copy()
        data["text"] = self.unit.text
        self._write(data)
        return self.next_url()

    def action_approve(self, data: QueryDict) -> str | None:
        self.find_text()
        shown, source = revision_in(data), revision_in(data, "source_revision")
        self.target.approve(by=self.user, at=self.at, from_revision=shown, source_revision=source)
        self.success("Approved.")
        return self.next_review_url()

    def action_approve_read(self, data: QueryDict) -> str | None:
        """Approve the texts that the person ticked, each at the revision that the page showed."""
        keys = [key for _, key in self.tip.keys()]  # noqa: SIM118  a method of the tip
        ticked = [_ticked(value) for value in data.getlist("read")[: len(keys)]]
        if not ticked:
            raise Invalid("Tick the texts that you have read, then approve them.", code="nothing-ticked")
        approved = 0
        for key, revision, source in ticked:
            self.key = key
            self.find_text()
            try:
                self.target.approve(by=self.user, at=self.at, from_revision=revision, source_revision=source)
                approved += 1
            except DomainError as error:
                detail = CHANGED_SINCE if isinstance(error, EditConflict) else error.detail
                messages.error(self.request, f"{part_of_tip(key)}: {detail}")
        self.success(f"{approved} of {len(ticked)} ticked texts approved.")
        return self.request.get_full_path()

    def action_discard(self, data: QueryDict) -> str | None:
        self.find_text()
        super().action_discard(data)
        return self.url_at(self.unit.key)

    def _write(self, data: QueryDict) -> None:
        self.find_text()
        shown, source = revision_in(data), revision_in(data, "source_revision")

        def save() -> bool:
            return self.target.write(
                text=data.get("text", ""), by=self.user, at=self.at, from_revision=shown, source_revision=source
            )

        changed = self.saved(save, data)
        self.success("Saved. Another person must approve the text." if changed else "Nothing was changed, so nothing was saved.")


def _ticked(value: str) -> tuple[str, int, int]:
    """Return the key, the revision and the source revision of a ticked text; raise Invalid for another value."""
    key, _, shown = value.partition(" ")
    revision, _, source = shown.partition(" ")
    if not all(number.isdecimal() and len(number) < 10 for number in (revision, source)):
        raise Invalid("The form is incomplete. Reload the page and try again.", code="ticked")
    return key, int(revision), int(source)
