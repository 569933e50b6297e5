"""The import of a translation agency's file, and of one that is too large.

A file of many texts is read, compared and written on a database of its own, first where there is no translation and then over
existing ones. A file of 50 MB is given to the command and sent to the console of a real server, over a socket.
"""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench import usage
from tools.bench.localisation.figures import Figure, at_most
from tools.bench.localisation.processes import run_command, web

if TYPE_CHECKING:
    from core.models import User

LARGE = 50 * 2**20
#: What is promised: seconds for the import of 10,000 texts, and seconds and megabytes for the refusal of a large file.
IMPORT_SECONDS, REFUSAL_SECONDS, REFUSAL_MEGABYTES = 20, 2, 256


def measure_import(texts: int) -> Iterator[Figure]:
    """Import a file of so many texts twice: new ones, and over existing ones."""
    by = _content(texts)
    most = IMPORT_SECONDS * texts / 10_000
    for what, ending in (("no translation before", "."), ("over existing ones", "!")):
        seconds, processor = _import(by, ending)
        yield at_most(f"import of {texts:,} texts, {what}", seconds, most, unit="s")
        yield Figure("of which processor time of the application", f"{processor:.1f} s")


def measure_refusal() -> Iterator[Figure]:
    """Give a file of 50 MB to the command, and send it to the console."""
    by = _content(1)
    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as folder:
        large = Path(folder, "large.xliff")
        with large.open("wb") as file:
            file.truncate(LARGE)
        for what, (seconds, megabytes, answer) in (("command", _command(large)), ("server", _server(large, by))):
            yield at_most(f"50 MB, the {what}: {answer}", seconds, REFUSAL_SECONDS, unit="s", digits=2)
            yield at_most("its peak memory", megabytes, REFUSAL_MEGABYTES, unit="MB", digits=0)


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
    idle = run_command("text_files", "--help")
    ran = run_command("text_files", "import", "cy", str(large), "--by", "eva")
    return max(ran.seconds - idle.seconds, 0), ran.peak_megabytes, ran.answer


def _server(large: Path, by: User) -> tuple[float, int, str]:
    """Send the file to the console of a real server; return seconds until the answer, its peak memory, and its status line."""
    from django.test import Client

    client = Client()
    client.force_login(by)
    client.get("/console/")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    with web() as (port, pid):
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


def _peak(pid: int) -> int:
    return max(usage.peak_memory(pid))


_LETTERS = str.maketrans("0123456789", "abcdefghij")


def _word(number: int) -> str:
    return re.sub(r"\d", lambda digit: digit[0].translate(_LETTERS), str(number))
