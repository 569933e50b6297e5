"""All checks of a text, made at each save and again when a release is compiled."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.linting.addresses import address_faults
from content.linting.characters import character_faults
from content.linting.comparison import target_differences
from content.linting.fault import Fault, Strength
from content.linting.kept_faults import kept_faults
from content.linting.length import Surface, length_faults, surface_of
from content.linting.lock_screen import lock_screen_faults
from content.linting.number_context import dialled_number_faults, kind_faults
from content.linting.number_words import disguised_numbers, spelled_numbers
from content.linting.numbers import Number, number_faults, numbers_in
from content.linting.tokens import TOKEN, token_faults, tokens, without_tokens
from content.linting.wording import wording_faults
from core.errors import Invalid

if TYPE_CHECKING:
    from content.models.unit import Unit

#: Characters that one unit may have; split a longer text into two.
MAX_LENGTH = 6000


class TextRefused(Invalid):
    """The text breaks a rule and cannot be saved."""

    code = "text-refused"


def normalize_text(text: str) -> str:
    """Return the text in Unicode form NFC, with plain line ends and no space around it: it is served exactly as it is stored."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()


def text_faults(
    text: str,
    *,
    locale: str,
    allowed_numbers: Collection[str],
    allowed_hosts: Collection[str],
    known_services: Collection[str],
    key: str = "",
) -> list[Fault]:
    """Return everything that is wrong with one text, looked at by itself.

    `key`, `allowed_numbers` and `allowed_hosts` are those of its unit: the key says where the text is shown, and so how long it
    may be. `known_services` are the ids that its tokens may name.
    """
    if len(text) > MAX_LENGTH:
        return [_too_long(text)]
    context = _Context(locale, allowed_numbers, allowed_hosts, known_services, surface_of(key))
    return kept_faults(("text", text, *context.values(text)), locale, lambda: context.faults(text))


def translation_faults(
    text: str,
    *,
    source: str,
    source_locale: str,
    locale: str,
    allowed_numbers: Collection[str],
    allowed_hosts: Collection[str],
    known_services: Collection[str],
    key: str = "",
    stays_as_is: bool = False,
) -> list[Fault]:
    """Return everything that is wrong with one text, looked at by itself and beside the source that it translates.

    The other arguments are those of `text_faults`. `stays_as_is`: the source is a name or a brand, which the text may repeat.
    """
    if len(text) > MAX_LENGTH:
        return [_too_long(text)]
    context = _Context(locale, allowed_numbers, allowed_hosts, known_services, surface_of(key))

    def find() -> list[Fault]:
        return context.faults(text) + target_differences(
            source,
            text,
            source_locale=source_locale,
            locale=locale,
            allowed_numbers=allowed_numbers,
            stays_as_is=stays_as_is,
        )

    given = ("translation", text, *context.values(text), source, source_locale, stays_as_is)
    return kept_faults(given, locale, find)


@dataclass(frozen=True)
class _Context:
    """What the faults of a text depend on beside the text itself."""

    locale: str
    allowed_numbers: Collection[str]
    allowed_hosts: Collection[str]
    known_services: Collection[str]
    surface: Surface | None

    def values(self, text: str) -> tuple[object, ...]:
        """Return the context as plain values; of the services, those that the text names."""
        named = sorted({token.name for token in tokens(text) if token.name in self.known_services})
        numbers, hosts = tuple(sorted(self.allowed_numbers)), tuple(sorted(self.allowed_hosts))
        return self.locale, numbers, hosts, tuple(named), str(self.surface or "")

    def faults(self, text: str) -> list[Fault]:
        """Check the text, whether it was checked before or not."""
        locale, allowed, surface = self.locale, self.allowed_numbers, self.surface
        words = without_tokens(text)
        numbers = [*numbers_in(words, allowed=allowed), *disguised_numbers(words, locale)]
        return [
            *_no_words(text, words),
            *character_faults(text, locale),
            *number_faults(numbers, allowed=allowed),
            # The other numbers are refused anyway.
            *dialled_number_faults(
                words, [*(number for number in numbers if number.digits in allowed), *_in_words(words, locale)], locale
            ),
            *address_faults(words, locale=locale, allowed_hosts=self.allowed_hosts),
            *token_faults(text, known_services=self.known_services),
            *wording_faults(text, locale),
            *(length_faults(words, surface, locale) if surface else ()),
            *(_short_title_faults(text, words, locale) if surface == Surface.SHORT_TITLE else ()),
        ]


def source_faults(unit: Unit, *, known_services: Collection[str]) -> list[Fault]:
    """Return what is wrong with the source text of a unit."""
    faults = text_faults(
        unit.text,
        locale=unit.source_locale_id,
        allowed_numbers=unit.allowed_numbers,
        allowed_hosts=unit.allowed_hosts,
        known_services=known_services,
        key=unit.key,
    )
    if len(unit.text) > MAX_LENGTH:
        return faults
    words = without_tokens(unit.text)
    return faults + kind_faults(words, numbers_in(words, allowed=unit.numbers), unit.numbers, unit.source_locale_id)


def target_faults(unit: Unit, text: str, locale: str) -> list[Fault]:
    """Return what is wrong with the text of a target, compared with its source."""
    return translation_faults(
        text,
        source=unit.text,
        source_locale=unit.source_locale_id,
        locale=locale,
        allowed_numbers=unit.allowed_numbers,
        allowed_hosts=unit.allowed_hosts,
        # A token that the source does not have is a fault of its own, so here every id counts as known.
        known_services=_EveryName(),
        key=unit.key,
        stays_as_is=unit.stays_as_is,
    )


def raise_if_invalid(faults: Sequence[Fault]) -> list[Fault]:
    """Raise TextRefused with each fault that refuses the text; return the warnings where there is none."""
    if errors := [fault for fault in faults if fault.refuses]:
        raise TextRefused(
            " ".join(fault.detail for fault in errors),
            faults=[{"code": fault.code, "detail": fault.detail, "start": fault.start, "end": fault.end} for fault in errors],
        )
    return list(faults)


def _too_long(text: str) -> Fault:
    """Return the only fault that is looked for in a text of any length."""
    return Fault("too-long", f"The text has {len(text)} characters; the limit is {MAX_LENGTH}.")


def _short_title_faults(text: str, words: str, locale: str) -> list[Fault]:
    """Return what a short title must not hold beside what no text may: it may stand on a lock screen, and alone."""
    found = lock_screen_faults(words, locale)
    if token := TOKEN.search(text):
        found.append(Fault("short-title-token", "A short title names no service and no figure.", Strength.REFUSE, *token.span()))
    return found


def _no_words(text: str, words: str) -> list[Fault]:
    if not text:
        return [Fault("empty", "The text is empty.")]
    if text != words or any(character.isalpha() for character in text):
        return []
    return [Fault("no-letters", "The text has no letter.", Strength.REFUSE, 0, len(text))]


def _in_words(words: str, locale: str) -> list[Number]:
    return [Number(str(number.value), number.start, number.end) for number in spelled_numbers(words, locale)]


class _EveryName(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True
