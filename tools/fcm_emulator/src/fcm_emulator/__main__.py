"""The command line of the emulator: `fcm-emulator serve`, `credentials` and `plan-schema`."""

from __future__ import annotations

import argparse
import json
import ssl
import sys
from pathlib import Path
from typing import NoReturn

from fcm_emulator.credentials import InvalidProject, write_credentials
from fcm_emulator.fault_plan_document import FaultPlanDocument
from fcm_emulator.handler import Handler
from fcm_emulator.oauth import TokenEndpoint, load_accounts
from fcm_emulator.quota import DEFAULT_QUOTA
from fcm_emulator.server import serve
from fcm_emulator.server_options import ServerOptions
from fcm_emulator.tls import server_context


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (InvalidProject, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fcm-emulator", description="A server that responds as FCM does and reaches no phone.")
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="serve FCM and Google's token endpoint")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=9099)
    serving.add_argument("--credentials", type=Path, required=True, metavar="DIR", help="the folder that `credentials` wrote")
    serving.add_argument("--token-seconds", type=int, default=3600, help="lifetime of access tokens (%(default)s)")
    serving.add_argument(
        "--quota",
        type=_whole,
        default=DEFAULT_QUOTA,
        metavar="N",
        help="messages per minute and project (%(default)s); 0 for no limit",
    )
    serving.add_argument(
        "--retry-after", type=_whole, metavar="SECONDS", help="Retry-After in responses 429 over the quota (not sent)"
    )
    serving.add_argument(
        "--check-every",
        type=_positive,
        default=1,
        metavar="N",
        help="validate only every Nth message in full, for measurements (%(default)s)",
    )
    serving.add_argument(
        "--goaway-after",
        type=_whole,
        default=0,
        metavar="N",
        help="send GOAWAY after so many requests of a connection (%(default)s: never)",
    )
    serving.add_argument(
        "--tls", action="store_true", help="use HTTPS with HTTP/2; the default if the credentials have an https url"
    )
    serving.set_defaults(run=_serve)
    writing = commands.add_parser("credentials", help="write a service-account key file that `serve` accepts")
    writing.add_argument("folder", type=Path, metavar="DIR")
    writing.add_argument("--project", default="fingerpost-demo")
    writing.add_argument("--url", default="http://127.0.0.1:9099")
    writing.set_defaults(run=_credentials)
    describing = commands.add_parser("plan-schema", help="print the JSON Schema of a fault plan")
    describing.set_defaults(run=_plan_schema)
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _positive(text: str) -> int:
    if not _whole(text):
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    try:
        accounts = load_accounts(options.credentials)
    except (OSError, ValueError, KeyError) as error:
        print(f"emulator: no credentials in {options.credentials} ({error}). Run the credentials command first.", file=sys.stderr)
        return 1
    server_options = ServerOptions(options.quota, options.retry_after, options.check_every, options.goaway_after)
    encryption = None
    if options.tls or any(account.token_uri.startswith("https:") for account in accounts):
        try:
            encryption = server_context(options.credentials)
        except (OSError, ssl.SSLError) as error:
            print(f"emulator: no certificate ({error}). Run the credentials command with an https url first.", file=sys.stderr)
            return 1
    handler = Handler(TokenEndpoint(accounts, options.token_seconds), server_options)
    projects = ", ".join(account.project for account in accounts)
    serve(
        handler,
        host=options.host,
        port=options.port,
        encryption=encryption,
        ready=lambda url: print(f"FCM emulator for {projects}: {url}", flush=True),
    )
    return 0


def _credentials(options: argparse.Namespace) -> int:
    print(write_credentials(options.folder, project=options.project, url=options.url))
    return 0


def _plan_schema(_options: argparse.Namespace) -> int:
    print(json.dumps(FaultPlanDocument.model_json_schema(), indent=2))
    return 0


def run() -> NoReturn:
    """Run the command line and exit: the entry point of the installed command."""
    sys.exit(main())


if __name__ == "__main__":
    run()
