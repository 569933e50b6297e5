"""The licences of the locked packages: a document that lists them, and a check that none asks more than the product can give."""

from __future__ import annotations

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from typing import Final

from tools.audit.locked import NPM, ROOT, LockedPackage

DOCUMENT: Final = ROOT / "docs" / "licences.md"
#: Packages whose metadata names no licence or several, with the one under which the product uses them, in SPDX terms.
CHOSEN: Final = {
    "async-timeout": "Apache-2.0",
    "brotlicffi": "MIT",
    "fido2": "BSD-2-Clause",
    "pyphen": "MPL-1.1",
    "pyreqwest": "Apache-2.0",
    "python-dateutil": "Apache-2.0",
    "uvloop": "Apache-2.0 OR MIT",
}
#: The only packages under a licence that binds changes of the package itself: used as they are, and replaceable.
LGPL: Final = {"psycopg", "psycopg-binary", "pycountry"}
#: What metadata calls a licence, to its SPDX identifier or family.
_NAMES: Final = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD",
    "bsd 3-clause or apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "bsd license": "BSD",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "new bsd": "BSD-3-Clause",
    "psfl": "PSF-2.0",
}
_PERMISSIVE: Final = re.compile(r"(MIT|MIT-0|MIT-CMU|BSD(-[23]-Clause)?|Apache-2\.0|PSF-2\.0|Python-2\.0|ISC|MPL-(1\.1|2\.0))")

_INTRODUCTION = """# Licences of what the product runs with

Fingerpost itself is under the Apache License 2.0. Below are the packages of `requirements/base.txt`
with their licences, in SPDX terms. `./run lint` checks that each is permissive, or is one of the
few under the LGPL that are used as they are and can be replaced; there is none under the GPL or
AGPL. `./run audit --licences` writes this page. Where a package offers several licences,
the one under which it is used here is named.

Tests use further packages (`requirements/dev.txt`), which are no part of the product or of its
image. One of them is under the GPL: translate-toolkit, the tools of a translation agency. The
second table lists the packages of `kit/package-lock.json`, with which the kit for app developers is
checked; the kit itself needs none of them.
"""


def licence_of(package: LockedPackage) -> str:
    """Return the licence in SPDX terms, or what the metadata says where it is not known."""
    if package.ecosystem == NPM:
        return package.licence or "unknown"
    if package.name in CHOSEN:
        return CHOSEN[package.name]
    try:
        given = metadata(package.name)
    except PackageNotFoundError:
        return "not installed"
    return _from_metadata(given)


def _from_metadata(given: PackageMetadata) -> str:
    if "License-Expression" in given:
        return str(given["License-Expression"])
    classifiers = [line.rpartition("::")[2].strip() for line in given.get_all("Classifier") or [] if line.startswith("License")]
    short = given["License"].strip() if "License" in given else ""
    # Some packages put the whole text there.
    named = short if 0 < len(short) < 60 and "\n" not in short else "".join(classifiers[:1])
    return _NAMES.get(named.lower(), named) or "unknown"


def findings(packages: list[LockedPackage]) -> list[str]:
    """Return a sentence for each package whose licence does not fit."""
    return [
        f"{package.name} is under {licence!r}: not permissive, and not among the packages that may be under the LGPL."
        for package in packages
        if not fits(package.name, licence := licence_of(package))
    ]


def fits(name: str, licence: str) -> bool:
    """Return whether every part of the licence is permissive, one of its alternatives is, or the package is listed as LGPL."""
    if name in LGPL:
        return re.fullmatch(r"LGPL-[23]\.[01]-only", licence) is not None
    parts = re.split(r"\s+AND\s+", licence)
    return all(any(_PERMISSIVE.fullmatch(one.strip("() ")) for one in re.split(r"\s+OR\s+", part)) for part in parts)


def document(product: list[LockedPackage], kit: list[LockedPackage]) -> str:
    """Return the text of docs/licences.md."""
    tables = [
        line
        for packages in (product, kit)
        for line in (
            *("| package | licence |", "| --- | --- |"),
            *dict.fromkeys(f"| {package.name} | {licence_of(package)} |" for package in packages),
            "",
        )
    ]
    return "\n".join([_INTRODUCTION, *tables])
