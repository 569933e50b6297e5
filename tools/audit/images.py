"""The images that the product is built on and runs beside: which ones are named by a digest, and which by a tag alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tools.audit.locked import ROOT

_FILES: Final = ("docker/Dockerfile", "docker/compose.yaml")
_DEFAULT: Final = re.compile(r"\b([A-Z]+_IMAGE)(?::-|=)([a-z][\w/.-]*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)")
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def images(environment: Mapping[str, str]) -> dict[str, str]:
    """Return each image by the variable that names it, as the environment or the files' defaults say."""
    found = dict(match for file in _FILES for match in _DEFAULT.findall((ROOT / file).read_text(encoding="utf-8")))
    return {name: environment.get(name) or default for name, default in sorted(found.items())}


def by_tag(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the images that a tag alone names: their content may change without notice."""
    return {name: image for name, image in images(environment).items() if not _DIGEST.search(image)}
