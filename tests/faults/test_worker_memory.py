"""Each process of a real worker begins with what the worker had loaded out of reach of Python's collector."""

from __future__ import annotations

import re

import pytest

from tests.faults import frozen_objects
from tests.faults.workers import Workers, until

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_the_processes_of_a_worker_begin_with_frozen_objects(workers: Workers) -> None:
    workers.start(include=frozen_objects.__name__)
    until(lambda: workers.log().count("frozen: ") == 2, seconds=90)

    counts = [int(count) for count in re.findall(r"frozen: (\d+) objects", workers.log())]
    assert min(counts) > 100_000
