"""The Kotlin compiler of kit/package-lock.json, on Debian's Java."""

from __future__ import annotations

import os
from pathlib import Path

from tests.kit import node

#: Debian's Gson, from libgoogle-gson-java: the one JSON library for Kotlin's generated clients that Debian packages.
GSON = Path("/usr/share/java/gson.jar")


def compile_into(output: Path, *sources: Path, libraries: tuple[Path, ...] = (), strict: bool = True) -> Path:
    """Compile files, and all files of folders, into a folder of classes, and return it; fail with what the compiler says.

    With `strict` a warning fails too.
    """
    lib = node.installed() / "node_modules/kotlin-compiler/lib"
    compiler = (lib / "kotlin-preloader.jar", "org.jetbrains.kotlin.preloading.Preloader", "-cp", lib / "kotlin-compiler.jar")
    options = ("-no-reflect", "-d", output, *(("-Werror",) if strict else ("-nowarn",)))
    classes = ("-classpath", _path(*libraries)) if libraries else ()
    start = ("java", "-Xmx1g", "-cp", *compiler, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler")
    node.run(*start, *options, *classes, *sources, timeout=300)
    return output


def run_main(name: str, *arguments: str | Path, classes: Path, libraries: tuple[Path, ...] = ()) -> str:
    """Run the function main of a file, by the name of its class; return what it prints."""
    standard = node.installed() / "node_modules/kotlin-compiler/lib/kotlin-stdlib.jar"
    return node.run("java", "-cp", _path(classes, standard, *libraries), name, *arguments)


def _path(*places: Path) -> str:
    return os.pathsep.join(map(str, places))
