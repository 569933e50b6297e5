"""Proposed locales, and proposed changes of their names, fallback chains and term lists; a second person approves each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from content.linting.characters import character_faults
from content.linting.locale_tag import canonical_tag, chain_faults, direction_of, names_of, standard_chain
from content.linting.term_list import TermsRefused, is_shipped, read_terms
from content.models.locale import FACTS, Direction, Locale
from content.models.revision import (
    Revision,
    RevisionQuerySet,
    RevisionState,
    four_eyes,
    require_changed,
    revision_lifecycle,
    revision_triggers,
)
from content.models.stored_terms import recheck_terms
from content.terms import SOURCE_LOCALE
from core import roles
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of

#: Characters of a term list.
MAX_TERMS = 60_000
#: Locales of a fallback chain.
MAX_CHAIN = 5

LIFECYCLE = revision_lifecycle(
    "content.LocaleRevision",
    approved=(Verb.LOCALE_APPROVED, "a second person approves it; the language is in the next release"),
    withdrawn=(Verb.LOCALE_WITHDRAWN, "the proposer withdraws it, or a second person rejects it"),
)


class LocaleRefused(Invalid):
    """A locale breaks a rule; `fields` has a sentence by the name of each field."""

    code = "locale"

    def __init__(self, *, fields: dict[str, str]) -> None:
        """Take a sentence for each field."""
        super().__init__(" ".join(fields.values()), faults=[*fields.values()])
        self.fields = fields


class LocaleRevisionQuerySet(RevisionQuerySet["LocaleRevision"]):
    """Find and propose revisions."""

    def propose_new(
        self,
        tag: str,
        *,
        by: User,
        at: datetime,
        name: str = "",
        endonym: str = "",
        fallback: Iterable[str] | None = None,
        terms: str = "",
        reason: str = "",
    ) -> LocaleRevision:
        """Propose a locale under the canonical form of the tag; a name that is left out is that of CLDR.

        Raises LocaleRefused with the fields that break a rule, also where the locale is here already under the canonical form.
        """
        roles.require(by, "content.edit_words")
        try:
            code = canonical_tag(tag)
        except Invalid as error:
            raise LocaleRefused(fields={"code": error.detail}) from None
        known = Locale.objects.filter(pk=code).first()
        if known is not None:
            alias = "" if tag.strip() == code else f"{tag.strip()} is written {code}. "
            raise LocaleRefused(fields={"code": f"{alias}{known.name} ({code}) is already one of the languages."})
        standard, own = names_of(code)
        facts = {"name": name.strip() or standard, "endonym": endonym.strip() or own, "fallback": fallback, "terms": terms}
        return self._propose(code, facts, reason=reason, by=by, at=at)

    def propose_change(
        self,
        locale: Locale,
        *,
        by: User,
        at: datetime,
        name: str,
        endonym: str,
        fallback: Iterable[str] | None,
        terms: str,
        reason: str = "",
    ) -> LocaleRevision:
        """Propose other names, another chain or another term list; raise LocaleRefused, or Invalid where nothing differs."""
        roles.require(by, "content.edit_words")
        facts = {
            "name": name.strip() or names_of(locale.code)[0],
            "endonym": endonym.strip(),
            "fallback": fallback,
            "terms": terms,
        }
        return self._propose(locale.code, facts, reason=reason, by=by, at=at, old=locale)

    def _propose(
        self,
        code: str,
        facts: dict[str, Any],
        *,
        reason: str,
        by: User,
        at: datetime,
        old: Locale | None = None,
    ) -> LocaleRevision:
        fallback = facts.pop("fallback")
        revision = self.model(
            code=code,
            dir=old.dir if old else direction_of(code),
            fallback=None if fallback is None else [*fallback],
            reason=reason,
            proposed_by=by,
            proposed_at=at,
            **facts,
        )
        if fields := revision.field_faults():
            raise LocaleRefused(fields=fields)
        if old is not None:
            require_changed(revision.facts(), old.facts())
        return self.insert(revision, verb=Verb.LOCALE_PROPOSED, locale=code, is_new=old is None)


class LocaleRevision(Revision):
    """A locale as it will be, with who proposed and who approved it."""

    code = models.CharField(max_length=35)
    name = models.CharField(max_length=80)
    endonym = models.CharField(max_length=80)
    dir = models.CharField(max_length=3, choices=Direction.choices)
    fallback = models.JSONField(null=True, blank=True)
    terms = models.TextField(blank=True, default="")

    approve_permission: ClassVar[str] = "content.approve_words"
    subject: ClassVar[str] = "a language"

    objects: ClassVar[LocaleRevisionQuerySet] = manager_of(LocaleRevisionQuerySet)

    class Meta:
        ordering = ("-id",)
        constraints = (
            four_eyes(),
            models.CheckConstraint(condition=Q(dir__in=Direction.values), name="localerevision_dir"),
            models.UniqueConstraint(
                fields=("code",), condition=Q(state=RevisionState.PROPOSED), name="localerevision_one_proposal"
            ),
        )
        triggers = revision_triggers(LIFECYCLE, ["code", *FACTS, "reason", "proposed_by", "proposed_at"])

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def facts(self) -> dict[str, object]:
        """Return what the revision says of the locale."""
        return {name: getattr(self, name) for name in FACTS}

    def of_the_same_row(self) -> models.QuerySet[LocaleRevision]:
        """Return all revisions of the locale."""
        return LocaleRevision.objects.filter(code=self.code)

    def faults(self) -> list[str]:
        """Return one sentence for each rule that the facts break."""
        return [*self.field_faults().values()]

    def field_faults(self) -> dict[str, str]:
        """Return the sentences by the name of the field that they are about."""
        found = {
            "name": _name_faults(self.name, SOURCE_LOCALE, "the English name") or self._english_name_faults(),
            "endonym": _name_faults(self.endonym, self.code, "the name of the language in the language itself"),
            "fallback": self._chain_faults(),
            "terms": self._term_faults(),
        }
        return {field: " ".join(sentences) for field, sentences in found.items() if sentences}

    def apply(self, *, by: User, at: datetime) -> None:
        """Add the locale, or give it the facts of this revision."""
        Locale.objects.apply(self)
        recheck_terms()

    def _english_name_faults(self) -> list[str]:
        # Every page that names a language takes this name, not that of the row: a language has one name everywhere.
        standard = names_of(self.code)[0]
        if not standard or self.name == standard:
            return []
        return [f"The English name of this language is {standard} everywhere. Leave this empty to take it."]

    def _chain_faults(self) -> list[str]:
        if self.fallback is None:
            return []
        if self.code == SOURCE_LOCALE:
            return ["The source language is the fallback of all others and has none itself."] if self.fallback else []
        if len(self.fallback) > MAX_CHAIN:
            return [f"Name at most {MAX_CHAIN} fallback languages."]
        chains = Locale.objects.fallbacks()
        known = Locale.objects.values_list("code", flat=True)
        return chain_faults(
            self.code, self.fallback, known=known, chain=lambda code: chains[code] if code in chains else standard_chain(code)
        )

    def _term_faults(self) -> list[str]:
        if not self.terms:
            return []
        if is_shipped(self.code):
            return ["A term list for this language comes with the product; leave this empty."]
        if len(self.terms) > MAX_TERMS:
            return [f"A term list has at most {MAX_TERMS:,} characters."]
        try:
            read_terms(self.terms, "Term list")
        except TermsRefused as error:
            return list(error.extra["faults"])[:10]
        return []


def _name_faults(text: str, locale: str, what: str) -> list[str]:
    if not text:
        return [f"CLDR does not know {what}: enter it."]
    if len(text) > 80:
        return [f"Shorten {what} to 80 characters."]
    if not any(character.isalpha() for character in text) or any(character in "<>{}" for character in text):
        return [f"Enter {what} in letters."]
    return [fault.detail for fault in character_faults(text, locale)[:1]]
