"""Compare figures of the code base between git revisions and folders.

    ./run bench codebase                       the checkout as it is
    ./run bench codebase 972bd16 HEAD .        two revisions and the checkout
    ./run bench codebase --list HEAD           with every finding by name

Product is core, content, notifications, api and config, migrations left out.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from tools.lint.identifiers import any_mappings, repeated_classes
from tools.lint.imports import Import, cycles, imports, points_up
from tools.lint.sources import Sources, parsed
from tools.lint.words import banned_file_names, banned_identifiers

#: The code that handles packs and plans.
HEART = ("content/compiling/", "content/resolver/", "content/publishing/", "content/exporting/", "api/")
#: The same code before the packages were laid out by stage.
HEART_BEFORE = (
    *(f"content/{name}.py" for name in ("compiler", "snapshot", "items", "serving", "fallback", "rendering")),
    *(f"content/{name}.py" for name in ("resolver", "candidates", "answers", "opening", "plan", "alike", "vectors")),
    *(
        f"content/{name}.py"
        for name in ("withdrawal", "taking_away", "lapsing", "noticing", "notices", "signing", "keys", "verify")
    ),
    *(f"content/{name}.py" for name in ("changes", "open_data", "hsds", "hsds_alert", "hsds_schedule")),
    "content/checks/release.py",
)


@dataclass(frozen=True)
class Figures:
    """One column of the table, and the findings behind its counts."""

    rows: dict[str, str]
    details: dict[str, list[str]]


def measure(sources: Sources) -> Figures:
    """Return the figures of one tree."""
    product, trees = sources.product, sources.product_trees
    sizes = sorted((text.count("\n"), path) for path, text in product.items())
    lines = [count for count, _ in sizes]
    found = imports(trees)
    loops = cycles(found)
    long_loops = [loop for loop in loops if len(loop) > 2]
    inside = _once(one for one in found if one.in_function and ".models." in one.importer)
    upward = _once(one for one in found if one.in_function and points_up(one))
    twice = repeated_classes(trees)
    heart = any_mappings({path: text for path, text in product.items() if path.startswith(HEART + HEART_BEFORE)})
    others = (path for path in sources.texts if not path.endswith(".py"))
    all_python = parsed(sources.python())
    in_product = sorted({one.name for one in banned_identifiers(trees)})
    anywhere = sorted({one.name for one in (*banned_identifiers(all_python), *banned_file_names(others))})
    rows = {
        "product files": f"{len(product)}",
        "product lines": f"{sum(lines):,}",
        "median / p90 / largest file": f"{median(lines):.0f} / {quantiles(lines, n=10)[-1]:.0f} / {lines[-1]}",
        "tools: files, lines": _size(sources.python("tools")),
        "tests: files, lines": _size(sources.python("tests")),
        "import cycles (files in each)": ", ".join(str(len(loop)) for loop in loops) or "none",
        "import cycles of more than two files": f"{len(long_loops)}",
        "imports inside functions of models": f"{len(inside)}",
        "upward imports inside functions": f"{len(upward)}",
        "class names used twice or more": f"{len(twice)}",
        "dict[str, Any] in the heart": f"{sum(heart.values())}",
        "dict[str, Any] in the product": f"{sum(any_mappings(product).values())}",
        "banned words: identifiers, product": f"{len(in_product)}",
        "banned words: identifiers, all": f"{len(anywhere)}",
    }
    details = {
        "largest files": [f"{path} {count}" for count, path in sizes[:-6:-1]],
        "import cycles of more than two files": [", ".join(loop) for loop in long_loops],
        "upward imports inside functions": upward,
        "class names used twice or more": [f"{name}: {', '.join(paths)}" for name, paths in twice.items()],
        "dict[str, Any] in the heart": [f"{path} {count}" for path, count in heart.most_common()],
        "banned words: identifiers, all": anywhere,
    }
    return Figures(rows, details)


def table(columns: dict[str, Figures]) -> str:
    """Return the figures side by side, a column for each tree."""
    labels = list(next(iter(columns.values())).rows)
    width = max(len(label) for label in labels)
    widths = {name: max(len(name), *(len(value) for value in figures.rows.values())) for name, figures in columns.items()}
    lines = [" " * width + "".join(f"  {name:>{widths[name]}}" for name in columns)]
    for label in labels:
        cells = "".join(f"  {figures.rows[label]:>{widths[name]}}" for name, figures in columns.items())
        lines.append(f"{label:<{width}}{cells}")
    return "\n".join(lines)


def run(arguments: Sequence[str]) -> int:
    """Print the table; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="./run bench codebase", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("trees", nargs="*", default=["."], metavar="TREE", help="a git revision or a folder (default: .)")
    parser.add_argument("--list", action="store_true", help="name what is counted, too")
    options = parser.parse_args(arguments)
    columns = {}
    for tree in options.trees:
        try:
            columns[tree] = measure(Sources.in_folder(Path(tree)) if Path(tree).is_dir() else Sources.at_revision(tree))
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode().strip().splitlines()
            parser.error(f"{tree} is neither a folder under git nor a revision ({reason[0] if reason else 'git failed'})")
    print(table(columns))
    if options.list:
        for name, figures in columns.items():
            for label, entries in figures.details.items():
                print(f"\n{name}, {label}:", *(entries or ["none"]), sep="\n  ")
    return 0


def _once(found: Iterator[Import]) -> list[str]:
    """Return each import statement once, even if it imports several names."""
    return list(dict.fromkeys(f"{one.importer} line {one.line} -> {one.imported}" for one in found))


def _size(files: dict[str, str]) -> str:
    return f"{len(files)}, {sum(text.count(chr(10)) for text in files.values()):,}"


if __name__ == "__main__":
    import sys

    sys.exit(run(sys.argv[1:]))
