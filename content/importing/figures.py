"""Load a file of figures: each new or changed one becomes a proposal that a second person approves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.db import transaction
from pydantic import AfterValidator, Field, ValidationError

from content.importing.drafts import Draft, draft_faults, write_drafts
from content.importing.facts_entry import assigned_country
from content.importing.facts_file import FactsRefused
from content.linting.number_context import recognized_kinds
from content.linting.numbers import numbers_in
from content.linting.web_address import url_faults
from content.models import Figure
from content.models.figure import PROPOSE
from content.terms import WORLDWIDE, FigureUnit, Qualifier
from core import roles
from core.errors import Conflict, Invalid
from core.file_models import Day, FileModel, OneOf, Slug, Text, fault_lines
from core.models import User


def _country(code: str) -> str:
    return code if code == WORLDWIDE else assigned_country(code)


def _https(url: str) -> str:
    if faults := url_faults(url):
        raise ValueError(faults[0])
    return url


class Period(FileModel):
    """The days from which and to which the figure counts, both included."""

    first: Day
    last: Day


class FigureEntry(FileModel):
    """One figure."""

    id: Annotated[str, Slug(80)]
    value: Annotated[float, Field(ge=0, le=10**11)] | Annotated[int, Field(ge=0, le=10**11)]
    unit: Annotated[str, OneOf(FigureUnit.values)]
    qualifier: Annotated[str, OneOf(Qualifier.values)]
    counts: Annotated[str, Text(200)]
    """What is counted, in a few words."""
    counted_by: Annotated[str, Text(200)]
    country: Annotated[str, Text(2), AfterValidator(_country)]
    """An ISO 3166-1 code; ZZ: the world."""
    period: Period
    source: Annotated[str, Text(300)]
    """Where it was read, as readers see it."""
    source_url: Annotated[str, Text(500), AfterValidator(_https)] | None = None
    read_on: Day

    def rule_faults(self) -> Iterator[str]:
        """Yield a sentence for each rule between fields that the entry breaks."""
        if self.period.first > self.period.last:
            yield f"{self.id}: period: it ends before it begins."
        if self.period.last > self.read_on:
            yield f"{self.id}: period: it ends after the day on which the figure was read."

    def columns(self) -> dict[str, Any]:
        """Return the values of the columns of the figure."""
        return {
            "slug": self.id,
            "value": Decimal(str(self.value)).quantize(Decimal("0.01")),
            "unit": self.unit,
            "qualifier": self.qualifier,
            "counted_by": self.counted_by,
            "country_id": self.country,
            "period_from": date.fromisoformat(self.period.first),
            "period_until": date.fromisoformat(self.period.last),
            "source": self.source,
            "source_url": self.source_url or "",
            "read_on": date.fromisoformat(self.read_on),
        }


class FiguresFile(FileModel):
    """A file of figures."""

    schema_url: str | None = Field(None, alias="$schema")
    figures: list[FigureEntry]


def read_figures(data: bytes) -> list[FigureEntry]:
    """Return the figures of the file; FactsRefused lists every rule that is broken."""
    try:
        entries = FiguresFile.model_validate(json.loads(data)).figures
    except (ValueError, RecursionError) as error:
        faults = fault_lines(error) if isinstance(error, ValidationError) else []
        raise FactsRefused("The file of figures was not loaded. " + " ".join(faults), faults=faults) from error
    faults = [f"{name}: {count} figures have this id." for name, count in Counter(e.id for e in entries).items() if count > 1]
    faults += [fault for entry in entries for fault in entry.rule_faults()]
    if faults:
        raise FactsRefused("The file of figures was not loaded. " + " ".join(faults), faults=faults)
    return entries


def propose_figures(entries: list[FigureEntry], *, by: User, at: datetime) -> int:
    """Propose each figure that differs from the approved and the proposed one; return how many were proposed.

    What people rejected or withdrew is not proposed again.
    """
    known: dict[str, list[Figure]] = {}
    for figure in Figure.objects.order_by("pk"):
        known.setdefault(figure.slug, []).append(figure)
    new = []
    for entry in entries:
        columns = entry.columns()
        if any(figure.values() == columns for figure in known.get(entry.id, ())):
            continue
        for waiting in Figure.objects.proposed().filter(slug=entry.id):
            waiting.withdraw(by=by, at=at)
        new.append(Figure(**columns, proposed_by=by, proposed_at=at))
    Figure.objects.bulk_create(new)
    return len(new)


def propose_figure(entry: FigureEntry, *, is_new: bool, by: User, at: datetime) -> Figure:
    """Propose one figure, with a draft of its words if it is new.

    Raises Forbidden; Conflict where its id is in use or a proposal waits; Invalid where nothing is changed or the words are
    refused.
    """
    roles.require(by, PROPOSE)
    columns = entry.columns()
    figure = Figure(**columns, proposed_by=by, proposed_at=at)
    figure.require_area(by)
    same = Figure.objects.filter(slug=entry.id)
    if same.proposed().exists():
        raise Conflict("A proposal for this figure already waits. Approve, reject or withdraw it first.")
    if is_new and same.exists():
        raise Conflict("Another figure has this short name. Choose another one, or propose other values for that figure.")
    if any(approved.values() == columns for approved in same.approved()):
        raise Invalid("The figure already has these values.", code="unchanged")
    drafts = list(figure_drafts([entry])) if is_new else []
    if refused := draft_faults(drafts, by=by, at=at):
        raise Invalid(f"What is counted cannot be used: {refused[0].partition(': ')[2]}", code="counts")
    with transaction.atomic():
        write_drafts(drafts, by=by, at=at)
        figure.save(force_insert=True)
    return figure


def figure_drafts(entries: list[FigureEntry]) -> Iterator[Draft]:
    """Yield a draft for the words of each figure."""
    for entry in entries:
        numbers = recognized_kinds(entry.counts, numbers_in(entry.counts))
        yield Draft(f"figure.{entry.id}.counts", f"figure:{entry.id}", entry.counts, numbers)
