"""Keep what a person types in a text box until it is saved or discarded, and show it again after a new sign-in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar

from django.http import HttpResponse, QueryDict

from content.console.edit_conflicts import ConflictSides
from content.models import SetAsideText, Unit, UnsavedText
from content.models.rights import require_may_write
from core.console.pages import Page
from core.errors import DomainError, EditConflict, Invalid

T = TypeVar("T")
#: Why an action on a text that the person only read was refused.
CHANGED_SINCE = "Someone has changed this text since you opened the page, so nothing was done. Read it again, then decide."


class TextBoxPage(Page):
    """The base of pages with one box for one text: `unit`, `locale_code`, and the stored text with its revision."""

    unit: Unit

    def locale_code(self) -> str:
        """Return the locale of the text in the box."""
        raise NotImplementedError

    def stored_text(self) -> tuple[str, int]:
        """Return the stored text and its revision; ("", 0) where there is none."""
        raise NotImplementedError

    def text_of_revision(self, revision: int) -> str | None:
        """Return the text of an earlier revision, or None where it is not known."""
        raise NotImplementedError

    def unsaved(self) -> UnsavedText | None:
        """Return what the person has typed here before and not saved."""
        return UnsavedText.objects.of(self.user, self.unit, self.locale_code())

    def conflict(self, unsaved: UnsavedText | None) -> EditConflict | None:
        """Return the conflict to decide: of the refused action, or of an unsaved text whose base somebody has changed since."""
        if isinstance(self.error, EditConflict) and self.submitted is not None and "text" in self.submitted:
            return self.error
        text, revision = self.stored_text()
        if self.error or unsaved is None or unsaved.from_revision == revision:
            return None
        if self.text_of_revision(unsaved.from_revision) == text:
            return None
        return EditConflict(mine=unsaved.text, theirs=text, revision=revision)

    def conflict_sides(self, conflict: EditConflict | None, unsaved: UnsavedText | None, text: str) -> ConflictSides | None:
        """Return the three texts of the conflict, with `text` as the person's own; None where there is no conflict."""
        if conflict is None:
            return None
        began = self.base_revision(unsaved)
        return ConflictSides(self.text_of_revision(began) if began else "", conflict.extra["theirs"], text)

    def error_text(self, error: DomainError) -> str:
        """Return the message for a refused action; a reader who typed nothing has no text in the box to compare."""
        if isinstance(error, EditConflict) and self.submitted is not None and "text" not in self.submitted:
            return CHANGED_SINCE
        return super().error_text(error)

    def base_revision(self, unsaved: UnsavedText | None) -> int:
        """Return the revision that the text in the box began from: that of the refused form, else of the unsaved text.

        A refused form without a text, such as an approval, leaves the stored text in the box.
        """
        if self.submitted is not None and "text" in self.submitted:
            with suppress(Invalid):
                return revision_in(self.submitted)
        return unsaved.from_revision if unsaved else self.stored_text()[1]

    def keep(self, data: QueryDict) -> None:
        """Keep the text in the form."""
        require_may_write(self.user, self.locale_code())
        UnsavedText.objects.keep(
            person=self.user,
            unit=self.unit,
            locale=self.locale_code(),
            text=data.get("text", ""),
            stored=self.stored_text()[0],
            from_revision=revision_in(data),
            source_revision=revision_in(data, "source_revision") if "source_revision" in data else self.unit.revision,
            at=self.at,
        )

    def saved(self, save: Callable[[], T], data: QueryDict) -> T:
        """Return what `save` returns, and forget the unsaved text; keep the text where `save` refuses it."""
        try:
            done = save()
        except DomainError:
            if self.user.reads(self.locale_code()) and "revision" in data:
                self.keep(data)
            raise
        UnsavedText.objects.discard(self.user, self.unit, self.locale_code())
        return done

    def action_keep(self, data: QueryDict) -> HttpResponse:
        """Keep the text for the script of the page, which sends it every few seconds."""
        self.keep(data)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    def action_discard(self, data: QueryDict) -> str | None:
        """Set the unsaved text aside; the stored one is shown again."""
        if "text" in data:
            self.keep(data)
        if (unsaved := self.unsaved()) is not None:
            SetAsideText.objects.set_aside(unsaved, at=self.at)
        self.success("The box shows the saved text. What you had typed is set aside, at the end of this page.")
        return None

    def set_aside(self) -> list[SetAsideText]:
        """Return the texts that the person has set aside here, newest first."""
        return list(SetAsideText.objects.of(self.user, self.unit, self.locale_code()))

    def action_take_up(self, data: QueryDict) -> str | None:
        """Put a text that was set aside into the box again."""
        require_may_write(self.user, self.locale_code())
        number = data.get("set_aside", "")
        mine = SetAsideText.objects.of(self.user, self.unit, self.locale_code()).select_related("person", "unit")
        row = mine.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
        if row is None:
            raise Invalid("That text is in the box already, or it was removed.", code="set-aside")
        text, revision = self.stored_text()
        SetAsideText.objects.take_up(row, stored=text, revision=revision, at=self.at)
        self.success("The text is in the box again. It is not saved yet.")
        return None


def revision_in(data: QueryDict, name: str = "revision") -> int:
    """Return the revision that the page showed, from its hidden field; raise Invalid where it is missing."""
    shown = data.get(name, "")
    if not shown.isdecimal() or len(shown) > 9:
        raise Invalid("The form is incomplete. Reload the page and try again.", code="revision")
    return int(shown)
