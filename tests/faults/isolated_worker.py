"""Run a worker in a network namespace of its own, where the test's hosts have a public address.

`unshare -rnm python -m tests.faults.isolated_worker FOLDER COMMAND…`. FOLDER holds `hosts` (in place of the system's),
`server.pem` and `answers.json` (host to status); after the command has ended, `packets.json` counts the packets by
destination. The only way out is the Unix socket of the database, also in FOLDER.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import django

django.setup()

from tests.content.assurance.isolated_network import HERE, listen, network  # noqa: E402


def serve(folder: Path) -> None:
    """Respond by the requested host on port 443 of the public address; no host has a robots.txt."""
    statuses = json.loads((folder / "answers.json").read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server = socket.create_server((HERE, 443))

    def one(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as line:
            head = line.recv(4096).decode()
            host = head.partition("\r\nHost: ")[2].partition("\r\n")[0]
            status = 404 if head.split(" ")[1] == "/robots.txt" else statuses[host]
            line.sendall(f"HTTP/1.1 {status} Scripted\r\nContent-Length: 0\r\n\r\n".encode())

    while True:
        plain, _ = server.accept()
        threading.Thread(target=one, args=[plain], daemon=True).start()


def main(folder: Path, command: list[str]) -> None:
    """Set up the network, run the command to its end and record where packets went."""
    subprocess.run(["mount", "--bind", str(folder / "hosts"), "/etc/hosts"], check=True)
    tunnel = network()
    seen: Counter[str] = Counter()
    listen(seen)
    threading.Thread(target=serve, args=[folder], daemon=True).start()
    with subprocess.Popen(command) as worker:
        signal.signal(signal.SIGTERM, lambda *_: worker.terminate())
    os.close(tunnel)
    (folder / "packets.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
