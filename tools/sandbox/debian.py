"""Install the Debian packages that ./run test --all and ./run faults need, without starting any system service."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.sandbox.terminal import UserError, say, step

#: Package to its programs; one of them is enough.
PACKAGES: dict[str, tuple[str, ...]] = {
    "chromium": ("/usr/bin/chromium",),
    "postgresql": ("/usr/lib/postgresql/*/bin/postgres",),
    "redis-server": ("/usr/bin/redis-server", "/usr/bin/valkey-server"),
    "nginx-light": ("/usr/sbin/nginx",),
    "wrk": ("/usr/bin/wrk",),
    "caddy": ("/usr/bin/caddy",),
    # Only to check docker/compose.yaml against the schema of compose files; nothing is started.
    "docker-compose": ("/usr/bin/docker-compose",),
    "python3-icu": ("/usr/lib/python3/dist-packages/icu/__init__.py",),
    "pgbouncer": ("/usr/sbin/pgbouncer",),
    # A wrong clock for single processes.
    "faketime": ("/usr/lib/*/faketime/libfaketimeMT.so.1",),
    "rabbitmq-server": ("/usr/lib/rabbitmq/bin/rabbitmq-server",),
    # For the PDF files of handouts, their fonts, and a reader of QR codes.
    "libpangoft2-1.0-0": ("/usr/lib/*/libpangoft2-1.0.so.0",),
    "fonts-noto-core": ("/usr/share/fonts/truetype/noto/NotoSansMalayalam-Regular.ttf",),
    "zbar-tools": ("/usr/bin/zbarimg",),
    # Checks exported XLIFF files as a translation agency does.
    "libxml2-utils": ("/usr/bin/xmllint",),
    # For the kit for app developers and for generated clients. Node's own packages bring npm with them.
    "nodejs": ("/usr/bin/node",),
    "npm": ("/usr/bin/npm",),
    "default-jre-headless": ("/usr/bin/java",),
    # What a generated client in Kotlin reads JSON with.
    "libgoogle-gson-java": ("/usr/share/java/gson.jar",),
    # promtool, which checks the alarms and tries them.
    "prometheus": ("/usr/bin/promtool",),
}
POLICY = Path("/usr/sbin/policy-rc.d")
_OUR_POLICY = "#!/bin/sh\n# Fingerpost's tests: install without starting services; removed right after.\nexit 101\n"


def missing(root: Path = Path("/")) -> list[str]:
    """Return the packages of which no program is installed."""
    return [name for name, programs in PACKAGES.items() if not any(list(root.glob(program.lstrip("/"))) for program in programs)]


def install(packages: list[str], log: Path) -> None:
    """Install packages with apt-get. UserError if there is no apt-get or a package cannot be installed."""
    if not shutil.which("apt-get"):
        raise UserError(f"./run test --all needs {', '.join(packages)}. There is no apt-get here: install them another way.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_service_starts(), log.open("a") as file:
        for text, command in (
            ("Updating Debian's package lists", ["apt-get", "update", "-q"]),
            (
                f"Installing {', '.join(packages)} (a few minutes)",
                ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
            ),
        ):
            with step(text):
                result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, check=False)
            if result.returncode != 0:
                raise UserError(f"{command[0]} {command[1]} failed. Its log is {log}.")
    left = missing()
    if left:
        raise UserError(f"{', '.join(left)} could not be installed. The log is {log}.")
    say(f"  Installed {len(packages)} packages; no system service was started.")


@contextmanager
def no_service_starts(policy: Path = POLICY) -> Iterator[None]:
    """Keep Debian's packages from starting services, by a policy-rc.d for this block or by the machine's own.

    UserError if the machine has a policy that allows starts.
    """
    if policy.exists() and policy.read_text(errors="replace") != _OUR_POLICY:
        if subprocess.run([str(policy), "any-service", "start"], capture_output=True, check=False).returncode != 101:
            raise UserError(f"{policy} allows packages to start their services. Install these by hand: {', '.join(missing())}.")
        yield
        return
    policy.write_text(_OUR_POLICY)
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
