"""The proxies of docker/ in front of the demo's two servers, for measurements: nginx and Caddy from Debian's packages."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tools.bench.read import load
from tools.bench.read.servers import ReadBench
from tools.sandbox.ports import any_free_port
from tools.sandbox.terminal import UserError

FRONTS: Final = ("nginx", "caddy")


def serve_front(bench: ReadBench, name: str, path: str) -> str:
    """Export the release, start the proxy, wait until it serves `path`, and return its URL."""
    paths, port = bench.sandbox.paths, any_free_port()
    tree = paths.run / "tree"
    bench.sandbox.json_command("export_release", str(tree))
    web, console = (url.removeprefix("http://") for url in (bench.sandbox.web, bench.sandbox.console))
    docker = paths.root / "docker"
    if name == "nginx":
        command = load.nginx_command(paths.temporary, tree, docker / "nginx.conf", port, web, console=console)
    else:
        command = _caddy(paths.temporary, tree, docker / "Caddyfile", port, web, console)
    return bench.serve(name, command, port, path, HOME=str(paths.temporary)).url


def _caddy(folder: Path, tree: Path, configuration: Path, port: int, web: str, console: str) -> list[str]:
    program = shutil.which("caddy")
    if program is None:
        raise UserError("Caddy is not installed. As root: apt-get install caddy")
    own = configuration.read_text(encoding="utf-8")
    here = {"\n{\n": "\n{\n\tadmin off\n", ":8080": f"http://127.0.0.1:{port}", "/srv/fingerpost": str(tree)}
    for ours, instead in {**here, "127.0.0.1:8000": web, "127.0.0.1:8001": console}.items():
        assert ours in own
        own = own.replace(ours, instead, 1 if ours == "\n{\n" else -1)
    path = folder / "Caddyfile"
    path.write_text(own, encoding="utf-8")
    return [program, "run", "--config", str(path), "--adapter", "caddyfile"]
