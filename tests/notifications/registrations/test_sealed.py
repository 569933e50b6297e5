"""Addresses at rest."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.registrations import sealed

ADDRESS = "cF3kexample-address-22"


def test_a_sealed_address_can_be_opened_and_reveals_nothing() -> None:
    row = sealed.digest("project", ADDRESS)

    text = sealed.seal(ADDRESS, row_digest=row)

    assert sealed.unseal_all([(text, row)]) == [ADDRESS]
    assert ADDRESS not in text + row
    assert text != sealed.seal(ADDRESS, row_digest=row)
    assert text.isascii()


def test_a_sealed_address_cannot_be_moved_to_another_row_or_changed() -> None:
    row = sealed.digest("project", ADDRESS)
    text = sealed.seal(ADDRESS, row_digest=row)
    changed = text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1]

    for wrong_text, wrong_row in [
        (text, sealed.digest("project", "another-address")),
        (changed, row),
        ("t1.", row),
        ("t1.é", row),
    ]:
        assert sealed.unseal_all([(wrong_text, wrong_row)]) == [None]


def test_the_digest_depends_on_project_and_key(settings: Any) -> None:
    one = sealed.digest("project", ADDRESS)

    assert one == sealed.digest("project", ADDRESS)
    assert one != sealed.digest("other", ADDRESS)
    settings.ADDRESS_KEYS = {"t1": b"u" * 32}
    assert one != sealed.digest("project", ADDRESS)


def test_an_older_key_still_opens_and_finds_its_addresses(settings: Any) -> None:
    row = sealed.digest("project", ADDRESS)
    text = sealed.seal(ADDRESS, row_digest=row)

    settings.ADDRESS_KEYS = {"t2": b"2" * 32, **settings.ADDRESS_KEYS}

    assert sealed.digest("project", ADDRESS).startswith("t2.")
    assert sealed.older_digests("project", ADDRESS) == [row]
    assert sealed.unseal_all([(text, row)]) == [ADDRESS]


def test_a_missing_key_is_not_taken_for_a_damaged_address(settings: Any) -> None:
    row = sealed.digest("project", ADDRESS)
    text = sealed.seal(ADDRESS, row_digest=row)

    settings.ADDRESS_KEYS = {"t2": b"2" * 32}

    with pytest.raises(sealed.KeyMissing, match="t1"):
        sealed.unseal_all([(text, row)])
