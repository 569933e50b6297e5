"""Add, list and close staff accounts, reset sign-ins, and update the groups from the table of roles."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from collections.abc import Callable
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

    help = (
        "Add a staff account (add), list accounts (list) or one person's roles (roles), print a new first password (password) or "
        "remove second factors too (reset), close an account (disable), or update the groups from the table of roles (sync)."
    )

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
        self.add_json(verbs.add_parser("list", help="list the accounts with their roles"))
        shown = verbs.add_parser("roles", help="print the roles of a person; two administrators change them in the console")
        shown.add_argument("name")
        self.add_json(shown)
        password = verbs.add_parser("password", help="print a new first password once; second factors stay")
        password.add_argument("name")
        self.add_json(password)
        disable = verbs.add_parser("disable", help="close an account at once, which ends its sessions")
        disable.add_argument("name")
        disable.add_argument("--reason", required=True, help="the reason, in one sentence")
        self.add_acting_user(disable)
        self.add_json(disable)
        self.add_json(verbs.add_parser("sync", help="update the groups from the table of roles"))

    def run_command(self, options: dict[str, Any]) -> None:
        if options["verb"] == "sync":
            roles.sync()
            self.print_result(options, {"roles": sorted(roles.ROLES)}, "The groups match the table of roles.")
            return
        if options["verb"] in _VERBS:
            data, text = _VERBS[options["verb"]](self, options)
            self.print_result(options, data, text)
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

    def disable(self, options: dict[str, Any]) -> Answer:
        """Close an account, as one administrator may."""
        staff_changes.close(_named(options), by=self.acting_user(options), at=timezone.now(), reason=options["reason"])
        return {"name": options["name"]}, f"The account of {options['name']} is closed."


Answer = tuple[dict[str, Any], str]


def _named(options: dict[str, Any]) -> User:
    user = User.objects.filter(username=options["name"]).first()
    if user is None or user.is_system:
        raise NotFound(f"There is no member of staff called {options['name']}.")
    return user


def _list(command: Command, options: dict[str, Any]) -> Answer:
    """Return every account; when somebody last signed in is on the day."""
    people = User.objects.filter(is_staff=True).prefetch_related("groups").order_by("username")
    with_factor = set(Authenticator.objects.values_list("user_id", flat=True))
    rows: list[dict[str, Any]] = [
        {
            "name": one.username,
            "open": one.is_active,
            "roles": sorted(group.name for group in one.groups.all()),
            "second_factor": one.pk in with_factor,
            "last_sign_in": one.last_login.date().isoformat() if one.last_login else None,
        }
        for one in people
    ]
    lines = [
        f"{row['name']:<20} {'open' if row['open'] else 'closed':<7} {row['last_sign_in'] or 'never':<11} "
        f"{'factor' if row['second_factor'] else 'no factor':<10} {', '.join(row['roles'])}".rstrip()
        for row in rows
    ]
    return {"staff": rows}, "\n".join(lines) or "There are no accounts."


def _roles(command: Command, options: dict[str, Any]) -> Answer:
    held = sorted(_named(options).groups.values_list("name", flat=True))
    return {"name": options["name"], "roles": held}, ", ".join(held) or f"{options['name']} has no role."


def _new_password(options: dict[str, Any], what: Credential) -> dict[str, Any]:
    password = secrets.token_urlsafe(15)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=_named(options).pk)
        if what == Credential.RESET:
            Authenticator.objects.filter(user=user).delete()
        user.set_password(password)
        user.save(update_fields=["password"])
        credentials.record_change(user, what, by=User.objects.system(), at=timezone.now())
    return {"name": user.username, "password": password}


def _reset(command: Command, options: dict[str, Any]) -> Answer:
    data = _new_password(options, Credential.RESET)
    return data, f"The second factors of {data['name']} are removed. New first password, shown once: {data['password']}"


def _password(command: Command, options: dict[str, Any]) -> Answer:
    data = _new_password(options, Credential.PASSWORD)
    return data, f"The second factors of {data['name']} stay. New first password, shown once: {data['password']}"


_VERBS: dict[str, Callable[[Command, dict[str, Any]], Answer]] = {
    "list": _list,
    "roles": _roles,
    "password": _password,
    "reset": _reset,
    "disable": Command.disable,
}
