"""./run phone without a running demo; tests/test_journey.py runs it beside one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.sandbox import phone
from tools.sandbox.paths import Paths
from tools.sandbox.terminal import UserError


def test_without_a_running_demo_one_sentence_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The demo is not running. Start ./run in another terminal"):
        phone.run(Paths(root=tmp_path, run=tmp_path / "run"), [])


@pytest.mark.parametrize("arguments", [["--platform", "fridge"], ["now"]])
def test_a_wrong_argument_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        phone.run(Paths(root=tmp_path, run=tmp_path / "run"), arguments)
