"""`./run audit`: known weaknesses and licences of the locked packages, from stored data; see `./run audit --help`.

The bill of materials is that of the product alone, which contains no package of npm.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tools.audit import advisories, images, licences
from tools.audit.bill_of_materials import bill_of_materials
from tools.audit.locked import kit_packages, locked_packages


def main(arguments: Sequence[str]) -> int:
    """Run one action; return 1 if something was found, 2 if the service does not answer."""
    parser = argparse.ArgumentParser(prog="./run audit", description=__doc__)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--refresh", action="store_true", help=f"read the advisories again from {advisories.OSV}")
    action.add_argument("--licences", action="store_true", help="write docs/licences.md")
    action.add_argument("--sbom", metavar="FILE", help="write a CycloneDX bill of materials to FILE, or - for standard output")
    action.add_argument("--images", action="store_true", help="fail if an image of docker/ is named by a tag alone")
    action.add_argument(
        "--digests", metavar="FILE", help="put the images of docker/, by the digests of their tags, into FILE (.env)"
    )
    given = parser.parse_args(arguments)
    if given.sbom:
        return _write(given.sbom, bill_of_materials(locked_packages()))
    if given.licences:
        return _write(str(licences.DOCUMENT), licences.document(locked_packages(), kit_packages()))
    if given.images:
        return _images()
    if given.digests:
        return _digests(given.digests)
    if given.refresh:
        return _refresh()
    return _check()


def _check() -> int:
    product, kit, stored = locked_packages(), kit_packages(), advisories.load()
    packages = [*product, *kit]
    found = [
        *(str(one) for one in advisories.affected(packages, stored)),
        *licences.findings(packages),
    ]
    if licences.DOCUMENT.read_text(encoding="utf-8") != licences.document(product, kit):
        found.append("docs/licences.md is not current. To fix it: ./run audit --licences")
    age = advisories.age_text(stored, today=datetime.now(UTC).date())
    print(f"{len(product)} packages, and {len(kit)} for the checks of the kit. {age}")
    tags = images.by_tag(images.settings(os.environ))
    if tags:
        print(f"Images by tag: {', '.join(tags.values())}. Pin them by digest for production: docs/operations.md.")
    print(*found, f"{len(found)} findings", sep="\n")
    return 1 if found else 0


def _refresh() -> int:
    try:
        stored = advisories.refresh([*locked_packages(), *kit_packages()], advisories.load(), today=datetime.now(UTC).date())
    except (OSError, ValueError) as error:
        print(f"{advisories.OSV} does not answer ({type(error).__name__}). The stored advisories stay as they are.")
        return 2
    advisories.write(stored)
    return _check()


def _images() -> int:
    tags = images.by_tag(images.settings(os.environ))
    for name, image in tags.items():
        print(f"{name}={image} has no digest. To fix it: ./run audit --digests .env")
    print(f"{len(tags)} findings")
    return 1 if tags else 0


def _digests(path: str) -> int:
    try:
        found = images.pinned(os.environ)
    except images.NoDigest as error:
        print(error, file=sys.stderr)
        return 2
    lines = [f"{name}={image}" for name, image in found.items()]
    if path == "-":
        print(*lines, sep="\n")
        return 0
    images.put_into(Path(path), found)
    print(*lines, f"{path} has them; what else is in it stays as it was.", sep="\n")
    return 0


def _write(path: str, text: str) -> int:
    if path == "-":
        sys.stdout.write(text)
    else:
        Path(path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
