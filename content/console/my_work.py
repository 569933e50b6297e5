"""My work: the tips of a person's languages by urgency, with what is to do in each, and what came back to the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.urls import reverse

from content.console import labels
from content.console.served_languages import served_tips
from content.console.tip_work import REVIEWS, WRITES, TipWork, tips_to_do
from content.console.unit_names import UnitNames
from content.console.work_filter import TO_DO, WAITING, WorkFilter, reader_countries
from content.models import Judgement, Locale, Target, TextComment, Unit, UnsavedText
from content.models.target_lifecycle import TargetState
from content.models.target_status import TargetStatus
from content.terms import SOURCE_LOCALE, Audience
from core import roles
from core.console.display import StatusTag, date_text
from core.console.pages import Link, Page, page
from core.console.todo import TodayRow, TodaySection, today_sections
from core.models import User

S = TargetStatus
#: Texts of a person that came back, at most.
_MAX_RETURNED = 20
#: Languages in which Today looks for something to do, at most: six queries each.
_MAX_TRIED = 4


@dataclass(frozen=True)
class Returned:
    """Something that somebody has said or done about a text of the person."""

    text: str
    detail: str
    link: Link


@dataclass(frozen=True)
class DueText:
    """Texts that the person is to write or read by a deadline."""

    title: str
    detail: str
    link: Link
    tag: StatusTag
    deadline: datetime


DueTextProvider = Callable[[User, datetime], Iterable[DueText]]
#: Functions of (user, instant) that return texts with a deadline; those who ask for texts register them.
DUE_TEXTS: list[DueTextProvider] = []


def due_texts(provider: DueTextProvider) -> DueTextProvider:
    """Register a function that returns texts with a deadline for *My work*."""
    DUE_TEXTS.append(provider)
    return provider


def languages_of(user: User) -> list[tuple[Locale, int]]:
    """Return the languages that the person reads, without the source, with the number of texts that are not approved."""
    locales = [
        locale for locale in Locale.objects.translated().exclude(pk=SOURCE_LOCALE).order_by("name") if user.reads(locale.pk)
    ]
    units = Unit.objects.count()
    done = Target.objects.with_status().filter(status=S.APPROVED, locale__in=locales).order_by()
    approved = dict(done.values_list("locale").annotate(n=Count("pk")))
    return [(locale, units - approved.get(locale.pk, 0)) for locale in locales]


def returned_to(user: User) -> list[Returned]:
    """Return what came back: comments on texts that the person wrote, proposed removals of them, and texts not saved yet.

    What outside readers say comes back to everybody who writes or reviews texts in the language.
    """
    mine = Target.objects.filter(written_by=user)
    removals = mine.exclude_latest_by(user).with_status().filter(status=S.REMOVAL)
    comments = TextComment.objects.open().exclude(by=user).filter(unit__targets__in=mine).select_related("unit", "by", "locale")
    wrote = set(mine.values_list("unit", "locale"))
    rows: list[tuple[Unit, Locale, str, str]] = [
        (comment.unit, comment.locale, f"{_kind_of(comment)} by {comment.by.shown_name}", comment.text)
        for comment in comments.distinct()[: 3 * _MAX_RETURNED]
        if (comment.unit_id, comment.locale_id) in wrote
    ]
    rows += [
        (target.unit, target.locale, "Removal proposed", "Another person must approve it.")
        for target in removals.select_related("unit", "locale")[:_MAX_RETURNED]
    ]
    rows += [
        (kept.unit, kept.locale, "Not saved", "What you typed is kept until you save it or set it aside.")
        for kept in UnsavedText.objects.filter(person=user).select_related("unit", "locale")[:_MAX_RETURNED]
    ]
    judgements = judgements_for(user)
    names = UnitNames([*(unit.key for unit, _, _, _ in rows), *(one.unit.key for one in judgements)])
    found = [
        Returned(text, detail, Link(f"{names.name(unit.key)} ({locale.name})", text_url(unit, locale.pk)))
        for unit, locale, text, detail in rows
    ]
    found += [
        Returned(
            f"Outside reader: {one.get_verdict_display().lower()}",
            one.note,
            Link(f"{names.name(one.unit.key)} ({one.link.locale.name})", judgement_url(one)),
        )
        for one in judgements
    ]
    return found[:_MAX_RETURNED]


def judgements_for(user: User) -> list[Judgement]:
    """Return what outside readers said that nobody has dealt with, in the languages of a person who writes or reviews texts."""
    if not roles.holds(user, WRITES, REVIEWS):
        return []
    waiting = Judgement.objects.waiting().select_related("unit", "link__locale").order_by("at", "pk")
    return list((waiting if "*" in user.locales else waiting.filter(link__locale__in=user.locales))[:_MAX_RETURNED])


def judgement_url(judgement: Judgement) -> str:
    """Return where a judgement is read and dealt with."""
    return f"{reverse('admin:reading-links', args=[judgement.link.locale_id])}#text-{judgement.pk}"


def _kind_of(comment: TextComment) -> str:
    return "Comment" if comment.returned_revision is None else "Sent back"


def text_url(unit: Unit, locale: str) -> str:
    """Return where a text is written: in its tip, or by itself."""
    owner, _, slug = unit.owner.partition(":")
    if locale == unit.source_locale_id:
        return reverse("admin:source-text", args=[unit.key])
    if owner == "tip":
        return f"{reverse('admin:tip-translation', args=[slug, locale])}?at={unit.key}#text-{unit.pk}-box"
    return reverse("admin:translation", args=[locale, unit.key])


@page("work/", "my-work", order=2)
class MyWorkPage(Page):
    """The tips of one of the person's languages, most urgent first."""

    template_name = "content/my_work.html"
    title = "My work"
    menu = "My work"
    menu_permissions = (WRITES, REVIEWS)

    def context(self) -> dict[str, Any]:
        languages = languages_of(self.user)
        locale = self._chosen(languages)
        work = tips_to_do(self.user, locale.pk) if locale else []
        served = served_tips(locale.pk) if locale else None
        countries = reader_countries(work, served)
        chosen = WorkFilter.of(self.request.GET, countries=dict(countries))
        if locale and chosen.country:
            served = served_tips(locale.pk, country=chosen.country)
        fallbacks = served.fallbacks if served else {}
        listed = [one for one in work if chosen.matches(one, self.at)]
        return {
            "languages": languages,
            "elsewhere": [(one, n) for one, n in languages if n and one != locale],
            "locale": locale,
            "chosen": chosen,
            "countries": countries,
            "audiences": labels.choices(Audience),
            "to_do": [(code, name) for code, (name, _) in TO_DO.items()],
            "waiting": WAITING.items(),
            "all_rows": len(work),
            "due": sorted((one for find in DUE_TEXTS for one in find(self.user, self.at)), key=lambda one: one.deadline),
            "returned": returned_to(self.user),
            "served": served,
            "rows": [(one, one.next_action(self.user), fallbacks.get(one.tip.slug)) for one in listed],
            "others": self._others(locale.pk) if locale else {},
            "source_review": self._sources(),
        }

    def _chosen(self, languages: Iterable[tuple[Locale, int]]) -> Locale | None:
        """Return the language of the query string, or else the one with most to do."""
        wanted = self.request.GET.get("language", "")
        known = {locale.pk: (locale, n) for locale, n in languages}
        if wanted in known:
            return known[wanted][0]
        return max(known.values(), key=lambda entry: entry[1])[0] if known else None

    def _others(self, locale: str) -> Mapping[str, int]:
        """Return how many texts of no tip have each status that is not approved."""
        units = Unit.objects.exclude(owner__startswith="tip:")
        found = Target.objects.with_status().filter(locale=locale, unit__in=units).order_by()
        counts = dict(found.values_list("status").annotate(n=Count("pk")))
        counts[S.EMPTY] = counts.get(S.EMPTY, 0) + units.count() - sum(counts.values())
        return {str(status): n for status, n in counts.items() if n and status != S.APPROVED}

    def _sources(self) -> int:
        """Return how many source texts the person can review."""
        if not (roles.holds(self.user, REVIEWS) and self.user.reads(SOURCE_LOCALE)):
            return 0
        return Unit.objects.filter(state="needs-review").exclude(written_by=self.user).count()


@today_sections(15)
def my_work_section(user: User, at: datetime) -> Iterator[TodaySection]:
    """Yield the tips with something to do in one of a person's languages, for people who write or review texts."""
    if not roles.holds(user, WRITES, REVIEWS):
        return
    languages = _by_preference(user)[:_MAX_TRIED]
    if not languages:
        return
    found = ((locale, tips_to_do(user, locale.pk)) for locale in languages)
    locale, work = next((one for one in found if one[1]), (languages[0], []))
    rows = tuple(
        TodayRow(one.title, _since(one), reverse("admin:tip-translation", args=[one.tip.slug, locale.pk]), one.tag, locale.name)
        for one in work
    )
    more = Link("All my work", f"{reverse('admin:my-work')}?language={locale.pk}")
    *others, last = (one.name for one in languages)
    names = f"{', '.join(others)} or {last}" if others else last
    yield TodaySection("my-work", "My work", rows, f"No tip in {names} waits for you.", more)


def _by_preference(user: User) -> list[Locale]:
    """Return the person's languages in the order of the account; for people who read all, the least translated first."""
    known = {locale.pk: locale for locale in Locale.objects.translated().exclude(pk=SOURCE_LOCALE).order_by("name")}
    if "*" not in user.locales:
        return [known[code] for code in user.locales if code in known]
    approved = Target.objects.filter(state=TargetState.APPROVED).order_by()
    counts = dict(approved.values_list("locale").annotate(n=Count("pk")))
    return sorted(known.values(), key=lambda locale: counts.get(locale.pk, 0))


def _since(one: TipWork) -> str:
    return f"The oldest text that waits is of {date_text(one.oldest)}." if one.oldest else ""
