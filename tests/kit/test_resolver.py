"""The resolver in JavaScript (kit/resolver): every vector, random packs beside the reference, and the package as published."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from api.sandbox.next_year import of_next_year
from content.resolver.resolve import resolve
from content.resolver.types import Query
from content.resolver.vectors import plain, read_by_week, read_cases
from content.resolver.week import public_holidays, usual_week
from tests.content.resolver.test_reference_resolver import random_pack
from tests.content.resolver.test_resolver_vectors import random_query
from tests.doc_samples import sample
from tests.kit import node
from tests.make import NOON
from tests.packs import Packs

pytestmark = pytest.mark.services
RESOLVER = node.KIT / "resolver"
PAGE = "kit/resolver/README.md"
#: Years of the random instants, and one more: an opening may be in the next year.
YEARS = (2026, 2027, 2028)
Question = tuple[Any, Query, datetime]
HOLIDAYS = {
    country: [day.isoformat() for year in YEARS for day in public_holidays(country, year)] for country in ("GB", "IN", "ZZ")
}


def test_every_vector_agrees() -> None:
    number = len(read_cases())

    assert node.run("node", RESOLVER / "conformance.js").splitlines() == [f"{number} of {number} vectors agree."]
    # The page shows what it prints.
    assert sample(PAGE, "Conformance kit", "console").endswith(f"\n{number} of {number} vectors agree.\n")


@pytest.mark.django_db
def test_the_sample_of_its_page_makes_a_plan(real_packs: Packs, tmp_path: Path) -> None:
    (tmp_path / "v1/packs/GB").mkdir(parents=True)
    (tmp_path / "v1/packs/GB/en").write_text(json.dumps(real_packs["GB", "en"]), encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/fingerpost-resolver").symlink_to(RESOLVER)
    program = tmp_path / "sample.mjs"

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}"
        program.write_text(sample(PAGE, "fingerpost-resolver", "js").replace("https://fingerpost.example", address))
        try:
            printed = node.run("node", program).splitlines()
        finally:
            server.shutdown()

    assert printed[0].startswith("danger-now gb-emergency-999 ")
    assert [line.split()[0] for line in printed] == ["danger-now", "talk", "report", "take-down", "tell-the-platform"]


def test_the_conformance_kit_reports_a_resolver_that_answers_otherwise(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.mjs"
    wrong.write_text(
        f'import {{ resolve as right }} from "{RESOLVER}/index.js";\n'
        "export const resolve = (pack, query, at) => ({ ...right(pack, query, at), tips: ['another'] });\n"
    )

    with pytest.raises(AssertionError, match=r"ended with 1:[\s\S]*/tips/0: expected .*, found .another") as failure:
        node.run("node", RESOLVER / "conformance.js", wrong)
    assert f"of {len(read_cases())} vectors agree." in str(failure.value)


def test_it_agrees_on_random_packs() -> None:
    """Compare two hundred random packs, with hours as tables, notices, and instants near every change of the clocks."""
    questions = list(random_questions(random.Random("kit")))

    assert len(questions) == 1_000
    assert_same_plans(questions)


def test_it_agrees_on_real_packs_and_on_those_of_next_year(real_packs: Packs) -> None:
    rng = random.Random("real")
    packs = [real_packs[country, "en"] for country in ("GB", "DE", "IN", "US", "ZZ")]

    # The packs have the holidays of 2026 and 2027.
    questions = [
        (
            of_next_year(pack) if rng.random() < 0.2 else pack,
            random_query(rng, "GB"),
            NOON + timedelta(minutes=rng.randrange(450_000)),
        )
        for pack in packs
        for _ in range(40)
    ]

    assert_same_plans(questions)


def assert_same_plans(questions: list[Question]) -> None:
    """Compare every field of the steps, the tips, and the order of the channels of each named service."""
    lines = [json.dumps({"pack": pack, "query": asdict(query), "at": at.isoformat()}) for pack, query, at in questions]

    found = [json.loads(line) for line in node.run("node", node.ROOT / "tests/kit/plans.js", given="\n".join(lines)).splitlines()]

    for (pack, query, at), one in zip(questions, found, strict=True):
        plan = resolve(read_by_week(pack), query, at)
        assert one["plan"] == plain(plan), (query, at)
        channels = {name: [channel["position"] for channel in service["channels"]] for name, service in plan.services.items()}
        assert one["channels"] == channels, (query, at)


def random_questions(rng: random.Random) -> Iterator[Question]:
    for _ in range(200):
        # From March 2026 to May 2027: clocks change four times.
        instant = NOON.replace(month=3, day=1) + timedelta(minutes=rng.randrange(430 * 24 * 60))
        pack = with_tables(random_pack(rng, instant))
        for _ in range(5):
            yield pack, random_query(rng, "GB"), instant + timedelta(minutes=rng.randrange(-4_000, 4_000))


def with_tables(pack: Any) -> Any:
    """Add what the compiler writes into packs for clients without a parser of hours."""
    for service in pack["services"]:
        for channel in service["channels"]:
            channel["week"] = usual_week(channel["hours"])
    return {**pack, "public_holidays": {country: days for country, days in HOLIDAYS.items() if days}}


def test_the_published_package_is_typed_small_and_passes_its_own_vectors(tmp_path: Path) -> None:
    """Pack a copy with npm, which checks and writes the types with tsc; run the vectors of the unpacked package."""
    shutil.copytree(RESOLVER, tmp_path / "kit/resolver", ignore=shutil.ignore_patterns("types", "vectors", "LICENSE"))
    (tmp_path / "docs").mkdir()
    for name in ("LICENSE", "docs/resolver-packs.json", "docs/resolver-vectors.json"):
        shutil.copy(node.ROOT / name, tmp_path / name)
    node.with_packages(tmp_path / "kit")

    node.run("npm", "pack", "--offline", "--pack-destination", tmp_path, cwd=tmp_path / "kit/resolver")
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as archive:
        # Debian's Python 3.11.2 takes no `filter`; npm has made the archive a moment ago.
        archive.extractall(tmp_path)
    package = tmp_path / "package"

    modules = b"".join(
        "\n".join(code_of(module)).encode() for module in sorted(package.glob("*.js")) if module.name != "conformance.js"
    )
    assert {path.name for path in package.iterdir()} >= {"LICENSE", "README.md", "index.js", "types", "types.d.ts", "vectors"}
    assert not (package / "prepack.js").exists()
    assert "export function resolve(pack: Pack, query: Query" in (package / "types/index.d.ts").read_text()
    assert len(gzip.compress(modules)) < 12 * 1024
    assert json.loads((package / "package.json").read_text()).get("dependencies") is None
    # npm puts a symbolic link to the program among those of a project.
    (tmp_path / "fingerpost-conformance").symlink_to(package / "conformance.js")
    for program in (package / "conformance.js", tmp_path / "fingerpost-conformance"):
        assert node.run("node", program).endswith("vectors agree.\n")


def code_of(module: Path) -> Iterator[str]:
    """Yield the lines of a module that are no comments, as a browser gets them from a bundler."""
    for line in module.read_text(encoding="utf-8").splitlines():
        if not line.lstrip().startswith(("/**", "*", "//")):
            yield line.strip()
