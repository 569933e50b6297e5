"""What happens when a password or a second factor of a member of staff changes: it is on record, and its owner is told."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import TextChoices, Value
from django.db.models.functions import Greatest

from core import audit
from core.audit_verbs import Verb
from core.models.user import User

log = logging.getLogger(__name__)

#: A new account's password and factors are set up in this time without a pause.
SETTING_UP = timedelta(hours=24)


class Credential(TextChoices):
    """What has changed, as stored in the audit log and as written in the mail."""

    PASSWORD = "password", "The password was changed"
    APP_ADDED = "app-added", "An authenticator app was added"
    APP_REMOVED = "app-removed", "The authenticator app was removed"
    KEY_ADDED = "key-added", "A passkey was added"
    KEY_REMOVED = "key-removed", "A passkey was removed"
    CODES_REPLACED = "codes-replaced", "The recovery codes were replaced"
    RESET = "reset", "The password and all second factors were reset"


def record_change(account: User, what: Credential, *, by: User, at: datetime) -> None:
    """Record the change, pause the account's approvals (`core.roles.require_approver`) and mail the person."""
    with transaction.atomic():
        if at - account.date_joined >= SETTING_UP:
            # Clocks of servers differ a little, and the database lets no pause be shortened.
            User.objects.filter(pk=account.pk).update(credentials_changed_at=Greatest("credentials_changed_at", Value(at)))
            account.credentials_changed_at = at
        audit.record(by=by, verb=Verb.CREDENTIAL_CHANGED, row=account, at=at, change=str(what))
        transaction.on_commit(partial(_tell, account, what, at=at))


def _tell(account: User, what: Credential, *, at: datetime) -> None:
    if not account.email:
        return
    text = (
        f"{what.label} for the account {account.get_username()} on {at:%-d %B %Y at %H:%M} UTC.\n\n"
        "If that was not you, tell an administrator at once. The account cannot approve anything for 24 hours."
    )
    try:
        send_mail("Your Fingerpost sign-in was changed", text, settings.MAIL_FROM, [account.email])
    except OSError as error:
        # The change is made and on record; errors of mail servers may repeat the address.
        log.error("The mail about a changed sign-in could not be sent: %s", type(error).__name__)
