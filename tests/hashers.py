"""A hasher of passwords that costs a test nothing."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneIteration(PBKDF2PasswordHasher):
    """Django's default with one iteration in place of a million; a process with the product's own settings reads its hashes."""

    iterations = 1
