"""Clients of openapi-generator in four languages: generated in one go, without a name twice; two of them are compiled."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from api.sandbox.next_year import NEW, of_next_year
from tests.doc_samples import sample
from tests.kit import kotlin, node, swift
from tests.packs import Packs

pytestmark = pytest.mark.services
#: Language → generator, the names of its files, and a top-level type in them.
LANGUAGES = {
    "kotlin": ("kotlin", "*.kt", r"^(?:data |enum |sealed |open |abstract )*(?:class|interface|object) (\w+)"),
    "swift": ("swift6", "*.swift", r"^public (?:final |indirect )*(?:struct|class|enum|protocol) (\w+)"),
    "dart": ("dart", "*.dart", r"^(?:abstract |final )*(?:class|enum) (\w+)"),
    "typescript": ("typescript-fetch", "*.ts", r"^export (?:interface|class|type|const enum|enum) (\w+)"),
}
#: No registry that the tests use has the default of Kotlin's clients, Moshi; the types differ in nothing but annotations.
OPTIONS = {"kotlin": {"serializationLibrary": "gson"}}
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
            "additionalProperties": OPTIONS.get(language, {}),
        }
        (folder / f"{language}.json").write_text(json.dumps(settings))
    java = shutil.which("java")
    assert java, "java is missing: apt-get install default-jre-headless"
    jar = str(files("openapi_generator_cli") / "openapi-generator.jar")
    command = [java, "-jar", jar, "batch", "--fail-fast", *(str(folder / f"{language}.json") for language in LANGUAGES)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return folder


def test_the_documented_command_generates_a_client(tmp_path: Path) -> None:
    shutil.copy(node.ROOT / "docs/openapi.yaml", tmp_path)
    lines = sample("docs/clients/README.md", "Kotlin, Swift, Dart", "sh").splitlines()
    install, command = (shlex.split(line, comments=True) for line in lines)
    assert install == ["pip", "install", command[0]]

    program = Path(sys.executable).with_name(command[0])
    subprocess.run([program, *command[1:]], cwd=tmp_path, check=True, capture_output=True, timeout=240)

    assert (tmp_path / "client/src/main/kotlin/org/openapitools/client/apis/PacksApi.kt").exists()


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


@swift.needs_swift
def test_the_client_in_swift_compiles(generated: Path) -> None:
    sources = sorted((generated / "swift/Sources").rglob("*.swift"))

    # The generator's own sources are not free of warnings everywhere.
    node.run("swiftc", "-swift-version", "6", "-typecheck", *sources, timeout=300)
    assert len(sources) > 80


@pytest.fixture(scope="module")
def kotlin_classes(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile everything of the client in Kotlin that does without OkHttp: its types, and what reads and writes them."""
    package = generated / "kotlin/src/main/kotlin/org/openapitools/client"
    infrastructure = [file for file in (package / "infrastructure").glob("*.kt") if "okhttp3" not in file.read_text("utf-8")]
    sources = (Path(__file__).with_name("ReadPack.kt"), package / "models", *infrastructure)
    output = tmp_path_factory.mktemp("kotlin") / "classes"
    # The generator's own sources are not free of warnings.
    return kotlin.compile_into(output, *sources, libraries=(kotlin.GSON,), strict=False)


@pytest.mark.django_db
def test_the_types_in_kotlin_hold_all_that_they_know_of_a_pack_of_next_year(
    kotlin_classes: Path, real_packs: Packs, tmp_path: Path
) -> None:
    later = of_next_year(real_packs["GB", "en"])
    file = tmp_path / "pack.json"
    file.write_text(json.dumps(later), encoding="utf-8")

    printed = kotlin.run_main("ReadPackKt", file, classes=kotlin_classes, libraries=(kotlin.GSON,))

    held = json.loads(printed)
    expected = _without_members(later)
    expected["labels"].pop(NEW)
    for tip in expected["tips"]:
        # Gson writes null for a member that may be left out.
        tip.setdefault("short_title", None)
    assert held == expected
    assert NEW in held["services"][0]["roles"]
    assert held["services"][-1]["channels"][0]["type"] == NEW


def _without_members(value: Any) -> Any:
    """Return the value without the members that the contract of today does not name."""
    if isinstance(value, list):
        return [_without_members(one) for one in value]
    if isinstance(value, dict):
        return {name: _without_members(one) for name, one in value.items() if name != "member_of_next_year"}
    return value
