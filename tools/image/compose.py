"""Read the roles of the product from docker/compose.yaml, as options of podman.

Only what the file uses is read: `command`, `environment`, `env_file`, `volumes`, `healthcheck`, `init`, `read_only`, `tmpfs`,
`cap_drop`, `security_opt` and `stop_grace_period` (https://github.com/compose-spec/compose-spec/blob/main/spec.md). Networks,
restarts and limits are left out: all roles share the loopback of the trial.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tools.sandbox.terminal import UserError

_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:[-?])([^}]*))?\}")
#: What Docker gives a container of which compose.yaml says nothing.
_STOPS_WITHIN = "10s"
#: Keys of a service that change nothing in the container, or that one machine alone has no use for.
LEFT_OUT = frozenset({"build", "cpu_shares", "depends_on", "image", "logging", "ports", "profiles", "restart"})


@dataclass(frozen=True)
class Role:
    """One service of the product: what it runs, with which settings, and the options of its container."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    options: tuple[str, ...]
    #: Whether its health is checked, by its own command or by that of the image.
    is_watched: bool
    #: Seconds after which it is killed if it has not ended.
    stops_within: int


def read_env_file(text: str) -> dict[str, str]:
    """Return the settings of a file such as .env.example."""
    pairs = (line.partition("=") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def load(root: Path) -> dict[str, Any]:
    """Return the services of docker/compose.yaml."""
    services: dict[str, Any] = YAML(typ="safe").load(root / "docker" / "compose.yaml")["services"]
    return services


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """Replace ${NAME}, ${NAME:-default} and ${NAME:?message} as compose does. Raises UserError for a missing one."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        given = variables.get(found[1], "")
        if not given and found[2] == ":?":
            raise UserError(f"compose.yaml: {found[3]}")
        return given or (found[3] or "" if found[2] == ":-" else "")

    return _VARIABLE.sub(value, text)


def roles(root: Path, env_file: Mapping[str, str]) -> dict[str, Role]:
    """Return each service that runs the product's image, with `env_file` as the file .env."""
    services = load(root)
    return {
        name: _role(name, service, env_file)
        for name, service in services.items()
        if str(service.get("image", "")).startswith("fingerpost:")
    }


def _role(name: str, service: Mapping[str, Any], env_file: Mapping[str, str]) -> Role:
    given = {key: interpolate(str(value), env_file) for key, value in service["environment"].items()}
    options: list[str] = []
    for key, value in service.items():
        match key:
            case "init" | "read_only":
                options += [f"--{key.replace('_', '-')}"] if value else []
            case "tmpfs" | "cap_drop" | "security_opt":
                options += [part for one in value for part in (f"--{key.replace('_', '-')}", str(one))]
            case "volumes":
                options += [part for one in value for part in ("--volume", interpolate(str(one), env_file))]
            case "healthcheck":
                options += _health(value)
            case "command" | "environment" | "env_file" | "stop_grace_period":
                pass
            case _ if key not in LEFT_OUT:
                raise UserError(f"compose.yaml: tools/image/compose.py does not know the key {key} of {name}.")
    if "--read-only" in options:
        # Podman would add writable folders of its own beside those that the file names.
        options.append("--read-only-tmpfs=false")
    watched = not service.get("healthcheck", {}).get("disable", False)
    command = tuple(interpolate(str(part), env_file) for part in service["command"])
    seconds = int(str(service.get("stop_grace_period", _STOPS_WITHIN)).removesuffix("s"))
    return Role(name, command, {**env_file, **given}, tuple(options), watched, seconds)


def _health(check: Mapping[str, Any]) -> list[str]:
    if check.get("disable"):
        return ["--no-healthcheck"]
    kind, *test = check["test"]
    if kind != "CMD":
        raise UserError(f"compose.yaml: tools/image/compose.py knows no health check of the kind {kind}.")
    # Podman adds CMD by itself where it gets a list.
    return ["--health-cmd", json.dumps(test)]
