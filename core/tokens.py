"""Short-lived tokens that link a command on the server to a person who is signed in to the console."""

from __future__ import annotations

from django.core.signing import BadSignature, TimestampSigner

from core.errors import Forbidden
from core.models.user import User

#: Seconds until a token expires.
TOKEN_SECONDS = 600
_signer = TimestampSigner(salt="fingerpost.person-token")


class BadToken(Forbidden):
    """Invalid or expired token. Create a new one in the console."""

    code = "token"


def issue(user: User) -> str:
    """Return a token for the person, valid for ten minutes and until their password changes."""
    return _signer.sign_object({"id": user.pk, "auth": user.get_session_auth_hash()[:20]})


def check(token: str, user: User) -> None:
    """Raise BadToken unless the token is valid and belongs to this person, whose account is active."""
    try:
        value = _signer.unsign_object(token, max_age=TOKEN_SECONDS)
    except BadSignature:
        raise BadToken() from None
    if not user.is_active or value != {"id": user.pk, "auth": user.get_session_auth_hash()[:20]}:
        raise BadToken()
