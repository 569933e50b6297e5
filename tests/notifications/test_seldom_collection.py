"""A worker's process looks for unreachable objects seldom, and never at what was imported."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.processes import ROOT

CODE = """
import gc, json
import django; django.setup()
from celery.signals import worker_process_init
import notifications.tasks as tasks
tasks.Poller = lambda *steps, **more: type('P', (), {'start': lambda self: None})()
worker_process_init.send(None)

looks = []
gc.callbacks.append(lambda phase, info: looks.append(phase) if phase == 'start' else None)
kept = [[number] for number in range(tasks.OBJECTS_BEFORE_COLLECTION // 2)]
of_a_campaign = len(looks)
for number in range(tasks.OBJECTS_BEFORE_COLLECTION):
    unreachable = [number]
    unreachable.append(unreachable)
print(json.dumps([of_a_campaign, len(looks), gc.get_freeze_count()]))
"""


@pytest.mark.slow
def test_a_worker_looks_for_unreachable_objects_seldom_but_does() -> None:
    said = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    of_a_campaign, of_garbage, frozen = json.loads(said.splitlines()[-1])
    # 21 with Python's default.
    assert of_a_campaign == 0
    assert of_garbage >= 1
    assert frozen > 10_000
