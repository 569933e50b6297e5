"""Short-lived tokens that link one action to a person who is signed in to the console; each works once."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from core.errors import Forbidden
from core.models.used_token import UsedToken
from core.models.user import User

#: Seconds until a token expires.
TOKEN_SECONDS = 600
_signer = TimestampSigner(salt="fingerpost.person-token")


class BadToken(Forbidden):
    """Invalid, used or expired token. Create a new one in the console."""

    code = "token"


def issue(user: User) -> str:
    """Return a token for the person, valid once, for ten minutes, and until their password changes."""
    return _signer.sign_object({**_holder(user), "nonce": get_random_string(12)})


def use(token: str, user: User) -> None:
    """Use up the token. Raise BadToken unless it is valid and unused and belongs to this person, whose account is active.

    In a transaction that is rolled back, the token stays unused.
    """
    try:
        value = _signer.unsign_object(token, max_age=TOKEN_SECONDS)
    except BadSignature:
        raise BadToken() from None
    if not (user.is_active and isinstance(value, dict) and value.items() >= _holder(user).items()):
        raise BadToken()
    now = timezone.now()
    UsedToken.objects.filter(expires_at__lt=now).delete()
    try:
        with transaction.atomic():
            UsedToken.objects.create(
                digest=hashlib.sha256(token.encode()).hexdigest(), expires_at=now + timedelta(seconds=TOKEN_SECONDS)
            )
    except IntegrityError:
        raise BadToken() from None


def _holder(user: User) -> dict[str, object]:
    return {"id": user.pk, "auth": user.get_session_auth_hash()[:20]}
