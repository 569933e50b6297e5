"""A place for a machine that suggests translations. The product has none; an operator may name one in MACHINE_TRANSLATOR.

A machine is an object with the attributes of MachineTranslator, at the dotted path of the setting. It gets the source text, with
its tokens, the target locale and the glossary, and nothing else: no id, no person, no translation. What it answers is stored as
a suggestion, marked as made by a machine. A person has to accept it, and the checks of texts and the second reader follow as for
every other text, and the person who requested it cannot approve the translation.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from content.linting.glossary import glossary_hits
from content.models import Target, TextSuggestion, Unit
from content.models.rights import require_may_write, require_text_country
from content.models.text_suggestion import SuggestionOrigin
from core.errors import Conflict, Invalid, NotFound, Unavailable
from core.models import User

logger = logging.getLogger(__name__)


class MachineOff(NotFound):
    """No machine is set up here, so no text leaves the installation."""

    code = "machine-off"


class NoSuggestion(Unavailable):
    """The machine gave no suggestion. Try again later, or translate the text yourself."""

    code = "no-suggestion"


@dataclass(frozen=True)
class GlossaryTerm:
    """A term of the source text, and the forms that the locale has for it, the preferred one first."""

    source: str
    forms: tuple[str, ...]


@runtime_checkable
class MachineTranslator(Protocol):
    """What MACHINE_TRANSLATOR names. It may raise any exception, and must answer or raise within 20 seconds."""

    #: Its name, for logs.
    name: str

    def suggest(self, source: str, *, locale: str, glossary: Sequence[GlossaryTerm]) -> str:
        """Return the English `source` in the locale (BCP 47), with each token `{…}` as it is in the source."""


def is_on() -> bool:
    """Return whether an operator has switched a machine on."""
    return bool(settings.MACHINE_TRANSLATOR)


def ask_machine(unit: Unit, locale: str, *, by: User, at: datetime) -> TextSuggestion:
    """Send the source text and its glossary to the machine, and store its answer as a suggestion.

    Raises MachineOff where there is none, NoSuggestion where it fails, Invalid where its answer cannot be stored, and Conflict
    where it has an open suggestion for this source already.
    """
    if not is_on():
        raise MachineOff()
    require_may_write(by, locale)
    require_text_country(by, unit.owner)
    machine = _load(settings.MACHINE_TRANSLATOR)
    earlier = TextSuggestion.objects.open().filter(unit=unit, locale=locale, origin=SuggestionOrigin.MACHINE)
    if earlier.filter(source_revision=unit.revision).exists():
        raise Conflict("The machine has suggested a text already. Accept or dismiss it first.", code="suggestion")
    revision = Target.objects.filter(unit=unit, locale=locale).values_list("revision", flat=True).first() or 0
    glossary = tuple(GlossaryTerm(hit.term, tuple(hit.forms)) for hit in glossary_hits(unit.text, "", locale))
    try:
        answer = machine.suggest(unit.text, locale=locale, glossary=glossary)
    except Exception as error:
        # The text may be in the message, so that only the kind of the error is logged.
        logger.warning("The machine translator %s failed: %s", machine.name, type(error).__name__)
        raise NoSuggestion() from None
    if not isinstance(answer, str):
        raise NoSuggestion()
    try:
        return TextSuggestion.objects.suggest(
            unit=unit,
            locale=locale,
            text=answer.replace("\0", ""),
            by=by,
            at=at,
            from_revision=revision,
            origin=SuggestionOrigin.MACHINE,
        )
    except Invalid as error:
        raise Invalid(f"The machine's answer was not stored: {error.detail}", code="suggestion") from None


@register()
def check_machine(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report an error where MACHINE_TRANSLATOR names no machine."""
    if not is_on():
        return []
    try:
        _load(settings.MACHINE_TRANSLATOR)
    except Exception as error:
        return [
            Error(
                f"MACHINE_TRANSLATOR cannot be used: {error}",
                hint="Name an object with `name` and `suggest`, or leave it empty: then no text leaves the installation.",
                id="fingerpost.E010",
            )
        ]
    return []


@cache
def _load(path: str) -> MachineTranslator:
    found = import_string(path)
    machine = found() if isinstance(found, type) else found
    if not isinstance(machine, MachineTranslator) or not isinstance(machine.name, str) or not machine.name.strip():
        raise ImportError(f"{path} has no name or no method suggest.")
    return machine
