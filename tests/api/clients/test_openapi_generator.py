"""Clients of openapi-generator in four languages: generated in one go, without a name twice; TypeScript is compiled."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from tests.kit import node

pytestmark = pytest.mark.services
#: Language → generator, the names of its files, and a top-level type in them.
LANGUAGES = {
    "kotlin": ("kotlin", "*.kt", r"^(?:data |enum |sealed |open |abstract )*(?:class|interface|object) (\w+)"),
    "swift": ("swift6", "*.swift", r"^public (?:final |indirect )*(?:struct|class|enum|protocol) (\w+)"),
    "dart": ("dart", "*.dart", r"^(?:abstract |final )*(?:class|enum) (\w+)"),
    "typescript": ("typescript-fetch", "*.ts", r"^export (?:interface|class|type|const enum|enum) (\w+)"),
}
NO_EXTRAS = dict.fromkeys(("apiDocs", "modelDocs", "apiTests", "modelTests"), "false")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate every client with one start of Java; return the folder that has one folder for each language."""
    folder = tmp_path_factory.mktemp("clients")
    for language, (generator, _, _) in LANGUAGES.items():
        settings = {
            "generatorName": generator,
            "inputSpec": str(node.ROOT / "docs/openapi.yaml"),
            "outputDir": str(folder / language),
            "globalProperties": NO_EXTRAS,
        }
        (folder / f"{language}.json").write_text(json.dumps(settings))
    java = shutil.which("java")
    assert java, "java is missing: apt-get install default-jre-headless"
    jar = str(files("openapi_generator_cli") / "openapi-generator.jar")
    command = [java, "-jar", jar, "batch", "--fail-fast", *(str(folder / f"{language}.json") for language in LANGUAGES)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_type_of_a_client_is_there_twice(generated: Path, language: str) -> None:
    _, names, pattern = LANGUAGES[language]

    found = Counter(
        name
        for path in (generated / language).rglob(names)
        for name in re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert len(found) > 50
    assert {name: count for name, count in found.items() if count > 1} == {}


def test_the_client_in_typescript_compiles(generated: Path) -> None:
    folder = generated / "typescript"
    node.with_packages(folder)

    node.run(
        *(folder / "node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"),
        *("--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom", "--types", "node", "index.ts"),
        cwd=folder,
    )
