"""A base image made of Debian's own packages, for machines that reach no registry of images.

It has what docker/Dockerfile needs of the official image: `python`, with `venv`. Its Python is that of the Debian release.
"""

from __future__ import annotations

import os
import shutil
from configparser import ConfigParser
from configparser import Error as NotReadable
from pathlib import Path
from urllib.parse import urlsplit

from tools.image.engine import Engine
from tools.sandbox.terminal import UserError

#: Debian release to the major version of its PostgreSQL.
RELEASES = {"trixie": "17", "bookworm": "15"}
NAME = "localhost/fingerpost-base"
SERVERS = "localhost/fingerpost-servers"
#: The file with the certificate authorities, at the same place on every Debian.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
_PIP_FILES = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")


def make(engine: Engine, release: str) -> str:
    """Make the base image of a Debian release; return its name by digest."""
    root = engine.home / "base"
    mirror, security = mirrors(engine.system("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"))
    engine.system("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", release, str(root), mirror)
    # The mirrors of this machine, with the security updates that debootstrap does not know of.
    sources = [f"deb {mirror} {release} main", f"deb {mirror} {release}-updates main"]
    sources += [f"deb {security} {release}-security main"] if security else []
    (root / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
    # As in the official images: packages start no services while an image is built.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    # pip's settings of this machine are mounted here while the image is built, and leave nothing behind.
    (root / "etc/pip.conf").touch()
    shutil.rmtree(root / "var/cache/apt/archives")
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    for file in (root / "var/lib/apt/lists").iterdir():
        file.unlink() if file.is_file() else shutil.rmtree(file)
    container = engine.buildah("from", "scratch").strip()
    target = engine.buildah("mount", container).strip()
    # With owners, permissions and links as they are.
    engine.system("cp", "-a", f"{root}/.", target)
    engine.buildah("umount", container)
    engine.buildah("config", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
    engine.buildah("commit", "--rm", "--format", "docker", container, f"{NAME}:{release}")
    shutil.rmtree(root)
    digest = engine.buildah("inspect", "--type", "image", "--format", "{{.FromImageDigest}}", f"{NAME}:{release}").strip()
    return f"{NAME}@{digest}"


def make_servers(engine: Engine, base: str, release: str) -> None:
    """Make an image with Debian's PostgreSQL and Valkey (Redis before Debian 13), which a trial runs the product beside."""
    broker = "valkey-server" if release != "bookworm" else "redis-server"
    link = "" if release != "bookworm" else " && ln -s redis-server /usr/bin/valkey-server"
    file = engine.home / "servers.Dockerfile"
    file.write_text(
        f"FROM {base}\nRUN apt-get update && apt-get install -y --no-install-recommends "
        f"postgresql-{RELEASES[release]} {broker}{link}\n"
    )
    empty = engine.home / "empty"
    empty.mkdir(exist_ok=True)
    engine.buildah("build", "--isolation", "chroot", "--pull-never", "-t", SERVERS, "-f", str(file), str(empty))


def mirrors(targets: str) -> tuple[str, str]:
    """Return the URL of Debian and that of its security updates, as this machine's apt has them; "" if it has no updates."""
    pairs = [line.rpartition(" ")[::2] for line in targets.splitlines()]
    debian = [uri for uri, release in pairs if urlsplit(uri).path.strip("/").endswith("debian")]
    security = [uri for uri, release in pairs if urlsplit(uri).path.strip("/").endswith("debian-security")]
    if not debian:
        raise UserError(
            "apt of this machine has no mirror of Debian, from which ./run image would make a base. Name one: --base."
        )
    return debian[0], security[0] if security else ""


def pip_settings() -> str:
    """Return a pip.conf with the index and the certificate authorities that pip of this machine uses."""
    settings: dict[str, str] = {}
    for name in _PIP_FILES:
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(Path(name).expanduser())
        except NotReadable:
            continue
        if parser.has_section("global"):
            settings |= {key: value for key, value in parser["global"].items() if key in {"index-url", "trusted-host"}}
    if index := os.environ.get("PIP_INDEX_URL"):
        settings["index-url"] = index
    settings["cert"] = AUTHORITIES
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())
