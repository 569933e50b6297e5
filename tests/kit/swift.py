"""The Swift compiler of Debian 13 (package swiftlang), where it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit import node

needs_swift = pytest.mark.skipif(
    shutil.which("swiftc") is None, reason="there is no swiftc: Debian has it from version 13 on, as the package swiftlang"
)


def check(*sources: Path) -> None:
    """Check the types of files in the mode of Swift 6, and fail with what the compiler says; a warning fails too."""
    node.run("swiftc", "-swift-version", "6", "-typecheck", "-warnings-as-errors", *sources, timeout=300)


def compile_into(program: Path, *sources: Path) -> Path:
    """Compile files into a program, and return it; one of them is called main.swift."""
    # In the mode of Swift 6, XCTest for Linux takes no test methods.
    node.run("swiftc", "-swift-version", "5", "-o", program, *sources, timeout=300)
    return program
