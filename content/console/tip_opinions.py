"""What colleagues do on the screen of a tip without changing a text: suggest another one, and have the page open."""

from __future__ import annotations

from django.http import JsonResponse, QueryDict

from content.console.text_opinions import number_in
from content.console.tip_text_page import TipTextPage
from content.console.unsaved_texts import revision_in
from content.models import TextSuggestion, TipPresence, UnsavedText
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
        self.success(f"Accepted. The text is a draft by {suggestion.by.shown_name}, which another person must approve.")
        return self.url_at(self.unit.key)

    def action_dismiss(self, data: QueryDict) -> str | None:
        self.find_text()
        self._suggestion(data).dismiss(by=self.user, at=self.at)
        self.success("The suggestion is dismissed.")
        return self.url_at(self.unit.key)

    def _suggestion(self, data: QueryDict) -> TextSuggestion:
        """Return the suggestion for the text that the form names."""
        found = TextSuggestion.objects.filter(unit=self.unit, locale=self.locale).select_related("by")
        suggestion = found.filter(pk=number_in(data)).first()
        if suggestion is None:
            raise Invalid("There is no such suggestion.", code="suggestion")
        return suggestion
