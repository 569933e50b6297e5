"""What `./run image` finds in an image: each rule on a small tree that breaks it, and nothing on one that keeps them all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.audit.locked import LockedPackage
from tools.image import contents

CONFIG: dict[str, Any] = {
    "User": "10001:10001",
    "Cmd": ["web"],
    "Healthcheck": {"Test": ["CMD", "true"]},
    "Env": ["PATH=/usr/bin", "PORT=8000"],
}
LOCKED = [
    LockedPackage("django", "5.2.17", "", ("0",)),
    LockedPackage("async-timeout", "5.0.1", "python_full_version < '3.11.3'", ("0",)),
]
STATUS = """\
Package: libc6
Status: install ok installed
Installed-Size: 100
Version: 2.41
Section: libs

Package: gone
Status: deinstall ok config-files
Version: 1
Section: non-free/libs
"""
KEY = f"-----BEGIN PRIVATE KEY-----\n{'QUJD' * 20}\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("usr/bin", "opt/venv/bin", "app", "var/lib/dpkg", "usr/share/doc/libc6", "etc", "tmp"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tmp").chmod(0o1777)
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS)
    (tmp_path / "usr/share/doc/libc6/copyright").write_text("…")
    (tmp_path / "var/cache/apt/archives").mkdir(parents=True)
    (tmp_path / "var/cache/apt/archives/lock").touch()
    installed(tmp_path, "Django", "5.2.17")
    return tmp_path


def installed(root: Path, name: str, version: str) -> None:
    folder = root / f"opt/venv/lib/python3.13/site-packages/{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: of the description\n")


def found(root: Path, **config: object) -> list[str]:
    return contents.findings(root, {**CONFIG, **config}, LOCKED, "3.13.5")


def test_nothing_is_found_in_an_image_that_keeps_the_rules(root: Path) -> None:
    assert found(root) == []
    assert contents.debian_packages(root) == [contents.DebianPackage("libc6", "2.41", "libs", 100)]
    assert contents.python_packages(root) == {"django": "5.2.17"}


@pytest.mark.parametrize(
    ("config", "finding"),
    [
        ({"User": ""}, "The user of the image is root, not a number above 0."),
        ({"User": "fingerpost"}, "The user of the image is fingerpost, not a number above 0."),
        ({"User": "0:0"}, "The user of the image is 0:0, not a number above 0."),
        ({"Healthcheck": None}, "The image has no HEALTHCHECK."),
        ({"Cmd": ["worker"]}, "The image starts ['worker'], not the role web."),
        ({"Env": ["SECRET_KEY=build"]}, "The image sets SECRET_KEY."),
        ({"Env": ["DATABASE_URL=postgresql://…"]}, "The image sets DATABASE_URL."),
    ],
)
def test_a_configuration_that_breaks_a_rule_is_found(root: Path, config: dict[str, object], finding: str) -> None:
    assert found(root, **config) == [finding]


def write(name: str, text: str = "") -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    return change


def opened(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).chmod(0o777)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda root: installed(root, "pip", "26.0"), "pip: 26.0 is installed, none is in the bill of materials."),
        (write("opt/venv/bin/pip3"), "/opt/venv/bin/pip3 is no program that the product needs."),
        (write("usr/bin/gcc"), "/usr/bin/gcc is no program that the product needs."),
        (write("var/lib/apt/lists/Release", "…"), "/var/lib/apt/lists has 1 files, such as Release."),
        (write("home/pip/http/a", "…"), "/home has 1 files, such as a."),
        (write("app/.env", "A=1"), "/app/.env is named as files with secrets are."),
        (write("etc/ssl/private/server.key", KEY), "/etc/ssl/private/server.key holds a private key."),
        (opened("app"), "/app can be written by every user."),
        (opened("var/lib/dpkg/status"), "/var/lib/dpkg/status can be written by every user."),
        (lambda root: (root / "usr/share/doc/libc6/copyright").unlink(), "libc6 has no statement of its licence."),
        (
            write("var/lib/dpkg/status", STATUS.replace("Section: libs", "Section: non-free/libs")),
            "libc6 is from non-free, not from Debian's part main.",
        ),
    ],
)
def test_what_must_not_be_in_an_image_is_found(root: Path, change: Callable[[Path], None], finding: str) -> None:
    change(root)

    assert found(root) == [finding]


def test_a_package_that_the_bill_of_materials_names_is_missed(root: Path) -> None:
    wanted = [*LOCKED, LockedPackage("celery", "5.7.0", "", ("0",))]

    assert contents.findings(root, CONFIG, wanted, "3.11.2") == [
        "async-timeout: none is installed, 5.0.1 is in the bill of materials.",
        "celery: none is installed, 5.7.0 is in the bill of materials.",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_that_the_user_of_the_product_could_change_is_found(root: Path) -> None:
    write("app/manage.py")(root)
    (root / "var/lib/fingerpost").mkdir()
    (root / "var/lib/fingerpost").chmod(0o700)
    os.chown(root / "var/lib/fingerpost", 10001, 10001)
    os.chown(root / "app/manage.py", 10001, 10001)

    assert found(root) == ["/app/manage.py belongs to the user of the product, who could change it."]


def test_a_link_to_a_statement_is_followed_inside_the_image(root: Path) -> None:
    (root / "usr/share/doc/libc6/copyright").unlink()
    (root / "usr/share/doc/libc6").rmdir()
    write("usr/share/doc/libc-common/copyright", "…")(root)
    (root / "usr/share/doc/libc6").symlink_to("/usr/share/doc/libc-common")

    assert found(root) == []
