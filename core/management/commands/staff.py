"""Add staff accounts, and update the groups from the table of roles."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import audit, credentials, roles, staff_changes
from core.audit_verbs import Verb
from core.cli import StaffCommand
from core.credentials import Credential
from core.errors import Conflict, Invalid, NotFound
from core.models.user import User


class Command(StaffCommand):
    """The `staff` command."""

    help = "Add a staff account (add), reset a sign-in (reset), or update the groups from the table of roles (sync)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="add an account; its first password is printed once")
        add.add_argument("name")
        add.add_argument("--role", action="append", required=True, choices=sorted(roles.ROLES), dest="roles")
        add.add_argument(
            "--locale", action="append", default=[], dest="locales", help="a locale that the person reads; * for all"
        )
        add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        self.add_json(add)
        reset = verbs.add_parser("reset", help="remove a person's second factors; a new first password is printed once")
        reset.add_argument("name")
        self.add_json(reset)
        self.add_json(verbs.add_parser("sync", help="update the groups from the table of roles"))

    def run_command(self, options: dict[str, Any]) -> None:
        if options["verb"] == "sync":
            roles.sync()
            self.print_result(options, {"roles": sorted(roles.ROLES)}, "The groups match the table of roles.")
            return
        if options["verb"] == "reset":
            self._reset(options)
            return
        if not settings.SANDBOX and staff_changes.administrators().count() >= 2:
            raise Conflict("There are two administrators: they invite people in the console.", code="administrators")
        chosen = options["password_stdin"]
        password = input().strip() if chosen else secrets.token_urlsafe(15)
        with transaction.atomic():
            if User.objects.filter(username=options["name"]).exists():
                raise Conflict(f"There is already a member of staff called {options['name']}.", code="exists")
            user = User(username=options["name"], is_staff=True, locales=options["locales"] or ["en"])
            try:
                User.username_validator(user.username)
                validate_password(password, user)
            except ValidationError as error:
                raise Invalid(" ".join(error.messages), code="account") from None
            user.set_password(password)
            user.save(force_insert=True)
            for role in options["roles"]:
                roles.give(user, role)
            audit.record(by=User.objects.system(), verb=Verb.STAFF_ADDED, row=user, at=timezone.now(), roles=options["roles"])
        data = {"name": user.username, "roles": options["roles"], "locales": user.locales}
        text = f"Added {user.username} ({', '.join(options['roles'])})."
        if not chosen:
            data["password"] = password
            text += f" First password, shown once: {password}"
        self.print_result(options, data, text)

    def _reset(self, options: dict[str, Any]) -> None:
        password = secrets.token_urlsafe(15)
        with transaction.atomic():
            user = User.objects.select_for_update().filter(username=options["name"]).first()
            if user is None or user.is_system:
                raise NotFound(f"There is no member of staff called {options['name']}.")
            Authenticator.objects.filter(user=user).delete()
            user.set_password(password)
            user.save(update_fields=["password"])
            credentials.record_change(user, Credential.RESET, by=User.objects.system(), at=timezone.now())
        text = f"The second factors of {user.username} are removed. New first password, shown once: {password}"
        self.print_result(options, {"name": user.username, "password": password}, text)
