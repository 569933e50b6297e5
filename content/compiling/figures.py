"""The figures of a pack, for parents and educators; never without the sentence that reports are not cases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, format_percent

from content.compiling.facts import Snapshot
from content.compiling.rendering import isolate
from content.compiling.texts import PackPart, TextBuilder
from content.linting.locale_tag import cldr_locale
from content.resolver.types import PackedFigure
from content.terms import FIGURE_AUDIENCES, WORLDWIDE, FigureUnit

#: A pack without this label has no figures.
NOTE = "phrase.reports-not-cases"
#: Years after which a figure is marked as old.
OLD_AFTER_YEARS = 2


def build_figures(snapshot: Snapshot, texts: TextBuilder, country: str, locale: str) -> list[PackPart[PackedFigure]]:
    """Return the figures of the country and of the world, in the order of their ids."""
    if texts.phrase(NOTE, locale) is None:
        return []
    parts = []
    for figure in snapshot.figures:
        counts = texts.phrase(f"figure.{figure.id}.counts", locale) if figure.country in (country, WORLDWIDE) else None
        if counts is None:
            continue
        value: PackedFigure = {
            "id": figure.id,
            "value": int(figure.value) if figure.value == int(figure.value) else float(figure.value),
            "unit": figure.unit,
            "qualifier": figure.qualifier,
            "display": isolate(formatted(figure.value, figure.unit, locale)),
            "counts": counts.value,
            "counted_by": isolate(figure.counted_by),
            "country": figure.country,
            "period": {"first": figure.period_from.isoformat(), "last": figure.period_until.isoformat()},
            "source": isolate(figure.source),
            "source_url": figure.source_url or None,
            "read_on": figure.read_on.isoformat(),
            "old": is_old(figure.period_until, snapshot.policy.day),
            "audiences": list(FIGURE_AUDIENCES),
        }
        parts.append(PackPart(value, counts.findings))
    return parts


def formatted(value: Decimal, unit: str, locale: str) -> str:
    """Return the number of a figure as it is written in the locale, without its qualifier."""
    words = cldr_locale(locale)
    # Western digits in every locale, as in all other numbers of a pack.
    digits = "latn"
    if unit == FigureUnit.PERCENT:
        return format_percent(value / 100, locale=words, decimal_quantization=False, numbering_system=digits)
    whole = value == value.to_integral_value()
    amount = value.quantize(Decimal(1)) if whole else value.normalize()
    if unit == FigureUnit.GBP:
        return format_currency(
            amount, "GBP", locale=words, currency_digits=not whole, numbering_system=digits, format="¤#,##0" if whole else None
        )
    return format_decimal(amount, locale=words, numbering_system=digits)


def is_old(period_until: date, day: date) -> bool:
    """Tell whether the period ended more than two years before the day."""
    return (period_until.year + OLD_AFTER_YEARS, period_until.month, period_until.day) < (day.year, day.month, day.day)
