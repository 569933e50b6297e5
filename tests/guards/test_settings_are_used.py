"""Every setting that is read from the environment has an effect."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django.conf import global_settings

from tools.lint.sources import Sources

ROOT = Path(__file__).resolve().parents[2]


def read_from_the_environment() -> dict[str, str]:
    """Return the setting of each environment variable that config/settings.py reads."""
    found = {}
    for statement in ast.parse((ROOT / "config/settings.py").read_text()).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            for call in ast.walk(statement):
                match call:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str(name)), *_]):
                        found[name] = ast.unparse(target)
    return found


def test_every_setting_that_is_read_from_the_environment_is_used() -> None:
    read = read_from_the_environment()
    product = "\n".join(text for path, text in Sources.in_folder().product.items() if path != "config/settings.py")
    entrypoint = (ROOT / "docker/entrypoint.sh").read_text()

    assert len(read) > 15
    unused = {
        variable
        for variable, setting in read.items()
        if not hasattr(global_settings, setting)
        and not re.search(rf"\bsettings\.{setting}\b", product)
        and not re.search(rf"\$\{{?{variable}\b", entrypoint)
    }
    assert unused == set()
