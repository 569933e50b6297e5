"""A client of openapi-typescript and openapi-fetch: generated, compiled, and used from the first request to the last."""

from __future__ import annotations

import base64
import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from content.models import Release
from content.publishing import signing
from tests import make
from tests.api.reads.test_fast_path import opened
from tests.doc_samples import sample
from tests.kit import node
from tests.make import NOON
from tests.signing import Signer

pytestmark = [pytest.mark.services, pytest.mark.django_db]
#: Strict, as a new project is; `fetch` and streams of Node.
COMPILER = ("--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--types", "node")
#: The page whose commands these are, and whose sample is compiled.
PAGE = "docs/clients/README.md"


def generate(folder: Path) -> None:
    """Type the command of the page in a folder that has the contract and the packages."""
    shutil.copy(node.ROOT / "docs/openapi.yaml", folder)
    install, install_tools, command = map(shlex.split, sample(PAGE, "TypeScript", "sh").splitlines())
    locked = json.loads((node.KIT / "package.json").read_text())["devDependencies"]
    assert (install[:2], install_tools[:3]) == (["npm", "install"], ["npm", "install", "--save-dev"])
    assert {*install[2:], *install_tools[3:]} <= locked.keys()
    assert command[0] == "npx"
    node.run(folder / "node_modules/.bin" / command[1], *command[2:], cwd=folder)


@pytest.fixture
def journey(tmp_path: Path) -> Path:
    """Generate the types, compile the journey with them, and return the module."""
    node.with_packages(tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(node.ROOT / "tests/api/clients/journey.ts", tmp_path)
    binaries = tmp_path / "node_modules/.bin"
    generate(tmp_path)
    node.run(binaries / "tsc", *COMPILER, "--skipLibCheck", "journey.ts", cwd=tmp_path)
    return tmp_path / "journey.js"


def test_a_client_of_openapi_typescript_has_a_whole_day(api: Client, journey: Path, release: Release, signer: Signer) -> None:
    make.app("teen", push_mode="topics")
    make.app("parent")
    opened()
    make.service("gb-childline")
    signing.sign_if_due(at=NOON)

    with subprocess.Popen(["node", journey], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        statuses = []
        for line in process.stdout:
            request = json.loads(line)
            if "done" in request:
                break
            response = answered(api, request)
            statuses.append(response["status"])
            process.stdin.write(json.dumps(response) + "\n")
            process.stdin.flush()

    assert process.returncode == 0
    assert (len(statuses), set(statuses)) == (18, {200, 201, 204, 304, 404})


@pytest.mark.parametrize("heading", ["TypeScript", "Lists of open data"])
def test_the_sample_compiles(tmp_path: Path, heading: str) -> None:
    node.with_packages(tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    generate(tmp_path)
    # A sample may leave what it reads unused.
    (tmp_path / "sample.ts").write_text(sample(PAGE, heading, "ts"))

    node.run(tmp_path / "node_modules/.bin/tsc", *COMPILER, "--skipLibCheck", "--noEmit", "sample.ts", cwd=tmp_path)


def answered(api: Client, request: dict[str, Any]) -> dict[str, Any]:
    """Return the server's response to a request of the journey."""
    headers = {name: value for name, value in request["headers"] if name != "content-type"}
    response = api.generic(request["method"], request["path"], request["body"], content_type="application/json", headers=headers)
    return {
        "status": response.status_code,
        "headers": [list(pair) for pair in response.items()],
        "body": base64.b64encode(response.content).decode(),
    }
