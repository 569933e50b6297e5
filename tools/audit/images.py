"""The images that the product is built on and runs beside: which ones are named by a digest, and which by a tag alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tools.audit.locked import ROOT

_FILES: Final = ("docker/Dockerfile", "docker/compose.yaml")
_DEFAULT: Final = re.compile(r"\b([A-Z]+_IMAGE)(?::-|=)([a-z][\w/.-]*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)")
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def images(environment: Mapping[str, str]) -> dict[str, str]:
    """Return each image by the variable that names it, as the environment or the files' defaults say."""
    found = dict(match for file in _FILES for match in _DEFAULT.findall((ROOT / file).read_text(encoding="utf-8")))
    return {name: environment.get(name) or default for name, default in sorted(found.items())}


def settings(environment: Mapping[str, str], file: Path = ROOT / ".env") -> dict[str, str]:
    """Return the environment, with the settings of .env that it does not have, as compose reads both."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    given = {name.strip(): value.strip() for name, equals, value in (line.partition("=") for line in lines) if equals}
    return {**given, **environment}


def by_tag(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the images that a tag alone names: their content may change without notice."""
    return {name: image for name, image in images(environment).items() if not _DIGEST.search(image)}


class NoDigest(Exception):
    """A digest could not be fetched; the message says why in one sentence."""


def pinned(environment: Mapping[str, str]) -> dict[str, str]:
    """Return each image by the variable that names it, as name@sha256:…, with the digest that its tag has now.

    The registry of the image is asked, by Docker (buildx) or skopeo, whichever is installed. The digest is that of the
    index of all platforms where there is one, so that one line is right on every machine. Raises NoDigest.
    """
    return {name: f"{_without_tag(image)}@{_digest(image)}" for name, image in images(environment).items()}


def put_into(file: Path, found: Mapping[str, str]) -> None:
    """Replace the lines of these settings in a file such as .env; its other lines and its permissions stay."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    kept = [line for line in lines if line.partition("=")[0].strip() not in found]
    draft = file.with_name(f"{file.name}.new")
    # Not readable by others at any moment: .env holds the passwords.
    draft.touch(mode=0o600)
    draft.write_text("".join(f"{line}\n" for line in [*kept, *(f"{name}={image}" for name, image in found.items())]), "utf-8")
    if file.exists():
        shutil.copymode(file, draft)
    draft.replace(file)


def _without_tag(image: str) -> str:
    return re.sub(r"(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$", "", image)


def _digest(image: str) -> str:
    if found := _DIGEST.search(image):
        return found[0].removeprefix("@")
    host, slash, _ = image.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        name = image
    else:
        name = f"docker.io/{image if slash else f'library/{image}'}"
    commands = {
        "docker": ["docker", "buildx", "imagetools", "inspect", name, "--format", "{{json .Manifest}}"],
        "skopeo": ["skopeo", "inspect", f"docker://{name}"],
    }
    program = next((program for program in commands if shutil.which(program)), None)
    if program is None:
        raise NoDigest("Install docker (with buildx) or skopeo, which ask the registry of an image for its digest.")
    said = _run(image, commands[program])
    try:
        about: Any = json.loads(said)
        digest = str(about.get("digest") or about.get("Digest"))
    except (ValueError, AttributeError):
        digest = ""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise NoDigest(f"{program} named no digest of {image}.")
    return digest


def _run(image: str, command: list[str]) -> str:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
    except subprocess.TimeoutExpired:
        raise NoDigest(f"The registry of {image} did not answer within two minutes.") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise NoDigest(f"{command[0]} did not get {image}: {lines[-1] if lines else f'exit status {done.returncode}'}")
    return done.stdout
