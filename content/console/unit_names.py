"""The names of texts as staff read them, in place of unit keys such as tip.first-hour.do-now.2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Func, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Concat

from content.console.labels import inside_sentence, label
from content.models import Service, Unit
from content.terms import ANY_SITUATION
from core.console.display import country_text

_PARTS = {
    "title": "title",
    "short-title": "short title",
    "short": "short answer",
    "more": "more",
    "do-now": "do now",
    "do-not": "do not",
}
_SERVICE_PARTS = {
    "purpose": "purpose",
    "after": "what happens next",
    "label": "label",
    "steps": "steps in the app",
    "asks": "what the form asks",
}
#: Groups of labels: the beginning of a unit key → its name, and the kind in `labels.LABELS` of what follows.
_GROUPS = {
    "situation": ("Situation", "situation"),
    "step": ("Step", "step"),
    "audience": ("Audience", "audience"),
    "notice": ("Notice", "notice"),
    "where": ("Place", ""),
    "why": ("Reason", ""),
    "phrase": ("Phrase", ""),
    "handout": ("Handout", ""),
    "contact": ("Contact", ""),
    "companion": ("Companion", ""),
}


class UnitNames:
    """Names for the units and other items of one page, read in two queries at most."""

    def __init__(self, items: Iterable[str], *, titles: Mapping[str, str] | None = None) -> None:
        """Take unit keys, or items of the gate's findings: unit keys, service ids, <service id>/<position>, country codes.

        `titles` are those of the tips by slug, where they are known.
        """
        slugs, services = set(), set()
        for item in items:
            group, _, rest = item.partition(".")
            if group == "tip":
                slugs.add(rest.partition(".")[0])
            elif group in ("service", "channel", "route"):
                services.add(rest.partition(".")[0])
            elif not rest:
                services.add(item.partition("/")[0])
        if titles is None:
            found = Unit.objects.filter(key__in=[f"tip.{slug}.title" for slug in slugs]) if slugs else Unit.objects.none()
            titles = {key.split(".")[1]: text for key, text in found.values_list("key", "text")}
        self._titles = titles
        named = Service.objects.filter(pk__in=services) if services else Service.objects.none()
        self._services = dict(named.values_list("pk", "name"))

    def name(self, item: str) -> str:
        """Return the name of a unit or of a finding's item, such as "Stop and breathe: do now, step 2"."""
        group, _, rest = item.partition(".")
        if not rest:
            return self._item(item)
        if group == "tip":
            slug, _, part = rest.partition(".")
            return _join(self._titles.get(slug, slug), _tip_part(part))
        if group == "service":
            service, _, part = rest.partition(".")
            return _join(self._services.get(service, service), _SERVICE_PARTS.get(part, part))
        if group == "channel":
            service, position, part = (*rest.split("."), "", "")[:3]
            return _join(self._services.get(service, service), f"channel {position}, {_SERVICE_PARTS.get(part, part)}")
        if group == "route":
            service, situation, part = (*rest.split("."), "", "")[:3]
            when = "any other situation" if situation == ANY_SITUATION else inside_sentence(label("situation", situation))
            return _join(self._services.get(service, service), f"{when}, {_SERVICE_PARTS.get(part, part)}")
        if group == "page":
            if rest == "alert.event":
                return "What alerts are about, for other systems"
            return _join("Page of outside readers", rest.partition(".")[2].replace("-", " "))
        if group in _GROUPS:
            words, kind = _GROUPS[group]
            return _join(words, label(kind, rest) if kind else rest.replace("-", " "))
        return item

    def _item(self, item: str) -> str:
        if len(item) == 2 and item.isupper():
            return country_text(item)
        service, _, position = item.partition("/")
        name = self._services.get(service, service)
        return f"{name}, channel {position}" if position else name


def slug_of(key: str) -> str:
    """Return the slug of the tip that a unit key belongs to, "" for another key."""
    group, _, rest = key.partition(".")
    return rest.partition(".")[0] if group == "tip" else ""


def title_of_tip(path: str) -> Subquery:
    """Return the title of the tip to which the unit key at the path belongs, to annotate rows with; null for other keys."""
    slug = Func(OuterRef(path), Value("."), Value(2), function="split_part", output_field=TextField())
    title = Concat(Value("tip."), slug, Value(".title"), output_field=TextField())
    return Subquery(Unit.objects.filter(key=title).values("text")[:1])


def unit_name(key: str) -> str:
    """Return the name of one unit."""
    return UnitNames([key]).name(key)


def part_of_tip(key: str) -> str:
    """Return the name of a tip's text without that of the tip, such as "Do now, step 2"."""
    words = _tip_part(key.partition(".")[2].partition(".")[2])
    return words[:1].upper() + words[1:]


def _tip_part(part: str) -> str:
    name, _, number = part.partition(".")
    words = _PARTS.get(name, name)
    return f"{words}, step {number}" if number else words


def _join(whole: str, part: str) -> str:
    return f"{whole}: {part}" if part else whole
