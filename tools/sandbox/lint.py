"""./run lint: the checks that run here, on every developer's machine and in CI."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tools.sandbox import environment
from tools.sandbox.paths import Paths
from tools.sandbox.terminal import say, step


def lint(paths: Paths) -> int:
    """Run every check, even after one has failed; return 1 if any did."""
    tools, python = paths.venv / "bin", str(paths.python)
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder) / "openapi.yaml"
        checks: list[tuple[str, list[str], str]] = [
            ("style (ruff)", [str(tools / "ruff"), "check", "."], ""),
            ("format (ruff)", [str(tools / "ruff"), "format", "--check", "."], "ruff format ."),
            ("types (mypy)", [str(tools / "mypy")], ""),
            ("import directions", [str(tools / "lint-imports")], ""),
            (
                "missing migrations",
                [python, "manage.py", "makemigrations", "--check", "--dry-run"],
                "./run manage makemigrations",
            ),
            ("OpenAPI is valid", [python, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", str(schema)], ""),
            (
                "OpenAPI is current",
                ["cmp", str(schema), "docs/openapi.yaml"],
                "./run manage spectacular --file docs/openapi.yaml",
            ),
            ("words", [python, "-m", "tools.lint", "words"], ""),
            ("width of documents", [python, "-m", "tools.lint", "documents"], "python -m tools.lint wrap FILE"),
            ("commit subjects", [python, "-m", "tools.lint", "commits"], ""),
            ("states are current", [python, "manage.py", "states", "--check"], "./run manage states"),
            ("supply chain", [python, "-m", "tools.audit"], "./run audit says what to do"),
            ("roles are current", [python, "manage.py", "roles", "--check"], "./run manage roles"),
        ]
        failed = [name for name, command, fix in checks if not _passes(name, command, fix, paths)]
    say(f"lint: {len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _passes(name: str, command: list[str], fix: str, paths: Paths) -> bool:
    # No check connects to these addresses, but settings refuse to load without them.
    settings = {
        "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/nowhere",
        "FINGERPOST_SANDBOX": "1",
        "FCM_ENDPOINT": "http://127.0.0.1:9",
        "SECRET_KEY": "lint",
        environment.BYTECODE: environment.bytecode_folder(paths),
        "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",
    }
    env = {**environment.without_settings(os.environ), **settings}
    with step(name):
        result = subprocess.run(command, cwd=paths.root, env=env, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        say(f"{(result.stdout + result.stderr).strip()}\n  FAILED: {name}{f'. To fix it: {fix}' if fix else ''}")
    return result.returncode == 0
