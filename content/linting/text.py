"""The text gate: every check of a text, at each save and again when a release is compiled."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from content.linting.addresses import address_faults
from content.linting.characters import character_faults
from content.linting.fault import Fault
from content.linting.language import language_faults
from content.linting.numbers import number_faults
from content.linting.tokens import differing_tokens, token_faults, without_tokens
from core.errors import Invalid

if TYPE_CHECKING:
    from content.models.unit import Unit

#: Characters of one unit; a longer text is two.
MAX_LENGTH = 6000


class TextRefused(Invalid):
    """This text cannot be saved."""

    code = "text-refused"


def tidy(text: str) -> str:
    """Return the text composed (NFC), with plain line ends and no space around it: what is stored is what is served."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()


def text_faults(
    text: str,
    *,
    locale: str,
    allowed_numbers: Collection[str],
    allowed_hosts: Collection[str],
    known_services: Collection[str],
) -> list[Fault]:
    """Return everything that is wrong with one text by itself."""
    words = without_tokens(text)
    faults = [] if text else [Fault("empty", "There is no text.")]
    if len(text) > MAX_LENGTH:
        faults.append(Fault("too-long", f"The text has {len(text)} characters; {MAX_LENGTH} are the most."))
    return [
        *faults,
        *character_faults(text),
        *number_faults(words, allowed=allowed_numbers),
        *address_faults(words, allowed_hosts=allowed_hosts),
        *token_faults(text, known_services=known_services),
        *language_faults(words, locale),
    ]


def source_faults(unit: Unit, *, known_services: Collection[str]) -> list[Fault]:
    """Return what is wrong with a unit's text."""
    return text_faults(
        unit.text,
        locale=unit.source_locale_id,
        allowed_numbers=unit.allowed_numbers,
        allowed_hosts=unit.allowed_hosts,
        known_services=known_services,
    )


def target_faults(unit: Unit, text: str, locale: str) -> list[Fault]:
    """Return what is wrong with a target's text, beside its source."""
    faults = text_faults(
        text,
        locale=locale,
        allowed_numbers=unit.allowed_numbers,
        allowed_hosts=unit.allowed_hosts,
        # A token that the source has not is a fault of its own, so here each one counts as known.
        known_services=_AnyName(),
    )
    return faults + differing_tokens(unit.text, text)


def refuse(faults: Sequence[Fault]) -> None:
    """Raise TextRefused with the sentences of the faults; cautions pass."""
    errors = [fault for fault in faults if not fault.caution]
    if errors:
        raise TextRefused(
            " ".join(fault.detail for fault in errors),
            faults=[{"code": fault.code, "detail": fault.detail} for fault in errors],
        )


class _AnyName(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True
