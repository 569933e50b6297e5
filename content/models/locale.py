"""The locales that packs are compiled in. LocaleRevision alone adds one in the console, and changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models

from content.linting.locale_tag import PSEUDO_LOCALES, direction_of, standard_chain
from core.querysets import manager_of

if TYPE_CHECKING:
    from content.models.locale_revision import LocaleRevision

#: The shipped list is loaded without revisions, and without what only a revision can give.
_ONLY_APPROVED = """
    IF TG_OP = 'INSERT' AND NEW.revision_id IS NULL THEN
        IF NEW.fallback IS NOT NULL OR NEW.terms <> '' THEN
            RAISE EXCEPTION 'a locale gets a fallback chain and a term list only by an approved revision'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM content_localerevision r
        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.code = NEW.code AND r.name = NEW.name
        AND r.endonym = NEW.endonym AND r.dir = NEW.dir AND r.fallback IS NOT DISTINCT FROM NEW.fallback
        AND r.terms = NEW.terms;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a locale changes only by an approved revision that says so' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM content_localerevision r
        WHERE r.code = NEW.code AND r.state = 'approved' AND r.id > NEW.revision_id;
    IF FOUND OR (TG_OP = 'UPDATE' AND (OLD.code <> NEW.code OR NEW.revision_id < OLD.revision_id)) THEN
        RAISE EXCEPTION 'an approved revision takes effect once; a newer one was approved'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Direction(models.TextChoices):
    """The direction of a locale's script."""

    LTR = "ltr"
    RTL = "rtl"


class LocaleQuerySet(models.QuerySet["Locale"]):
    """Find locales, and apply approved revisions."""

    def translated(self) -> LocaleQuerySet:
        """Filter those that people write: not the pseudo-locales, which are made from English."""
        return self.exclude(pk__in=PSEUDO_LOCALES)

    def add_pseudo(self) -> None:
        """Add the pseudo-locales where they are missing."""
        rows = [Locale(code=code, name=name, endonym=name, dir=direction_of(code)) for code, name in PSEUDO_LOCALES.items()]
        self.bulk_create(rows, ignore_conflicts=True)

    def fallbacks(self) -> dict[str, tuple[str, ...]]:
        """Return the chains that were set by hand, by locale; CLDR says the others."""
        rows = self.filter(fallback__isnull=False).values_list("code", "fallback")
        return {code: tuple(fallback or ()) for code, fallback in rows}

    def chain(self, code: str) -> list[str]:
        """Return the locale and its fallback locales, nearest first."""
        own = self.fallbacks().get(code)
        return standard_chain(code) if own is None else [code, *own]

    def apply(self, revision: LocaleRevision) -> None:
        """Give the locale the facts of the approved revision, or add it, in the transaction that approves it."""
        facts = {**revision.facts(), "revision": revision}
        if not self.filter(pk=revision.code).update(**facts):
            self.create(code=revision.code, **facts)


class Locale(models.Model):
    """A locale under its BCP 47 tag, with the script where it is needed."""

    code = models.CharField(max_length=35, primary_key=True)
    name = models.CharField(max_length=80, help_text="English name.")
    endonym = models.CharField(max_length=80, help_text="The name in the language itself.")
    dir = models.CharField(max_length=3, choices=Direction.choices, default=Direction.LTR)
    fallback = models.JSONField(
        null=True, blank=True, default=None, help_text="Its fallback locales, nearest first; unset: as CLDR has them."
    )
    terms = models.TextField(
        blank=True, default="", db_default="", help_text="Its term list as YAML, where the product comes without one."
    )
    revision = models.OneToOneField(
        "content.LocaleRevision",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The newest approved one; unset: the locale is as in the shipped list.",
    )

    objects: ClassVar[LocaleQuerySet] = manager_of(LocaleQuerySet)

    class Meta:
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=models.Q(dir__in=Direction.values), name="locale_dir"),)
        triggers = (
            pgtrigger.Trigger(
                name="only_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_ONLY_APPROVED,
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def facts(self) -> dict[str, object]:
        """Return what a revision says of a locale."""
        return {name: getattr(self, name) for name in FACTS}


#: The columns of a locale that an approved revision gives it.
FACTS = ("name", "endonym", "dir", "fallback", "terms")
