"""Count what the gate does with the corpus; `python -m tests.content.corpus.measure` writes docs/measurements/gate.md."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from content.linting.comparison import target_differences
from content.linting.fault import Fault
from content.linting.text import MAX_LENGTH, normalize_text, text_faults
from tests.content.corpus.mutations import MutationClass, Pair, base_pairs, clean_pairs, local, refused, warned
from tests.content.importing.words import LOCALES, VARIANTS, allowed_numbers, source_units, targets

FILE = Path(__file__).resolve().parents[3] / "docs" / "measurements" / "gate.md"
#: Findings of the term lists, which have a corpus and a table of their own.
OF_TERMS = frozenset({"blame", "forbidden-term", "avoided-term", "keep-image", "text-emergency-number", "exclamation"})
MARKER = "## The text gate on its corpus\n"


class _EveryName(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True


def faults(pair: Pair, text: str) -> list[Fault]:
    """Return what the gate finds, as the save path asks it."""
    text = normalize_text(text)
    found = text_faults(text, locale=pair.locale, allowed_numbers=pair.numbers, allowed_hosts=(), known_services=_EveryName())
    if len(text) > MAX_LENGTH:
        return found
    return found + target_differences(
        normalize_text(pair.source), text, source_locale="en", locale=pair.locale, allowed_numbers=pair.numbers
    )


def outcome(found: Iterable[Fault]) -> str:
    strengths = {fault.refuses for fault in found}
    return "refused" if True in strengths else "warned" if strengths else "silent"


def mutated(kind: MutationClass) -> Iterator[tuple[Pair, str]]:
    for pair in base_pairs():
        text = kind.mutate(pair)
        if text is not None and normalize_text(text) != normalize_text(pair.target):
            yield pair, text


def counts(kind: MutationClass) -> Counter[str]:
    return Counter(outcome(faults(pair, text)) for pair, text in mutated(kind))


def clean_texts() -> Iterator[tuple[Pair, str]]:
    """Yield the clean texts as written, decomposed, with Windows line ends, with digits of the script, and in bold."""
    for pair in clean_pairs():
        yield pair, pair.target
        yield pair, unicodedata.normalize("NFD", pair.target)
        yield pair, f"  {pair.target.replace(chr(10), chr(13) + chr(10))}\r\n"
        yield pair, local(pair.target, pair.locale)


def shipped_pairs() -> Iterator[Pair]:
    allowed = allowed_numbers()
    for locale in [*LOCALES, *VARIANTS]:
        for key, text in targets(locale).items():
            yield Pair(locale, key, source_units()[key], text, tuple(allowed.get(key, ())))


def false_alarms(texts: Iterable[tuple[Pair, str]]) -> tuple[int, list[tuple[Pair, list[Fault]]]]:
    number, alarms = 0, []
    for pair, text in texts:
        number += 1
        if found := [fault for fault in faults(pair, text) if fault.code not in OF_TERMS]:
            alarms.append((pair, found))
    return number, alarms


def report() -> str:
    lines = [MARKER, "Written by `python -m tests.content.corpus.measure`; `tests/content/corpus` holds the bounds.\n"]
    for title, kinds in (("Must be refused", list(refused())), ("Should be warned of", list(warned()))):
        lines += [
            f"### {title}\n",
            "| group | class | texts | refused | warned | silent |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
        ]
        total: Counter[str] = Counter()
        for kind in kinds:
            found = counts(kind)
            total += found
            lines.append(_row(kind.group, kind.name, found))
        lines += [_row("**all**", "", total), ""]
    lines += ["### False alarms\n", "| texts | number | refused or warned |", "| --- | ---: | ---: |"]
    for name, texts in (("shipped targets", ((pair, pair.target) for pair in shipped_pairs())), ("clean texts", clean_texts())):
        number, alarms = false_alarms(texts)
        lines.append(f"| {name} | {number} | {len(alarms)} |")
    return "\n".join(lines) + "\n"


def _row(group: str, name: str, found: Counter[str]) -> str:
    return f"| {group} | {name} | {found.total()} | {found['refused']} | {found['warned']} | {found['silent']} |"


if __name__ == "__main__":
    before = FILE.read_text(encoding="utf-8").partition(MARKER)[0] if FILE.exists() else "# Measurements of the text gate\n\n"
    FILE.write_text(before + report(), encoding="utf-8")
