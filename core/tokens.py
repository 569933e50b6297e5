"""Short-lived tokens that tie a command on the server to the person who is signed in at the console."""

from __future__ import annotations

from django.core.signing import BadSignature, TimestampSigner

from core.errors import Forbidden
from core.models.user import User

#: Seconds for which a token from the console is good.
TOKEN_SECONDS = 600
_signer = TimestampSigner(salt="fingerpost.person-token")


class BadToken(Forbidden):
    """The token is wrong, too old, or not this person's; take a new one from the console."""

    code = "token"


def issue(user: User) -> str:
    """Return a token for the person, good for ten minutes and until the password changes."""
    return _signer.sign_object({"id": user.pk, "auth": user.get_session_auth_hash()[:20]})


def check(token: str, user: User) -> None:
    """Raise BadToken unless the token is this active person's and still good."""
    try:
        value = _signer.unsign_object(token, max_age=TOKEN_SECONDS)
    except BadSignature:
        raise BadToken() from None
    if not user.is_active or value != {"id": user.pk, "auth": user.get_session_auth_hash()[:20]}:
        raise BadToken()
