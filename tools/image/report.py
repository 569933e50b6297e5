"""The figures of `./run image`, as the tables of docs/measurements/image.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench.push import page
from tools.lint.documents import wrap

if TYPE_CHECKING:
    from tools.image.launch import Result

PAGE = Path("docs") / "measurements" / "image.md"


def tables(result: Result) -> str:
    """Return what was built and seen, as Markdown."""
    parts = [_table(("the image", ""), _image(result))]
    if result.tried:
        parts.append(_table(("role of compose", "s until healthy", "s until stopped"), _roles(result)))
        seen = result.tried.figures
        parts.append(
            f"The demo on these containers: {seen['packs']} packs read, {seen['registrations']} phones registered, one alert "
            f"sent to {seen['devices']}, of which the emulator accepted {seen['accepted']} and the feed shows it. "
            f"The dump of `backup` had {result.tried.dump / 10**6:.1f} MB, and `restore` and `restore_check` took it."
        )
    parts.append(f"Wrong: {'; '.join(result.findings) or 'nothing'}.")
    return "\n\n".join(parts)


def _image(result: Result) -> Iterable[Sequence[str]]:
    yield "Debian, Python", f"{result.release}, {result.python}"
    yield "MB, unpacked", f"{result.built.size / 10**6:,.0f}"
    yield "of them the base", f"{result.built.base_size / 10**6:,.0f}"
    yield from ((f"of them {name}", f"{size / 10**6:,.0f}") for name, size in result.sizes.items())
    yield "packages of Debian, all from its part main", str(result.debian)
    yield "packages of Python, those of the bill of materials", str(result.packages)
    yield "s of the build, without the base", f"{result.built.seconds:.0f}"


def _roles(result: Result) -> Iterable[Sequence[str]]:
    assert result.tried
    for name, seconds in result.tried.healthy.items():
        yield f"`{name}`", "no check" if name == "export" else f"{seconds:.1f}", f"{result.tried.stopped[name]:.1f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(path: Path, result: Result, load: float) -> None:
    """Write the figures of a Debian release into its section of the page; the others, and what people write, stay."""
    sections = page.read(path)
    sections[f"On Debian's {result.release}"] = f"{page.circumstances(result.seconds, load)}\n\n{tables(result)}"
    top = path.read_text("utf-8").partition("\n## ")[0]
    text = "\n".join([top, *[f"## {heading}\n\n{body.strip()}\n" for heading, body in sections.items()]])
    path.write_text(wrap(text), "utf-8")
