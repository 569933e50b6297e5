"""Write docs/roles.md from the table of access and the table of roles."""

from __future__ import annotations

from collections.abc import Iterator

from core import access
from core.roles import RIGHTS, ROLES, role_name

#: Where so few roles or fewer may not open a page, the table names them, and not all the others.
_FEW_MISSING = 2
_HEAD = """\
# Roles

Written by `./run manage roles` from `core/roles.py` and `core/access.py`; a test compares both with
what every page answers to every kind of person.

- Staff **without a role** open the pages of their own account, and nothing else.
- A **superuser** has no rights outside the sandbox. Roles are given by two people:
  administrators, or localisation leads within their own rights.
- A person whose session has **no second factor** can only set one up.
- A **fresh** act asks for the second factor again where the last sign-in is more than five minutes
  old.
- Stopping and pausing campaigns, withdrawing and closing an account never need a fresh sign-in, and
  one person is enough: nothing may delay them. Only withdrawing an emergency number takes two.
"""


def text() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_roles(), *_pages(), *_public()])


def _roles() -> Iterator[str]:
    yield "## What each role can do\n"
    for role, permissions in ROLES.items():
        yield f"- **{role_name(role).capitalize()}**"
        yield from (f"  - {RIGHTS[permission]}" for permission in permissions)
    yield ""


def _pages() -> Iterator[str]:
    yield "## Pages of the console\n"
    yield "Routes below `/console/`, who opens them, and who does what on them.\n"
    yield "| page | opened by | acts |\n| --- | --- | --- |"
    for name, page in access.CONSOLE.items():
        opened = "staff, with or without a role" if page.own else _names(page.opens)
        acts = "; ".join(
            f"{act.replace('-', ' ')}: {_names(given.roles) or 'oneself'}{' (fresh)' if given.fresh else ''}"
            for act, given in page.acts.items()
        )
        yield f"| {name.replace('-', ' ')} | {opened} | {acts} |"
    yield ""
    yield "The other routes below `/console/`:\n"
    yield "| page | opened by |\n| --- | --- |"
    for name, entrance in access.AROUND.items():
        yield f"| {name.replace('_', ' ') or 'every other path'} | {entrance} |"
    yield ""


def _public() -> Iterator[str]:
    yield "## Public routes\n"
    yield "The public routes read no cookie: staff and strangers get the same response.\n"
    yield "| route | methods | needs |\n| --- | --- | --- |"
    for name, methods in access.PUBLIC.items():
        needs = "the registration's secret" if name in access.SECRET else "nothing"
        yield f"| {name} | {', '.join(methods)} | {needs} |"
    yield ""


def _names(roles: tuple[str, ...]) -> str:
    missing = [role for role in access.ANY_ROLE if role not in roles]
    if len(missing) > _FEW_MISSING:
        return ", ".join(role_name(role) for role in roles)
    return f"every role but {' and '.join(role_name(role) for role in missing)}" if missing else "every role"
