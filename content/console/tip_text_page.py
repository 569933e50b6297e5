"""The base of the screen of one tip in one language: which text a form is about, and where the person goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from content.console.text_opinions import TextOpinionPage
from content.models import DeclinedReading, Locale, Target, TargetRevision, TextComment, Tip, Unit
from content.models.target_status import TargetStatus
from content.terms import SOURCE_LOCALE
from core.errors import NotFound

#: Languages that are offered beside another one to people who read no further one.
_USUAL = ("cy", "fr", "es", "ar", "hi")


class TipTextPage(TextOpinionPage):
    """A page whose forms are each about one text of a tip, which the field `unit` names by its key."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Remember which text a form is about."""
        super().setup(request, *args, **kwargs)
        self.key = request.POST.get("unit", "")

    def load(self) -> None:
        codes = {self.kwargs["locale"], self.beside(), *self.user.locales, *_USUAL}
        #: The language of the page, and those that can be shown beside it, by their tags.
        self.locales = Locale.objects.in_bulk(codes - {SOURCE_LOCALE})
        locale = self.locales.pop(self.kwargs["locale"], None)
        tip = Tip.objects.filter(pk=self.kwargs["slug"]).first()
        if locale is None or tip is None:
            raise NotFound("There is no such tip, or no such language to translate it into.")
        self.locale, self.tip = locale, tip

    def find_text(self) -> None:
        """Find the text that the form is about; raise NotFound where the tip does not have it."""
        unit = Unit.objects.filter(key=self.key, owner=self.tip.owner).exclude(source_locale=self.locale).first()
        if unit is None:
            raise NotFound("The form is about a text that this tip does not have. Reload the page and try again.")
        self.unit = unit
        self.target = Target.objects.of(unit, self.locale.pk)

    def locale_code(self) -> str:
        return self.locale.pk

    def stored_text(self) -> tuple[str, int]:
        return self.target.text, self.target.revision

    def text_of_revision(self, revision: int) -> str | None:
        found = TargetRevision.objects.filter(target=self.target.pk, revision=revision).first() if self.target.pk else None
        return found.text if found else None

    def offered(self) -> list[Locale]:
        """Return the languages that can be shown beside this one: those that the person reads, or else the usual ones."""
        own = [self.locales[code] for code in self.user.locales if code in self.locales]
        return own or [self.locales[code] for code in _USUAL if code in self.locales]

    def beside(self) -> str:
        """Return the other locale whose texts are shown as well, from the query string."""
        return self.request.GET.get("beside", "")

    def url_at(self, key: str) -> str:
        """Return the URL of this page at a text."""
        query = {"at": key} | ({"beside": self.beside()} if self.beside() else {})
        unit = Unit.objects.filter(key=key).values_list("pk", flat=True).first()
        return f"{self.request.path}?{urlencode(query)}#text-{unit}-box"

    def url_here(self) -> str:
        return self.url_at(self.unit.key)

    def url_after_review(self) -> str:
        return self.next_review_url()

    def next_url(self) -> str:
        """Return the URL of this page at the next text."""
        keys = self._keys()
        units = set(Unit.objects.filter(key__in=keys).values_list("key", flat=True))
        after = keys[keys.index(self.unit.key) + 1 :] if self.unit.key in keys else []
        return self.url_at(next((key for key in after if key in units), self.unit.key))

    def next_review_url(self) -> str:
        """Return the URL of this page at the next text for this second reader; at the next text where there is none."""
        keys = self._keys()
        waiting = self._keys_to_review(keys)
        place = keys.index(self.unit.key) if self.unit.key in keys else 0
        found = next((key for key in (*keys[place + 1 :], *keys[:place]) if key in waiting), None)
        return self.url_at(found) if found else self.next_url()

    def _keys(self) -> list[str]:
        return [key for _, key in self.tip.keys()]  # noqa: SIM118  a method of the tip

    def _keys_to_review(self, keys: Sequence[str]) -> set[str]:
        """Return the keys of the texts that others wrote and that wait, without those sent back or declined by this person."""
        targets = Target.objects.with_status().filter(
            unit__key__in=keys, locale=self.locale, status__in=(TargetStatus.NEEDS_REVIEW, TargetStatus.OUTDATED)
        )
        rows = targets.exclude(written_by=self.user).values_list("pk", "unit", "revision", "unit__key")
        declined = set(
            DeclinedReading.objects.current().filter(by=self.user, target__locale=self.locale).values_list("target", flat=True)
        )
        returned = set(TextComment.objects.open().returned(self.locale.pk).values_list("unit", "returned_revision"))
        return {key for target, unit, revision, key in rows if target not in declined and (unit, revision) not in returned}
