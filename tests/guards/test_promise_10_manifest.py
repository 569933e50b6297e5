"""Promise 10: a client can tell a forged, stale or rolled-back release, and is never left with nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content.models import Release
from content.publishing import signing
from content.publishing.signing_keys import SigningKey
from content.publishing.verify import MANIFEST, Expired, Refused, RolledBack, WrongPack, decode, verify_manifest, verify_pack
from content.publishing.withdrawal import withdraw
from tests import make
from tests.make import NOON
from tests.signing import Signer

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(signer: Signer) -> list[str]:
    """Return the manifests of two releases, the older one first."""
    make.small_content()
    bodies = []
    for slug in ("one", "two"):
        make.tip(slug)
        make.release()
        manifest = signing.sign_if_due(at=NOON)
        assert manifest is not None
        bodies.append(manifest.body)
    return bodies


def test_promise_10_no_byte_of_a_manifest_can_be_changed_unseen(signed: list[str], signer: Signer) -> None:
    body = signed[-1]
    places = [*range(0, len(body), 61), len(body) - 1]

    for place in places:
        other = "A" if body[place] != "A" else "B"
        with pytest.raises(Refused):
            verify_manifest(f"{body[:place]}{other}{body[place + 1 :]}", signer.root.public, last_number=None, now=NOON)

    assert len(places) > 50


def test_promise_10_a_payload_of_ones_own_is_forged_without_the_roots_word(signed: list[str], signer: Signer) -> None:
    thief = SigningKey(Ed25519PrivateKey.generate())
    header, payload = (json.loads(decode(part)) for part in signed[-1].split(".")[:2])

    forged = thief.sign(payload | {"release": 999}, kind=MANIFEST, keys=header["keys"])

    with pytest.raises(Refused):
        verify_manifest(forged, signer.root.public, last_number=None, now=NOON)


def test_promise_10_a_release_that_was_rolled_back_or_is_stale_is_told(signed: list[str], signer: Signer) -> None:
    root, (older, newer) = signer.root.public, signed
    last = verify_manifest(newer, root, last_number=None, now=NOON)

    with pytest.raises(RolledBack):
        verify_manifest(older, root, last_number=last.release, now=NOON)
    with pytest.raises(Expired):
        verify_manifest(newer, root, last_number=last.release, now=NOON + timedelta(days=8))


def test_promise_10_packs_of_two_releases_do_not_mix(signed: list[str], signer: Signer) -> None:
    manifest = verify_manifest(signed[-1], signer.root.public, last_number=None, now=NOON)
    older, newer = Release.objects.order_by("number")

    _, body = make.pack_body(newer, "GB", "en") or ("", "")
    assert verify_pack(body.encode(), manifest, "GB", "en")
    _, body = make.pack_body(older, "GB", "en") or ("", "")
    with pytest.raises(WrongPack):
        verify_pack(body.encode(), manifest, "GB", "en")


def test_promise_10_a_fresh_install_with_nothing_newer_still_has_everything(signed: list[str], signer: Signer) -> None:
    manifest = verify_manifest(signed[-1], signer.root.public, last_number=None, now=NOON + timedelta(days=400))
    _, body = make.pack_body(Release.objects.current(), "GB", "en") or ("", "")

    assert manifest.old is True
    assert verify_pack(body.encode(), manifest, "GB", "en")["services"]


def test_promise_10_publishing_one_locale_leaves_every_other_packs_bytes(signed: list[str], signer: Signer) -> None:
    before = verify_manifest(signed[-1], signer.root.public, last_number=None, now=NOON)
    make.target("situation.blackmail", "cy", "Blacmel")
    make.release()
    manifest = signing.sign_if_due(at=NOON)
    assert manifest is not None

    after = verify_manifest(manifest.body, signer.root.public, last_number=before.release, now=NOON)

    changed = {place for place in after.packs if after.packs[place] != before.packs[place]}
    assert changed == {("GB", "cy"), ("ZZ", "cy")}


def test_promise_10_the_same_release_says_the_same_but_for_its_dates(signed: list[str], signer: Signer) -> None:
    again = signing.sign_if_due(at=NOON + timedelta(days=1))
    assert again is not None

    first, second = (json.loads(decode(body.split(".")[1])) for body in (signed[-1], again.body))

    assert {name for name in first if first[name] != second[name]} == {"issued", "expires"}


def test_promise_11_a_withdrawal_never_takes_the_last_emergency_number_or_crisis_line(signed: list[str]) -> None:
    ann, ben = make.person("ann", "publisher"), make.person("ben", "publisher")
    lost: list[Any] = []

    for service in ("gb-emergency", "gb-line", "zz-line"):
        try:
            withdraw(service, by=ann, second=ben, at=NOON)
        except Exception as error:
            lost.append((service, getattr(error, "code_name", error)))
    pack = json.loads((make.pack_body(Release.objects.current(), "GB", "en") or ("", ""))[1])

    assert lost == [("gb-emergency", "nothing-in-its-place"), ("gb-line", "nothing-in-its-place")]
    # A page of links is no crisis line, and may go.
    assert {service["id"] for service in pack["services"]} == {"gb-emergency", "gb-line"}
