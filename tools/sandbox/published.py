"""A sandbox with staff, content and a release that is published and signed: what measurements and tests begin with.

To make one takes dozens of commands. Where the environment names a folder, as for everything that one run of the tests starts,
the first sandbox that needs it makes it there, and each begins with a copy.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tools.sandbox import demo, postgres
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths, read_json
from tools.sandbox.ports import any_free_port
from tools.sandbox.run_folders import remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, step

#: Name of the environment variable with the folder in which such a sandbox is kept. Without it, none is kept or copied.
KEPT_IN: Final = "FINGERPOST_PUBLISHED"
#: What is copied of a run folder besides the data of its database: what belongs to that database.
_WITH_IT: Final = ("secrets.json", "staff.json", "signing", "edition", "worker-state")


def begin_with_copy(paths: Paths, outside: Mapping[str, str] = os.environ) -> None:
    """Fill a run folder, before its sandbox is created, with what is kept; make that first if nothing is, and keep it.

    Do nothing where the environment names no folder. UserError if it cannot be made.
    """
    if not outside.get(KEPT_IN):
        return
    folder = Path(outside[KEPT_IN])
    kept = folder / "kept"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Of several that begin together, one makes it, and the others wait.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not kept.is_dir():
            _make(Paths(paths.root, folder / "made"), kept, outside)
    finally:
        os.close(descriptor)
    _copy_files(kept, paths.run)
    passwords = read_json(kept / "secrets.json")
    postgres.cluster(paths).copy_from(kept / "data", passwords["postgres_password"], passwords["database_password"])


def publish_all(sandbox: Sandbox) -> None:
    """Add the staff, load all content, and publish and sign a release, unless the sandbox began with a copy of that.

    Return once its manifest is served. CommandFailed or DemoFailed if it is not.
    """
    client = Client(sandbox.web)
    if sandbox.new_database:
        demo.add_staff(sandbox)
        with step("Loading and publishing"):
            demo.load_content(sandbox)
            demo.publish_release(sandbox, client, changed=True)
            # Signed here, because the beat would take up to a minute.
            sandbox.command("signing", "sign", PACK_SIGNING_KEY=str(sandbox.paths.run / "signing" / "release.pem"))
    if not sandbox.wait_for(lambda: client.get("/v1/manifest").status == 200):
        raise demo.DemoFailed("there is no manifest")
    client.close()


def _make(draft: Paths, kept: Path, outside: Mapping[str, str]) -> None:
    """Make a sandbox in a folder of its own, and keep what others copy."""
    remove_run(draft)
    draft.create()
    with hold_run_folder(draft, "publish"):
        sandbox = Sandbox(draft, Interrupts(), outside)
        try:
            sandbox.start(any_free_port(), console=False)
            publish_all(sandbox)
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The sandbox to copy could not be made: {error} (logs: {draft.logs})") from None
        finally:
            sandbox.stop()
        unfinished = kept.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        shutil.copytree(postgres.cluster(draft).data, unfinished / "data")
        _copy_files(draft.run, unfinished)
        unfinished.rename(kept)
    remove_run(draft)


def _copy_files(source: Path, target: Path) -> None:
    for name in _WITH_IT:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        elif (source / name).exists():
            shutil.copy2(source / name, target / name)
