"""Which numbers a text may be allowed to hold, and that each approval checks the whole text."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.linting.text import TextRefused
from content.models import Unit
from core.errors import Invalid
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    make.world()
    return make.unit("term.test", "For young people.")


@pytest.mark.parametrize("number", ["116111", "0800", "abc", "018", "1.5", "१८"])
def test_what_is_no_number_of_a_text_cannot_be_allowed(unit: Unit, number: str) -> None:
    with pytest.raises(Invalid, match="cannot be allowed") as refused:
        revise(unit, number)

    unit.refresh_from_db()
    assert refused.value.extra["field"] == "numbers"
    assert (unit.revision, unit.allowed_numbers) == (1, [])


def test_a_short_code_of_any_country_cannot_be_allowed(unit: Unit) -> None:
    make.emergency()

    with pytest.raises(Invalid, match="999 is a number that people dial"):
        revise(unit, "999")


def test_an_age_can_be_allowed(unit: Unit) -> None:
    revise(unit, "18")

    unit.refresh_from_db()
    assert unit.allowed_numbers == ["18"]


def test_an_approval_checks_the_whole_text_again(unit: Unit) -> None:
    # As raw SQL or an earlier version with fewer rules would leave it.
    Unit.objects.filter(pk=unit.pk).update(text="Ring 0800 1111.", revision=2)
    unit.refresh_from_db()

    with pytest.raises(TextRefused):
        unit.approve(by=make.checker(), at=make.NOON)


def revise(unit: Unit, number: str) -> None:
    unit.revise(
        text="For everybody.", change="cosmetic", by=make.person("eva", "localisation-editor"), at=make.NOON, from_revision=1,
        allowed_numbers=[number],
    )  # fmt: skip


def test_numbers_count_once_they_are_approved(unit: Unit) -> None:
    revise(unit, "18")
    unit.refresh_from_db()
    unit.approve(by=make.checker(), at=make.NOON)
    unit.revise(
        text=unit.text, change="cosmetic", by=User.objects.get(username="eva"), at=make.NOON, from_revision=2,
        allowed_numbers=["18", "48"],
    )  # fmt: skip

    unit.refresh_from_db()
    assert (unit.allowed_numbers, unit.approved_numbers) == (["18", "48"], ["18"])
    assert _served_numbers() == ("18",)
    unit.approve(by=make.checker(), at=make.NOON)
    unit.refresh_from_db()
    assert _served_numbers() == ("18", "48")
    assert list(unit.revisions.order_by("revision").values_list("allowed_numbers", flat=True)) == [[], ["18"], ["18", "48"]]


def test_the_approver_sees_which_numbers_are_new(unit: Unit) -> None:
    revise(unit, "18")
    unit.refresh_from_db()
    unit.approve(by=make.checker(), at=make.NOON)
    unit.revise(
        text=unit.text, change="cosmetic", by=User.objects.get(username="eva"), at=make.NOON, from_revision=2,
        allowed_numbers=["48"],
    )  # fmt: skip
    client = Client()
    client.force_login(make.checker())

    page = client.get(reverse("admin:source-text", args=[unit.key])).content.decode()

    assert "Not approved before: 48." in page
    assert "No longer: 18." in page


def test_raw_sql_cannot_approve_a_number(unit: Unit) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.filter(pk=unit.pk).update(approved_numbers=["999"])


def _served_numbers() -> tuple[str, ...]:
    policy = Policy(make.NOON.date(), serve_unreviewed=False, sandbox=False)
    return read_snapshot(policy).texts["term.test"].numbers
