"""Processes for tests: an FCM emulator for the project of the tests, and what other servers need to start."""

from __future__ import annotations

from pathlib import Path

from fcm_emulator import testing
from fcm_emulator.testing import COMMAND as EMULATOR
from fcm_emulator.testing import DidNotStart, free_port, wait_until_up
from fcm_emulator.testing import EmulatorProcess as Emulator

__all__ = ["EMULATOR", "ROOT", "DidNotStart", "Emulator", "free_port", "start_emulator", "wait_until_up"]

ROOT = Path(__file__).resolve().parent.parent


def start_emulator(folder: Path, project: str = "fingerpost-test", *options: str, tls: bool = False) -> Emulator:
    """Start an FCM emulator with new credentials for `project`; `options` are passed on to `serve`."""
    return testing.start_emulator(folder, project, *options, tls=tls)
