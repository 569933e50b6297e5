"""One sender a worker, whichever of its processes is woken."""

from __future__ import annotations

import os
import threading

from notifications import tasks


def test_a_worker_has_one_sender_among_its_processes_and_threads() -> None:
    reading, writing = os.pipe()
    with tasks._only_sender() as mine:
        child = os.fork()
        if child == 0:
            # A forked process has the file, but neither its parent's lock nor the thread that holds the other one.
            tasks._AMONG_THREADS = threading.Lock()
            with tasks._only_sender() as second:
                os.write(writing, b"y" if second else b"n")
            os._exit(0)
        os.waitpid(child, 0)
        with tasks._only_sender() as same_process:
            pass
    with tasks._only_sender() as afterwards:
        pass

    assert (mine, os.read(reading, 1), same_process, afterwards) == (True, b"n", False, True)
    os.close(reading)
    os.close(writing)
