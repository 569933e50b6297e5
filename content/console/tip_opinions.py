"""What colleagues say of the texts of a tip: comments, texts sent back or that somebody cannot judge, and suggestions."""

from __future__ import annotations

from django.http import JsonResponse, QueryDict

from content.console.tip_text_page import TipTextPage
from content.console.unsaved_texts import revision_in
from content.models import DeclinedReading, TextComment, TextSuggestion, TipPresence, UnsavedText
from content.models.rights import require_reads
from core.errors import Invalid


class TipOpinionPage(TipTextPage):
    """The actions of a tip's screen that change no text by themselves."""

    def action_present(self, data: QueryDict) -> JsonResponse:
        """Record for the script of the page that the person has it open, and return who else has."""
        require_reads(self.user, self.locale.pk)
        TipPresence.objects.note(person=self.user, tip=self.tip, locale=self.locale.pk, at=self.at)
        return JsonResponse({"others": self.others()})

    def others(self) -> list[str]:
        """Return the names of the colleagues who have the page open."""
        return TipPresence.objects.others(person=self.user, tip=self.tip, locale=self.locale.pk, at=self.at)

    def action_comment(self, data: QueryDict) -> str | None:
        self.find_text()
        TextComment.objects.write(unit=self.unit, locale=self.locale.pk, text=data.get("comment", ""), by=self.user, at=self.at)
        self.success("The comment is added.")
        return self.url_at(self.unit.key)

    def action_resolve(self, data: QueryDict) -> str | None:
        self.find_text()
        found = TextComment.objects.filter(unit=self.unit, locale=self.locale)
        comment = found.filter(pk=_number(data)).first()
        if comment is None:
            raise Invalid("There is no such comment.", code="comment")
        comment.resolve(by=self.user, at=self.at)
        self.success("The comment is resolved.")
        return self.url_at(self.unit.key)

    def action_send_back(self, data: QueryDict) -> str | None:
        self.find_text()
        TextComment.objects.send_back(
            self.target, reason=data.get("comment", ""), by=self.user, at=self.at, revision=revision_in(data)
        )
        self.success("Sent back. Its author finds it under “Came back to you”.")
        return self.next_review_url()

    def action_cannot_judge(self, data: QueryDict) -> str | None:
        self.find_text()
        shown = revision_in(data)
        if self.target.pk is None or shown != self.target.revision:
            raise Invalid("The text has changed since you opened the page. Read it again.", code="revision")
        DeclinedReading.objects.decline(self.target, by=self.user, at=self.at, revision=shown)
        self.success("Noted. Another second reader will review that text.")
        return self.next_review_url()

    def action_suggest(self, data: QueryDict) -> str | None:
        """Suggest the text in the box, and leave the saved one as it is."""
        self.find_text()
        shown = revision_in(data)

        def suggest() -> TextSuggestion:
            return TextSuggestion.objects.suggest(
                unit=self.unit,
                locale=self.locale.pk,
                text=data.get("text", ""),
                by=self.user,
                at=self.at,
                from_revision=shown,
            )

        self.saved(suggest, data)
        self.success("Suggested. The saved text stays as it is until somebody accepts the suggestion.")
        return self.url_at(self.unit.key)

    def action_accept(self, data: QueryDict) -> str | None:
        self.find_text()
        suggestion = self._suggestion(data)
        suggestion.accept(by=self.user, at=self.at)
        UnsavedText.objects.discard(self.user, self.unit, self.locale.pk)
        self.success(f"Accepted. The text is a draft by {suggestion.by.username}, which another person must approve.")
        return self.url_at(self.unit.key)

    def action_dismiss(self, data: QueryDict) -> str | None:
        self.find_text()
        self._suggestion(data).dismiss(by=self.user, at=self.at)
        self.success("The suggestion is dismissed.")
        return self.url_at(self.unit.key)

    def _suggestion(self, data: QueryDict) -> TextSuggestion:
        """Return the suggestion for the text that the form names."""
        found = TextSuggestion.objects.filter(unit=self.unit, locale=self.locale).select_related("by")
        suggestion = found.filter(pk=_number(data)).first()
        if suggestion is None:
            raise Invalid("There is no such suggestion.", code="suggestion")
        return suggestion


def _number(data: QueryDict) -> int:
    """Return the primary key in the form's field `number`; 0, which no row has, where it is not one."""
    number = data.get("number", "")
    return int(number) if number.isdecimal() and len(number) < 19 else 0
