"""The documents as a site: complete, without anything inline or from elsewhere, and served by the product."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tools.docs import __main__ as site_builder
from tools.docs.__main__ import ROOT, build, main, replace_folder
from tools.docs.diagrams import NotDrawn, with_pictures

#: Elements whose `src` or `href` a browser loads by itself.
_LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "site"
    build(folder)
    return folder


class _Page(HTMLParser):
    """What a strict policy refuses, and what the page loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.refused += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not given.get("src") and given.get("type") != "application/json"):
            self.refused.append(tag)
        if tag in _LOADED and given.get("rel") != "canonical" and (address := given.get(_LOADED[tag])):
            self.loaded.append(address)


def pages(site: Path) -> dict[str, _Page]:
    return {str(file.relative_to(site)): _Page(file.read_text("utf-8")) for file in site.rglob("*.html")}


@pytest.mark.slow
def test_every_document_is_a_page_in_the_navigation(site: Path) -> None:
    # A strict build fails for a page outside the navigation; every page of docs/ is built.
    documents = {file.relative_to(ROOT / "docs").with_suffix(".html") for file in (ROOT / "docs").rglob("*.md")}
    built = {Path(name) for name in pages(site)}
    navigation = (site / "index.html").read_text("utf-8")

    assert {name.with_name("index.html") if name.stem == "README" else name for name in documents} == built
    for name in ("tutorial", "push", "editors", "campaign-staff", "operations", "privacy"):
        assert f'href="{name}.html"' in navigation


@pytest.mark.slow
def test_no_page_has_anything_that_the_policy_refuses(site: Path) -> None:
    found = pages(site)

    assert {name: page.refused for name, page in found.items() if page.refused} == {}


def test_every_page_loads_files_of_the_site_alone(site: Path) -> None:
    for name, page in pages(site).items():
        for address in page.loaded:
            file = (site / name).parent / address.partition("?")[0].partition("#")[0]
            assert file.resolve().is_relative_to(site.resolve()), f"{name} loads {address}"
            assert file.exists(), f"{name} loads {address}"
    sheets = "".join(file.read_text("utf-8") for file in site.rglob("*.css"))
    assert re.findall(r"url\(\s*['\"]?(?:https?:)?//", sheets) == []


def test_the_search_finds_a_key_of_a_push_message(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))

    assert "push.html#the-platforms" in [entry["location"] for entry in index["docs"] if "apns-collapse-id" in entry["text"]]
    background = [entry for entry in index["docs"] if entry["location"].startswith(("adr/", "measurements/"))]
    assert {entry.get("boost") for entry in background} == {0.01}
    assert {entry.get("boost") for entry in index["docs"] if entry not in background} == {None}


def test_nested_lists_stay_nested(site: Path) -> None:
    text = (site / "app-developers.html").read_text("utf-8")

    rules = text.partition('id="rules-for-clients"')[2].partition("<h2")[0]
    assert len(re.findall(r"<ol>", rules)) == 1
    assert re.search(r"<ul>\s*<li><code>display</code>", rules)


def test_the_product_serves_the_site_under_its_own_policy(site: Path, settings: Any) -> None:
    settings.DOCS_DIR = str(site)
    client = Client()

    page = client.get("/docs/")
    policy = page["Content-Security-Policy"]
    served = b"".join(page.streaming_content)  # type: ignore[attr-defined]

    assert page.status_code == 200
    assert served == (site / "index.html").read_bytes()
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert client.get("/docs")["Location"] == "docs/"
    assert client.get("/docs/adr/index.html").status_code in (200, 302)
    assert client.get("/docs/../manage.py").status_code == client.get("/docs/no-such-page.html").status_code == 404


def test_a_site_that_is_built_again_is_served_at_once(tmp_path: Path, settings: Any) -> None:
    folder = tmp_path / "site"
    settings.DOCS_DIR = str(folder)
    client = Client()
    assert client.get("/docs/").status_code == 404

    for number, text in enumerate(("first", "second")):
        folder.mkdir(exist_ok=True)
        (folder / "index.html").write_text(text)
        os.utime(folder / "index.html", (number + 1, number + 1))

        assert b"".join(client.get("/docs/").streaming_content) == text.encode()  # type: ignore[attr-defined]


def test_without_the_setting_there_is_no_such_path(settings: Any) -> None:
    settings.DOCS_DIR = ""

    assert Client().get("/docs/").status_code == 404


def test_an_unchanged_site_is_not_built_again(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> int:
        raise AssertionError(folder)

    monkeypatch.setattr(site_builder, "build", refuse)

    assert main([str(site), "--if-changed"]) == 0


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").touch()

    assert main([str(tmp_path)]) == 1
    assert "Name an empty folder" in capsys.readouterr().err
    assert (tmp_path / "letter.txt").exists()


def test_a_site_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("The old site")

    with pytest.raises(FileNotFoundError):
        replace_folder(folder, new=tmp_path / "nothing", old=tmp_path / "old")

    assert (folder / "index.html").read_text() == "The old site"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_diagrams_are_pictures_with_words_for_those_who_do_not_see_them(site: Path) -> None:
    found = [
        image for name in ("architecture", "states") for image in re.findall(r'<img class="diagram"[^>]*>', _text(site, name))
    ]

    assert len(found) > 10
    assert "mermaid" not in _text(site, "states")
    for image in found:
        picture = re.search(r'src="(diagrams/[0-9a-f]{16}\.svg)"', image)
        assert picture
        assert (site / picture[1]).exists()
        assert len(re.findall(r'alt="[^"]{20,}"', image)) == 1


def test_a_diagram_that_has_changed_since_it_was_drawn_is_refused() -> None:
    changed = "# States\n\n```mermaid\nstateDiagram-v2\n    [*] --> somewhere-else\n```\n"

    with pytest.raises(NotDrawn, match="below “States” is not drawn, or has changed since"):
        with_pictures(changed, docs=ROOT / "docs", up="")


def _text(site: Path, name: str) -> str:
    return (site / f"{name}.html").read_text("utf-8")
