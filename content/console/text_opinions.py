"""What colleagues say of one text without changing it: comments, texts sent back, and texts that somebody cannot judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import QueryDict

from content.console.unsaved_texts import TextBoxPage, revision_in
from content.models import DeclinedReading, TextComment
from core.errors import Invalid

if TYPE_CHECKING:
    from content.models.target_queries import TargetWithStatus


class TextOpinionPage(TextBoxPage):
    """The base of pages on which a text is commented on and reviewed: `unit` with its `target`."""

    target: TargetWithStatus

    def find_text(self) -> None:
        """Find the text that the form is about; a page of one text has found it already."""

    def url_here(self) -> str | None:
        """Return the URL of the text on this page; None: the page itself."""
        return None

    def url_after_review(self) -> str | None:
        """Return the URL at which a second reader goes on."""
        raise NotImplementedError

    def comments(self) -> list[TextComment]:
        """Return the open comments on the text, the first one first."""
        return list(TextComment.objects.open().filter(unit=self.unit, locale=self.locale_code()).select_related("by"))

    def declined_by(self) -> list[str]:
        """Return the names of the second readers who cannot judge the stored text."""
        declined = DeclinedReading.objects.current().filter(target=self.target.pk)
        return list(declined.values_list("by__username", flat=True)) if self.target.pk else []

    def action_comment(self, data: QueryDict) -> str | None:
        self.find_text()
        TextComment.objects.write(
            unit=self.unit, locale=self.locale_code(), text=data.get("comment", ""), by=self.user, at=self.at
        )
        self.success("The comment is added.")
        return self.url_here()

    def action_resolve(self, data: QueryDict) -> str | None:
        self.find_text()
        found = TextComment.objects.filter(unit=self.unit, locale=self.locale_code())
        comment = found.filter(pk=number_in(data)).first()
        if comment is None:
            raise Invalid("There is no such comment.", code="comment")
        comment.resolve(by=self.user, at=self.at)
        self.success("The comment is resolved.")
        return self.url_here()

    def action_send_back(self, data: QueryDict) -> str | None:
        self.find_text()
        TextComment.objects.send_back(
            self.target, reason=data.get("comment", ""), by=self.user, at=self.at, revision=revision_in(data)
        )
        self.success("Sent back. Its author finds it under “Came back to you”.")
        return self.url_after_review()

    def action_cannot_judge(self, data: QueryDict) -> str | None:
        self.find_text()
        shown = revision_in(data)
        if self.target.pk is None or shown != self.target.revision:
            raise Invalid("The text has changed since you opened the page. Read it again.", code="revision")
        DeclinedReading.objects.decline(self.target, by=self.user, at=self.at, revision=shown)
        self.success("Noted. Another second reader will review that text.")
        return self.url_after_review()


def number_in(data: QueryDict) -> int:
    """Return the primary key in the form's field `number`; 0, which no row has, where it is not one."""
    number = data.get("number", "")
    return int(number) if number.isdecimal() and len(number) < 19 else 0
