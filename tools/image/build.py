"""Build docker/Dockerfile as an operator does, with buildah in place of Docker."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.image import base
from tools.image.engine import Engine

NAME = "localhost/fingerpost:trial"


@dataclass(frozen=True)
class Built:
    """An image, its configuration in the terms of the OCI image specification, and how long it took, in seconds."""

    digest: str
    config: dict[str, Any]
    #: In bytes, with the base: the sum of its layers when they are unpacked.
    size: int
    base_size: int
    seconds: float


def build(engine: Engine, root: Path, image: str, postgres_major: str) -> Built:
    """Build the image of a checkout on a base that is named by digest. Raises UserError if a step fails."""
    begun = time.monotonic()
    engine.buildah(*arguments(engine.home, image, postgres_major), cwd=root)
    seconds = time.monotonic() - begun
    about = json.loads(engine.podman("image", "inspect", NAME))[0]
    of_base = json.loads(engine.podman("image", "inspect", image))[0]
    # Podman has it beside the configuration that it is a part of.
    config = {**about["Config"], "Healthcheck": about.get("Healthcheck")}
    return Built(about["Digest"], config, about["Size"], of_base["Size"], seconds)


def arguments(home: Path, image: str, postgres_major: str) -> list[str]:
    """Return the arguments of buildah. The build is that of a release: it refuses a base that a tag alone names."""
    pip = home / "pip.conf"
    pip.write_text(base.pip_settings())
    pip.chmod(0o644)
    values = {"PYTHON_IMAGE": image, "RELEASE": "1", "POSTGRES_MAJOR": postgres_major}
    mounts = {base.AUTHORITIES: base.AUTHORITIES, str(pip): "/etc/pip.conf"}
    return [
        # HEALTHCHECK is part of Docker's format alone; with OCI's, buildah leaves it out.
        *("build", "--format", "docker", "--isolation", "chroot", "--layers=false", "--pull-never"),
        *(part for name, value in values.items() for part in ("--build-arg", f"{name}={value}")),
        *(part for here, there in mounts.items() for part in ("--volume", f"{here}:{there}:ro")),
        *("-f", "docker/Dockerfile", "-t", NAME, "."),
    ]
