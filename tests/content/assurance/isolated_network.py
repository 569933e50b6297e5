"""Run in a network namespace of its own: visit the whole corpus while a packet counter listens, and print the counts.

Everything is reachable: servers on loopback and on a public address, and a default route for the rest. The counter sees
every packet of every interface, so no packet to an address that is not public can go unseen.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections import Counter
from ipaddress import ip_address

from content.assurance.links.http_client import LinkClient, connect
from content.assurance.links.url_policy import is_public
from content.assurance.links.visit import Visitor
from tests.content.assurance.refused_addresses import NUMERIC, REDIRECTS, WRITTEN

HERE = "93.184.215.14"
ELSEWHERE = "93.184.215.15"
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def can_be_made() -> bool:
    """Return whether this machine allows a network namespace with a tunnel in it."""
    unshare, ip = shutil.which("unshare"), shutil.which("ip")
    if unshare is None or ip is None or not os.path.exists("/dev/net/tun"):
        return False
    made = subprocess.run([unshare, "-rnm", ip, "tuntap", "add", "dev", "try0", "mode", "tun"], capture_output=True, timeout=30)
    return made.returncode == 0


def network() -> int:
    """Bring up loopback with a public address, and a tunnel for all other packets; return the tunnel."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH", b"out0", 0x0001 | 0x1000))
    for command in (
        "link set lo up",
        f"address add {HERE}/32 dev lo",
        "link set out0 up",
        "address add 93.184.216.1/24 dev out0",
        "route add default dev out0",
        "-6 address add 2606:4700::2/64 dev out0 nodad",
        "-6 route add default dev out0",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    return tunnel


def listen(seen: Counter[str]) -> None:
    """Count the TCP and UDP packets by destination, on all interfaces."""
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)

    def count() -> None:
        while True:
            packet = listener.recv(65535)
            version = packet[0] >> 4
            if version == 4 and packet[9] in (6, 17):
                seen[str(ip_address(packet[16:20]))] += 1
            elif version == 6 and packet[6] in (6, 17):
                seen[str(ip_address(packet[24:40]))] += 1

    threading.Thread(target=count, daemon=True).start()


def serve() -> dict[str, bytes]:
    """Serve on port 80 of every address of this machine; return the responses by path, which the caller fills."""
    answers: dict[str, bytes] = {}
    server = socket.create_server(("", 80), family=socket.AF_INET6, dualstack_ipv6=True)

    def one(line: socket.socket) -> None:
        with line:
            target = line.recv(4096).split(b" ")[1].decode()
            line.sendall(answers.get(target, NO_ROBOTS))

    def run() -> None:
        while True:
            line, _ = server.accept()
            threading.Thread(target=one, args=[line], daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    return answers


def main() -> None:
    """Visit the corpus, then send packets that the counter must see, and print both counts."""
    tunnel = network()
    seen: Counter[str] = Counter()
    listen(seen)
    answers = serve()
    results: Counter[str] = Counter()

    def visit(url: str, *resolved: list[str]) -> None:
        turns = list(resolved)
        client = LinkClient(resolve=lambda name, port: turns.pop(0) if len(turns) > 1 else turns[0])
        results[str(Visitor(client).visit(url).result)] += 1

    for address in NUMERIC:
        visit("http://line.example.org/", [address])
        visit("https://line.example.org/", [address])
        visit("http://line.example.org/", [HERE, address])
    for url in WRITTEN:
        visit(url, ["127.0.0.1"])
    blocked = sum(results.values())
    for number, target in enumerate(REDIRECTS):
        answers[f"/{number}"] = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
        visit(f"http://line.example.org/{number}", [HERE], [HERE], ["127.0.0.1"])
    answers["/rebinds"] = b"HTTP/1.1 405 Not Allowed\r\nContent-Length: 0\r\n\r\n"
    visit("http://line.example.org/rebinds", [HERE], [HERE], ["169.254.169.254"])
    visited = Counter(results)
    time.sleep(0.3)
    strays = {address: n for address, n in seen.items() if not is_public(address)}
    public = seen[HERE]

    # The counter must see such packets when they are sent.
    for address in ("127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fd00::1", ELSEWHERE):
        try:
            connect(address, 80, 0.2).close()
        except OSError:
            continue
    time.sleep(0.3)
    control = sorted(address for address in seen if address not in strays and address != HERE)
    os.close(tunnel)
    print(json.dumps({"blocked": blocked, "results": visited, "strays": strays, "public": public, "control": control}))
