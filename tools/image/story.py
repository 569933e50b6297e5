"""What a trial of the image does, one step after the other, and what it expects of each."""

from __future__ import annotations

import json
from pathlib import Path

from tools.image import build
from tools.image.engine import NO_LIMITS, Engine
from tools.image.trial import RUNNING, SECRETS, USER, ImageSandbox, Tried, enter_own_network
from tools.sandbox import demo
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.supervisor import CommandFailed
from tools.sandbox.terminal import UserError, step

_BACKUPS = "/var/lib/fingerpost-backups"


def carry_out(paths: Paths, engine: Engine, interrupts: Interrupts) -> Tried:
    """Run the trial in the run folder of `paths`. Raises UserError at the first step that cannot be carried out."""
    tried = Tried()
    enter_own_network(engine)
    with hold_run_folder(paths, "image"):
        sandbox = ImageSandbox(paths, interrupts, engine)
        try:
            sandbox.start()
            for name in RUNNING:
                with step(f"{name}: until its health check passes"):
                    tried.healthy[name] = sandbox.start_role(name)
            tried.findings += _look_inside(engine)
            tried.figures = demo.run_demo(sandbox, everything=True).figures
            _sign(sandbox, tried)
            _export(sandbox, tried)
            _back_up(sandbox, tried)
            _state_of_workers(engine, tried)
            for name in (*RUNNING, "export"):
                _stop(sandbox, name, tried)
            _restore(sandbox, tried)
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The trial failed: {error} (logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    return tried


def _look_inside(engine: Engine) -> list[str]:
    """Return what is wrong with the containers of the roles that run."""
    findings = []
    for name in RUNNING:
        user = engine.podman("exec", name, "id", "-u").strip()
        if user != str(USER):
            findings.append(f"{name} runs as user {user}, not as {USER}.")
        if engine.status("exec", name, "touch", "/app/written", "/opt/venv/written")[0] == 0:
            findings.append(f"{name} can write its own program.")
        first = engine.podman("exec", name, "cat", "/proc/1/comm").strip()
        if first in {"python", "sh", "celery", "entrypoint"}:
            findings.append(f"The first process of {name} is {first}, which reaps no children.")
        privileges = engine.podman("exec", name, "cat", "/proc/1/status")
        if "NoNewPrivs:\t1" not in privileges or "CapEff:\t0000000000000000" not in privileges:
            findings.append(f"{name} has capabilities, or could gain privileges.")
    return findings


def _sign(sandbox: ImageSandbox, tried: Tried) -> None:
    with step("signing: sign the manifest"):
        sandbox.container("signing", *sandbox.roles["signing"].command)
        client = Client(sandbox.web)
        try:
            if not sandbox.wait_for(lambda: client.get("/v1/manifest").status == 200):
                tried.findings.append("There is no manifest, although it was signed.")
        finally:
            client.close()
        for name in ("web", "console", "beat"):
            if sandbox.engine.status("exec", name, "ls", f"{SECRETS}/release.pem")[0] == 0:
                tried.findings.append(f"{name} can read the key that signs the manifest.")


def _export(sandbox: ImageSandbox, tried: Tried) -> None:
    pack = sandbox.export / "v1/packs/GB/cy.json"
    with step("export: until a pack is a file"):
        tried.healthy["export"] = sandbox.start_role("export")
        if not sandbox.wait_for(pack.exists, progress=lambda: len(list(sandbox.export.rglob("*")))):
            tried.findings.append("The role export wrote no pack.")
            return
        client = Client(sandbox.web)
        if pack.read_bytes() != client.get("/v1/packs/GB/cy").data:
            tried.findings.append("The exported pack differs from the one that web serves.")
        client.close()


def _back_up(sandbox: ImageSandbox, tried: Tried) -> None:
    with step("backup: dump the database with the image's own pg_dump"):
        printed = sandbox.container("backup", *sandbox.roles["backup"].command, "--json")
        made = json.loads(printed.strip().splitlines()[-1])
        tried.dump, tried.dump_file = int(made["size"]), Path(made["dump"]).name


def _state_of_workers(engine: Engine, tried: Tried) -> None:
    """Look for what a worker notes about the database: without it a restore would go unnoticed."""
    noted = engine.podman("exec", "worker", "ls", "/var/lib/fingerpost").split()
    if not noted:
        tried.findings.append("The worker notes nothing on its volume, so that it would not notice a restore.")


def _stop(sandbox: ImageSandbox, name: str, tried: Tried) -> None:
    seconds, status = sandbox.stop_role(name)
    tried.stopped[name] = seconds
    if status == 137:
        tried.findings.append(f"{name} did not end within the time that compose gives it, and was killed.")


def _restore(sandbox: ImageSandbox, tried: Tried) -> None:
    with step("migrate manage restore, and restore_check"):
        sandbox.container("migrate", "manage", "restore", f"{_BACKUPS}/{tried.dump_file}", "--replace")
        sandbox.container("migrate", "manage", "restore_check")


def python_version(engine: Engine) -> str:
    """Return the version of the image's Python, such as 3.13.5."""
    program = "import platform; print(platform.python_version())"
    return engine.podman("run", "--rm", "--network", "none", *NO_LIMITS, "--entrypoint", "python", build.NAME, "-c",
                         program).strip()  # fmt: skip
