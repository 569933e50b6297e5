"""Words that break a rule are refused with the place and the reason, and nothing of them is loaded."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from content.importing.words_file import LABELS, WordsRefused, read_words
from content.models import Target, Tip, Unit
from tests.content.importing.words_folder import TIP, load, write
from tests.examples import examples

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a slug that tells": ({"slug": "blackmail-help"}, "must not tell"),
    "an invalid slug": ({"slug": "First Hour"}, "lower-case letters"),
    "an unknown kind": ({"kind": "hint"}, "kind: unknown value 'hint'"),
    "an unknown situation": ({"situations": ["sextortion"]}, r"situations\.1: unknown value 'sextortion'"),
    "an unknown audience": ({"audiences": ["child"]}, r"audiences\.1: unknown value 'child'"),
    "no audience": ({"audiences": []}, "audiences: must not be empty"),
    "an unknown country": ({"countries": ["UK"]}, "'UK' is not an assigned ISO 3166-1 code"),
    "an order in words": ({"order": "first"}, "order: cannot be 'first'; expected a whole number"),
    "an allowed number that is not text": (
        {"allowed_numbers": {"age": [18]}},
        r"allowed_numbers\.age\.1: cannot be 18; expected text",
    ),
    "a helpline's number": ({"allowed_numbers": {"count": ["08001111"]}}, r"allowed_numbers\.count\.1: cannot be '08001111'"),
    "a kind of number that there is not": ({"allowed_numbers": {"phone": ["18"]}}, r"allowed_numbers\.phone"),
    "a number in two kinds": ({"allowed_numbers": {"age": ["18"], "hours": ["18"]}}, "allowed_numbers: 18 is there twice"),
    "a tip without situations": ({"situations": []}, "situations: must not be empty"),
    "an empty title": ({"title": ""}, "title: must not be empty"),
    "steps that are not a list": ({"do_now": "Tell."}, "do_now: cannot be 'Tell.'; expected a list"),
    "an unknown field": ({"image": "x"}, "image: unknown field"),
    "a number in a text": ({"title": "Call 0800 1111"}, "0800"),
    "its readers' age without ages": (
        {"short": "Say that you are under eighteen."},
        "Give the tip its ages",
    ),
    "blame": ({"short": "It is your fault."}, r"first-hour\.short: 'your fault' puts the blame"),
    "an unknown service": ({"short": "Ask {service:gb-nobody}."}, "does not exist"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_each_broken_rule_is_reported_and_nothing_is_loaded(db: None, folder: Path, change: dict[str, Any], said: str) -> None:
    write(folder, tips=[TIP | {"slug": "another"}, TIP | change])

    with pytest.raises(WordsRefused, match=said):
        load(folder)

    assert not Tip.objects.exists()
    assert not Unit.objects.exists()


def test_a_duplicate_tip_is_refused(folder: Path) -> None:
    write(folder, tips=[TIP, TIP])

    with pytest.raises(WordsRefused, match="2 tips have this slug"):
        read_words(folder)


@settings(
    max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    field=st.sampled_from([*TIP, "odd"]),
    value=st.sampled_from([None, "", "x" * 7000, 0, -1, True, [], [None], {}, {"x": 1}, "٣"]),
)
def test_any_value_is_read_or_refused_with_a_reason(folder: Path, field: str, value: object) -> None:
    write(folder, tips=[TIP | {field: value}])

    with contextlib.suppress(WordsRefused):
        read_words(folder)


@pytest.mark.parametrize("text", ["labels: 1\n", "tips: {a: 1}\n", "tips: [1]\n", "a: 1\na: 2\n", "a: [", "- a\n"])
def test_invalid_yaml_and_duplicate_keys_are_refused(folder: Path, text: str) -> None:
    (folder / "tips.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(WordsRefused, match=r"tips\.yaml"):
        read_words(folder)


@pytest.mark.parametrize(
    ("locale", "texts", "said"),
    [
        ("cy", {"tip.nothing.title": "x"}, "no such unit"),
        ("cy", {"tip.first-hour.title": ""}, "must not be empty"),
        ("cy", {"tip.first-hour.title": "Ffoniwch ٠٨٠٠"}, "0800"),
        ("xx", {"tip.first-hour.title": "x"}, "there is no locale xx"),
    ],
)
def test_a_target_that_breaks_a_rule_is_refused(db: None, folder: Path, locale: str, texts: dict[str, str], said: str) -> None:
    targets: dict[str, Any] = {locale: texts}
    write(folder, **targets)

    with pytest.raises(WordsRefused, match=said):
        load(folder)

    assert not Target.objects.exists()


def test_the_words_of_contacts_and_of_the_companion_may_be_left_out(folder: Path) -> None:
    labels = {key: "x" for key in LABELS if not key.startswith(("contact.", "companion."))}
    with (folder / "tips.yaml").open("w", encoding="utf-8") as out:
        YAML().dump({"labels": labels, "tips": [TIP]}, out)

    assert {draft.key for draft in read_words(folder).drafts} >= {*labels, "tip.first-hour.title"}
    assert len(labels) < len(LABELS)


def test_a_missing_or_unknown_label_is_refused(folder: Path) -> None:
    with (folder / "tips.yaml").open("w", encoding="utf-8") as out:
        YAML().dump({"labels": {"step.sing": "Sing"}, "tips": []}, out)

    with pytest.raises(WordsRefused) as refused:
        read_words(folder)

    assert not [fault for fault in refused.value.extra["faults"] if "labels.contact." in fault or "labels.companion." in fault]
    assert "tips.yaml: labels.step.talk: this label is required." in refused.value.extra["faults"]
    assert "tips.yaml: labels.step.sing: there is no such label." in refused.value.extra["faults"]
