"""docker/compose.yaml: one way in, a broker with a password, limits that see clients, and images that can be pinned."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from ruamel.yaml import YAML

DOCKER = Path(__file__).resolve().parents[2] / "docker"
#: What each variable of the file is without a value in the environment.
_DEFAULT = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = YAML(typ="safe").load(DOCKER / "compose.yaml")["services"]
    return services


def settings_of(service: dict[str, Any]) -> dict[str, str]:
    return {name: _DEFAULT.sub(lambda found: found[2] or "", str(value)) for name, value in service["environment"].items()}


def test_only_the_front_is_published_and_only_on_this_machine(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert published == {"front": ["127.0.0.1:${WEB_PORT:-8000}:8080"]}


def test_the_limits_see_the_address_of_the_client(services: dict[str, Any]) -> None:
    front = (DOCKER / "nginx-front.conf").read_text()

    # One hop that nginx appends, and one of the proxy that ends TLS.
    assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in front
    assert {settings_of(services[name])["TRUSTED_PROXIES"] for name in ("web", "console")} == {"2"}
    # One proxy_set_header in a location would drop all that it inherits.
    locations = front.partition("server {")[2]
    assert "proxy_set_header" not in locations


def test_the_broker_asks_for_a_password(services: dict[str, Any]) -> None:
    valkey = services["valkey"]

    assert "requirepass" in valkey["command"][-1]
    # Not in the arguments: compose leaves $$ to the shell in the container.
    assert "$$BROKER_PASSWORD" in valkey["command"][-1]
    assert "--requirepass" not in valkey["command"][-1]
    for name in ("web", "console", "worker", "beat", "migrate"):
        for setting in ("BROKER_URL", "CACHE_URL"):
            assert services[name]["environment"][setting].startswith("redis://:${BROKER_PASSWORD"), (name, setting)
    assert "${BROKER_PASSWORD:?" in valkey["environment"]["BROKER_PASSWORD"]


def test_every_container_is_read_only_and_gains_no_privileges(services: dict[str, Any]) -> None:
    # The image of PostgreSQL changes to its own user, which takes capabilities.
    for name, service in services.items():
        if name != "postgres":
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name


def test_a_password_of_the_database_may_have_any_characters(services: dict[str, Any]) -> None:
    for name in ("web", "console", "worker", "beat", "migrate", "backup"):
        settings = services[name]["environment"]
        assert "PASSWORD" not in settings["DATABASE_URL"], name
        assert settings["DATABASE_PASSWORD"].startswith("${DATABASE_"), name
    assert "OWNER" in services["migrate"]["environment"]["DATABASE_PASSWORD"]


def test_what_runs_all_the_time_is_watched_by_its_progress(services: dict[str, Any]) -> None:
    for role in ("worker", "beat"):
        assert services[role]["healthcheck"]["test"] == ["CMD", "python", "-m", "core.heartbeats", role]
    # They have the one of the image, which asks /healthz.
    assert "healthcheck" not in services["web"] | services["console"]
    assert "HEALTHCHECK" in (DOCKER / "Dockerfile").read_text()
    assert [name for name, one in services.items() if one["image"].startswith("fingerpost") and not one.get("init")] == []


def test_the_workers_of_the_machine_see_which_of_their_processes_have_ended(services: dict[str, Any]) -> None:
    # Not the EDITION_DIR of the image: a .env that was copied from .env.example has it empty.
    folder = services["worker"]["environment"]["DATABASE_STATE_DIR"]

    # A volume, which outlives containers and which all of them share; /tmp does neither.
    assert f"worker-state:{folder}" in services["worker"]["volumes"]
    assert f" {folder} " in (DOCKER / "Dockerfile").read_text().partition("\nRUN install -d -o fingerpost ")[2]


def test_services_that_run_a_command_give_it_arguments_that_it_knows(services: dict[str, Any]) -> None:
    commands = {name: one["command"][1:] for name, one in services.items() if one.get("command", [""])[0] == "manage"}
    parsed = {
        name: load_command_class(get_commands()[command], command).create_parser("manage.py", command).parse_args(given)
        for name, (command, *given) in commands.items()
    }

    assert set(parsed) == {"backup", "export", "signing"}
    assert (str(parsed["export"].folder), parsed["export"].every) == ("/srv/fingerpost", 10)
    assert "root /srv/fingerpost;" in (DOCKER / "nginx.conf").read_text()
    # None of them is started with the rest, and none is asked for what only a web process answers.
    for name in parsed:
        assert services[name]["profiles"] == ["export" if name == "export" else "setup"]
        assert services[name]["healthcheck"] == {"disable": True}


def test_only_the_service_that_makes_keys_may_write_their_folder(services: dict[str, Any]) -> None:
    mounts = {name: volume for name, one in services.items() for volume in one.get("volumes", ()) if "SECRETS_FOLDER" in volume}

    assert set(mounts) == {"worker", "signing"}
    assert mounts["worker"].endswith(":/run/fingerpost:ro")
    assert mounts["signing"].endswith(":/run/fingerpost")
    assert "docker/secrets/" in (DOCKER.parent / ".gitignore").read_text().splitlines()


def test_the_image_is_tagged_with_the_version_that_is_built(services: dict[str, Any]) -> None:
    version = tomllib.loads((DOCKER.parent / "pyproject.toml").read_text())["project"]["version"]

    assert services["web"]["image"] == f"fingerpost:${{FINGERPOST_VERSION:-{version}}}"
    assert f"## [{version}]" in (DOCKER.parent / "CHANGELOG.md").read_text()


def test_every_image_can_be_pinned_by_digest(services: dict[str, Any]) -> None:
    named = {service["image"] for service in services.values()} - {"fingerpost:${FINGERPOST_VERSION:-0.1.0}"}
    bases = re.findall(r"^FROM (\S+)", (DOCKER / "Dockerfile").read_text(), re.M)
    example = (DOCKER.parent / ".env.example").read_text()

    assert all(re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[\w/.:-]+\}", image) for image in named), named
    assert set(bases) == {"${PYTHON_IMAGE}"}
    variables = {"PYTHON_IMAGE"} | {match[1] for image in named if (match := _DEFAULT.match(image))}
    assert len(variables) == 4
    assert [name for name in variables if name not in example] == []


@pytest.mark.parametrize(
    ("release", "image", "accepted"),
    [
        ("", "python:3.11-slim-trixie", True),
        ("1", "python:3.11-slim-trixie", False),
        ("1", f"python@sha256:{'0' * 64}", True),
    ],
)
def test_a_release_is_not_built_on_an_image_that_a_tag_names(release: str, image: str, accepted: bool) -> None:
    (check,) = re.findall(r"^RUN (case .+)$", (DOCKER / "Dockerfile").read_text(), re.M)
    built = subprocess.run(
        ["sh", "-c", check], env={"RELEASE": release, "PYTHON_IMAGE": image}, capture_output=True, text=True, check=False
    )

    assert built.returncode == (0 if accepted else 1)
    assert ("set PYTHON_IMAGE to name@sha256:" in built.stderr) is not accepted


@pytest.mark.services
@pytest.mark.parametrize("misspelt", [False, True])
def test_the_file_has_the_schema_of_compose_files(tmp_path: Path, misspelt: bool) -> None:
    text = (DOCKER / "compose.yaml").read_text()
    (tmp_path / "docker").mkdir()
    (tmp_path / ".env").touch()
    # Debian's docker-compose is older than the key `name`, and knows all the others.
    checked = text.replace("\nname: fingerpost\n", "\n").replace("read_only", "read_onyl" if misspelt else "read_only")
    (tmp_path / "docker/compose.yaml").write_text(checked)
    required = dict.fromkeys(re.findall(r"\$\{(\w+):\?", text), "x")

    # It reads and checks the file, and neither needs nor starts Docker.
    result = subprocess.run(
        ["docker-compose", "-f", "docker/compose.yaml", "config", "--quiet"], cwd=tmp_path, text=True, capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **required}, check=False,
    )  # fmt: skip

    assert ("'read_onyl'" in result.stderr, result.returncode) == ((True, 1) if misspelt else (False, 0))
