"""Hostile files are refused soon and in little memory, measured in a process of their own by its own counters."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
#: Builds a file, reads it, and prints the peak of the memory and the processor time that reading took.
PROGRAM = """
import json, resource, sys, time
from content.translation_files.formats import read_file
from core.errors import Invalid

MB = 2**20
name = sys.argv[1]
start = b'<xliff version="1.2"><file source-language="en" target-language="cy"><body>'
unit = b'<trans-unit id="a"><source>a</source><target>b</target></trans-unit>'
data = {
    "50 MB": lambda: b"a" * (50 * MB),
    "elements": lambda: start + b"<g/>" * (4 * MB - 100),
    "units": lambda: start + unit * (15 * MB // len(unit)),
    "attributes": lambda: b"<xliff " + b"".join(b'a%d="" ' % n for n in range(MB)) + b"/>",
    "depth": lambda: start + b"<g>" * (5 * MB),
    "tags": lambda: b"<" * (16 * MB),
    "bomb": lambda: b'<!DOCTYPE x [<!ENTITY a "' + b"a" * MB + b'"><!ENTITY b "' + b"&a;" * 50000 + b'">]><xliff>&b;</xliff>',
    "one text": lambda: start + b'<trans-unit id="a"><source>' + b"a" * (15 * MB),
    "wide characters": lambda: start + unit.replace(b"b<", "\\U0001f600<".encode()) * (12 * MB // len(unit)),
    "entries": lambda: b'msgid "a"\\nmsgstr "b"\\n' * (16 * MB // 21),
    "pieces": lambda: b'msgid ""\\n' + b'"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\\n' * (MB // 2 - 1000),
    "escapes": lambda: (b'msgid "' + b"\\\\\\\\n" * 4000 + b'"\\nmsgstr "' + b"\\\\\\\\n" * 4000 + b'"\\n') * 400,
    "cells": lambda: b"Source,Translation,Reference\\n" + (b"," * 180_000 + b"\\n") * 80,
    "quotes": lambda: b'Source,Translation,Reference\\n"' + b'""' * (8 * MB - 100),
    "lines": lambda: b"\\n" * (16 * MB - 1) + b"a",
}[name]()
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
before = time.process_time()
detail = "Read."
try:
    read_file(data)
except Invalid as refused:
    detail = refused.detail
finally:
    # Not getrusage, whose peak is at least that of the process that started this one.
    peak = next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps([detail, time.process_time() - before, peak]))
"""
CASES = [
    "50 MB", "elements", "units", "attributes", "depth", "tags", "bomb", "one text", "wide characters", "entries", "pieces",
    "escapes", "cells", "quotes", "lines",
]  # fmt: skip


@pytest.mark.sampled
@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_costs_two_seconds_and_256_megabytes_at_most(case: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, case], cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert done.stdout, done.stderr[-2000:]
    detail, seconds, megabytes = json.loads(done.stdout)
    assert detail.endswith(".")
    print(f"{case}: {seconds:.2f} s, {megabytes} MB: {detail}")
    # Processor time, not time on the clock: other processes do not count. Twice the promise, for a slower processor.
    assert seconds < 4
    assert megabytes < 256
