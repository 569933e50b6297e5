"""Both ways to answer a read: the fast path, and Django."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from content.models import Release
from content.publishing import signing
from tests.api.wsgi import BothPaths
from tests.signing import Signer


@pytest.fixture
def both(release: Release, signer: Signer, tmp_path: Path) -> BothPaths:
    signing.sign_if_due(at=timezone.now())
    return BothPaths(tmp_path / "edition")
