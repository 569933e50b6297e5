"""The locked packages as a CycloneDX 1.6 document (https://cyclonedx.org/docs/1.6/json/): the same lock file, the same bytes."""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.audit.licences import licence_of
from tools.audit.locked import ROOT, LockedPackage

#: Licences of CycloneDX's list that `id` may name; the others are names or expressions.
_SPDX = re.compile(r"[A-Za-z0-9.-]+")


def bill_of_materials(packages: list[LockedPackage]) -> str:
    """Return the document as JSON."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    product = {
        "type": "application",
        "bom-ref": project["name"],
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    names = {package.name: _ref(package) for package in packages}
    depends = {package.name: sorted(names[one] for one in _requirements(package.name) & names.keys()) for package in packages}
    top = sorted(names[name] for name in _direct() & names.keys())
    body: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": [_component(package) for package in packages],
        "dependencies": [
            {"ref": project["name"], "dependsOn": top},
            *({"ref": names[name], "dependsOn": refs} for name, refs in depends.items()),
        ],
    }
    # No clock and no random number: two people who build the same lock file can compare.
    body["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))}"
    return json.dumps(body, indent=1, sort_keys=True) + "\n"


def _ref(package: LockedPackage) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def _component(package: LockedPackage) -> dict[str, Any]:
    files = [{"alg": "SHA-256", "content": digest} for digest in package.hashes]
    return {
        "type": "library",
        "bom-ref": _ref(package),
        "name": package.name,
        "version": package.version,
        "purl": _ref(package),
        "scope": "optional" if package.marker else "required",
        "licenses": [_licence(licence_of(package))],
        # Any of the package's files: one wheel for each platform. The package URL names no registry's host.
        "externalReferences": [{"type": "distribution", "url": _ref(package), "hashes": [file]} for file in files],
    }


def _licence(text: str) -> dict[str, Any]:
    if " OR " in text or " AND " in text:
        return {"expression": text}
    # BSD alone is a family, not an identifier.
    return {"license": {"name": text}} if text == "BSD" or not _SPDX.fullmatch(text) else {"license": {"id": text}}


def _requirements(name: str) -> set[str]:
    """Return the names of what a package requires here, without its extras."""
    try:
        given = [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:
        return set()
    return {canonicalize_name(one.name) for one in given if one.marker is None or one.marker.evaluate({"extra": ""})}


def _direct() -> set[str]:
    lines = (ROOT / "requirements" / "base.in").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(Requirement(line).name) for line in lines if line.strip() and not line.startswith("#")}
