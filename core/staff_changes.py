"""Change who may do what: one administrator or lead proposes, a second one approves; taking rights away takes one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.urls import reverse

from core import audit, credentials, lead_rights, roles
from core.audit_verbs import Verb
from core.credentials import Credential
from core.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, NotFound, SecondPersonRequired
from core.lead_rights import HAND_OUT
from core.models.staff_change import StaffAct, StaffChange
from core.models.user import User

log = logging.getLogger(__name__)

ADMINISTER = "core.administer_staff"
ADMINISTRATOR = "administrator"
#: Seconds for which the link of an invitation or a reset works, once.
LINK_SECONDS = 72 * 3600
_SALT = "core.staff_changes.link"
#: Key of the advisory lock under which administrators are counted.
_ADMINISTRATORS_LOCK = 4_301_907_110


def administrators() -> QuerySet[User]:
    """Return the accounts that can approve changes of accounts."""
    return User.objects.filter(is_active=True, is_staff=True, groups__name=ADMINISTRATOR)


def propose_invitation(
    username: str,
    email: str,
    *,
    given: Iterable[str],
    locales: Iterable[str],
    by: User,
    at: datetime,
    reason: str = "",
    campaign_apps: Iterable[str] = ("*",),
    campaign_countries: Iterable[str] = ("*",),
    content_countries: Iterable[str] = ("*",),
) -> StaffChange:
    """Propose a new account. Raises Invalid with `field` for a name, an address or a role that cannot be."""
    roles.require(by, ADMINISTER)
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise Invalid(f"Name: {error.messages[0]}", code="username", field="username") from None
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid(
            "Email: enter the person's own address. The invitation is sent there.", code="email", field="email"
        ) from None
    if User.objects.filter(username=username).exists():
        raise Invalid(f"Name: there is already a member of staff called {username}.", code="username", field="username")
    limits = {
        "campaign_apps": sorted(campaign_apps),
        "campaign_countries": sorted(campaign_countries),
        "content_countries": sorted(content_countries),
    }
    named = {"username": username, "email": email}
    change = StaffChange(act=StaffAct.INVITE, **named, roles=_known(given), locales=sorted(locales), **limits)
    return _propose(change, by=by, at=at, reason=reason)


def propose(
    account: User,
    act: StaffAct,
    *,
    by: User,
    at: datetime,
    given: Iterable[str] = (),
    locales: Iterable[str] = (),
    reason: str = "",
    campaign_apps: Iterable[str] = ("*",),
    campaign_countries: Iterable[str] = ("*",),
    content_countries: Iterable[str] = ("*",),
) -> StaffChange:
    """Propose a change of an account: its roles, languages and limits, a reset of its sign-in, or to open it again.

    A lead may propose only changes of roles, languages and countries within the lead's own rights. Raises Forbidden otherwise.
    """
    if account.is_system:
        raise NotFound("There is no such member of staff.")
    wanted = {
        "locales": sorted(locales),
        "campaign_apps": sorted(campaign_apps),
        "campaign_countries": sorted(campaign_countries),
        "content_countries": sorted(content_countries),
    }
    same = set(given) == _roles_of(account) and all(sorted(getattr(account, name)) == value for name, value in wanted.items())
    if act == StaffAct.CHANGE and same:
        raise Invalid(
            "The account has exactly these roles, languages and limits already. Choose a change, then propose it.",
            code="unchanged",
        )
    if act == StaffAct.REOPEN and account.is_active:
        raise Conflict("The account is open.", code="open")
    change = StaffChange(act=act, account=account, username=account.username, roles=_known(given), **wanted)
    require_decider(change, by)
    return _propose(change, by=by, at=at, reason=reason)


def require_decider(change: StaffChange, person: User) -> None:
    """Raise Forbidden unless the person may propose and approve the change: an administrator, or a lead who has its rights."""
    roles.require(person, ADMINISTER, HAND_OUT)
    if not roles.holds(person, ADMINISTER):
        lead_rights.require_within(person, change)


def withdraw_rights(
    account: User,
    *,
    given: Iterable[str],
    locales: Iterable[str],
    content_countries: Iterable[str],
    by: User,
    at: datetime,
    reason: str = "",
) -> User:
    """Reduce the rights of an account to these roles, languages and countries, at once and without a second person.

    `by` is a lead who has every right that is taken away. A proposed change of the account is withdrawn, because it would give
    the rights again; a proposed reset or reopening, which gives none, goes on waiting. Raises Forbidden for rights that the lead
    does not have, and Invalid where nothing is taken away or something is given.
    """
    roles.require(by, HAND_OUT)
    kept = {"locales": sorted(locales), "content_countries": sorted(content_countries)}
    limits = {"campaign_apps": account.campaign_apps, "campaign_countries": account.campaign_countries}
    change = StaffChange(act=StaffAct.WITHDRAW, account=account, username=account.username, roles=_known(given), **kept, **limits)
    with transaction.atomic():
        stored = User.objects.select_for_update().get(pk=account.pk)
        before = {"roles": sorted(_roles_of(stored)), "locales": stored.locales, "content_countries": stored.content_countries}
        if not all(set(getattr(change, name)) <= set(value) for name, value in before.items()):
            raise Invalid("Only rights that the account has can be withdrawn.", code="given")
        if all(set(getattr(change, name)) == set(value) for name, value in before.items()):
            raise Invalid("Choose at least one role, language or country to withdraw.", code="unchanged")
        change.account = stored
        lead_rights.require_within(by, change)
        for waiting in StaffChange.objects.waiting().filter(account=stored, act=StaffAct.CHANGE):
            _withdraw(waiting, by=by, at=at)
        _propose(change, by=by, at=at, reason=reason)
        return _approve(change, by=by, at=at)


def approve(change: StaffChange, *, by: User, at: datetime) -> User:
    """Approve the change as a second administrator or lead, and carry it out at once. Returns the account.

    Raises SecondPersonRequired for the proposer and for the account itself, ChangedMeanwhile where it was decided, Conflict
    where fewer than two administrators would be left, no mail can be sent to an account that needs a link, or the person who
    proposed it may no longer do so.
    """
    require_decider(change, by)
    roles.require_approver(by, ADMINISTER if roles.holds(by, ADMINISTER) else HAND_OUT)
    if by.pk in (change.proposed_by_id, change.account_id):
        raise SecondPersonRequired("A second person must approve a change of an account, and nobody their own.")
    if change.act in (StaffAct.INVITE, StaffAct.RESET) and settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        raise Conflict("No mail can be sent: MAIL_URL is not set. The person gets a link by mail.", code="mail")
    with transaction.atomic():
        _require_waiting(change)
        try:
            require_decider(change, change.proposed_by)
        except Forbidden:
            raise Conflict(
                f"{change.proposed_by.username}, who proposed this, does not have the right to do so any more. Withdraw it, then "
                "propose it again.",
                code="proposer",
            ) from None
        return _approve(change, by=by, at=at)


def _approve(change: StaffChange, *, by: User, at: datetime) -> User:
    with transaction.atomic():
        account = _account_of(change, at=at)
        change.account, change.approved_by, change.approved_at = account, by, at
        change.save(update_fields=["account", "approved_by", "approved_at"])
        audit.record(
            by=by, verb=Verb.STAFF_CHANGE_APPROVED, row=account, at=at, act=change.act, roles=change.roles, **_rights(change)
        )
        _carry_out(change, account, by=by, at=at)
        if change.act != StaffAct.WITHDRAW:
            _require_two_administrators()
    return account


def withdraw(change: StaffChange, *, by: User, at: datetime) -> None:
    """Withdraw one's own proposal, or reject another's that one could approve."""
    if by.pk == change.proposed_by_id:
        roles.require(by, ADMINISTER, HAND_OUT)
    else:
        require_decider(change, by)
    _withdraw(change, by=by, at=at)


def _withdraw(change: StaffChange, *, by: User, at: datetime) -> None:
    with transaction.atomic():
        _require_waiting(change)
        StaffChange.objects.filter(pk=change.pk).update(withdrawn_at=at)
        audit.record(by=by, verb=Verb.STAFF_CHANGE_WITHDRAWN, row=change, at=at, act=change.act, account=change.username)


def close(account: User, *, by: User, at: datetime, reason: str) -> None:
    """Close an account at once, which ends its sessions. One administrator may, because it takes rights away.

    Raises Conflict where fewer than two administrators would be left.
    """
    roles.require(by, ADMINISTER)
    if not reason.strip():
        raise Invalid("Enter a reason.", code="reason", field="reason")
    if account.is_system or not account.is_active:
        raise NotFound("There is no such open account.")
    with transaction.atomic():
        _require_two_administrators(without=account)
        User.objects.filter(pk=account.pk).update(is_active=False)
        audit.record(by=by, verb=Verb.STAFF_CLOSED, row=account, at=at, reason=reason.strip())


def holder_of(link: str) -> User:
    """Return the person whom an invitation or reset is for. Raises NotFound for a link that is invalid, used or expired."""
    try:
        value = signing.loads(link, salt=_SALT, max_age=LINK_SECONDS)
        user = User.objects.get(pk=value["id"], is_active=True)
    except (signing.BadSignature, User.DoesNotExist, KeyError, TypeError):
        user = None
    if user is None or value["auth"] != user.get_session_auth_hash()[:20]:
        raise NotFound("The link has been used or has expired. Ask an administrator for a new one.")
    return user


def accept(link: str, password: str, *, at: datetime) -> User:
    """Set the person's own password, which uses up the link; the password has passed Django's validators."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=holder_of(link).pk)
        holder_of(link)
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(by=user, verb=Verb.INVITATION_ACCEPTED, row=user, at=at)
    return user


def _propose(change: StaffChange, *, by: User, at: datetime, reason: str) -> StaffChange:
    change.reason, change.proposed_by, change.proposed_at = reason.strip()[:300], by, at
    try:
        with transaction.atomic():
            change.save(force_insert=True)
            details = {"account": change.username, "roles": change.roles, "reason": change.reason, **_rights(change)}
            audit.record(by=by, verb=Verb.STAFF_CHANGE_PROPOSED, row=change, at=at, act=change.act, **details)
    except IntegrityError:
        raise Conflict(
            f"Another change of {change.username} is waiting. Approve or withdraw that one first.", code="waiting"
        ) from None
    return change


def _known(given: Iterable[str]) -> list[str]:
    chosen = sorted(set(given))
    if unknown := [role for role in chosen if role not in roles.ROLES]:
        raise Invalid(f"Unknown role {unknown[0]}. The roles are {', '.join(roles.ROLES)}.", code="role", field="roles")
    return chosen


def _require_waiting(change: StaffChange) -> None:
    if not StaffChange.objects.select_for_update().waiting().filter(pk=change.pk).exists():
        raise ChangedMeanwhile("The change was approved or withdrawn in the meantime.")


def _require_two_administrators(*, without: User | None = None) -> None:
    # The lock lets one change of administrators through at a time, so that two cannot remove the last ones together. A row lock
    # would need the right to change roles, which the role of the running product does not have.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADMINISTRATORS_LOCK])
    left = administrators()
    if without is not None and left.filter(pk=without.pk).exists():
        left = left.exclude(pk=without.pk)
    elif without is not None:
        return
    if left.count() < 2:
        raise Conflict("At least two administrators must be left. Give another person the role first.", code="last-administrator")


def _roles_of(account: User) -> set[str]:
    return set(account.groups.values_list("name", flat=True))


def _account_of(change: StaffChange, *, at: datetime) -> User:
    if change.act != StaffAct.INVITE:
        assert change.account_id is not None
        return User.objects.select_for_update().get(pk=change.account_id)
    # Access comes with the approved change (`_carry_out`): the database refuses it to a new account.
    account = User(username=change.username, email=change.email, date_joined=at)
    account.set_unusable_password()
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError:
        raise Conflict(f"There is already a member of staff called {change.username}.", code="exists") from None
    return account


def _carry_out(change: StaffChange, account: User, *, by: User, at: datetime) -> None:
    if change.act in (StaffAct.INVITE, StaffAct.CHANGE, StaffAct.WITHDRAW):
        account.groups.set(Group.objects.filter(name__in=change.roles))
        for name, value in _rights(change).items():
            setattr(account, name, value)
    if change.act == StaffAct.RESET:
        Authenticator.objects.filter(user=account).delete()
        account.set_unusable_password()
        credentials.record_change(account, Credential.RESET, by=by, at=at)
    if change.act == StaffAct.INVITE:
        account.is_staff = True
    if change.act == StaffAct.REOPEN:
        account.is_active = True
    # A session that was opened with other rights ends.
    account.session_epoch += 1
    account.save(update_fields=["is_staff", "is_active", "password", "session_epoch", *_rights(change)])
    if change.act in (StaffAct.INVITE, StaffAct.RESET):
        transaction.on_commit(partial(_send_link, account))


def _rights(change: StaffChange) -> dict[str, list[str]]:
    """Return what an approved change writes to its account beside roles."""
    return {name: getattr(change, name) for name in ("locales", "campaign_apps", "campaign_countries", "content_countries")}


def _send_link(account: User) -> None:
    link = signing.dumps({"id": account.pk, "auth": account.get_session_auth_hash()[:20]}, salt=_SALT)
    text = (
        f"Choose a password for your Fingerpost account {account.get_username()}:\n\n"
        f"{settings.PUBLIC_URL}{reverse('admin:invitation', args=[link])}\n\n"
        f"The link works once, for {LINK_SECONDS // 3600} hours. After that, ask an administrator for a new one.\n"
    )
    try:
        send_mail("Your Fingerpost account", text, settings.MAIL_FROM, [account.email])
    except OSError as error:
        # Errors of mail servers may repeat the address.
        log.error("The link to an account could not be sent: %s", type(error).__name__)
