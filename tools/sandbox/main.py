"""The verbs of ./run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from core.sandbox import refusal
from tools.bench import overall
from tools.sandbox import bootstrap, emulator, postgres, report, story, test_and_lint
from tools.sandbox.lock import is_held, only_run
from tools.sandbox.paths import Places
from tools.sandbox.ports import asked_port, web_port
from tools.sandbox.processes import Interrupts, stop_leftovers
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import Refused, say, sentence

HELP = """\
./run                 start everything here, tell the story, keep serving until Ctrl-C
./run --once          the same, then stop; ends in JOURNEY OK {…} or JOURNEY FAILED: reason
./run test [ARGS…]    the tests (ARGS go to pytest); --all adds the browser and Debian's PostgreSQL, Redis and RabbitMQ
./run lint            style, types, import directions, missing migrations, drift of the OpenAPI schema and of docs/states.md
./run bench           registrations, reads and one campaign, measured; --registrations N --devices N
./run bench push      sending alone: beside other ways, a million, ten million, brakes, kill -9; --part NAME --devices N --quick
./run bench read      the fast lane beside nginx, Django and a plain list, by Debian's wrk; writes docs/measurements/read.md
./run bench codebase  figures of the code itself, for git revisions or folders side by side; TREE… --list
./run reset           remove the sandbox's database, secrets and logs
./run emulator        the FCM emulator alone, for an app developer; --tls, --quota N
./run manage ARGS…    a management command on the sandbox's database
./run help            this page

A later start keeps the database: it brings facts and words up to date and sends no second campaign; --once sends one each time.
What a run leaves is in .run/ (or FINGERPOST_RUN_DIR) and .venv/. PORT is the web's port (8000); FINGERPOST_POSTGRES_PORT and
FINGERPOST_EMULATOR_PORT fix the inner ones. FINGERPOST_SANDBOX=1 beside a loopback FCM_ENDPOINT (and, if need be,
FIREBASE_PROJECTS) uses that FCM instead of the emulator."""


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit status."""
    verb, rest = (arguments[0], list(arguments[1:])) if arguments else ("serve", [])
    act = VERBS.get(verb)
    if act is None or (rest and verb not in TAKES_ARGUMENTS):
        sentence(f"./run does not know {' '.join(arguments)!r}; ./run help lists what it does.")
        return 2
    try:
        return act(rest)
    except (Refused, CommandFailed) as error:
        sentence(str(error))
        return 1
    except BrokenPipeError:
        # Whoever read the output has gone, and all that was started is stopped already.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def refuse_outside_settings() -> None:
    """Refuse to run where a real database or Firebase project is in sight."""
    reason = refusal(os.environ, starts_database=True)
    if reason:
        raise Refused(reason)


@contextmanager
def opened(verb: str, *, wanted: str = "demo") -> Iterator[tuple[Places, Interrupts]]:
    """Hold the run folder, with what an interrupted run left stopped and with .venv filled."""
    refuse_outside_settings()
    places = Places.here(os.environ)
    places.make()
    interrupts = Interrupts()
    with only_run(places, verb):
        left = stop_leftovers(places)
        if left:
            say(f"An earlier run was cut off; what it left running has been stopped ({', '.join(left)}).")
        if verb in SERVES:
            web_port(os.environ)
        bootstrap.ensure(places, wanted)
        yield places, interrupts


def serve(rest: list[str]) -> int:
    """Start everything, tell the story, and keep serving until Ctrl-C."""
    with opened("serve") as (places, interrupts):
        sandbox = Sandbox(places, interrupts, os.environ)
        try:
            sandbox.start(web_port(os.environ))
            try:
                report.after(sandbox, story.tell(sandbox, again=False))
            except (story.Failed, CommandFailed) as error:
                sentence(f"The story stopped: {error}")
            report.where(sandbox)
            while True:
                sandbox.wait(lambda: False, 3600, pause=0.5)
        except KeyboardInterrupt:
            say("\nStopping …")
        finally:
            sandbox.stop()
        say("Stopped; nothing is left running, and the database is kept for the next start.")
    return 0


def once(rest: list[str]) -> int:
    """Start everything, tell the whole story, stop, and say in one line whether each step was seen to work."""
    with opened("--once") as (places, interrupts):
        sandbox = Sandbox(places, interrupts, os.environ)
        line = "JOURNEY FAILED: interrupted"
        good = False
        try:
            sandbox.start(web_port(os.environ))
            told = story.tell(sandbox, again=True)
            report.after(sandbox, told)
            line, good = report.journey_ok(told), True
        except (story.Failed, CommandFailed, Refused) as error:
            line = f"JOURNEY FAILED: {' '.join(str(error).split())}"
        except KeyboardInterrupt:
            pass
        finally:
            sandbox.stop()
        say(line)
    return 0 if good else 1


def reset(rest: list[str]) -> int:
    """Remove what the sandbox keeps: database, secrets, logs, broker. The .venv stays."""
    refuse_outside_settings()
    places = Places.here(os.environ)
    if not places.run.exists():
        say("There is nothing to remove.")
        return 0
    places.make()
    with only_run(places, "reset"):
        stop_leftovers(places)
        postgres.forget(places)
        for folder in (places.run / "bench", *(places.run / "tests").glob("*")):
            test_and_lint.remove_run(Places(places.root, folder))
        # Only what a sandbox makes: FINGERPOST_RUN_DIR may name a folder that holds other things.
        for name in ("postgres", "logs", "broker", "firebase", "signing", "edition", "emulator", "tmp", "pycache"):
            shutil.rmtree(places.run / name, ignore_errors=True)
        for name in KEPT_FILES:
            (places.run / name).unlink(missing_ok=True)
        for path in places.run.glob("beat-schedule*"):
            path.unlink()
    (places.run / "lock").unlink(missing_ok=True)
    say("Removed the sandbox's database, secrets and logs; the next ./run starts afresh.")
    return 0


def manage(rest: list[str]) -> int:
    """Run a management command on the sandbox's database, which is started for it where it does not run."""
    refuse_outside_settings()
    places = Places.here(os.environ)
    if is_held(places):
        return _attached(places, rest)
    with opened("manage") as (places, interrupts):
        sandbox = Sandbox(places, interrupts, os.environ)
        try:
            sandbox.start_database(int(os.environ.get("PORT") or 8000))
            return _manage(sandbox, rest)
        finally:
            sandbox.stop()


def _attached(places: Places, rest: list[str]) -> int:
    """Run the command beside a sandbox that is up."""
    sandbox = Sandbox(places, Interrupts(), os.environ)
    sandbox.attach()
    return _manage(sandbox, rest)


def _manage(sandbox: Sandbox, rest: list[str]) -> int:
    # In the foreground, with the terminal: a person may be asked something.
    command = [str(sandbox.places.python), "manage.py", *rest]
    return subprocess.run(command, cwd=sandbox.places.root, env=sandbox.environment, check=False).returncode


def emulate(rest: list[str]) -> int:
    """Run the FCM emulator alone, in the foreground."""
    places = Places.here(os.environ)
    places.make()
    bootstrap.ensure(places, "demo")
    return emulator.run(places, asked_port(os.environ, "FINGERPOST_EMULATOR_PORT"), rest)


def show_help(rest: list[str]) -> int:
    """Print the verbs."""
    say(HELP)
    return 0


KEPT_FILES = ("postgres.json", "ports.json", "endpoints.json", "secrets.json", "processes.json", "story.json", "campaign.yaml")
SERVES = ("serve", "--once")
TAKES_ARGUMENTS = ("test", "bench", "emulator", "manage")
VERBS = {
    "serve": serve,
    "--once": once,
    "test": test_and_lint.test,
    "lint": test_and_lint.lint,
    "bench": overall.run,
    "reset": reset,
    "emulator": emulate,
    "manage": manage,
    "help": show_help,
    "--help": show_help,
    "-h": show_help,
}
