"""The companion is served whole, small, cacheable by version, and under the strict policy of every page."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from typing import Any

import pycountry
import pytest
from django.test import Client

from api.http.negotiation import assigned_country
from api.pages.companion import MAIN, WORDS, companion, first_words
from content.linting.reading_age import reading_age
from content.models import Release
from content.terms import COMPANION_LABELS, CONTACT_LABELS
from core.companion_files import STYLE
from tests.browser.companion_site import POLICY
from tests.content.importing.words import LOCALES, targets, words
from tests.packs import Packs

pytestmark = pytest.mark.django_db

#: Bytes compressed, of everything that the browser loads, as docs/companion.md promises.
BUDGET = 65_000
#: The highest grade of American schools that the words may need; its pupils are ten and eleven.
GRADE = 5
#: What `reading_age` adds to a grade.
AGE_BEFORE_GRADE_1 = 5
#: Words of other groups of labels, by their id in the app.
SHARED = {
    "danger-now": "step.danger-now",
    "local-emergency": "why.local-emergency",
    "trusted-adult": "why.trusted-adult",
}


def test_the_page_names_files_that_are_there(api: Client) -> None:
    page = api.get("/companion/", headers={"accept": "text/html"})
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.content.decode())

    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert sorted(named) == sorted(f"/companion/{companion().version}/{name}" for name in companion().files)
    assert named[0].endswith(STYLE)
    assert named[-1].endswith(MAIN)
    for path in named:
        response = api.get(path)
        assert response.status_code == 200
        assert "immutable" in response["Cache-Control"]
        assert response["Content-Type"].split(";")[0] in ("text/css", "text/javascript")
        assert api.get(path, headers={"if-none-match": response["ETag"]}).status_code == 304


def test_everything_is_under_the_policy_of_every_page_and_sets_no_cookie(api: Client) -> None:
    for path in ("/companion/", "/companion/sw.js"):
        response = api.get(path)

        assert sorted(response["Content-Security-Policy"].split("; ")) == sorted(POLICY.split("; "))
        assert not response.cookies
        assert "immutable" not in response["Cache-Control"]


def test_the_service_worker_keeps_every_file(api: Client) -> None:
    worker = api.get("/companion/sw.js")
    listed = re.search(r'const FILES = "([^"]+)"', worker.content.decode())

    assert listed is not None
    assert worker["Content-Type"] == "text/javascript; charset=utf-8"
    kept = dict(file.split("=") for file in listed[1].split())
    assert [*kept] == ["/companion/", *(f"/companion/{companion().version}/{name}" for name in sorted(companion().files))]
    bodies = {path: api.get(path, headers={"accept": "*/*"}).content for path in kept}
    assert {path: hashlib.sha256(body).hexdigest() for path, body in bodies.items()} == kept


def test_a_page_of_another_version_gets_the_files_and_keeps_them_shortly(api: Client) -> None:
    response = api.get(f"/companion/0000000000000000/{MAIN}")

    assert response.content == companion().files[MAIN]
    assert "immutable" not in response["Cache-Control"]


@pytest.mark.parametrize("name", ["nothing.js", "../manage.py", "companion/../../manage.py", "companion/index.html", ""])
def test_nothing_but_the_modules_of_the_app_is_served(api: Client, name: str) -> None:
    assert api.get(f"/companion/{companion().version}/{name}").status_code == 404


def test_it_is_small_with_its_first_words_in_every_language() -> None:
    words_of = first_words(map(labelled, LOCALES))
    app = companion(words_of)
    size = sum(len(gzip.compress(body, 6)) for body in (app.page.body, app.worker.body, *app.files.values()))

    assert {locale: len(found["words"]) for locale, found in json.loads(words_of).items()} == dict.fromkeys(LOCALES, 11)
    assert size < BUDGET


def labelled(locale: str) -> dict[str, Any]:
    """Return what a pack in the locale would have of labels, if all shipped translations were approved."""
    groups = {"steps": "step.", "why": "why.", "companion": "companion."}
    texts = targets(locale)
    labels = {
        group: {key.removeprefix(prefix): {"text": text, "lang": locale} for key, text in texts.items() if key.startswith(prefix)}
        for group, prefix in groups.items()
    }
    return {"locale": locale, "dir": "ltr", "labels": labels}


def test_the_first_words_in_other_languages_are_those_of_the_release(api: Client, release: Release, real_packs: Packs) -> None:
    page = api.get("/companion/").content
    (path,) = re.findall(rf"/companion/[0-9a-f]{{16}}/{WORDS}", page.decode())
    served = api.get(path)

    assert page != companion().page.body
    assert "immutable" in served["Cache-Control"]
    found = json.loads(served.content.decode().removeprefix("export const FIRST_WORDS = ").removesuffix(";\n"))
    assert sorted(found) == ["ar", "cy", "hi", "pt-BR"]
    for locale, first in found.items():
        pack = real_packs["ZZ", locale]
        assert first["dir"] == pack["dir"]
        assert first["words"]["leave"] == pack["labels"]["companion"]["leave"]["text"]
        assert first["words"]["danger-now"] == pack["labels"]["steps"]["danger-now"]["text"]
    assert path.encode() in api.get("/companion/sw.js", headers={"accept": "*/*"}).content


def test_a_word_that_a_release_has_in_english_alone_is_no_first_word_of_another_language() -> None:
    pack = labelled("cy")
    pack["labels"]["companion"]["leave"] = {"text": "Leave now", "lang": "en"}
    del pack["labels"]["companion"]["wait"]

    words_of = json.loads(first_words([pack]))["cy"]["words"]

    assert len(words_of) == 9
    assert not {"leave", "wait"} & words_of.keys()


def test_its_english_words_are_the_units_that_are_translated() -> None:
    own = english()
    labels = words()["labels"]

    assert {name: own[name] for name in COMPANION_LABELS} == {name: labels[f"companion.{name}"] for name in COMPANION_LABELS}
    # The words beside a channel, and those for a reader in danger, are those of every app.
    others = own.keys() - {*COMPANION_LABELS}
    assert {name: labels.get(SHARED.get(name, f"contact.{name}")) for name in others} == {name: own[name] for name in others}


def test_a_reader_in_the_fifth_grade_understands_every_word_of_it() -> None:
    """Grade 5 of Flesch and Kincaid or below, for the sentences alone, and for everything that the app itself can show."""
    page = re.sub(r"<style.*?</style>|<[^>]+>", "\n", companion().page.body.decode().partition("<body>")[2])
    shown = [*english().values(), *page.split("\n")]
    sentences = " ".join(text for text in english().values() if text.endswith((".", "?")))

    grades = [(reading_age(text, "en") or 99) - AGE_BEFORE_GRADE_1 for text in (sentences, "\n".join(shown))]
    assert [grade for grade in grades if grade > GRADE] == []


def test_what_the_page_says_before_its_script_runs_is_among_the_words() -> None:
    page = companion().page.body.decode()
    said = re.findall(r"<(?:p|h2|a [^>]+)>([^<]+)</(?:p|h2|a)>", re.sub(r"<noscript>.*?</noscript>", "", page))

    assert len(said) == 4
    assert {*said} < {*english().values()}


def test_it_offers_the_countries_that_the_server_answers_for() -> None:
    source = companion().files["companion/locales.js"].decode()
    listed = source.partition("COUNTRIES = (")[2].partition(")")[0]

    offered = "".join(re.findall(r'"([A-Z ]+)"', listed)).split()
    assert offered == sorted(offered)
    assert [assigned_country(code) for code in offered] == [country.alpha_2 for country in sorted_countries()]


def sorted_countries() -> list[Any]:
    return sorted(pycountry.countries, key=lambda country: str(country.alpha_2))


def test_every_word_that_a_screen_names_exists() -> None:
    screens = b"\n".join(body for name, body in companion().files.items() if name.startswith("companion/")).decode()
    named = set(re.findall(r'(?:words\(|words, "\w+", |button\((?:app\.)?words, |withValue\(words, "\w+", )"([a-z-]+)"', screens))

    assert len(named) > 25
    assert named <= {*COMPANION_LABELS, *CONTACT_LABELS, *SHARED}


def english() -> dict[str, str]:
    """Return the English words of the app by id."""
    return dict(re.findall(r'^  "([a-z-]+)": "(.*)",$', companion().files["companion/words.js"].decode(), re.M))


def test_no_file_names_another_host_but_the_neutral_page() -> None:
    for name, body in companion().files.items():
        assert set(re.findall(rb"https?://[^\s\"'`)]+", body)) <= {b"https://www.wikipedia.org/"}, name
