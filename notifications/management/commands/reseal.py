"""Seal stored addresses and second factors again under the current keys, so that the earlier keys can be removed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from cryptography.fernet import InvalidToken
from django.utils import timezone

from core import audit, factor_secrets
from core.audit_verbs import Verb
from core.cli import StaffCommand
from core.errors import Conflict, Invalid
from core.models import User
from notifications.registrations import resealing, sealed


class Command(StaffCommand):
    """Run it once every process has the new keys beside the earlier ones; it can be interrupted and run again."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--status", action="store_true", help="only print how many addresses there are by key")

    def run_command(self, options: dict[str, Any]) -> None:
        """Seal again and print how many, or raise DomainError if something is left under an earlier key."""
        if options["status"]:
            by_key = resealing.count_by_key()
            text = ", ".join(f"{key}: {number}" for key, number in by_key.items())
            self.print_result(options, {"addresses": by_key}, text or "No address is stored.")
            return
        try:
            done = resealing.reseal_addresses()
        except sealed.KeyMissing as error:
            raise Invalid(str(error), code="address-keys") from error
        try:
            factors = factor_secrets.reseal()
        except InvalidToken:
            raise Conflict("Some second factors were encrypted with a key that is not in SECRET_KEY_FALLBACKS.") from None
        if done.moved or done.merged or factors:
            audit.record(
                by=User.objects.system(), verb=Verb.SECRETS_RESEALED, at=timezone.now(), addresses=done.moved, factors=factors
            )
        if done.damaged:
            raise Conflict(f"{done.damaged} addresses are damaged: no key opens them. They are deleted when they expire.")
        text = f"Sealed again: {done.moved} addresses and {factors} second factors. Nothing is left under an earlier key."
        self.print_result(options, {"addresses": done.moved, "merged": done.merged, "factors": factors}, text)
