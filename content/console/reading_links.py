"""Outside readers: links that open a batch of translations to somebody without an account, and what the readers say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from content.console.find_replace import LocaleTextsPage
from content.console.translations import LocalePage
from content.console.unit_names import UnitNames
from content.linting.word_count import counts_characters, word_count
from content.models import Judgement, ReadingLink, Target, Tip, Unit
from content.models.judgement import Verdict
from content.models.reading_link import LINK_DAYS, MAX_DAYS, MAX_READER, MAX_TEXTS
from content.terms import SOURCE_LOCALE
from core.console.display import date_text
from core.console.pages import Link, page
from core.errors import Invalid, NotFound

_STAFF = ("content.edit_words", "content.approve_words")
#: Links, and judgements, on one page.
_SHOWN = 20


@dataclass(frozen=True)
class LinkRow:
    """One link, its URL for the person who made it, and how its texts were judged."""

    link: ReadingLink
    url: str
    answers: Counter[str]
    approved: int

    @property
    def counted(self) -> list[tuple[int, str]]:
        """The number of texts by answer, in the order of the answers."""
        return [(self.answers[verdict], verdict.label.lower()) for verdict in Verdict if self.answers[verdict]]


@page("readers/<str:locale>/", "reading-links")
class ReadingLinksPage(LocaleTextsPage):
    """The links of one language, and the judgements that editors have to read."""

    template_name = "content/reading_links.html"
    reader_permissions = _STAFF
    actions = {"withdraw": _STAFF, "deal-with": _STAFF}

    def heading(self) -> str:
        return f"Outside readers of {self.locale.name}"

    def context(self) -> dict[str, Any]:
        part = self.paginate(ReadingLink.objects.filter(locale=self.locale).select_related("made_by"), _SHOWN)
        waiting = Judgement.objects.waiting().filter(link__locale=self.locale).select_related("link", "unit")
        judgements = list(waiting.order_by("unit__key", "pk")[:_SHOWN])
        names = UnitNames(one.unit.key for one in judgements)
        targets = Target.objects.filter(locale=self.locale, unit__in=[one.unit_id for one in judgements])
        revisions = dict(targets.values_list("unit", "revision"))
        return {
            "locale": self.locale,
            "part": part,
            "rows": self._rows(list(part)),
            "judgements": [(one, names.name(one.unit.key), revisions.get(one.unit_id) == one.revision) for one in judgements],
            "waiting": waiting.count(),
            "reads": self.user.reads(self.locale.pk),
        }

    def _rows(self, links: list[ReadingLink]) -> list[LinkRow]:
        """Return the links with their answers. Anyone with a URL can answer, so each is shown to its maker alone."""
        answers: dict[int, Counter[str]] = {link.pk: Counter() for link in links}
        approved: Counter[int] = Counter()
        for pk, verdict, counted in Judgement.objects.filter(link__in=links).values_list("link", "verdict", "approved"):
            answers[pk][verdict] += 1
            approved[pk] += counted
        return [
            LinkRow(
                link,
                reading_url(link) if link.made_by_id == self.user.pk and link.is_valid(at=self.at) else "",
                answers[link.pk],
                approved[link.pk],
            )
            for link in links
        ]

    def action_withdraw(self, data: QueryDict) -> str | None:
        link = ReadingLink.objects.filter(locale=self.locale, pk=_number(data.get("link", ""))).first()
        if link is None:
            raise NotFound("There is no such link.")
        link.revoke(by=self.user, at=self.at)
        self.success("Link withdrawn. It no longer works.")
        return None

    def action_deal_with(self, data: QueryDict) -> str | None:
        found = Judgement.objects.filter(link__locale=self.locale, pk=_number(data.get("judgement", "")))
        judgement = found.select_related("link").first()
        if judgement is None:
            raise NotFound("There is no such judgement.")
        judgement.deal_with(by=self.user, at=self.at)
        self.success("Judgement dealt with.")
        return None


@page("readers/<str:locale>/new/", "reading-link-new")
class NewReadingLinkPage(LocalePage):
    """Choose texts of a tip, or of the queue with its filters, and create a link to them."""

    template_name = "content/reading_link_new.html"
    reader_permissions = _STAFF
    actions = {"create": _STAFF}

    def load(self) -> None:
        super().load()
        if self.locale.pk == SOURCE_LOCALE:
            raise NotFound("Outside readers read translations. English is the source language.")
        slug = self.request.GET.get("tip", "")
        self.tip = Tip.objects.filter(pk=slug).first() if slug else None
        if slug and self.tip is None:
            raise NotFound("There is no such tip.")

    def heading(self) -> str:
        return f"Invite an outside reader to {self.locale.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        queue = reverse("admin:translation-queue", args=[self.locale.pk]) + self.query()
        return [*super().breadcrumbs(), Link(self.locale.name, queue)]

    def context(self) -> dict[str, Any]:
        units = self._units()
        shown = units[:MAX_TEXTS]
        names = UnitNames(unit.key for unit in shown)
        rows = [(unit, names.name(unit.key), unit.translation, word_count(unit.translation, self.locale.pk)) for unit in shown]
        sent = self.submitted
        return {
            "locale": self.locale,
            "tip": self.tip,
            "rows": rows,
            "words": sum(words for *_, words in rows),
            "characters": counts_characters(self.locale.pk),
            "more": len(units) > MAX_TEXTS,
            "ticked": sent.getlist("unit") if sent else None,
            "reader": sent.get("reader", "") if sent else "",
            "days": sent.get("days", "") if sent else LINK_DAYS,
            "counts": "counts" in sent if sent else False,
            "refused": self.error.extra.get("field", "") if self.error else "",
            "max_days": MAX_DAYS,
            "max_texts": MAX_TEXTS,
            "max_reader": MAX_READER,
            "may_count": self.has_any_perm("content.approve_words"),
            "reads": self.user.reads(self.locale.pk),
        }

    def _units(self) -> list[Any]:
        """Return the units that have a translation, at most one more than a batch holds: those of the tip in reading order."""
        units = self.filtered_units().exclude(translation=None).exclude(translation="")
        if self.tip is None:
            return list(units[: MAX_TEXTS + 1])
        order = [key for _, key in self.tip.keys()]  # noqa: SIM118  a method of the tip
        found = {unit.key: unit for unit in units.filter(key__in=order)}
        return [found[key] for key in order if key in found]

    def action_create(self, data: QueryDict) -> str | None:
        """Create a link to the ticked texts, in the order in which the page showed them."""
        chosen = [_number(value) for value in data.getlist("unit")[: MAX_TEXTS + 1]]
        known = Unit.objects.filter(pk__in=chosen).exclude(source_locale=self.locale)
        link = ReadingLink.objects.issue(
            locale=self.locale.pk,
            units=[pk for pk in chosen if pk in set(known.values_list("pk", flat=True))],
            reader=data.get("reader", ""),
            days=_days(data.get("days", "")),
            counts="counts" in data,
            by=self.user,
            at=self.at,
        )
        self.success(f"Link created. It works until {date_text(link.expires_at)}. Send it to the reader yourself.")
        return reverse("admin:reading-links", args=[self.locale.pk])


def reading_url(link: ReadingLink) -> str:
    """Return the full URL to send to the reader."""
    return settings.PUBLIC_URL + reverse("reading-form", args=[link.token()])


def _days(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 4):
        raise Invalid(f"A link can be valid for 1 to {MAX_DAYS} days.", code="days", field="days")
    return int(value)


def _number(value: str) -> int:
    """Return a primary key from a form; 0, which no row has, where it is not one."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
