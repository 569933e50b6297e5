"""Putting a withdrawn service back takes two people; until then no release brings it back."""

from __future__ import annotations

import pytest

from content.compiling.compiler import compile_release
from content.models import Release
from content.publishing.publish import HoldsWithdrawn, publish, roll_back
from content.publishing.withdrawal import put_back, withdraw
from core.errors import ChangedMeanwhile, NotFound, SecondPersonRequired
from core.models import User
from tests import make
from tests.content.publishing.test_withdrawal import LATER, digests, pack, was_withdrawn
from tests.make import NOON


def test_two_put_it_back_and_the_next_release_brings_it(published: Release, ann: User, ben: User) -> None:
    withdraw("gb-wrong", by=ann, at=LATER)
    with pytest.raises(SecondPersonRequired, match="somebody else"):
        put_back("gb-wrong", by=ann, second=ann, at=LATER)

    put_back("gb-wrong", by=ann, second=ben, at=LATER)

    assert "gb-wrong" not in {service["id"] for service in pack()["services"]}
    again = compile_release(by=ann, at=LATER)
    make.confirm_all(again, by=ben)
    publish(again, by=ben, at=LATER)
    assert digests(again) == digests(published)
    with pytest.raises(NotFound):
        put_back("gb-wrong", by=ann, second=ben, at=LATER)


def test_packs_that_offer_it_are_withdrawn_until_it_is_put_back(published: Release, ann: User, ben: User) -> None:
    (own, _), (worldwide, _) = (
        make.pack_body(published, "GB", "cy") or ("", ""),
        make.pack_body(published, "ZZ", "cy") or ("", ""),
    )

    withdraw("gb-wrong", by=ann, at=LATER)

    assert was_withdrawn(own)
    assert not was_withdrawn(worldwide)
    assert not any(was_withdrawn(digest) for digest in digests(Release.objects.current()).values())
    put_back("gb-wrong", by=ann, second=ben, at=LATER)
    assert not was_withdrawn(own)


def test_rolling_back_does_not_bring_it_back(published: Release, ann: User, ben: User) -> None:
    withdrawal = withdraw("gb-wrong", by=ann, at=LATER)
    assert withdrawal.release is not None

    back = roll_back(to=published.number, by=ann, at=LATER)
    publish(back, by=ben, at=LATER)

    assert digests(back) == digests(withdrawal.release)


def test_a_candidate_that_was_compiled_before_is_not_published(published: Release, ann: User, ben: User) -> None:
    candidate = compile_release(by=ann, at=NOON)
    withdraw("gb-wrong", by=ann, at=LATER)

    with pytest.raises(ChangedMeanwhile, match="Another release"):
        publish(candidate, by=ben, at=LATER)


def test_a_candidate_with_a_service_new_to_readers_is_refused_too(published: Release, ann: User, ben: User) -> None:
    make.service("gb-fresh")
    candidate = compile_release(by=ann, at=NOON)
    withdrawal = withdraw("gb-fresh", by=ann, at=LATER)

    assert withdrawal.release is None
    with pytest.raises(HoldsWithdrawn):
        publish(candidate, by=ben, at=LATER)


def test_before_the_first_release_it_is_left_out_of_that_release(ann: User, ben: User) -> None:
    make.small_content()
    make.service("gb-wrong")
    withdraw("gb-wrong", by=ann, at=NOON)

    make.release()

    assert "gb-wrong" not in {service["id"] for service in pack()["services"]}
