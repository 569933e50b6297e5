"""The folder that stands in for a broker on one machine: nobody ever takes half a message."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from kombu.connection import Connection

pytestmark = pytest.mark.faults


def test_a_message_is_taken_whole_while_others_are_being_put(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("queue", "control", "processed")}
    for folder in folders.values():
        folder.mkdir()
    options = {
        "data_folder_in": str(folders["queue"]),
        "data_folder_out": str(folders["queue"]),
        "control_folder": str(folders["control"]),
        "store_processed": True,
        "processed_folder": str(folders["processed"]),
    }
    (folders["queue"] / "0_half-written.wake.msg").touch()
    errors: list[BaseException] = []

    def put() -> None:
        try:
            with Connection("filesystem://", transport="config.folder_broker:Transport", transport_options=options) as link:
                queue = link.SimpleQueue("wake")
                for number in range(300):
                    queue.put({"number": number, "filling": "x" * 5_000})
        except BaseException as error:
            errors.append(error)

    with Connection("filesystem://", transport="config.folder_broker:Transport", transport_options=options) as link:
        # Threads of one process share what kombu knows of bindings, so the queue is bound before any of them puts.
        queue = link.SimpleQueue("wake")
        putting = [threading.Thread(target=put) for _ in range(3)]
        for thread in putting:
            thread.start()
        taken: list[int] = []
        while len(taken) < 900:
            assert not errors
            message = queue.get(timeout=30)
            taken.append(message.payload["number"])
            message.ack()
    for thread in putting:
        thread.join()

    assert not errors
    assert sorted(taken) == sorted([*range(300)] * 3)
