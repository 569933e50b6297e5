"""The words for ids in one locale, such as situations, steps and reasons, and for buttons and hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from content.compiling.findings import Finding
from content.compiling.texts import TextBuilder
from content.resolver.types import PackedPhrase, PackLabels
from content.terms import COMPANION_LABELS, CONTACT_LABELS, HANDOUT_LABELS, Audience, NoticeKind, Situation, Step, Where


@dataclass(frozen=True)
class Labels:
    """The labels of a pack, the keys of those that are required and missing, and the findings in those that are there."""

    value: PackLabels
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]


def build_labels(texts: TextBuilder, locale: str) -> Labels:
    """Return the labels of every pack in the locale."""
    missing: list[str] = []
    findings: list[Finding] = []

    def group(prefix: str, ids: Iterable[str], *, required: bool = True) -> dict[str, PackedPhrase]:
        phrases: dict[str, PackedPhrase] = {}
        for id_ in ids:
            part = texts.phrase(f"{prefix}.{id_}", locale)
            if part is not None:
                phrases[id_] = part.value
                findings.extend(part.findings)
            elif required:
                missing.append(f"{prefix}.{id_}")
        return phrases

    value: PackLabels = {
        "situations": group("situation", Situation.values),
        "steps": group("step", Step.values),
        "audiences": group("audience", Audience.values),
        "where": group("where", Where.values, required=False),
        "why": group("why", texts.ids("why")),
        # A notice whose kind has no words is left out of the pack; every way to help is still there.
        "notices": group("notice", NoticeKind.values, required=False),
        # Without the first of them a pack has no figures.
        "figures": group("phrase", ("reports-not-cases", "old-figure"), required=False),
        # Without one of them a pack has no handouts; every way to help is still there.
        "handouts": group("handout", HANDOUT_LABELS, required=False),
        "contact": group("contact", CONTACT_LABELS, required=False),
        # The companion has English words of its own for those that are missing.
        "companion": group("companion", COMPANION_LABELS, required=False),
    }
    return Labels(value, tuple(missing), tuple(findings))
