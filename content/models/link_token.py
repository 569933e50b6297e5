"""The token that ends a signed URL sent to somebody outside: one per link, whenever it is asked for."""

from __future__ import annotations

from datetime import datetime

from django.core.signing import BadSignature, TimestampSigner, b62_encode, loads


class _SignerAt(TimestampSigner):
    """Sign with the instant at which the link was created, not with the present one."""

    def __init__(self, made_at: datetime, *, salt: str) -> None:
        super().__init__(salt=salt)
        self._made_at = made_at

    def timestamp(self) -> str:
        return b62_encode(int(self._made_at.timestamp()))


def link_token(pk: int, *, salt: str, made_at: datetime) -> str:
    """Return the token of the link with this primary key.

    With the present second in it, as `django.core.signing.dumps` writes it, a link would have another URL each time that
    somebody looks it up, and its reader, who is sent on to the next text, another one than the page has.
    """
    return _SignerAt(made_at, salt=salt).sign_object(pk)


def link_of_token(token: str, *, salt: str) -> int | None:
    """Return the primary key that a token holds, or None for a forged one. When the link ends is in its row."""
    try:
        pk = loads(token, salt=salt)
    except BadSignature:
        return None
    return pk if isinstance(pk, int) else None
