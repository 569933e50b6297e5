"""Create and rotate the keys of the manifest, and sign it now."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from content.models import Manifest
from content.publishing import signing, signing_keys
from content.publishing.verify import encode
from core.cli import StaffCommand
from core.errors import Invalid


class Command(StaffCommand):
    """The `signing` command. Creating and rotating keys needs no database."""

    help = "Create, rotate and use the keys of the manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        root = verbs.add_parser("new-root", help="create the root key, which stays offline; apps pin its public key")
        root.add_argument("file", type=Path)
        key = verbs.add_parser("new-key", help="create a release key for workers, to be authorized by the root")
        key.add_argument("file", type=Path)
        rotating = verbs.add_parser("rotate", help="on the machine with the root key: write the next key document")
        rotating.add_argument("--root", type=Path, required=True, help="the root key")
        rotating.add_argument(
            "--document", type=Path, required=True, help="keys.jws, which is read if it exists and then replaced"
        )
        rotating.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="PUBLIC",
            help="authorize this public key, as new-key prints it; write --key=PUBLIC, because a key may start with a hyphen",
        )
        rotating.add_argument("--retire", action="append", default=[], metavar="KID", help="retire the key with this id")
        rotating.add_argument("--days", type=int, default=400, help="days for which the new key is valid (400)")
        first = verbs.add_parser("first", help="for a sandbox: create root key, release key and key document in one folder")
        first.add_argument("folder", type=Path)
        now = verbs.add_parser("sign", help="sign the manifest now, if it is due and PACK_SIGNING_KEY is set")
        for verb in (root, key, rotating, first, now):
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _new_root(self, options: dict[str, Any]) -> None:
        made = signing_keys.new_key(options["file"])
        text = f"The root key is in {options['file']}. Keep it offline. Apps pin its public key:\n{encode(made.public)}"
        self.print_result(options, {"public": encode(made.public)}, text)

    def _new_key(self, options: dict[str, Any]) -> None:
        made = signing_keys.new_key(options["file"])
        text = f"Release key {made.kid} is in {options['file']}. Authorize it: signing rotate --key={encode(made.public)}"
        self.print_result(options, {"kid": made.kid, "public": encode(made.public)}, text)

    def _rotate(self, options: dict[str, Any]) -> None:
        if not 1 <= options["days"] <= 3650:
            raise Invalid("--days must be between 1 and 3650.")
        path = options["document"]
        present = path.read_text(encoding="ascii").strip() if path.exists() else None
        document = signing_keys.rotate(
            signing_keys.read_key(options["root"]),
            present,
            add=[signing_keys.public_from_text(text) for text in options["key"]],
            retire=options["retire"],
            at=timezone.now(),
            days=options["days"],
        )
        signing_keys.write_document(path, document)
        self.print_result(options, {"document": str(path)}, f"{path} is written. Copy it beside the release key of every worker.")

    def _first(self, options: dict[str, Any]) -> None:
        folder = options["folder"]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root, key = signing_keys.new_key(folder / "root.pem"), signing_keys.new_key(folder / "release.pem")
        document = signing_keys.rotate(root, None, add=[key.public], retire=[], at=timezone.now(), days=3650)
        signing_keys.write_document(folder / signing_keys.DOCUMENT, document)
        text = (
            f"Root, release key {key.kid} and {signing_keys.DOCUMENT} are in {folder}. "
            f"Public key of the root:\n{encode(root.public)}"
        )
        self.print_result(options, {"kid": key.kid, "root": encode(root.public)}, text)

    def _sign(self, options: dict[str, Any]) -> None:
        signed = signing.sign_if_due(at=timezone.now())
        newest = Manifest.objects.newest()
        data = {"release": newest.release_id, "signed": signed is not None, "expires": newest.expires_at.isoformat()}
        state = "signed" if signed is not None else "not due to be signed again"
        self.print_result(
            options, data, f"The manifest of release {newest.release_id} is {state}. It is valid until {newest.expires_at}."
        )
