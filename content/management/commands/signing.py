"""Make and rotate the keys of the manifest, or sign it at once."""

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
    """The keys from the command line; making and rotating need no database."""

    help = "Make, rotate and use the keys of the manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        root = verbs.add_parser("new-root", help="make the root key, which stays offline; apps pin its public half")
        root.add_argument("file", type=Path)
        key = verbs.add_parser("new-key", help="make a release key for workers; the root has to name it")
        key.add_argument("file", type=Path)
        rotating = verbs.add_parser("rotate", help="where the root is: write the next document of the keys that may sign")
        rotating.add_argument("--root", type=Path, required=True, help="the root key")
        rotating.add_argument("--document", type=Path, required=True, help="keys.jws: read where it exists, then replaced")
        rotating.add_argument("--key", action="append", default=[], metavar="PUBLIC", help="name this key, as new-key prints it")
        rotating.add_argument("--retire", action="append", default=[], metavar="KID", help="leave this key out")
        rotating.add_argument("--days", type=int, default=400, help="how long the new key is good (400)")
        first = verbs.add_parser("first", help="for a sandbox: root, release key and document in one folder")
        first.add_argument("folder", type=Path)
        now = verbs.add_parser("sign", help="sign the manifest now, where it is due and PACK_SIGNING_KEY is set")
        for verb in (root, key, rotating, first, now):
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _new_root(self, options: dict[str, Any]) -> None:
        made = signing_keys.new_key(options["file"])
        text = f"The root key is in {options['file']}: keep it offline. Apps pin its public half:\n{encode(made.public)}"
        self.print_result(options, {"public": encode(made.public)}, text)

    def _new_key(self, options: dict[str, Any]) -> None:
        made = signing_keys.new_key(options["file"])
        text = f"Release key {made.kid} is in {options['file']}. Let the root name it: signing rotate --key {encode(made.public)}"
        self.print_result(options, {"kid": made.kid, "public": encode(made.public)}, text)

    def _rotate(self, options: dict[str, Any]) -> None:
        if not 1 <= options["days"] <= 3650:
            raise Invalid("--days lies between 1 and 3650.")
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
        self.print_result(options, {"document": str(path)}, f"{path} is written: put it beside the release key of every worker.")

    def _first(self, options: dict[str, Any]) -> None:
        folder = options["folder"]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root, key = signing_keys.new_key(folder / "root.pem"), signing_keys.new_key(folder / "release.pem")
        document = signing_keys.rotate(root, None, add=[key.public], retire=[], at=timezone.now(), days=3650)
        signing_keys.write_document(folder / signing_keys.DOCUMENT, document)
        text = (
            f"Root, release key {key.kid} and {signing_keys.DOCUMENT} are in {folder}. "
            f"The root's public half:\n{encode(root.public)}"
        )
        self.print_result(options, {"kid": key.kid, "root": encode(root.public)}, text)

    def _sign(self, options: dict[str, Any]) -> None:
        signed = signing.sign_if_due(at=timezone.now())
        newest = Manifest.objects.newest()
        data = {"release": newest.release_id, "signed": signed is not None, "expires": newest.expires_at.isoformat()}
        said = "signed now" if signed is not None else "signed before, and not due yet"
        self.print_result(
            options, data, f"The manifest of release {newest.release_id} is {said}; good until {newest.expires_at}."
        )
