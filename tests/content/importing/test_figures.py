"""Statistics: loaded as proposals, served to adults with what they count, marked when they are old, never given to teens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from content.compiling.compiler import build_packs
from content.compiling.facts import Policy
from content.compiling.figures import is_old
from content.compiling.snapshot import read_snapshot
from content.importing.facts import FACTS_DIR, FIGURES_FILE, SERVICES_FILE, load_facts
from content.importing.facts_file import FactsRefused
from content.importing.figures import read_figures
from content.importing.words_file import WordsRefused, read_words
from content.models import Figure
from content.models.figure import FigureState
from core.errors import Forbidden, SecondPersonRequired
from core.models import User
from tests import make
from tests.make import NOON
from tests.packs import Packs

FILE = json.loads(FIGURES_FILE.read_bytes())
ENTRY = {
    "id": "reports-2024",
    "value": 20500000,
    "unit": "number",
    "qualifier": "about",
    "counts": "reports to the hotline",
    "counted_by": "A hotline",
    "country": "GB",
    "period": {"first": "2024-01-01", "last": "2024-12-31"},
    "source": "The hotline, April 2025",
    "source_url": None,
    "read_on": "2026-11-01",
}
SANDBOX = Policy(date(2026, 7, 1), serve_unreviewed=True, sandbox=True)


def file_of(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"figures": entries}).encode()


def load(*entries: dict[str, Any]) -> int:
    services = json.loads(SERVICES_FILE.read_bytes())
    services["entries"] = [e for e in services["entries"] if e["id"] in ("zz-eu-112", "zz-eu-116111", "gb-childline")]
    return load_facts(json.dumps(services).encode(), figures=file_of(*entries), by=User.objects.system(), at=NOON).figures


def approved(**changes: Any) -> Figure:
    load(ENTRY | changes)
    figure = Figure.objects.proposed().get()
    figure.approve(by=make.checker(), at=NOON)
    make.approve_services()
    return figure


def pack(country: str = "GB", locale: str = "en") -> Any:
    return json.loads(make.build_pack(read_snapshot(SANDBOX), country, locale))


@pytest.fixture
def content(db: None) -> None:
    """A world with labels and the sentence that stands beside every figure."""
    make.world()
    make.labels()
    make.unit("phrase.reports-not-cases", "Reports are not cases.")


def without(field: str) -> Callable[[dict[str, Any]], object]:
    return lambda entry: entry.pop(field)


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no period": (without("period"), r"figures\.1\.period: this field is required"),
    "half a period": (lambda e: e.update(period={"first": "2024-01-01"}), r"period\.last: this field is required"),
    "a period that is null": (lambda e: e.update(period=None), r"figures\.1\.period"),
    "a period that ends first": (
        lambda e: e.update(period={"first": "2024-02-01", "last": "2024-01-01"}),
        "ends before it begins",
    ),
    "a period in the future": (
        lambda e: e.update(period={"first": "2024-01-01", "last": "2027-01-01"}),
        "after the day on which",
    ),
    "no source": (without("source"), r"source: this field is required"),
    "nobody who counted": (lambda e: e.update(counted_by=" "), "blanks only"),
    "nothing that is counted": (without("counts"), r"counts: this field is required"),
    "an unassigned country": (lambda e: e.update(country="UK"), "'UK' is not an assigned"),
    "an unknown unit": (lambda e: e.update(unit="dozen"), "unknown value 'dozen'"),
    "a negative number": (lambda e: e.update(value=-1), "value"),
    "http": (lambda e: e.update(source_url="http://example.org"), "not an https address"),
    "an unknown field": (lambda e: e.update(photo="x"), "photo: unknown field"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_each_broken_rule_is_refused_with_its_reason(change: Callable[[dict[str, Any]], object], said: str) -> None:
    entry = json.loads(json.dumps(ENTRY))
    change(entry)

    with pytest.raises(FactsRefused, match=said):
        read_figures(file_of(entry))


def test_two_figures_with_one_id_are_refused() -> None:
    with pytest.raises(FactsRefused, match="2 figures have this id"):
        read_figures(file_of(ENTRY, ENTRY))


def test_the_shipped_figures_are_whole() -> None:
    assert len(read_figures(FIGURES_FILE.read_bytes())) > 40


def test_a_figure_is_proposed_once_and_served_only_when_a_second_person_approved_it(content: None) -> None:
    assert (load(ENTRY), load(ENTRY)) == (1, 0)
    assert pack()["figures"] == []
    figure = Figure.objects.get()

    with pytest.raises(SecondPersonRequired):
        figure.approve(by=User.objects.system(), at=NOON)
    with pytest.raises(Forbidden):
        figure.approve(by=make.person("olaf", "publisher"), at=NOON)
    figure.approve(by=make.checker(), at=NOON)

    [served] = pack()["figures"]
    assert (served["display"], served["value"], served["qualifier"]) == ("\u206620,500,000\u2069", 20500000, "about")
    assert (served["counts"]["text"], served["counted_by"]) == ("reports to the hotline", "\u2066A hotline\u2069")
    assert served["period"] == {"first": "2024-01-01", "last": "2024-12-31"}
    assert (served["source"][1:-1], served["read_on"], served["audiences"]) == (
        ENTRY["source"],
        "2026-11-01",
        ["parent", "educator"],
    )


def test_a_changed_figure_replaces_the_older_one_when_it_is_approved(content: None) -> None:
    old = approved()
    load(ENTRY | {"value": 21000000})
    assert pack()["figures"][0]["value"] == 20500000

    Figure.objects.proposed().get().approve(by=make.checker(), at=NOON)

    old.refresh_from_db()
    assert old.state == FigureState.REPLACED
    assert [figure["value"] for figure in pack()["figures"]] == [21000000]


def test_a_withdrawn_figure_is_neither_served_nor_proposed_again(content: None) -> None:
    approved().withdraw(by=make.checker(), at=NOON)

    assert load(ENTRY) == 0
    assert pack()["figures"] == []


def test_no_figure_is_served_without_the_sentence_that_reports_are_not_cases(db: None) -> None:
    make.world()
    make.labels()
    approved()

    assert pack()["figures"] == []


def test_a_figure_is_in_the_packs_of_its_country_and_a_worldwide_one_in_all(content: None) -> None:
    approved()
    approved(id="world", country="ZZ")

    assert [figure["id"] for figure in pack("GB")["figures"]] == ["reports-2024", "world"]
    assert [figure["id"] for figure in pack("ZZ")["figures"]] == ["world"]


@pytest.mark.parametrize(
    ("last", "day", "old"),
    [
        (date(2024, 12, 31), date(2026, 12, 31), False),
        (date(2024, 12, 31), date(2027, 1, 1), True),
        (date(2024, 2, 29), date(2026, 3, 1), True),
    ],
)
def test_a_figure_is_old_two_years_after_its_period(last: date, day: date, old: bool) -> None:
    assert is_old(last, day) is old


def test_a_number_is_written_as_in_the_locale_with_western_digits(content: None) -> None:
    approved(value=91, unit="percent")
    approved(id="sum", value=100, unit="gbp")

    displays = {locale: [figure["display"][1:-1] for figure in pack("GB", locale)["figures"]] for locale in ("en", "de", "ar")}

    assert displays["en"] == ["91%", "£100"]
    assert displays["de"][0] == "91\xa0%"
    assert all(any(sign in "0123456789" for sign in text) for text in displays["ar"])


def test_a_text_for_adults_quotes_a_figure_by_its_token(content: None) -> None:
    approved()
    make.tip("numbers", audiences=["parent"], texts={"short": "There were {fact:reports-2024} reports."})
    make.tip("lost", audiences=["parent"], texts={"short": "There were {fact:reports-1999} reports."})

    tips = {tip["slug"]: tip for tip in pack()["tips"]}

    assert tips["numbers"]["short"] == "There were \u206620,500,000\u2069 reports."
    assert tips["numbers"]["services"] == []
    assert "lost" not in tips


def test_a_figure_in_a_tip_for_teens_blocks_the_pack(content: None) -> None:
    approved()
    make.tip("numbers", audiences=["teen", "parent"], texts={"short": "There were {fact:reports-2024} reports."})

    findings = {finding.code: finding.blocks for finding in build_packs(read_snapshot(SANDBOX))["GB", "en"].findings}

    assert findings["figure-for-teens"] is True


@pytest.mark.parametrize("audience", ["teen", "bystander", "survivor"])
def test_a_file_with_a_figure_in_a_text_that_teens_may_read_is_refused(tmp_path: Any, audience: str) -> None:
    text = (FACTS_DIR / "tips.yaml").read_text(encoding="utf-8")
    (tmp_path / "targets").mkdir()
    tip = f"""
  - slug: in-numbers
    kind: tip
    audiences: [{audience}, parent]
    situations: [blackmail]
    countries: []
    order: 500
    allowed_numbers: {{}}
    title: "In numbers"
    short: "There were {{fact:reports-2024}} reports."
    do_now: ["Read."]
    do_not: ["Do not worry."]
    more: "No more."
"""
    (tmp_path / "tips.yaml").write_text(text.rstrip() + "\n" + tip, encoding="utf-8")

    with pytest.raises(WordsRefused, match="tip in-numbers: a figure is for parents and educators alone"):
        read_words(tmp_path)


@pytest.mark.django_db
def test_every_real_pack_has_figures_with_their_sentence_and_no_tip_for_teens_quotes_one(real_packs: Packs) -> None:
    for pack in real_packs.values():
        assert pack["figures"]
        assert pack["labels"]["figures"]["reports-not-cases"]["text"]
        assert all(figure["audiences"] == ["parent", "educator"] for figure in pack["figures"])
    old = {figure["id"]: figure["old"] for figure in real_packs["GB", "en"]["figures"]}
    assert old["ceop-reports-2012"] is True
