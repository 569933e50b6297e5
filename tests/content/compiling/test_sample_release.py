"""The bytes of the sample release, held while the code moves: a reorganisation must not change what readers get."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from core.canonical import canonical_json

SHA256_OF_ALL_PACKS = "1800193b0622ba68a1871ad2c4fb8b1ee52a498244d43d9474d9844858958f94"


@pytest.mark.django_db
def test_the_sample_release_has_the_same_bytes_as_before_the_move(real_packs: dict[tuple[str, str], Any]) -> None:
    digest = hashlib.sha256()
    for (country, locale), pack in sorted(real_packs.items()):
        digest.update(f"{country}/{locale}\n".encode() + canonical_json(pack) + b"\n")

    assert digest.hexdigest() == SHA256_OF_ALL_PACKS
