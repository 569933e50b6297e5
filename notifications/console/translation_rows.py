"""The rows of the screen on which an editor translates a campaign: each text with its source, its facts and its faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django import forms

from content.console.translation_status import differences
from content.linting.glossary import GlossaryHit, glossary_hits
from content.linting.tokens import tokens
from notifications.campaigns import texts as campaign_texts
from notifications.campaigns import translation_texts, variants
from notifications.campaigns.checks.problem import Caution, DraftProblem
from notifications.campaigns.checks.words import PARTS
from notifications.campaigns.definition_fields import TEXT_LIMITS
from notifications.campaigns.texts import CampaignText
from notifications.models import Campaign

#: Characters that one field takes; longer ones are refused before they are saved.
_MAX = 4_000


@dataclass(frozen=True)
class FactChip:
    """An inserted fact of the source: its token, and what readers see in its place."""

    token: str
    shown: str


@dataclass(frozen=True)
class ChangedText:
    """A text of the source that has changed, word by word."""

    label: str
    differences: list[tuple[str, str]]


@dataclass
class TextToTranslate:
    """One text: its source as the phone shows it, and the box for the translation."""

    place: str
    label: str
    source: str
    box: forms.BoundField
    chips: list[FactChip]
    source_differences: list[tuple[str, str]]
    problems: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    glossary: list[GlossaryHit] = field(default_factory=list)
    #: What somebody else has saved here, where it differs from the box.
    theirs: str | None = None


@dataclass
class TextGroup:
    """The four texts for everybody, or for a single audience."""

    #: Beginning of the names of its fields.
    prefix: str
    title: str
    rows: list[TextToTranslate]
    #: What the phones show.
    shown: CampaignText


class TranslationForm(forms.Form):
    """A box for each text of the source."""

    def __init__(
        self, data: Mapping[str, object] | None, *, places: Iterable[str], locale: str, shown: Mapping[str, str]
    ) -> None:
        super().__init__(data, label_suffix="", initial={field_name(place): text for place, text in shown.items()})
        for place in places:
            part, name = place.split(".")[-2:]
            attrs = {
                "lang": locale,
                "dir": campaign_texts.direction(locale),
                "data-limit": str(TEXT_LIMITS[part, name]),
                "autocomplete": "off",
                "spellcheck": "true",
            }
            lines = {"rows": 10 if part == "inner" else 3}
            widget = forms.TextInput(attrs=attrs) if name == "title" else forms.Textarea(attrs={**attrs, **lines})
            self.fields[field_name(place)] = forms.CharField(
                required=False, max_length=_MAX, strip=False, label=place_label(place), widget=widget
            )

    def texts(self, places: Iterable[str]) -> dict[str, str]:
        """Return what the boxes hold, by place."""
        return {place: str(self[field_name(place)].value() or "").replace("\r\n", "\n") for place in places}


def field_name(place: str) -> str:
    """Return the name of the field for a place: `outer_title`, or `variants-teen-outer_title`."""
    *group, part, name = place.split(".")
    return f"{_prefix(group)}{part}_{name}"


def place_label(place: str) -> str:
    """Return what a place is called: “Lock screen title”, with the readers of a text for a single audience."""
    *group, part, name = place.split(".")
    label = PARTS[part, name]
    return f"{label} ({_readers(group)})" if group else label


def changed_texts(changed: Mapping[str, tuple[str, str]]) -> list[ChangedText]:
    """Return texts that differ, by place, with the differences word by word."""
    return [ChangedText(place_label(place), list(differences(*pair))) for place, pair in changed.items()]


def text_groups(
    campaign: Campaign,
    locale: str,
    form: TranslationForm,
    *,
    changed: Mapping[str, tuple[str, str]],
    theirs: Mapping[str, str] | None,
    checked: bool,
) -> list[TextGroup]:
    """Return the texts in reading order; `checked` says whether empty boxes and other faults are shown."""
    source = translation_texts.source_of(campaign)
    typed = form.texts(source.texts)
    problems = translation_texts.problems(campaign, locale, typed) if checked else []
    cautions = translation_texts.cautions_in(campaign, locale, typed)
    shadow = translation_texts.with_texts(campaign, locale, typed)
    groups: dict[str, TextGroup] = {}
    for place, text in source.texts.items():
        *path, part, name = place.split(".")
        prefix = _prefix(path)
        if prefix not in groups:
            readers = f"Text for {_readers(path)}" if path else "Text for everybody"
            groups[prefix] = TextGroup(prefix, readers, [], _shown(shadow, locale, typed, ".".join(path)))
        groups[prefix].rows.append(
            TextToTranslate(
                place=place,
                label=PARTS[part, name],
                source=campaign_texts.written_out(campaign, source.locale, text),
                box=form[field_name(place)],
                chips=_chips(shadow, locale, text),
                source_differences=list(differences(*changed[place])) if place in changed else [],
                problems=_of_place(problems, locale, place),
                cautions=_of_place(cautions, locale, place),
                glossary=glossary_hits(text, typed[place], locale),
                theirs=theirs[place] if theirs and theirs.get(place, "") != typed[place] and place in theirs else None,
            )
        )
    return list(groups.values())


def facts_of(campaign: Campaign, locale: str, texts: Iterable[str]) -> dict[str, str]:
    """Return each token in the texts with what readers see in its place, for the script of the preview."""
    found = {str(token) for text in texts for token in tokens(text)}
    return {token: campaign_texts.written_out(campaign, locale, token) for token in sorted(found)}


def _chips(campaign: Campaign, locale: str, source: str) -> list[FactChip]:
    return [
        FactChip(token, campaign_texts.written_out(campaign, locale, token)) for token in dict.fromkeys(map(str, tokens(source)))
    ]


def _shown(campaign: Campaign, locale: str, typed: Mapping[str, str], group: str) -> CampaignText:
    def shown(part: str, name: str) -> str:
        return campaign_texts.written_out(campaign, locale, typed.get(f"{group}.{part}.{name}".removeprefix("."), ""))

    return {
        "outer": {"title": shown("outer", "title"), "body": shown("outer", "body")},
        "inner": {"title": shown("inner", "title"), "body": shown("inner", "body")},
    }


def _of_place(found: Iterable[DraftProblem | Caution], locale: str, place: str) -> list[str]:
    return [one.detail for one in found if one.field == f"messages.{locale}.{place}"]


def _prefix(path: Iterable[str]) -> str:
    return "".join(f"{name}-" for name in path)


def _readers(path: list[str]) -> str:
    return variants.readers_text(path[-1])
