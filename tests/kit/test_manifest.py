"""The signed manifests, verified by two libraries of JavaScript: jose, and the WebCrypto of browsers and Node."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from content.publishing.verify import decode
from tests.content.publishing.test_manifest_vectors import ACCEPTED, key_of
from tests.kit import node

pytestmark = pytest.mark.services


def test_jose_and_webcrypto_verify_every_manifest_and_no_changed_one(tmp_path: Path) -> None:
    good = [{"jws": case["jws"], "key": key_of(case)} for case in ACCEPTED]
    changed = [{**one, "jws": with_another_payload(one["jws"])} for one in good]
    shutil.copy(node.ROOT / "tests/kit/verify.js", tmp_path / "verify.mjs")

    lines = "\n".join(json.dumps(one) for one in [*good, *changed])
    found = [json.loads(line) for line in node.run("node", node.with_packages(tmp_path) / "verify.mjs", given=lines).splitlines()]

    payloads = [json.loads(decode(case["jws"].split(".")[1])) for case in ACCEPTED]
    assert found == [{"jose": one, "webcrypto": one} for one in payloads] + [{"jose": None, "webcrypto": None}] * len(good)


def with_another_payload(jws: str) -> str:
    """Change one character in the middle of the payload."""
    header, payload, signature = jws.split(".")
    middle = len(payload) // 2
    other = "A" if payload[middle] != "A" else "B"
    return f"{header}.{payload[:middle]}{other}{payload[middle + 1 :]}.{signature}"
