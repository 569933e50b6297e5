"""All texts of one tip in one language on one screen, to write, review and approve them in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from content.console.text_rows import TipTextRow, check, set_conflict, text_rows
from content.console.unsaved_texts import TextBoxPage, revision_in
from content.linting.reading_age import reading_faults
from content.linting.style_notes import style_notes
from content.linting.tokens import without_tokens
from content.models import Locale, Target, TargetRevision, TextComment, Tip, Unit
from content.models.text_comment import MAX_COMMENT
from content.terms import SOURCE_LOCALE
from core.console.pages import Link, page
from core.errors import EditConflict, Invalid, NotFound

_WRITES, _REVIEWS = ("content.edit_words",), ("content.approve_words",)
#: Keys that the script of the page knows, as the list on the page names them.
KEYS = (
    ("Ctrl + Enter", "Save, and go to the next text"),
    ("Ctrl + Shift + Enter", "Approve the saved text, and go to the next one"),
    ("Alt + 1 … 9", "Insert the token with this number"),
    ("Alt + N", "Go to the next text that is not translated or not up to date"),
    ("Alt + E", "Go to the next text with an error or a warning"),
    ("Alt + J, Alt + K", "Go to the next text, to the previous one"),
)


@page("tips/<slug:slug>/<str:locale>/", "tip-translation")
class TipTranslationPage(TextBoxPage):
    """One tip in one language. Each text is a form of its own, so that the page works without scripts."""

    template_name = "content/tip_translation.html"
    menu = "Translations"
    actions = {
        "save": _WRITES,
        "save-next": _WRITES,
        "replace": _WRITES,
        "keep": _WRITES,
        "discard": _WRITES,
        "approve": _REVIEWS,
        "comment": (*_WRITES, *_REVIEWS),
        "resolve": (*_WRITES, *_REVIEWS),
    }
    target: Target

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Remember which text a form is about."""
        super().setup(request, *args, **kwargs)
        self.key = request.POST.get("unit", "")

    def load(self) -> None:
        locale = Locale.objects.filter(pk=self.kwargs["locale"]).first()
        tip = Tip.objects.filter(pk=self.kwargs["slug"]).first()
        if locale is None or tip is None or locale.pk == SOURCE_LOCALE:
            raise NotFound("There is no such tip, or no such language to translate it into.")
        self.locale, self.tip = locale, tip

    def find_text(self) -> None:
        """Find the text that the form is about; raise NotFound where the tip does not have it."""
        unit = Unit.objects.filter(key=self.key, owner=self.tip.owner).exclude(source_locale=self.locale).first()
        if unit is None:
            raise NotFound("The form is about a text that this tip does not have. Reload the page and try again.")
        self.unit = unit
        self.target = Target.objects.of(unit, self.locale.pk)

    def heading(self) -> str:
        return f"{self.title_text} ({self.locale.name})"

    @property
    def title_text(self) -> str:
        """The tip's title in the source language."""
        return next((row.unit.text for row in self.rows() if row.kind == "title"), self.tip.slug)

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("My work", reverse("admin:my-work") + f"?language={self.locale.pk}")]

    def locale_code(self) -> str:
        return self.locale.pk

    def stored_text(self) -> tuple[str, int]:
        return self.target.text, self.target.revision

    def text_of_revision(self, revision: int) -> str | None:
        found = TargetRevision.objects.filter(target=self.target.pk, revision=revision).first() if self.target.pk else None
        return found.text if found else None

    def rows(self) -> list[TipTextRow]:
        """Return the rows, read once for a page."""
        if not hasattr(self, "_rows"):
            self._rows = text_rows(self.tip, self.locale, self.user, beside=self.beside())
            self._show_refused(self._rows)
        return self._rows

    def beside(self) -> str:
        """Return the other locale whose texts are shown as well, from the query string."""
        return self.request.GET.get("beside", "")

    def context(self) -> dict[str, Any]:
        rows = self.rows()
        texts = [without_tokens(row.checked) for row in rows if row.checked]
        others = [code for code in self.user.locales if code not in ("*", self.locale.pk, SOURCE_LOCALE)]
        return {
            "tip": self.tip,
            "locale": self.locale,
            "rows": rows,
            "reads": self.user.reads(self.locale.pk),
            "focus": self.focus(rows),
            "notes": style_notes(self.locale.pk),
            "tip_faults": reading_faults("\n".join(texts), self.locale.pk, self.tip.audiences),
            "keys": KEYS,
            "beside": self.beside(),
            "others": others or [code for code in ("cy", "fr", "es", "ar", "hi") if code != self.locale.pk],
            "unfinished": sum(row.is_unfinished for row in rows),
            "to_approve": sum(row.is_to_approve for row in rows),
            "max_comment": MAX_COMMENT,
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

    def next_url(self) -> str:
        """Return the URL of this page at the next text."""
        keys = [key for _, key in self.tip.keys()]  # noqa: SIM118  a method of the tip
        units = set(Unit.objects.filter(key__in=keys).values_list("key", flat=True))
        after = keys[keys.index(self.unit.key) + 1 :] if self.unit.key in keys else []
        return self.url_at(next((key for key in after if key in units), self.unit.key))

    def url_at(self, key: str) -> str:
        """Return the URL of this page at a text."""
        query = {"at": key} | ({"beside": self.beside()} if self.beside() else {})
        unit = Unit.objects.filter(key=key).values_list("pk", flat=True).first()
        return f"{self.request.path}?{urlencode(query)}#text-{unit}-box"

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

    def action_approve(self, data: QueryDict) -> str | None:
        self.find_text()
        shown, source = revision_in(data), revision_in(data, "source_revision")
        self.target.approve(by=self.user, at=self.at, from_revision=shown, source_revision=source)
        self.success("Approved.")
        return self.next_url()

    def action_discard(self, data: QueryDict) -> str | None:
        self.find_text()
        super().action_discard(data)
        return self.url_at(self.unit.key)

    def action_comment(self, data: QueryDict) -> str | None:
        self.find_text()
        TextComment.objects.write(unit=self.unit, locale=self.locale.pk, text=data.get("comment", ""), by=self.user, at=self.at)
        self.success("The comment is added.")
        return self.url_at(self.unit.key)

    def action_resolve(self, data: QueryDict) -> str | None:
        self.find_text()
        number = data.get("number", "")
        found = TextComment.objects.filter(unit=self.unit, locale=self.locale)
        comment = found.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
        if comment is None:
            raise Invalid("There is no such comment.", code="comment")
        comment.resolve(by=self.user, at=self.at)
        self.success("The comment is resolved.")
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
