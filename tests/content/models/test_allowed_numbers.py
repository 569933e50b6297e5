"""Which numbers a text may be allowed to hold, and that each approval checks the whole text."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.compiling.texts import TextBuilder
from content.importing.facts import FACTS_DIR, load_facts
from content.importing.words_file import read_words
from content.linting.allowed_numbers import SHORTEST_CODE
from content.linting.text import TextRefused
from content.models import ChannelRevision, Service, Target, Unit
from content.models.channel_revision import Act
from content.terms import NumberKind
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
    assert refused.value.extra["field"] == "numbers-age"
    assert (unit.revision, unit.allowed_numbers) == (1, [])


@pytest.mark.parametrize("kind", NumberKind.values)
def test_a_short_code_of_any_country_cannot_be_allowed(unit: Unit, kind: str) -> None:
    make.emergency()

    with pytest.raises(Invalid, match="cannot be allowed"):
        revise(unit, "999", kind)


def test_a_number_that_is_only_proposed_for_a_service_cannot_be_allowed(unit: Unit) -> None:
    service = make.service("in-line", channels=0)
    ChannelRevision.objects.propose(
        service_id=service.pk, position=None, act=Act.ADD, by=User.objects.system(), at=make.NOON,
        facts={
            "type": "phone", "number_type": "short", "dial": "1930", "address": "1930", "hours": "24/7", "cost": "free",
        },
    )  # fmt: skip

    with pytest.raises(Invalid, match="1930 is a number that people dial"):
        revise(unit, "1930", "year")


def test_a_new_text_cannot_come_with_a_number_that_people_dial(unit: Unit) -> None:
    make.emergency()

    with pytest.raises(Invalid, match="999 is a number that people dial"):
        make.unit("term.new", "For 999 people.", allowed_numbers={"999": "count"})


def test_an_approval_refuses_a_number_that_people_dial_by_now(unit: Unit) -> None:
    revise(unit, "999", "count")
    make.emergency()
    unit.refresh_from_db()

    with pytest.raises(Invalid, match="999 is a number that people dial"):
        unit.approve(by=make.checker(), at=make.NOON)


def test_a_release_refuses_a_text_with_a_number_that_people_dial_by_now(unit: Unit) -> None:
    text = make.unit("term.crowd", "There are 999 people.", allowed_numbers={"999": "count"}, approved=True)
    make.emergency()
    texts = TextBuilder(read_snapshot(Policy(make.NOON.date(), serve_unreviewed=False, sandbox=False)))

    phrase = texts.phrase(text.key, "en")

    assert phrase is not None
    assert [finding.code for finding in phrase.findings if finding.blocks] == ["number"]


def test_the_kind_is_shown_by_the_words_beside_the_number(unit: Unit) -> None:
    with pytest.raises(TextRefused, match="do not show that it is of the kind age"):
        make.unit("term.new", "Ask for 18 at the door.", allowed_numbers={"18": "age"})


def test_another_kind_of_a_number_needs_a_second_reader(unit: Unit) -> None:
    text = make.unit("term.new", "It takes under 18 hours.", allowed_numbers={"18": "age"}, approved=True)
    text.refresh_from_db()

    text.revise(
        text=text.text, change="cosmetic", by=make.person("eva", "localisation-editor"), at=make.NOON, from_revision=1,
        allowed_numbers={"18": "hours"},
    )  # fmt: skip

    text.refresh_from_db()
    assert (text.state, text.numbers, text.numbers_of_approval) == ("needs-review", {"18": "hours"}, {"18": "age"})
    client = Client()
    client.force_login(make.checker())
    assert "Another kind: 18: hours, was age." in client.get(reverse("admin:source-text", args=[text.key])).content.decode()


def test_a_helpline_in_the_box_for_ages_is_refused_on_the_box(unit: Unit) -> None:
    client = Client()
    client.force_login(make.person("eva", "localisation-editor"))
    form = {"action": "revise", "text": "For everybody.", "revision": "1", "change": "cosmetic", "numbers-age": "116111"}

    response = client.post(reverse("admin:source-text", args=[unit.key]), form)

    page = response.content.decode()
    unit.refresh_from_db()
    assert (response.status_code, unit.text) == (400, "For young people.")
    assert 'aria-describedby="numbers-age_fault numbers_help" aria-invalid="true"' in page
    assert "&#x27;116111&#x27; cannot be allowed as an age. Enter whole numbers from 1 to 120." in page
    assert 'name="numbers-age" value="116111"' in page


def test_a_number_in_two_boxes_is_refused_on_the_box(unit: Unit) -> None:
    client = Client()
    client.force_login(make.person("eva", "localisation-editor"))
    form = {"action": "revise", "text": "Under 18.", "revision": "1", "change": "cosmetic"}

    response = client.post(reverse("admin:source-text", args=[unit.key]), form | {"numbers-age": "18", "numbers-hours": "18"})

    assert "18 is in two boxes." in response.content.decode()
    assert response.status_code == 400


def test_every_number_of_the_shipped_texts_is_none_that_people_dial() -> None:
    make.world()
    load_facts(
        (FACTS_DIR / "reporting_tools.json").read_bytes(), (FACTS_DIR / "emergency_numbers.json").read_bytes(),
        by=User.objects.system(), at=make.NOON,
    )  # fmt: skip
    held = {number for draft in read_words(FACTS_DIR).drafts for number in draft.numbers}
    held |= {number for unit in Unit.objects.all() for number in unit.numbers}

    assert {number for number in Service.objects.dialled_among(held) if len(number) >= SHORTEST_CODE} == set()


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


def revise(unit: Unit, number: str, kind: str = "age") -> None:
    unit.revise(
        text="For everybody.", change="cosmetic", by=make.person("eva", "localisation-editor"), at=make.NOON, from_revision=1,
        allowed_numbers={number: kind},
    )  # fmt: skip


def test_numbers_count_once_they_are_approved(unit: Unit) -> None:
    revise(unit, "18")
    unit.refresh_from_db()
    unit.approve(by=make.checker(), at=make.NOON)
    unit.revise(
        text=unit.text, change="cosmetic", by=User.objects.get(username="eva"), at=make.NOON, from_revision=2,
        allowed_numbers={"18": "age", "48": "hours"},
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
        allowed_numbers={"48": "hours"},
    )  # fmt: skip
    client = Client()
    client.force_login(make.checker())

    page = client.get(reverse("admin:source-text", args=[unit.key])).content.decode()

    assert "Not approved before: 48 (hours)." in page
    assert "No longer: 18 (age)." in page


def test_raw_sql_cannot_approve_a_number(unit: Unit) -> None:
    for change in (
        {"approved_numbers": ["999"]},
        {"approved_number_kinds": ["count"]},
        {"number_kinds": ["count"]},
        {"approved_stays_as_is": True},
        {"stays_as_is": True},
        {"revision": 2, "allowed_numbers": ["18"], "number_kinds": ["phone"]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Unit.objects.filter(pk=unit.pk).update(**change)


def test_an_earlier_release_approves_the_kinds_with_the_numbers(unit: Unit) -> None:
    revise(unit, "18")

    # What its statement names; the trigger does the rest.
    Unit.objects.filter(pk=unit.pk).update(
        state="approved", approved_by=make.checker(), approved_at=make.NOON, approved_text="For everybody.", approved_revision=2,
        approved_numbers=["18"],
    )  # fmt: skip

    unit.refresh_from_db()
    assert unit.numbers_of_approval == {"18": "age"}


def test_a_name_may_stay_as_it_is_once_its_mark_is_approved(unit: Unit) -> None:
    brand = make.unit("service.line.purpose", "Kidsline", owner="service:line")
    editor = make.person("eva", "localisation-editor")
    target = Target.objects.of(brand, "cy")
    with pytest.raises(TextRefused, match="source text as it is"):
        target.write(text="Kidsline", by=editor, at=make.NOON, from_revision=0)

    brand.revise(text="Kidsline", change="cosmetic", by=editor, at=make.NOON, from_revision=1, stays_as_is=True)
    target.write(text="Kidsline", by=editor, at=make.NOON, from_revision=0)

    brand.refresh_from_db()
    assert (brand.stays_as_is, brand.approved_stays_as_is) == (True, False)
    brand.approve(by=make.checker(), at=make.NOON)
    policy = Policy(make.NOON.date(), serve_unreviewed=True, sandbox=True)
    [phrase] = [TextBuilder(read_snapshot(policy)).phrase(brand.key, "cy")]
    assert phrase is not None
    assert (phrase.value["text"], phrase.findings) == ("Kidsline", ())


def _served_numbers() -> tuple[str, ...]:
    policy = Policy(make.NOON.date(), serve_unreviewed=False, sandbox=False)
    return read_snapshot(policy).texts["term.test"].numbers
