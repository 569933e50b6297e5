"""What is changed between docs/ and the site: the hooks that MkDocs calls (https://www.mkdocs.org/dev-guide/plugins/#events).

- The server's policy allows no inline script. The theme has a few, so each becomes a file.
- Parts of the theme that have no name for screen readers, or share it with others, get one.
- Diagrams become pictures that were drawn before (tools/docs/diagrams.py).
- Links to files of the repository outside docs/ become the names of these files.
- Pages of decisions and measurements come last in the search: they name everything that other pages explain.
- Folders of the navigation that are written with `*` become one entry for each page.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from tools.docs.diagrams import NotDrawn, with_pictures

#: The content of each script by the name of its file.
_scripts: dict[str, str] = {}
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)\s#]+)[^)\s]*\)")
#: The list of a part of the navigation, named by its heading alone: six parts have a *How to*.
_NESTED_LIST = re.compile(r'aria-labelledby="(__nav_\d+)(_\d+)_label"')
_SEARCH = '<div class="md-search" data-md-component="search" role="dialog">'
_FOLDER = "assets/inline"
_BACKGROUND = ("adr", "measurements")
#: Of these pages in the search. Their long tables hold some word of a question a hundred times.
_BACKGROUND_WEIGHT = 0.01
#: Files of the theme that make sense on a site with an address of its own only.
_UNUSED = ("404.html", "sitemap.xml", "sitemap.xml.gz")


def on_config(config: Any) -> Any:
    """Write out the folders of the navigation."""
    _scripts.clear()
    config["nav"] = [_written_out(item, Path(config["docs_dir"])) for item in config["nav"]]
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Show diagrams, replace links that lead out of docs/ by the name of the file in the repository, and weigh for the search."""
    folder = posixpath.dirname(page.file.src_uri)
    if folder in _BACKGROUND:
        page.meta.setdefault("search", {})["boost"] = _BACKGROUND_WEIGHT

    def named(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, match[2]))
        if target.startswith("docs/"):
            return match[0]
        label = match[1].strip("`")
        return f"`{target}`" if label == target else f"{match[1]} (`{target}` in the repository)"

    try:
        pictured = with_pictures(markdown, docs=Path(config["docs_dir"]), up="../" * page.url.count("/"))
    except NotDrawn as error:
        raise PluginError(f"docs/{page.file.src_uri}: {error}") from None
    return _LINK.sub(named, pictured)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Move the inline scripts of a page into files, and name its parts."""
    up = "../" * page.url.count("/")

    def moved(match: re.Match[str]) -> str:
        name = f"{hashlib.sha256(match[1].encode()).hexdigest()[:16]}.js"
        _scripts[name] = match[1]
        return f'<script src="{up}{_FOLDER}/{name}"></script>'

    if _SEARCH not in output:
        raise PluginError("The theme's search has another form: see tools/docs/hooks.py.")
    named = output.replace(_SEARCH, _SEARCH.replace(">", ' aria-label="Search">'))
    named = _NESTED_LIST.sub(r'aria-labelledby="\1_label \1\2_label"', named)
    return _INLINE_SCRIPT.sub(moved, named)


def on_post_build(config: Any) -> None:
    """Write the scripts, and remove what nobody can use."""
    site = Path(config["site_dir"])
    folder = site / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in _scripts.items():
        (folder / name).write_text(source, encoding="utf-8")
    for name in _UNUSED:
        (site / name).unlink(missing_ok=True)


def _written_out(item: Any, docs: Path) -> Any:
    if isinstance(item, dict):
        return {title: _written_out(inner, docs) for title, inner in item.items()}
    if isinstance(item, list):
        return [_written_out(inner, docs) for inner in item]
    if item.endswith("/*.md"):
        files = sorted(docs.glob(item), key=lambda file: (file.name != "README.md", file.name))
        return [str(file.relative_to(docs)) for file in files]
    return item
