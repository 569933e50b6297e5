"""The last change of a service over releases that change, withdraw, restore and roll back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from content.models import Release
from content.publishing.publish import publish as publish_release
from content.publishing.publish import roll_back
from tests.make import NOON, person
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD = (f"2026-12-0{day}T12:00:00.000+00:00" for day in (1, 2, 3))
GB, ZZ = ("GB", "en"), ("ZZ", "en")


def since(packs: dict[tuple[str, str], Any], *, days: int) -> dict[str, str]:
    return dict(publish(packs, sorted(packs), at=NOON + timedelta(days=days)).changed)


def changed(pack: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    return {**pack, "services": [{**s, **fields} if s["id"] == name else s for s in pack["services"]]}


def without(pack: dict[str, Any], name: str) -> dict[str, Any]:
    return {**pack, "services": [service for service in pack["services"] if service["id"] != name]}


@pytest.fixture
def packs(real_packs: Packs) -> dict[tuple[str, str], Any]:
    assert NOON.isoformat().startswith("2026-12-01T12:00:00")
    return {GB: real_packs[GB], ZZ: real_packs[ZZ]}


def test_a_service_keeps_its_time_until_its_entry_changes(packs: dict[tuple[str, str], Any]) -> None:
    first = since(packs, days=0)
    again = since({**packs, GB: {**packs[GB], "tips": []}}, days=1)
    after = since({**packs, GB: changed(packs[GB], "gb-childline", zone="Europe/Paris")}, days=2)

    assert set(first) == {service["id"] for pack in packs.values() for service in pack["services"]}
    assert set(first.values()) == {FIRST}
    assert again == first
    assert after == first | {"gb-childline": THIRD}


def test_only_the_home_pack_of_a_worldwide_service_counts(packs: dict[tuple[str, str], Any]) -> None:
    first = since(packs, days=0)

    assert since({**packs, GB: changed(packs[GB], "zz-take-it-down", zone="Europe/Paris")}, days=1) == first
    assert since({**packs, ZZ: changed(packs[ZZ], "zz-take-it-down", zone="UTC")}, days=2) == first | {"zz-take-it-down": THIRD}


def test_a_service_that_returns_counts_as_changed(packs: dict[tuple[str, str], Any]) -> None:
    since(packs, days=0)

    assert "gb-childline" not in since({**packs, GB: without(packs[GB], "gb-childline")}, days=1)
    assert since(packs, days=2)["gb-childline"] == THIRD


def test_a_roll_back_changes_the_entries_that_it_brings_back(packs: dict[tuple[str, str], Any]) -> None:
    old = publish(packs, sorted(packs))
    since({**packs, GB: changed(packs[GB], "gb-childline", zone="Europe/Paris")}, days=1)
    candidate = roll_back(to=old.number, by=person("ann", "publisher"), at=NOON)

    publish_release(candidate, by=person("bob", "publisher"), at=NOON + timedelta(days=2))

    assert candidate.changed["gb-childline"] == THIRD
    assert set(candidate.changed.values()) == {FIRST, THIRD}


def test_entries_older_than_the_record_have_no_time(packs: dict[tuple[str, str], Any]) -> None:
    publish(packs, sorted(packs))
    Release.objects.update(changed={})

    assert since({**packs, GB: changed(packs[GB], "gb-childline", zone="Europe/Paris")}, days=1) == {"gb-childline": SECOND}
