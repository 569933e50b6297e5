"""The processes of a worker share the memory of what it had loaded before they began."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.processes import ROOT

#: Prints by how many MiB the memory that a forked process has for itself grows by a full collection: without the worker's
#: preparations, and with them.
_CODE = """
import gc, json, os, re
from pathlib import Path
import django
django.setup()
from config.celery import app
app.loader.import_default_modules()

def own():
    kinds = re.findall(r"^Private_Dirty: +([0-9]+) kB", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    return int(kinds[0]) / 1024

def grows():
    read, write = os.pipe()
    if not os.fork():
        before = own()
        gc.collect()
        os.write(write, json.dumps(own() - before).encode())
        os._exit(0)
    os.wait()
    return json.loads(os.read(read, 100))

from celery.signals import celeryd_after_setup
unprepared = grows()
celeryd_after_setup.send(None)
print(json.dumps([unprepared, grows()]))
"""


@pytest.mark.slow
def test_a_full_collection_copies_nothing_of_what_a_worker_had_loaded() -> None:
    said = subprocess.run([sys.executable, "-c", _CODE], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    unprepared, prepared = json.loads(said)
    assert unprepared > 15
    assert prepared < unprepared / 5


@pytest.mark.slow
def test_no_memory_is_asked_for_in_huge_pages() -> None:
    code = (
        "import django; django.setup()\nfrom pathlib import Path\nfrom notifications.delivery import fcm\nfcm._client()\n"
        "flags = [line.split() for line in Path('/proc/self/smaps').read_text().splitlines() if line.startswith('VmFlags')]\n"
        "print(len(flags), sum('hg' in one for one in flags))"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    mappings, huge = map(int, said.split())
    assert mappings > 50
    assert huge == 0
