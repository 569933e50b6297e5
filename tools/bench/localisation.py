"""./run bench localisation: the import of a translation agency's file, and of one that is too large.

A file of 10,000 texts is read, compared and written on a database of its own, first where there is no translation and then over
existing ones. A file of 50 MB is given to the command and sent to the console of a real server, over a socket.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tools.bench import usage
from tools.bench.push.tables import table
from tools.bench.push.testbed import database
from tools.sandbox.ports import any_free_port
from tools.sandbox.terminal import say

if TYPE_CHECKING:
    from core.models import User

TEXTS, LARGE = 10_000, 50 * 2**20
#: What is promised: seconds for the import, and seconds and megabytes for the refusal of a large file.
IMPORT_SECONDS, REFUSAL_SECONDS, REFUSAL_MEGABYTES = 20, 2, 256


def main() -> int:
    """Measure and print; return 1 where a promise is broken."""
    parser = argparse.ArgumentParser(prog="./run bench localisation", description=__doc__)
    parser.add_argument("--texts", type=int, default=TEXTS, help="texts in the file (%(default)s)")
    options = parser.parse_args()
    rows: list[list[str]] = []
    kept = True
    with database(), tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as folder:
        by = _content(options.texts)
        for what, ending in (("no translation before", "."), ("over existing ones", "!")):
            seconds, cpu = _import(by, ending)
            kept &= seconds < IMPORT_SECONDS * options.texts / TEXTS
            rows.append([f"{options.texts:,} texts, {what}", f"{seconds:.1f} s", f"{cpu:.1f} s", "–"])
        large = Path(folder, "large.xliff")
        with large.open("wb") as file:
            file.truncate(LARGE)
        for what, measured in (("50 MB, the command", _command(large)), ("50 MB, the server", _server(large, by))):
            seconds, megabytes, answer = measured
            kept &= seconds < REFUSAL_SECONDS and megabytes < REFUSAL_MEGABYTES
            rows.append([f"{what}: {answer}", f"{seconds:.2f} s", "–", f"{megabytes} MB"])
    say(table(["what", "time", "processor time of the application", "peak memory"], rows))
    return 0 if kept else 1


def _content(count: int) -> User:
    """Write the source texts; return a person who may translate into Welsh."""
    from django.utils import timezone

    from content.importing.reference import load_reference
    from content.models import Unit
    from core import roles
    from core.models import User

    load_reference()
    person = User.objects.create_user("eva", password=None, is_staff=True, locales=["*"])
    roles.give(person, "localisation-editor")
    system, at = User.objects.system(), timezone.now()
    drafts = [
        Unit.drafted(
            key=f"why.text-{n}",
            owner="term",
            text=f"Ask an adult whom you trust about {_word(n)}, and do it today.",
            by=system,
            at=at,
            locale="en",
            numbers={},
            hosts=(),
        )
        for n in range(count)
    ]
    Unit.objects.write_many(drafts)
    return User.objects.get(pk=person.pk)


def _import(by: User, ending: str) -> tuple[float, float]:
    """Export all texts, translate them, and import the file as the console does; return seconds, and those of the processor."""
    from dataclasses import replace

    from django.utils import timezone

    from content.exporting.text_batch import TextBatch, export_texts
    from content.importing.translation_texts import import_texts, keep_import, kept_file
    from content.models import TextImport
    from content.translation_files.formats import FORMATS, read_file

    file = export_texts("cy", batch=TextBatch.ALL, name_texts=lambda keys: str)
    texts = tuple(
        replace(text, target=f"Gofynnwch heddiw i oedolyn am {text.key[9:].translate(_LETTERS)}{ending}") for text in file.texts
    )
    data = FORMATS["xliff"].write(replace(file, texts=texts))
    began, before = time.monotonic(), time.process_time()
    keep_import(read_file(data), name="cy.xliff", locale="cy", by=by, at=timezone.now())
    kept = TextImport.objects.of(by, "cy", at=timezone.now())
    assert kept is not None
    effect = import_texts(kept_file(kept), locale="cy", by=by, at=timezone.now())
    spent = time.monotonic() - began, time.process_time() - before
    if len(effect.written) != len(texts):
        raise RuntimeError(f"{len(effect.refused)} texts were refused, the first because {effect.refused[0].reason}")
    return spent


def _command(large: Path) -> tuple[float, int, str]:
    """Import the file with the command; return the seconds above those of a command that does nothing, megabytes and answer."""
    idle, _, _ = _run("--help")
    seconds, megabytes, answer = _run("import", "cy", str(large), "--by", "eva")
    return max(seconds - idle, 0), megabytes, answer


def _run(*arguments: str) -> tuple[float, int, str]:
    began = time.monotonic()
    command = [sys.executable, "-c", _COMMAND, *arguments]
    process = subprocess.Popen(command, env=os.environ | _database(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    said = process.stdout.read().decode().strip().splitlines()
    process.wait()
    *_, answer, peak = said
    return time.monotonic() - began, int(peak) // 1024, answer


def _server(large: Path, by: User) -> tuple[float, int, str]:
    """Send the file to the console of a real server; return seconds until the answer, its peak memory, and its status line."""
    from django.test import Client

    client = Client()
    client.force_login(by)
    client.get("/console/")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    with _web() as (port, pid):
        before = _peak(pid)
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            head = (
                f"POST /console/text-files/cy/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n"
                f"Content-Length: {large.stat().st_size}\r\n\r\n"
            )
            connection.sendall(head.encode())
            # The server may close before it has read everything.
            with suppress(OSError), large.open("rb") as file:
                connection.sendfile(file)
            status = b""
            with suppress(OSError):
                status = connection.recv(65536)
        seconds = time.monotonic() - began
        grown = max(_peak(pid) - before, 0)
    return seconds, grown, status.split(b"\r\n")[0].decode() or "closed without an answer"


@contextmanager
def _web() -> Iterator[tuple[int, int]]:
    """Start a web process; yield its port and its process id."""
    port = any_free_port()
    settings = _database() | {"ALLOWED_HOSTS": "127.0.0.1", "EDITION_DIR": ""}
    command = [sys.executable, "-m", "config.serve", "--port", str(port), "--workers", "1"]
    with subprocess.Popen(
        command, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            _wait(port)
            yield port, process.pid
        finally:
            family = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            for member in psutil.wait_procs(family, timeout=5)[1]:
                member.kill()
            process.kill()


def _wait(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if b" 200 " in connection.recv(1000):
                return
        time.sleep(0.2)
    raise RuntimeError("the web process did not start")


def _peak(pid: int) -> int:
    return max(usage.peak_memory(pid))


def _database() -> dict[str, str]:
    from django.db import connection

    given: dict[str, Any] = connection.settings_dict
    place = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return {"DATABASE_URL": f"postgresql://{place}"}


#: Runs `text_files` and prints its peak memory in kB; getrusage would count what this process holds while it starts another.
_COMMAND = """
import re, sys
from pathlib import Path
from django.core.management import execute_from_command_line
try:
    execute_from_command_line(["manage.py", "text_files", *sys.argv[1:]])
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
_LETTERS = str.maketrans("0123456789", "abcdefghij")


def _word(number: int) -> str:
    return re.sub(r"\d", lambda digit: digit[0].translate(_LETTERS), str(number))


if __name__ == "__main__":
    sys.exit(main())
