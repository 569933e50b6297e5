"""The secrets of authenticator apps and recovery codes: encrypted under a key that is derived from SECRET_KEY."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

#: Where a factor of each type keeps what is encrypted; passkeys have no secret here.
_ENCRYPTED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def cipher() -> MultiFernet:
    """Return the cipher that encrypts under SECRET_KEY and opens what any of SECRET_KEY_FALLBACKS has encrypted."""
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def reseal() -> int:
    """Encrypt under SECRET_KEY what an earlier key encrypted; return how many factors were changed.

    Raises cryptography.fernet.InvalidToken where no key in the settings opens one; the others are changed all the same.
    """
    changed, unknown = 0, 0
    for pk in Authenticator.objects.filter(type__in=_ENCRYPTED).order_by("pk").values_list("pk", flat=True):
        try:
            changed += _reseal(pk)
        except InvalidToken:
            unknown += 1
    if unknown:
        raise InvalidToken(f"{unknown} second factors cannot be opened")
    return changed


@transaction.atomic
def _reseal(pk: int) -> int:
    factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if factor is None:
        return 0
    name = _ENCRYPTED[factor.type]
    token = factor.data[name].encode()
    with suppress(InvalidToken):
        _fernet(settings.SECRET_KEY).decrypt(token)
        return 0
    factor.data[name] = cipher().rotate(token).decode()
    factor.save(update_fields=["data"])
    return 1


def _fernet(key: object) -> Fernet:
    digest = hashlib.sha256(b"fingerpost.factor\0" + str(key).encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
