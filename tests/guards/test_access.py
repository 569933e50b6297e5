"""Every route, by every method and act, for every kind of person: the response is the one that `core.access` says."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from api.reads import edition_store
from core.access import AROUND, CONSOLE, PUBLIC, SECRET, Access, Entrance
from core.console import pages, sign_in
from core.console.step_up import FRESH_SECONDS
from core.models import User
from core.roles import ROLES
from tests import make

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("api", "config", "content", "core", "notifications")
#: Methods that no page of the console has.
NO_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS")


class Outcome(StrEnum):
    """What a response means to the person who sent the request."""

    #: The page, or an act that got as far as its own rules.
    ALLOWED = "allowed"
    SIGN_IN = "has to sign in"
    SET_UP = "has to set up a second factor"
    CONFIRM = "has to confirm the sign-in"
    REFUSED = "refused"
    NOTHING = "not there"
    NO_METHOD = "no such method"
    BROKEN = "broken"


class Person(NamedTuple):
    """A kind of person who sends requests."""

    is_staff: bool
    roles: frozenset[str] = frozenset()
    factor: bool = True
    fresh: bool = True


EVERY_ROLE = frozenset(ROLES)
PEOPLE: dict[str, Person] = {
    "nobody": Person(is_staff=False),
    "an account without access": Person(is_staff=False),
    "a closed account": Person(is_staff=False),
    "a superuser": Person(is_staff=True),
    "staff without a role": Person(is_staff=True),
    "every role, without a second factor": Person(is_staff=True, roles=EVERY_ROLE, factor=False),
    "every role, signed in an hour ago": Person(is_staff=True, roles=EVERY_ROLE, fresh=False),
    **{role: Person(is_staff=True, roles=frozenset({role})) for role in ROLES},
}


@pytest.fixture(autouse=True)
def _outside_the_sandbox(settings: Any) -> None:
    settings.SANDBOX, settings.FACTOR_REQUIRED = False, True


#: The others ask for all pages too, in nine hundred requests each.
QUICK = "nobody"


@pytest.fixture(params=[name if name == QUICK else pytest.param(name, marks=pytest.mark.slow) for name in PEOPLE])
def who(request: pytest.FixtureRequest, client: Client) -> Person:
    """Sign one kind of person in, and return what is known of them."""
    name = request.param
    person = PEOPLE[name]
    if name == "nobody":
        return person
    made: dict[str, Callable[[], User]] = {
        "an account without access": lambda: User.objects.create_user("outsider", password=None),
        "a superuser": lambda: User.objects.create_superuser("root", password=None),
    }
    user = made.get(name, lambda: make.person("somebody", *(person.roles or (EVERY_ROLE if "closed" in name else ()))))()
    client.force_login(user)
    session = client.session
    age = 0 if person.fresh else FRESH_SECONDS + 1
    session[sign_in.SIGNED_IN_AT] = time.time() - age
    if person.factor:
        # As django-allauth keeps it after a sign-in with a second factor.
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time() - age}]
        session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    if "closed" in name:
        User.objects.filter(pk=user.pk).update(is_active=False)
    return person


@pytest.mark.usefixtures("no_strip")
def test_every_page_and_act_of_the_console_answers_as_the_table_says(
    client: Client, who: Person, console_paths: dict[str, str]
) -> None:
    wrong = []

    for name, page in CONSOLE.items():
        path = console_paths[name]
        cells: dict[str, tuple[Outcome, Outcome]] = {"GET": (_opened(page, who), _outcome(client.get(path)))}
        for method in NO_METHODS:
            cells[method] = (Outcome.NO_METHOD, _outcome(client.generic(method, path)))
        for act in page.acts:
            got = _outcome(_undone(client, path, {"action": act}))
            # The act looked for what an empty form does not name.
            cells[f"POST {act}"] = (_done(page, act, who), Outcome.ALLOWED if got == Outcome.NOTHING else got)
        cells["POST"] = (_sent(page, who), _outcome(_undone(client, path, {})))
        wrong += [f"{name} {cell}: {got}, not {wanted}" for cell, (wanted, got) in cells.items() if got != wanted]

    assert wrong == []


def test_every_other_route_of_the_console_answers_as_the_table_says(client: Client, who: Person) -> None:
    paths = {name: _path_around(name) for name in AROUND if name}
    paths[""] = "/console/nowhere/"
    wrong = []

    for name, entrance in AROUND.items():
        cells = {"GET": (_entered(name, entrance, who), _outcome(client.get(paths[name])))}
        for method in NO_METHODS:
            cells[method] = (Outcome.NO_METHOD, _outcome(client.generic(method, paths[name])))
        if name != "logout":
            cells["POST"] = (_posted(name, entrance, who), _outcome(_undone(client, paths[name], {})))
        wrong += [f"{name} {cell}: {got}, not {wanted}" for cell, (wanted, got) in cells.items() if got != wanted]

    assert wrong == []
    assert client.post(paths["logout"]).status_code in (200, 302)
    assert _outcome(client.get(reverse("admin:my-settings"))) == Outcome.SIGN_IN


@pytest.fixture
def _published() -> Iterator[None]:
    make.small_release()
    edition_store.store.clear()
    yield
    edition_store.store.clear()


@pytest.mark.usefixtures("_published")
def test_every_public_route_answers_each_person_the_same(client: Client, who: Person) -> None:
    wrong = []

    for name, path in _public_paths().items():
        for method in ("GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"):
            response = client.generic(method, path, "{}", content_type="application/json")
            wanted = {Outcome.NO_METHOD}
            if method == "OPTIONS":
                wanted = {Outcome.ALLOWED}
            elif method in PUBLIC[name]:
                wanted = {Outcome.REFUSED} if name in SECRET else {Outcome.ALLOWED, Outcome.NOTHING}
                # No worker has signed a manifest.
                wanted |= {Outcome.BROKEN} if name in ("manifest", "country-manifest", "locale-manifest", "jwks") else set()
            if _outcome(response) not in wanted:
                wrong.append(f"{name} {method}: {response.status_code}")

    assert wrong == []


def test_every_route_is_in_the_table() -> None:
    assert {route.name for route in pages.ROUTES} == set(CONSOLE)
    entries = get_resolver("config.urls").url_patterns
    console = [entry for entry in entries if str(entry.pattern).startswith("console/")]
    assert {pattern.name or "" for entry in console for pattern in _patterns(entry)} == {*CONSOLE, *AROUND}
    public = [entry for entry in entries if entry not in console]
    assert {pattern.name for entry in public for pattern in _patterns(entry)} == set(PUBLIC)


def test_every_act_is_in_the_table() -> None:
    stated = {route.name: {*route.page.actions, *route.page.own_actions} for route in pages.ROUTES}

    assert {name: set(page.acts) for name, page in CONSOLE.items()} == stated


def test_rights_are_asked_of_the_roles_alone() -> None:
    """Django's own questions know nothing of the rule for superusers."""
    files = [path for folder in PRODUCT for kind in ("*.py", "*.html") for path in (ROOT / folder).rglob(kind)]
    question = re.compile(r"\.has_perms?\(|\{[{%][^%}]*\bperms\.")

    assert len(files) > 300
    assert [str(path) for path in files if question.search(path.read_text(encoding="utf-8"))] == []


def test_the_page_about_roles_is_current() -> None:
    call_command("roles", "--check")


def _path_around(name: str) -> str:
    if name.startswith("openid_connect_"):
        return reverse(name, args=["issuer"])
    return reverse(f"admin:{name}", args=_ARGUMENTS.get(name, ()))


#: Django's own pages that take no form.
_ONLY_SHOWN = {"password_change_done", "jsi18n", "autocomplete"}
_ARGUMENTS: dict[str, tuple[object, ...]] = {"invitation": ("x",), "view_on_site": (1, 1)}


def _signed_in(person: Person, *, without_factor: bool) -> Outcome | None:
    if not person.is_staff:
        return Outcome.SIGN_IN
    return None if person.factor or without_factor else Outcome.SET_UP


def _opened(page: Access, person: Person) -> Outcome:
    if (outcome := _signed_in(person, without_factor=page.without_factor)) is not None:
        return outcome
    return Outcome.ALLOWED if page.own or person.roles & set(page.opens) else Outcome.REFUSED


def _sent(page: Access, person: Person) -> Outcome:
    """Return the outcome of a form that names no act: the page itself refuses it."""
    return _opened(page, person)


def _done(page: Access, name: str, person: Person) -> Outcome:
    if (outcome := _opened(page, person)) != Outcome.ALLOWED:
        return outcome
    act = page.acts[name]
    if not (page.own or person.roles & set(act.roles)):
        return Outcome.REFUSED
    return Outcome.CONFIRM if act.fresh and not person.fresh else Outcome.ALLOWED


def _entered(name: str, entrance: Entrance, person: Person) -> Outcome:
    if name == "logout":
        return Outcome.NO_METHOD if person.is_staff else Outcome.ALLOWED
    if name == "factor":
        # Without the first step there is no second.
        return Outcome.SIGN_IN
    if name.startswith("openid_connect_"):
        return Outcome.NOTHING
    if entrance == Entrance.ANYONE:
        return Outcome.NOTHING if name == "invitation" else Outcome.ALLOWED
    if (outcome := _signed_in(person, without_factor=False)) is not None:
        return outcome
    if entrance == Entrance.STAFF:
        return Outcome.ALLOWED
    return Outcome.REFUSED if name == "autocomplete" else Outcome.NOTHING


def _posted(name: str, entrance: Entrance, person: Person) -> Outcome:
    if name.startswith("openid_connect_"):
        return Outcome.NO_METHOD
    entered = _entered(name, entrance, person)
    if name in _ONLY_SHOWN and entered not in (Outcome.SIGN_IN, Outcome.SET_UP):
        return Outcome.NO_METHOD
    if name == "token" and entered == Outcome.ALLOWED and not person.fresh:
        return Outcome.CONFIRM
    return entered


def _undone(client: Client, path: str, form: dict[str, str]) -> Any:
    """Send a form and undo what it did, so that every cell is tried on the same rows."""
    with transaction.atomic():
        response = client.post(path, form)
        transaction.set_rollback(True)
    return response


_LEADS_TO = {"/console/login/": Outcome.SIGN_IN, "/console/factors/": Outcome.SET_UP}
_SHOWN = {"admin/login.html": Outcome.SIGN_IN, "core/step_up.html": Outcome.CONFIRM}
_STATUSES = {401: Outcome.REFUSED, 404: Outcome.NOTHING, 405: Outcome.NO_METHOD}


def _outcome(response: Any) -> Outcome:
    status = response.status_code
    if status == 302:
        return _LEADS_TO.get(response["Location"].partition("?")[0], Outcome.ALLOWED)
    if status == 403:
        shown = response.templates[0].name if response.templates else ""
        error = response.context.get("error") if response.context else None
        if error is not None and error.code_name != "role":
            return Outcome.ALLOWED
        return _SHOWN.get(shown, Outcome.REFUSED)
    if status >= 500:
        return Outcome.BROKEN
    return _STATUSES.get(status, Outcome.ALLOWED)


def _public_paths() -> dict[str, str]:
    values = {
        "country": "GB",
        "locale": "en",
        "digest": "0" * 64,
        "slug": "first-hour",
        "service_id": "gb-line",
        "taxonomy_id": "x",
        "term_id": "x",
        "alert_id": "1",
        "registration_id": "x",
        "code": "not-found",
        "name": "gone",
        "token": "x",
    }
    found = {}
    for name in PUBLIC:
        pattern = next(entry for entry in get_resolver("api.urls").url_patterns if getattr(entry, "name", None) == name)
        found[name] = reverse(name, kwargs={key: values[key] for key in pattern.pattern.converters})
    return found


def _patterns(entry: URLPattern | URLResolver) -> Iterator[URLPattern]:
    if isinstance(entry, URLResolver):
        for inner in entry.url_patterns:
            yield from _patterns(inner)
    else:
        yield entry
