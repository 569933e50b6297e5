"""The gate refuses every harm of the corpus, warns of slips, and lets good texts pass, on the real save path as well."""

from collections import Counter
from itertools import islice

import pytest

from content.linting.text import TextRefused
from content.models import Target, Unit
from tests import make
from tests.content.corpus.measure import clean_texts, false_alarms, faults, mutated, outcome, shipped_pairs
from tests.content.corpus.mutations import MutationClass, Pair, refused, warned

REFUSED = list(refused())
#: Texts of a class that are saved with the database; the functions alone are asked for all of them.
SAMPLE = 2


def _name(kind: MutationClass) -> str:
    return f"{kind.group}: {kind.name}"


@pytest.mark.sampled
@pytest.mark.parametrize("kind", REFUSED, ids=_name)
def test_every_harm_is_refused(kind: MutationClass) -> None:
    tried = list(mutated(kind))
    passed = [(pair.locale, pair.key, text) for pair, text in tried if outcome(faults(pair, text)) != "refused"]

    assert tried
    assert passed == []


def test_slips_are_warned_of() -> None:
    found = Counter(outcome(faults(pair, text)) for kind in warned() for pair, text in mutated(kind))

    assert found.total() > 1000
    assert found["silent"] <= 0.05 * found.total()


def test_every_class_of_slips_is_tried() -> None:
    assert [kind.name for kind in warned() if not list(mutated(kind))] == []


def test_clean_texts_raise_no_alarm() -> None:
    number, alarms = false_alarms(clean_texts())

    assert number >= 300
    assert alarms == []


@pytest.mark.slow
def test_shipped_targets_raise_hardly_any_alarm_and_none_is_refused() -> None:
    number, alarms = false_alarms((pair, pair.target) for pair in shipped_pairs())

    assert len(alarms) <= 0.01 * number
    assert [(pair.locale, pair.key) for pair, found in alarms if any(fault.refuses for fault in found)] == []


def test_every_fault_with_a_place_has_it_inside_the_text() -> None:
    for kind in REFUSED:
        for pair, text in islice(mutated(kind), SAMPLE):
            for fault in faults(pair, text):
                assert (fault.start is None) == (fault.end is None)
                assert fault.start is None or fault.end is None or 0 <= fault.start <= fault.end


@pytest.mark.django_db
def test_the_save_path_refuses_every_class() -> None:
    make.world()
    make.service("zz-take-it-down", channels=0)
    editor = make.person("eva", "localisation-editor")
    units: dict[tuple[str, tuple[str, ...]], Unit] = {}

    def unit(pair: Pair) -> Unit:
        key = (pair.source, pair.numbers)
        if key not in units:
            units[key] = Unit.objects.bulk_create([
                Unit.drafted(
                    key=f"test.{len(units)}", owner="term", text=pair.source, by=editor, at=make.NOON, locale="en",
                    numbers=dict.fromkeys(pair.numbers, "age"), hosts=(),
                )
            ])[0]  # fmt: skip
        return units[key]

    saved = []
    for kind in REFUSED:
        for pair, text in islice(((pair, text) for pair, text in mutated(kind) if pair.locale in {"ar", "cy"}), SAMPLE):
            try:
                Target.objects.of(unit(pair), pair.locale).write(text=text, by=editor, at=make.NOON, from_revision=0)
            except TextRefused:
                continue
            saved.append((_name(kind), pair.key, text))

    assert saved == []
    assert not Target.objects.exists()
