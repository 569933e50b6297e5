"""./run emulator: the FCM emulator alone, for developing an app or a sender."""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Sequence

from tools.sandbox.environment import BYTECODE, PROJECT, bytecode_folder, without_settings
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port, is_free
from tools.sandbox.terminal import say

#: The first port of Firebase's own emulators. If it is in use, a free one is taken.
DEFAULT_PORT = 9099


def run(paths: Paths, port: int | None, rest: Sequence[str]) -> int:
    """Serve until Ctrl-C, on this port if given; return the exit status."""
    parser = argparse.ArgumentParser(prog="./run emulator", description=__doc__)
    parser.add_argument("--tls", action="store_true", help="use HTTPS with HTTP/2, as Google does")
    parser.add_argument("--quota", metavar="N", help="messages per minute and project (default 600000); 0 for no limit")
    options = parser.parse_args(rest)
    environment = {**without_settings(os.environ), "PYTHONUNBUFFERED": "1", BYTECODE: bytecode_folder(paths)}
    port = port or (DEFAULT_PORT if is_free(DEFAULT_PORT) else any_free_port())
    url = f"{'https' if options.tls else 'http'}://127.0.0.1:{port}"
    folder = paths.run / "emulator"
    folder.mkdir(mode=0o700, exist_ok=True)
    module = [str(paths.python), "-m", "fcm_emulator"]
    credentials = [*module, "credentials", str(folder), "--project", PROJECT, "--url", url]
    subprocess.run(credentials, cwd=paths.root, env=environment, check=True, stdout=subprocess.DEVNULL)
    say(f"FCM emulator   {url}")
    say(f'Credentials    FIREBASE_PROJECTS=\'{{"{PROJECT}": "{folder / PROJECT}.json"}}\'')
    say(f"Endpoint       FCM_ENDPOINT={url}")
    if options.tls:
        say(f"CA bundle      FCM_CA_BUNDLE={folder / 'ca.pem'}")
    say("Press Ctrl-C to stop it.")
    serve = [*module, "serve", "--host", "127.0.0.1", "--port", str(port), "--credentials", str(folder)]
    serve += ["--quota", options.quota] if options.quota is not None else []
    return subprocess.run(serve, cwd=paths.root, env=environment, check=False).returncode
