"""./run image: build docker/Dockerfile with Debian's buildah, look at what is in the image, and run all roles of compose from it.

It makes a base of Debian's own packages, so it needs no registry of images; --base takes another one by digest. It must run as
root, installs nothing on this machine, and removes all that it made in the end.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from tools.audit.locked import locked_packages
from tools.image import base, build, contents, report, story, trial
from tools.image.engine import Engine, engine, prevented
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.run_folders import remove_run
from tools.sandbox.terminal import UserError, say, step


@dataclass
class Result:
    """What was built, what is in it, and what a trial saw."""

    release: str
    built: build.Built
    python: str = ""
    debian: int = 0
    packages: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    tried: trial.Tried | None = None
    seconds: float = 0.0


def run(outer: Paths, rest: list[str]) -> int:
    """Build and try the image; return 1 if anything is wrong with it."""
    options = _parser().parse_args(rest)
    if reason := prevented():
        raise UserError(reason)
    paths = Paths(outer.root, outer.run / "image")
    remove_run(paths)
    paths.create()
    interrupts = Interrupts()
    trial.enter_own_mounts()
    begun, load = time.monotonic(), os.getloadavg()[0]
    with engine(paths.logs / "engine.log") as programs:
        result = _build_and_look(programs, paths, options)
        if not options.build_only:
            result.tried = story.carry_out(paths, programs, interrupts)
            result.findings += result.tried.findings
    result.seconds = time.monotonic() - begun
    text = report.tables(result)
    say(text)
    for finding in result.findings:
        say(f"FAILED: {finding}")
    if options.write and not result.findings and result.tried:
        report.write(outer.root / report.PAGE, result, load)
    say(f"image: {'failed' if result.findings else 'ok'}, {result.built.size // 10**6} MB, Python {result.python}")
    if not result.findings:
        remove_run(paths)
    return 1 if result.findings else 0


def _build_and_look(programs: Engine, paths: Paths, options: argparse.Namespace) -> Result:
    image = options.base
    if image is None:
        with step(f"Making a base of Debian's {options.debian} and its Python"):
            image = base.make(programs, options.debian)
    else:
        with step(f"Fetching {image}"):
            programs.buildah("pull", image)
    with step("Building docker/Dockerfile as a release"):
        built = build.build(programs, paths.root, image, base.RELEASES[options.debian])
    result = Result(options.debian, built)
    with step("Looking at what is in it"):
        result.python = story.python_version(programs)
        root = Path(programs.podman("image", "mount", build.NAME).strip())
        result.findings += contents.findings(root, built.config, locked_packages(), result.python)
        result.debian, result.packages = len(contents.debian_packages(root)), len(contents.python_packages(root))
        result.sizes = contents.sizes(root)
        programs.podman("image", "umount", build.NAME)
    if not options.build_only:
        with step("Installing Debian's PostgreSQL and Valkey in an image of the trial"):
            base.make_servers(programs, image, options.debian)
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run image", description=__doc__)
    parser.add_argument("--base", metavar="NAME@sha256:…", help="the base image, which is fetched; without it, one is made")
    parser.add_argument(
        "--debian", choices=list(base.RELEASES), default="trixie", help="the Debian release of a base that is made (%(default)s)"
    )
    parser.add_argument("--build-only", action="store_true", help="build and look at what is in it; run nothing from it")
    parser.add_argument(
        "--write", action="store_true", help="write the figures into docs/measurements/image.md, if nothing is wrong"
    )
    return parser
