"""/reading/{token}: the page on which somebody without an account judges a batch of translations in one language.

Each text is a form of its own, so that the page works without scripts and nothing typed at another text is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.pages.page_texts import PageText, PageTexts, page_texts
from api.pages.signed_link import HEADERS, SignedLinkView, html_page, refused_page, require_own_form
from content.compiling.rendering import fill, more_html
from content.linting.length import Surface, surface_of
from content.linting.tokens import FACT, SERVICE, tokens
from content.linting.word_count import counts_characters, word_count
from content.models import Figure, Judgement, ReadingLink, Service, Target
from content.models.judgement import MAX_NOTE, Verdict
from content.models.reading_link import ReadingLinkEnded
from content.models.source_to_approve import source_to_approve
from content.terms import SOURCE_LOCALE
from core.errors import ChangedMeanwhile, DomainError, Invalid

#: The page, as the keys of its texts name it.
_PAGE = "reading"
#: Code of an error → the text that says it.
_FAULTS = {"changed-meanwhile": "changed", "verdict": "verdict"}


@dataclass(frozen=True)
class ReadingText:
    """One text of the batch, as its reader sees it; `fault` and `note` are those of an answer that was refused."""

    target: Target
    number: str
    name: SafeString
    length: str
    shown: str
    source: str
    #: The approved revision of the source that is shown; 0: none is approved, and the draft is shown.
    source_revision: int
    words: int
    judgement: Judgement | None
    #: The answer given, in the language of the page.
    answer: SafeString
    fault: SafeString | None = None
    note: str = ""

    @property
    def anchor(self) -> str:
        """The text's id on the page."""
        return f"text-{self.target.unit_id}"


class ReadingFormView(SignedLinkView):
    """The texts of one reading link, each with its answers."""

    permission_classes = [Public]
    throttle = "reading-form"

    @extend_schema(exclude=True)
    def get(self, request: Request, token: str) -> HttpResponse:
        """Show the texts."""
        at = timezone.now()
        try:
            link = ReadingLink.objects.from_token(token, at=at)
        except DomainError as error:
            return _refused(error)
        return _page(link)

    @extend_schema(exclude=True)
    def post(self, request: Request, token: str) -> HttpResponse:
        """Store the answer about one text and go on to the next one, or close the link once the reader has finished."""
        at, form = timezone.now(), request.data
        assert isinstance(form, QueryDict)
        try:
            require_own_form(request)
            link = ReadingLink.objects.from_token(token, at=at)
            if "finish" in form:
                link.finish(at=at)
                return html_page("api/reading_finished.html", {"page": page_texts(_PAGE, link.locale_id)}, status=200)
            unit = _number(form, "text")
            _record(link, unit, form, at=at)
        except (Invalid, ChangedMeanwhile) as error:
            return _page(link, form=form, error=error)
        except DomainError as error:
            return _refused(error)
        address = reverse("reading-form", args=[token])
        following = next(iter(link.units[link.units.index(unit) + 1 :]), None)
        headers = {**HEADERS, "Location": f"{address}#text-{following}" if following else f"{address}#finish"}
        return HttpResponse(status=303, headers=headers)


def _refused(error: DomainError) -> HttpResponse:
    """Return the page of a link that no longer opens, in its language where that has the sentence."""
    if not isinstance(error, ReadingLinkEnded):
        return refused_page(error)
    page, name = page_texts(_PAGE, error.extra["locale"]), f"ended-{error.extra['reason']}"
    if not (page.is_translated(name) and page.is_translated("refused-title")):
        return refused_page(error)
    heading = page.texts["refused-title"]
    shown = {"page": PageTexts({**page.texts, "title": heading}), "heading": heading.text, "sentence": page.texts[name].text}
    return refused_page(error, shown)


def _record(link: ReadingLink, unit: int, form: QueryDict, *, at: datetime) -> None:
    Judgement.objects.record(
        link,
        unit=unit,
        verdict=form.get("verdict", ""),
        note=form.get("note", ""),
        revision=_number(form, "revision"),
        source_revision=_number(form, "source"),
        at=at,
    )


def _number(form: QueryDict, name: str) -> int:
    """Return a number of the form; raise Invalid where it is none, as no form of this page sends."""
    value = form.get(name, "")
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise Invalid("The form is incomplete. Open the link again and send it from there.", code="form")
    return int(value)


def _page(link: ReadingLink, *, form: QueryDict | None = None, error: DomainError | None = None) -> HttpResponse:
    locale, page = link.locale, page_texts(_PAGE, link.locale_id)
    texts = _texts(link, page, form, error)
    last_day = link.expires_at.date()
    context = {
        "page": page,
        "link": link,
        "locale": locale,
        "texts": texts,
        "total": page.number(len(texts)),
        "answered": page.number(sum(text.judgement is not None for text in texts)),
        "words": page.number(sum(text.words for text in texts)),
        "characters": counts_characters(locale.pk),
        "last_day": last_day,
        "last_day_text": page.day(last_day),
        "verdicts": [(verdict, page[verdict]) for verdict in Verdict.values],
        "max_note": MAX_NOTE,
        "error": _fault(page, error) if error and not any(text.fault for text in texts) else "",
    }
    status = 200 if error is None else 409 if isinstance(error, ChangedMeanwhile) else 422
    return html_page("api/reading_form.html", context, status=status)


def _fault(page: PageTexts, error: DomainError) -> SafeString:
    """Return why an answer was refused; what no form of this page sends is answered in English."""
    name = f"fault-{_FAULTS.get(error.code_name, '')}"
    return page[name] if name in page.texts else page.marked(PageText(error.detail, SOURCE_LOCALE))


def _texts(link: ReadingLink, page: PageTexts, form: QueryDict | None, error: DomainError | None) -> list[ReadingText]:
    """Return the texts of the batch that have a translation now."""
    found = Target.objects.filter(locale=link.locale_id, unit__in=link.units).exclude(text="")
    targets = sorted(found.select_related("unit__source_locale"), key=lambda target: link.units.index(target.unit_id))
    judgements = {one.unit_id: one for one in link.judgements.all()}
    values = _values([text for target in targets for text in (target.text, target.unit.text, target.unit.approved_text)])
    refused = form.get("text", "") if form is not None and error is not None else None

    def shown(text: str, key: str) -> str:
        def value_of(kind: str, name: str) -> str:
            return values.get((kind, name), name)

        if surface_of(key) == Surface.MORE:
            return mark_safe(more_html(text, value_of))  # noqa: S308  sanitised as the compiler does
        return fill(text, value_of)

    rows = []
    for number, target in enumerate(targets, start=1):
        unit, against = target.unit, source_to_approve(target.unit, target)
        is_refused = refused == str(unit.pk)
        judgement, words = judgements.get(unit.pk), word_count(target.text, link.locale_id)
        surface = surface_of(unit.key)
        name = f"kind-{surface.name.lower().replace('_', '-')}" if surface else ""
        rows.append(
            ReadingText(
                target=target,
                number=page.number(number),
                name=page[name] if name in page.texts else page["kind-text"],
                length=page.number(words),
                shown=shown(target.text, unit.key),
                source=shown(unit.text if against in (None, unit.revision) else unit.approved_text, unit.key),
                source_revision=against or 0,
                words=words,
                judgement=judgement,
                answer=page[judgement.verdict] if judgement else SafeString(),
                fault=_fault(page, error) if is_refused and error else None,
                note=form.get("note", "")[:MAX_NOTE] if is_refused and form else "",
            )
        )
    return rows


def _values(texts: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the value of each token in the texts: the official name of a service, or the number of a figure."""
    named = {token for text in texts for token in tokens(text)}
    services = Service.objects.filter(pk__in=[token.name for token in named if token.kind == SERVICE])
    figures = Figure.objects.approved().filter(slug__in=[token.name for token in named if token.kind == FACT])
    values = {(SERVICE, pk): name for pk, name in services.values_list("pk", "name")}
    return values | {(FACT, slug): str(value) for slug, value in figures.values_list("slug", "value")}
