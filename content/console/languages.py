"""Languages: one person proposes a new one, its fallback chain and its term list, and another approves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.linting.locale_tag import digits_of, script_of
from content.linting.term_list import is_shipped
from content.models import Locale, LocaleRevision
from content.models.locale_revision import MAX_TERMS, LocaleRefused
from content.terms import SOURCE_LOCALE
from core.console.pages import ConsoleForm, Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Forbidden, Invalid, NotFound

PROPOSE = "content.edit_words"
APPROVE = "content.approve_words"
#: Fields of a language → their labels, in the order in which they are compared.
FIELDS = {
    "name": "English name",
    "endonym": "Name in the language itself",
    "script": "Script",
    "direction": "Direction",
    "digits": "Digits",
    "fallback": "Fallback languages",
    "terms": "Term list",
}


@page("languages/", "languages")
class LanguagesPage(Page):
    """The languages that wait for a second person, and those that packs are compiled in."""

    template_name = "content/languages.html"
    title = "Languages"
    menu = "Translations"
    actions = {"approve": (APPROVE,), "reject": (APPROVE,), "withdraw": (PROPOSE,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Translations", reverse("admin:translations"))]

    def context(self) -> dict[str, Any]:
        locales = {locale.code: locale for locale in Locale.objects.translated().order_by("name")}
        proposed = LocaleRevision.objects.proposed().select_related("proposed_by").order_by("name")
        chains = Locale.objects.fallbacks()
        return {
            "proposed": [
                (row, _comparison(locales.get(row.code), row), row.code not in locales, row.proposed_by_id == self.user.pk)
                for row in proposed
            ],
            "locales": [
                (locale, script_of(code), chains.get(code), bool(locale.terms) or is_shipped(code))
                for code, locale in locales.items()
            ],
            "may_propose": self.has_any_perm(PROPOSE),
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.approve(by=self.user, at=self.at)
        self.success(f"Approved: {revision}. The language is in the next release.")
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.withdraw(by=self.user, at=self.at)
        self.success(f"Rejected: {revision}.")
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        if revision.proposed_by_id != self.user.pk:
            raise Forbidden("Only the person who proposed this language can withdraw it.", code="proposer")
        revision.withdraw(by=self.user, at=self.at)
        self.success(f"Withdrawn: {revision}.")
        return None

    def _revision(self, data: QueryDict) -> LocaleRevision:
        pk = data.get("language", "")
        found = LocaleRevision.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 15 else None
        if found is None:
            raise NotFound("There is no such proposal.")
        return found


class LanguageForm(ConsoleForm):
    """One language. Its script, direction and digits are those of CLDR."""

    code = forms.CharField(
        max_length=35, label="Language tag", help_text="BCP 47, with the script where there are several: so, pa-Arab, zh-Hant-TW."
    )
    name = forms.CharField(
        max_length=80,
        required=False,
        label=FIELDS["name"],
        help_text="Leave it empty if the language has one already.",
    )
    endonym = forms.CharField(
        max_length=80,
        required=False,
        label=FIELDS["endonym"],
        help_text="Readers choose by this name. Leave it empty to take the one that CLDR has.",
    )
    own_chain = forms.BooleanField(required=False, label="Set the fallback languages by hand")
    fallback = forms.CharField(
        max_length=200,
        required=False,
        label=FIELDS["fallback"],
        help_text="Tags of variants in the same script, nearest first, with commas between them: es-419, es. "
        "With none, readers get English where a text is not translated.",
    )
    terms = forms.CharField(
        max_length=MAX_TERMS,
        required=False,
        strip=False,
        label=FIELDS["terms"],
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "dir": "auto"}),
        help_text="YAML, as the term lists that come with the product: words that blame, words to avoid, "
        "requests to keep a picture. Without it, each approval says that words were not checked.",
    )
    reason = forms.CharField(max_length=300, label="Reason", help_text="For the person who approves it.")

    def __init__(self, locale: Locale | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if locale is not None:
            del self.fields["code"]

    def values(self) -> dict[str, Any]:
        """Return what the form proposes; raise Invalid where a field is missing."""
        if not self.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        given = self.cleaned_data
        tags = [tag.strip() for tag in given["fallback"].split(",") if tag.strip()]
        chain = tags if given["own_chain"] or tags else None
        terms = given["terms"].replace("\r\n", "\n") if given["terms"].strip() else ""
        return {"fallback": chain, "terms": terms, **{name: given[name] for name in ("name", "endonym", "reason")}}


@page("languages/propose/", "language-propose")
class ProposeLanguagePage(Page):
    """Propose a new language, or other names, another chain or another term list for one."""

    template_name = "content/language_propose.html"
    menu = "Translations"
    permission_required = PROPOSE
    actions = {"propose": (PROPOSE,)}

    def load(self) -> None:
        code = self.request.GET.get("language", "")
        self.locale = Locale.objects.filter(pk=code).first() if code else None
        if code and self.locale is None:
            raise NotFound("There is no such language.")

    def heading(self) -> str:
        return f"Change {self.locale.name}" if self.locale else "Propose a language"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Translations", reverse("admin:translations")), Link("Languages", reverse("admin:languages"))]

    def context(self) -> dict[str, Any]:
        return {"locale": self.locale, "form": self._form(), "is_source": self.locale and self.locale.pk == SOURCE_LOCALE}

    def _form(self) -> LanguageForm:
        """Return the form as it was sent, with its faults, or with the values of the language."""
        if self.submitted is not None:
            form = LanguageForm(self.locale, self.submitted)
            form.is_valid()
            if isinstance(self.error, LocaleRefused):
                for field, sentence in self.error.fields.items():
                    form.add_error(field if field in form.fields else None, sentence)
            return form
        initial: dict[str, Any] = {}
        if self.locale is not None:
            own = self.locale.fallback
            initial = {"name": self.locale.name, "endonym": self.locale.endonym, "terms": self.locale.terms}
            initial |= {"own_chain": own is not None, "fallback": ", ".join(own or ())}
        return LanguageForm(self.locale, initial=initial)

    def error_text(self, error: Any) -> str:
        return "Check the fields marked below." if isinstance(error, LocaleRefused) else str(error.detail)

    def action_propose(self, data: QueryDict) -> str | None:
        form = LanguageForm(self.locale, data)
        values = form.values()
        if self.locale is None:
            LocaleRevision.objects.propose_new(form.cleaned_data["code"], by=self.user, at=self.at, **values)
        else:
            LocaleRevision.objects.propose_change(self.locale, by=self.user, at=self.at, **values)
        self.success("Proposed. Nothing changes until a second person approves it.")
        return reverse("admin:languages")


def shown_values(row: Locale | LocaleRevision) -> dict[str, str]:
    """Return the fields of a language as staff read them, by name."""
    chain = "As CLDR has them" if row.fallback is None else ", ".join(row.fallback) or "None"
    return {
        "name": row.name,
        "endonym": row.endonym,
        "script": script_of(row.code),
        "direction": "Right to left" if row.dir == "rtl" else "Left to right",
        "digits": digits_of(row.code),
        "fallback": chain,
        "terms": row.terms or ("The one that comes with the product" if is_shipped(row.code) else ""),
    }


def _comparison(old: Locale | None, new: LocaleRevision) -> list[tuple[str, str, str, bool]]:
    """Return (label, old, new, differs) for each field; a new language has no old values."""
    was = shown_values(old) if old else dict.fromkeys(FIELDS, "")
    becomes = shown_values(new)
    return [(name, was[key], becomes[key], was[key] != becomes[key]) for key, name in FIELDS.items()]
