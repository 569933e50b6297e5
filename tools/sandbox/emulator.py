"""./run emulator: the FCM emulator alone, for whoever writes an app or a server against it."""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Sequence

from tools.sandbox.environment import PROJECT, clean
from tools.sandbox.paths import Places
from tools.sandbox.ports import any_free, is_free
from tools.sandbox.terminal import say

#: Firebase's own emulators begin at 9099 too; another is taken when it is in use.
USUAL_PORT = 9099


def run(places: Places, asked: int | None, rest: Sequence[str]) -> int:
    """Serve until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(prog="./run emulator", description=__doc__)
    parser.add_argument("--tls", action="store_true", help="HTTPS with HTTP/2, as Google has it")
    parser.add_argument("--quota", metavar="N", help="messages a minute and project (600000); 0 lifts it")
    options = parser.parse_args(rest)
    environment = {**clean(os.environ), "PYTHONUNBUFFERED": "1", "PYTHONPYCACHEPREFIX": str(places.run / "pycache")}
    port = asked or (USUAL_PORT if is_free(USUAL_PORT) else any_free())
    url = f"{'https' if options.tls else 'http'}://127.0.0.1:{port}"
    folder = places.run / "emulator"
    folder.mkdir(mode=0o700, exist_ok=True)
    module = [str(places.python), "-m", "fcm_emulator"]
    credentials = [*module, "credentials", str(folder), "--project", PROJECT, "--url", url]
    subprocess.run(credentials, cwd=places.root, env=environment, check=True, stdout=subprocess.DEVNULL)
    say(f"FCM emulator   {url}")
    say(f'Credentials    FIREBASE_PROJECTS=\'{{"{PROJECT}": "{folder / PROJECT}.json"}}\'')
    say(f"Endpoint       FCM_ENDPOINT={url}")
    if options.tls:
        say(f"Trust          FCM_CA_BUNDLE={folder / 'ca.pem'}")
    say("Ctrl-C ends it.")
    serve = [*module, "serve", "--host", "127.0.0.1", "--port", str(port), "--credentials", str(folder)]
    serve += ["--quota", options.quota] if options.quota is not None else []
    return subprocess.run(serve, cwd=places.root, env=environment, check=False).returncode
