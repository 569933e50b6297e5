"""The commands of ./run: what each needs before it can start. Standard library only, because it is read before .venv exists."""

from __future__ import annotations

from dataclasses import dataclass

HELP = """\
./run                 start the whole demo and keep it running until Ctrl-C
./run --once          run the whole demo, then stop; the last line is JOURNEY OK {…} or JOURNEY FAILED: reason
./run test [ARGS…]    run the tests (ARGS go to pytest); --all adds the tests that need a browser or other services from Debian
      --coverage      print the branches that the tests did not take; --postgres DIR uses the PostgreSQL with its programs in DIR
      --processes N   run them in N processes (default: cores + 1 for the whole suite, one for chosen files)
      --previous      run the delivery tests of an earlier commit's code on this checkout's schema
      --matrix        run the tests on every supported Python and PostgreSQL that is installed here
./run docs [FOLDER]   build the documents as a site, into .run/docs, which ./run serves at /docs/, or into FOLDER
./run phone           register a phone with the running demo and send it a test push; --locale TAG, --platform NAME, --code CODE
./run lint            check style, types, import directions, words, migrations, the OpenAPI schema, docs/states.md, docs/roles.md
./run audit           check the locked packages for known weaknesses and licences; --refresh reads the advisories again,
                      --licences writes docs/licences.md, --sbom FILE writes a bill of materials, --images looks for digests,
                      --digests FILE puts the images by digest into FILE (.env)
./run mutate          change the rules for roles, approval, limits and errors in small ways, and see whether their tests notice;
                      --rule NAME, --limit N, --part K/N, --minutes N
./run contract        send requests made from the OpenAPI schema as four different senders, and print the statuses that they got;
                      --cases N, --seed N, --seeds N, --minutes N
./run bench           measure registrations, reads and one campaign; --registrations N --devices N
./run bench push      measure sending: beside other senders, a million devices, brakes, kill -9; --part NAME --quick --write
./run bench main-job  measure one campaign through one worker; N devices (100000)
./run bench localisation  measure an editor's page, the memory, compiling and importing at the promised sizes; --part NAME
./run bench console   measure the console pages of campaign staff with a million registrations; --registrations N --quick --write
./run bench companion  measure the companion in Chromium with Lighthouse, and on a slow network; --rounds N --write
./run bench abuse     measure what readers notice of an attack, for docs/measurements/security.md; --through PROXY
./run bench read      measure reading beside nginx and Django with Debian's wrk, for docs/measurements/read.md; --quick
./run bench stampede  measure phones that open an alert within seconds while it is pushed to others; --quick --write
./run bench emulator  measure the FCM emulator alone; --tls --p50 MS
./run bench resolver  measure how long the resolver takes for one plan; --rounds N
./run bench restore   measure backup, restore and check of a million registrations and all content; --registrations N --write
./run bench codebase  print figures of the code base itself, for git revisions or folders side by side; TREE… --list
./run faults          send campaigns while processes, PostgreSQL, brokers, clocks and FCM fail; --list, RUN…, --quick, --write
./run soak            send campaigns for hours with restarts at random, and see what grows; --hours N --minutes N --seed N --write
./run image           build the container image with Debian's buildah, look into it, and run each role of compose from it;
                      as root; --debian RELEASE, --base NAME@sha256:…, --build-only, --write
./run reset           remove the demo's database, secrets and logs
./run emulator        start the FCM emulator alone, for developing an app; --tls, --quota N
./run manage ARGS…    run a Django management command on the demo's database
./run help            show this page

A second ./run keeps the database: it updates facts and texts, and sends no second campaign. --once sends one every time.
Everything is kept in .run/ (or FINGERPOST_RUN_DIR) and .venv/. PORT sets the port of the web server (8000 by default);
FINGERPOST_CONSOLE_PORT, FINGERPOST_POSTGRES_PORT and FINGERPOST_EMULATOR_PORT set the others. The console has a process and a
port of its own; /console/ on PORT leads there. To use an FCM of your own instead of the emulator, set FINGERPOST_SANDBOX=1 and a
loopback FCM_ENDPOINT (and FIREBASE_PROJECTS if it needs one)."""


@dataclass(frozen=True)
class Command:
    """What one command needs."""

    #: The list in requirements/ that has to be installed; None for a command that needs no packages.
    packages: str | None
    takes_arguments: bool = False
    #: Whether it uses the demo's database, and so refuses to run beside settings of a real one.
    uses_demo: bool = False
    #: Whether it serves on PORT.
    serves: bool = False


_HELP = Command(packages=None)
COMMANDS: dict[str, Command] = {
    "serve": Command("docs", uses_demo=True, serves=True),
    "--once": Command("demo", uses_demo=True, serves=True),
    "test": Command("dev", takes_arguments=True),
    "docs": Command("docs", takes_arguments=True),
    "phone": Command("demo", takes_arguments=True, uses_demo=True),
    "lint": Command("dev"),
    "audit": Command("dev", takes_arguments=True),
    "mutate": Command("dev", takes_arguments=True),
    "contract": Command("dev", takes_arguments=True),
    "bench": Command("dev", takes_arguments=True, uses_demo=True),
    "faults": Command("dev", takes_arguments=True),
    "image": Command("dev", takes_arguments=True, uses_demo=True),
    "soak": Command("dev", takes_arguments=True, uses_demo=True),
    "reset": Command("demo", uses_demo=True),
    "emulator": Command("demo", takes_arguments=True),
    "manage": Command("demo", takes_arguments=True, uses_demo=True),
    "help": _HELP,
    "--help": _HELP,
    "-h": _HELP,
}
