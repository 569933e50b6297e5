"""What `./run image` reads from docker/compose.yaml, and that each role gets what its container needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.image import compose
from tools.sandbox.terminal import UserError

ROOT = Path(__file__).resolve().parents[3]
PASSWORDS = dict.fromkeys(("POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_PASSWORD", "BROKER_PASSWORD"), "x")
ENV_FILE = {**compose.read_env_file((ROOT / ".env.example").read_text()), **PASSWORDS}
ROLES = compose.roles(ROOT, ENV_FILE)
#: Folders that no setting names: keys, the folder that the export writes by its argument, and dumps, which are arguments too.
BY_ARGUMENT = {"/run/fingerpost", "/srv/fingerpost", "/var/lib/fingerpost-backups"}


def test_every_service_of_the_product_is_a_role() -> None:
    assert set(ROLES) == {"web", "console", "worker", "beat", "migrate", "backup", "export", "signing"}


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.name)
def test_a_role_starts_what_the_entrypoint_knows(role: compose.Role) -> None:
    known = re.findall(r"^  ([a-z]+)\)$", (ROOT / "docker/entrypoint.sh").read_text(), re.M)

    assert role.command[0] in known
    for option in ("--init", "--read-only", "--read-only-tmpfs=false"):
        assert option in role.options
    assert role.options[role.options.index("--cap-drop") :][:2] == ("--cap-drop", "ALL")


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.name)
def test_every_volume_of_a_role_is_named_by_a_setting(role: compose.Role) -> None:
    # With .env as .env.example has it: the settings of the environment win over those of the image.
    mounted = {role.options[at + 1].split(":")[1] for at, option in enumerate(role.options) if option == "--volume"}

    assert [folder for folder in mounted - BY_ARGUMENT if folder not in role.environment.values()] == []


def test_a_worker_notes_on_its_volume_how_far_the_database_has_come() -> None:
    assert ROLES["worker"].environment["DATABASE_STATE_DIR"] == "/var/lib/fingerpost"


def test_a_role_has_the_time_to_end_that_compose_gives_it() -> None:
    assert {name: role.stops_within for name, role in ROLES.items() if role.stops_within != 10} == {"worker": 45}


def test_only_what_answers_requests_or_gives_signs_of_life_is_watched() -> None:
    assert {name for name, role in ROLES.items() if role.is_watched} == {"web", "console", "worker", "beat"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("${A}", "1"), ("${B:-two}", "two"), ("${A:-two}", "1"), ("${B}", ""), ("a $$A", "a $A"), ("${B:-}", "")],
)
def test_variables_are_replaced_as_compose_replaces_them(text: str, value: str) -> None:
    assert compose.interpolate(text, {"A": "1"}) == value


def test_a_required_variable_that_is_missing_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"^compose\.yaml: set BROKER_PASSWORD in \.env$"):
        compose.roles(ROOT, {**ENV_FILE, "BROKER_PASSWORD": ""})


@pytest.mark.parametrize("line", ["    gpus: all\n", "    healthcheck: {test: [CMD-SHELL, 'true']}\n"])
def test_a_key_that_the_trial_would_pass_over_is_refused(tmp_path: Path, line: str) -> None:
    text = (ROOT / "docker/compose.yaml").read_text()
    (tmp_path / "docker").mkdir()
    changed = text.replace("    command: [console]\n", f"    command: [console]\n{line}", 1)
    (tmp_path / "docker/compose.yaml").write_text(changed)

    with pytest.raises(UserError, match=r"^compose\.yaml: tools/image/compose\.py "):
        compose.roles(tmp_path, ENV_FILE)
