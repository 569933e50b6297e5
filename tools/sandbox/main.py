"""The commands of ./run, once .venv is ready."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.sandbox import demo, emulator, lint, phone, postgres, report, run_tests
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder, is_held
from tools.sandbox.paths import Paths
from tools.sandbox.ports import port_from, web_port
from tools.sandbox.processes import stop_leftovers
from tools.sandbox.run_folders import remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, say, say_error, step

#: What a demo writes into its run folder. Nothing else is removed, because FINGERPOST_RUN_DIR may hold other things.
FOLDERS = (
    "postgres",
    "logs",
    "broker",
    "firebase",
    "signing",
    "edition",
    "emulator",
    "tmp",
    "docs",
    "pycache",
    "previous",
    "matrix",
    "migrated",
)
FILES = ("postgres.json", "ports.json", "endpoints.json", "secrets.json", "processes.json", "staff.json", "campaign.yaml")


def run_command(name: str, rest: list[str]) -> int:
    """Run a command with its arguments; return the exit status."""
    paths = Paths.from_environment(os.environ)
    try:
        return _COMMANDS[name](paths, rest)
    except (UserError, CommandFailed) as error:
        say_error(str(error))
        return 1
    except BrokenPipeError:
        # The reader of the output has gone; everything that was started has been stopped.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


@contextmanager
def own_sandbox(paths: Paths, command: str) -> Iterator[Sandbox]:
    """Hold the run folder, end what an interrupted run left behind, and yield a sandbox that is stopped in the end."""
    interrupts = Interrupts()
    with hold_run_folder(paths, command):
        leftovers = stop_leftovers(paths)
        if leftovers:
            say(f"An earlier run was interrupted; what it left running has been stopped ({', '.join(leftovers)}).")
        sandbox = Sandbox(paths, interrupts, os.environ)
        try:
            yield sandbox
        finally:
            sandbox.stop()


def serve(paths: Paths, rest: list[str]) -> int:
    """Start everything, run the demo, and keep everything running until Ctrl-C."""
    with own_sandbox(paths, "serve") as sandbox:
        try:
            sandbox.start(web_port(os.environ))
            try:
                report.print_summary(demo.run_demo(sandbox, everything=False))
            except (demo.DemoFailed, CommandFailed) as error:
                say_error(f"The demo failed: {error}")
            build_documents(sandbox)
            report.print_addresses(sandbox)
            while True:
                sandbox.pause(3600)
        except KeyboardInterrupt:
            say("\nStopping …")
    say("Stopped. Nothing is left running, and the database is kept for the next start.")
    return 0


def build_documents(sandbox: Sandbox) -> None:
    """Build the documents as a site if they have changed; a failure is printed, because everything else works without them."""
    try:
        with step("Building the documents, for /docs/"):
            sandbox.run_python("-m", "tools.docs", str(sandbox.paths.documents), "--if-changed")
    except CommandFailed as error:
        say_error(f"The documents were not built: {error}")


def once(paths: Paths, rest: list[str]) -> int:
    """Start everything, run the whole demo, stop, and print in one line whether every step had the expected result."""
    line, status = "JOURNEY FAILED: interrupted", 1
    with own_sandbox(paths, "--once") as sandbox:
        try:
            # It ends before anybody could look at a console.
            sandbox.start(web_port(os.environ), console=False)
            result = demo.run_demo(sandbox, everything=True)
            report.print_summary(result)
            line, status = report.journey_ok(result), 0
        except (demo.DemoFailed, CommandFailed, UserError) as error:
            line = f"JOURNEY FAILED: {' '.join(str(error).split())}"
        except KeyboardInterrupt:
            pass
    say(line)
    return status


def reset(paths: Paths, rest: list[str]) -> int:
    """Remove the demo's database, secrets, logs and broker; .venv is kept."""
    with hold_run_folder(paths, "reset"):
        stop_leftovers(paths)
        postgres.remove(paths)
        for folder in (paths.run / "bench", paths.run / "soak", paths.run / "image", *(paths.run / "tests").glob("*")):
            remove_run(Paths(paths.root, folder))
        for name in FOLDERS:
            shutil.rmtree(paths.run / name, ignore_errors=True)
        for name in FILES:
            (paths.run / name).unlink(missing_ok=True)
        for path in paths.run.glob("beat-schedule*"):
            path.unlink()
    (paths.run / "lock").unlink(missing_ok=True)
    say("Removed the demo's database, secrets and logs. The next ./run starts from nothing.")
    return 0


def manage(paths: Paths, rest: list[str]) -> int:
    """Run a management command on the demo's database, and start that database for it if the demo is not running."""
    if is_held(paths):
        sandbox = Sandbox(paths, Interrupts(), os.environ)
        sandbox.attach()
        return _manage(sandbox, rest)
    with own_sandbox(paths, "manage") as sandbox:
        sandbox.start_database(port_from(os.environ, "PORT") or 8000)
        return _manage(sandbox, rest)


def _manage(sandbox: Sandbox, rest: list[str]) -> int:
    # In the foreground, because a command may ask for input.
    command = [str(sandbox.paths.python), "manage.py", *rest]
    settings = sandbox.settings_of(rest[0]) if rest else {}
    return subprocess.run(command, cwd=sandbox.paths.root, env={**sandbox.environment, **settings}, check=False).returncode


def run_emulator(paths: Paths, rest: list[str]) -> int:
    """Run the FCM emulator alone, in the foreground."""
    return emulator.run(paths, port_from(os.environ, "FINGERPOST_EMULATOR_PORT"), rest)


def run_docs(paths: Paths, rest: list[str]) -> int:
    """Build the documents as a site."""
    # Not at the top: no other command has its packages.
    from tools.docs.__main__ import main as build

    return build(rest or [str(paths.documents)])


def run_phone(paths: Paths, rest: list[str]) -> int:
    """Register a phone with the running demo and send it a test push."""
    return phone.run(paths, rest)


def run_audit(paths: Paths, rest: list[str]) -> int:
    """Check what the product is made of."""
    # Not at the top: no other command needs what it imports.
    from tools.audit.__main__ import main as audit

    return audit(rest)


def run_mutants(paths: Paths, rest: list[str]) -> int:
    """Run tests against changed sources."""
    # Not at the top: no other command needs what it imports.
    from tools.mutation.run import run

    return run(paths, rest)


def run_contract(paths: Paths, rest: list[str]) -> int:
    """Send requests made from the OpenAPI schema."""
    # Not at the top: no other command needs what it imports.
    from tools import contract

    return contract.run(paths, rest)


def run_bench(paths: Paths, rest: list[str]) -> int:
    """Run a measurement."""
    # Not at the top: no other command needs what the measurements import.
    from tools.bench import main as bench

    return bench.run(paths, rest)


def run_faults(paths: Paths, rest: list[str]) -> int:
    """Carry out fault runs."""
    # Not at the top: no other command needs what the runs import.
    from tools.faults import launch

    return launch.run(paths, rest)


def run_image(paths: Paths, rest: list[str]) -> int:
    """Build the container image, and run its roles."""
    # Not at the top: no other command needs what it imports.
    from tools.image import launch

    return launch.run(paths, rest)


def run_soak(paths: Paths, rest: list[str]) -> int:
    """Send campaigns for hours with restarts at random."""
    # Not at the top: no other command needs what it imports.
    from tools.soak import launch

    return launch.run(paths, rest)


_COMMANDS: dict[str, Callable[[Paths, list[str]], int]] = {
    "serve": serve,
    "--once": once,
    "test": run_tests.run,
    "docs": run_docs,
    "phone": run_phone,
    "lint": lambda paths, rest: lint.lint(paths),
    "audit": run_audit,
    "mutate": run_mutants,
    "contract": run_contract,
    "bench": run_bench,
    "faults": run_faults,
    "image": run_image,
    "soak": run_soak,
    "reset": reset,
    "emulator": run_emulator,
    "manage": manage,
}
