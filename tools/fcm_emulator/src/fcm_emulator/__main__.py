"""The emulator's command line: `python -m fcm_emulator serve` and `… credentials`."""

from __future__ import annotations

import argparse
import ssl
import sys
from pathlib import Path

from fcm_emulator.credentials import BadProject, write_credentials
from fcm_emulator.handler import Handler
from fcm_emulator.oauth import TokenEndpoint, load_accounts
from fcm_emulator.options import Options
from fcm_emulator.quota import GOOGLES
from fcm_emulator.server import serve
from fcm_emulator.tls import server_context


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (BadProject, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fcm_emulator", description="FCM as Google documents it, on this machine.")
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="answer as FCM and as Google's token endpoint")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=9099)
    serving.add_argument("--credentials", type=Path, required=True, metavar="DIR", help="the folder that `credentials` wrote")
    serving.add_argument("--token-seconds", type=int, default=3600, help="how long an access token is good for")
    serving.add_argument(
        "--quota", type=_whole, default=GOOGLES, metavar="N", help="messages a minute and project (%(default)s); 0 lifts it"
    )
    serving.add_argument(
        "--retry-after", type=_whole, metavar="SECONDS", help="Retry-After of the answer to what is over the quota (none)"
    )
    serving.add_argument(
        "--check-every",
        type=_positive,
        default=1,
        metavar="N",
        help="give only each Nth message that is not like earlier ones every check (%(default)s)",
    )
    serving.add_argument(
        "--goaway-after", type=_whole, default=0, metavar="N", help="end a connection after so many requests (%(default)s: never)"
    )
    serving.add_argument("--tls", action="store_true", help="HTTPS with HTTP/2, as is usual where the credentials' url is https")
    serving.set_defaults(run=_serve)
    writing = commands.add_parser("credentials", help="write a service-account key file that the emulator will know")
    writing.add_argument("folder", type=Path, metavar="DIR")
    writing.add_argument("--project", default="fingerpost-demo")
    writing.add_argument("--url", default="http://127.0.0.1:9099")
    writing.set_defaults(run=_credentials)
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _positive(text: str) -> int:
    if not _whole(text):
        raise argparse.ArgumentTypeError("1 is the least")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    try:
        accounts = load_accounts(options.credentials)
    except (OSError, ValueError, KeyError) as error:
        print(
            f"emulator: {options.credentials} holds no credentials ({error}); run the credentials command first", file=sys.stderr
        )
        return 1
    asked = Options(options.quota, options.retry_after, options.check_every, options.goaway_after)
    encryption = None
    if options.tls or any(account.token_uri.startswith("https:") for account in accounts):
        try:
            encryption = server_context(options.credentials)
        except (OSError, ssl.SSLError) as error:
            print(f"emulator: no certificate ({error}); run the credentials command with an https url first", file=sys.stderr)
            return 1
    handler = Handler(TokenEndpoint(accounts, options.token_seconds), asked)
    projects = ", ".join(account.project for account in accounts)
    serve(
        handler,
        host=options.host,
        port=options.port,
        encryption=encryption,
        ready=lambda url: print(f"FCM emulator for {projects}, with its phones, at {url}", flush=True),
    )
    return 0


def _credentials(options: argparse.Namespace) -> int:
    print(write_credentials(options.folder, project=options.project, url=options.url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
