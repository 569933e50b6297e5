"""A withdrawn service leaves every pack in one step that nothing can block, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings

from content.compiling.compiler import compile_release
from content.compiling.gate import readers_without_crisis_line
from content.models import Release, Service, Withdrawal, WithdrawnPack
from content.models.release import ReleaseReason
from content.publishing import signing
from content.publishing.pack_patch import (
    EssentialServiceMissing,
    require_crisis_line_in_plans,
    require_essential_services,
    withdraw_services,
)
from content.publishing.publish import publish, publish_patch, roll_back
from content.publishing.verify import verify_manifest
from content.publishing.withdrawal import AlreadyWithdrawn, put_back, withdraw
from core.audit_verbs import Verb
from core.errors import Forbidden, Invalid, NotFound, SecondPersonRequired
from core.models import AuditEntry, User
from tests import make
from tests.content.publishing.test_pack_patches import by_name
from tests.make import NOON
from tests.signing import Signer

LATER = NOON + timedelta(minutes=5)


def pack(release: Release | None = None, country: str = "GB", locale: str = "en") -> dict[str, Any]:
    found = make.pack_body(release or Release.objects.current(), country, locale)
    assert found is not None
    return json.loads(found[1])


def tip(slug: str, release: Release | None = None) -> dict[str, Any]:
    return next(tip for tip in pack(release)["tips"] if tip["slug"] == slug)


def was_withdrawn(digest: str) -> bool:
    return WithdrawnPack.objects.filter(pack_id=digest, withdrawal__put_back_at=None).exists()


def digests(release: Release) -> dict[tuple[str, str], str]:
    return {(row.country_id, row.locale_id): row.pack_id for row in release.release_packs.all()}


# What readers get.


def test_one_person_withdraws_and_the_packs_are_without_it_at_once(published: Release, ann: User) -> None:
    withdrawal = withdraw("gb-wrong", by=ann, at=LATER)

    current = Release.objects.current()
    assert current == withdrawal.release
    assert current.number > published.number
    assert (current.compiled_by, current.published_by) == (ann, User.objects.system())
    for locale in current.locales():
        assert "gb-wrong" not in {service["id"] for service in pack(current, "GB", locale)["services"]}


def test_texts_name_its_successor_instead(published: Release, ann: User) -> None:
    make.service("gb-new", name="<New> Line")
    publish(compile_release(by=ann, at=NOON), by=make.checker(), at=NOON)

    withdraw("gb-wrong", by=ann, at=LATER, successor="gb-new")

    mended = tip("ask")
    assert mended["do_now"] == ["Ask \u2066<New> Line\u2069."]
    assert mended["short"] == "\u2066<New> Line\u2069 can help."
    assert "Ask \u2066&lt;New&gt; Line\u2069." in mended["more_html"]
    assert mended["services"] == ["gb-new"]
    assert pack()["retired"] == [{"id": "gb-wrong", "successor": "gb-new"}]


def test_without_a_successor_texts_name_the_countrys_helpline(published: Release, ann: User) -> None:
    withdraw("gb-wrong", by=ann, at=LATER)

    mended = tip("ask")
    assert mended["do_now"] == ["Ask \u2066The gb-line service\u2069."]
    assert mended["services"] == ["gb-line"]
    assert pack()["retired"] == [{"id": "gb-wrong", "successor": None}]


def test_nothing_else_changes_by_a_byte(published: Release, ann: User) -> None:
    before, other = pack(published), tip("first-hour", published)

    withdraw("gb-wrong", by=ann, at=LATER)

    after = pack()
    assert tip("first-hour") == other
    untouched = {name for name in before if name not in {"tips", "services", "retired"}}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert after["services"] == [service for service in before["services"] if service["id"] != "gb-wrong"]
    own, ours = digests(published), digests(Release.objects.current())
    assert {place for place in own if own[place] != ours[place]} == {place for place in own if place[0] == "GB"}


def test_compiling_afterwards_gives_the_same_bytes(published: Release, ann: User) -> None:
    withdrawal = withdraw("gb-wrong", by=ann, at=LATER)

    assert withdrawal.release is not None
    assert digests(compile_release(by=ann, at=LATER)) == digests(withdrawal.release)


def test_the_text_gate_cannot_refuse_it(published: Release, ann: User) -> None:
    with override_settings(SERVE_UNREVIEWED=False):
        withdraw("gb-wrong", by=ann, at=LATER)

    assert "gb-wrong" not in {service["id"] for service in pack()["services"]}


# Patches of one pack.


# Permissions and refusals.


def test_only_publishers_withdraw(published: Release) -> None:
    with pytest.raises(Forbidden):
        withdraw("gb-wrong", by=make.person("olaf", "localisation-editor"), at=LATER)

    assert Release.objects.current() == published


def test_an_emergency_service_takes_two_people_and_another_number(published: Release, ann: User, ben: User) -> None:
    with pytest.raises(SecondPersonRequired, match="emergency"):
        withdraw("gb-emergency", by=ann, at=LATER)
    with pytest.raises(SecondPersonRequired, match="somebody else"):
        withdraw("gb-emergency", by=ann, second=ann, at=LATER)
    with pytest.raises(EssentialServiceMissing, match="GB without an emergency number"):
        withdraw("gb-emergency", by=ann, second=ben, at=LATER)
    assert Release.objects.current() == published

    make.channel(make.service("gb-999", channels=0, roles=["emergency"]), number_type="short", dial="112", address="112")
    publish(compile_release(by=ann, at=NOON), by=ben, at=NOON)
    withdraw("gb-emergency", by=ann, second=ben, at=LATER, successor="gb-999")

    assert Release.objects.current().published_by == ben
    assert [service["id"] for service in pack()["services"] if "emergency" in service["roles"]] == ["gb-999"]


def test_the_last_crisis_line_is_only_replaced(published: Release, ann: User) -> None:
    withdraw("gb-line", by=ann, at=LATER)

    with pytest.raises(EssentialServiceMissing, match="without a crisis line"):
        withdraw("gb-wrong", by=ann, at=LATER)

    assert [row.service_id for row in Withdrawal.objects.all()] == ["gb-line"]


def test_no_patch_takes_the_last_crisis_line_whatever_it_is_for(published: Release, ann: User) -> None:
    with pytest.raises(EssentialServiceMissing, match="GB without a crisis line"):
        publish_patch(
            lambda pack: {**pack, "services": [s for s in pack["services"] if "helpline" not in s["roles"]]},
            services=["gb-line"],
            reason=ReleaseReason.NOTICE,
            by=ann,
            at=LATER,
        )

    assert Release.objects.current() == published


def test_no_roll_back_takes_the_last_crisis_line(ann: User, ben: User) -> None:
    make.small_content()
    make.service_facts("zz-line", situations=[])
    first = make.release()
    make.service("gb-new")
    make.release()
    withdraw("gb-line", by=ann, at=LATER, successor="gb-new")

    with pytest.raises(EssentialServiceMissing, match="GB without a crisis line"):
        roll_back(to=first.number, by=ann, at=LATER)

    put_back("gb-line", by=ann, second=ben, at=LATER)
    assert make.pack_body(roll_back(to=first.number, by=ann, at=LATER), "GB", "en") == make.pack_body(first, "GB", "en")


@pytest.mark.parametrize(
    ("service", "successor", "error"),
    [
        ("gb-nobody", None, NotFound),
        ("gb-wrong", "gb-nobody", NotFound),
        ("gb-wrong", "gb-wrong", Invalid),
        ("gb-wrong", "gb-retired", Invalid),
    ],
)
def test_unknown_and_retired_services_are_refused(
    published: Release, ann: User, service: str, successor: str | None, error: type[Exception]
) -> None:
    make.service("gb-retired", status="defunct")

    with pytest.raises(error):
        withdraw(service, by=ann, at=LATER, successor=successor)


def test_a_second_withdrawal_is_refused_even_concurrently(at_once: Callable[..., list[Any]]) -> None:
    make.small_content()
    make.service("gb-wrong")
    make.release()
    people = [make.person(name, "publisher") for name in ("ann", "ben")]

    answers = at_once(*(lambda who=who: withdraw("gb-wrong", by=who, at=LATER) for who in people))

    assert len([answer for answer in answers if isinstance(answer, Withdrawal)]) == 1
    with pytest.raises(AlreadyWithdrawn):
        withdraw("gb-wrong", by=people[0], at=LATER)


def test_the_audit_log_says_who_withdrew_it(published: Release, ann: User) -> None:
    withdraw("gb-wrong", by=ann, at=LATER)

    written = AuditEntry.objects.get(verb=Verb.SERVICE_WITHDRAWN)
    assert (written.by, written.details["service"]) == (ann, "gb-wrong")


# Put back, rolled back, and candidates from before.


def test_the_system_user_cannot_withdraw(published: Release) -> None:
    with pytest.raises(SecondPersonRequired, match="compiled a release"):
        withdraw("gb-wrong", by=User.objects.system(), at=LATER)


# Rules of the database.


@pytest.mark.parametrize(
    "change",
    [
        {"emergency": True},
        {"seconded_by": "ann"},
        {"successor_id": "gb-wrong"},
        {"put_back_at": LATER},
        {"put_back_at": LATER, "put_back_by": "ann", "put_back_seconded_by": "ann"},
    ],
)
def test_the_database_enforces_who_and_how_many(published: Release, ann: User, change: dict[str, Any]) -> None:
    values = {name: ann if value == "ann" else value for name, value in change.items()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Withdrawal.objects.create(**({"service_id": "gb-wrong", "emergency": False, "withdrawn_by": ann, "at": NOON} | values))


def test_a_withdrawal_is_neither_changed_nor_removed(published: Release, ann: User) -> None:
    withdraw("gb-wrong", by=ann, at=LATER)

    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.update(at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.all().delete()


def test_raw_sql_cannot_undo_a_put_back(raw_sql: psycopg.Connection[Any]) -> None:
    make.small_content()
    make.service("gb-wrong")
    ann, ben = make.person("ann", "publisher"), make.person("ben", "publisher")
    withdraw("gb-wrong", by=ann, at=NOON)
    put_back("gb-wrong", by=ann, second=ben, at=LATER)

    with pytest.raises(psycopg.Error, match="Cannot update"):
        raw_sql.execute("UPDATE content_withdrawal SET put_back_at = NULL, put_back_by_id = NULL, put_back_seconded_by_id = NULL")


# The manifest.


def test_the_manifest_names_it_with_its_successor_for_two_years(published: Release, ann: User, signer: Signer) -> None:
    withdrawal = withdraw("gb-wrong", by=ann, at=LATER, successor="gb-line")
    assert withdrawal.release is not None

    signed = signing.sign_if_due(at=LATER)

    assert signed is not None
    manifest = verify_manifest(signed.body, signer.root.public, last_number=published.number, now=LATER)
    assert manifest.withdrawn == {"gb-wrong": "gb-line"}
    assert manifest.min_release == manifest.release == withdrawal.release.number
    assert len(Withdrawal.objects.manifest_entries(at=LATER + timedelta(days=729))) == 1
    assert Withdrawal.objects.manifest_entries(at=LATER + timedelta(days=731)) == []


def test_a_withdrawn_successor_leads_to_its_own_successor(published: Release, ann: User) -> None:
    make.service("gb-third")
    publish(compile_release(by=ann, at=NOON), by=make.checker(), at=NOON)
    withdraw("gb-wrong", by=ann, at=LATER, successor="gb-third")
    withdraw("gb-third", by=ann, at=LATER, successor="gb-line")

    assert Withdrawal.objects.successors() == {"gb-third": "gb-line", "gb-wrong": "gb-line"}
    assert pack()["retired"] == [{"id": "gb-third", "successor": "gb-line"}, {"id": "gb-wrong", "successor": "gb-line"}]
    assert digests(compile_release(by=ann, at=LATER)) == digests(Release.objects.current())


# From the command line.


@pytest.mark.django_db
def test_each_service_of_the_real_packs_can_be_withdrawn_or_is_essential(real_packs: Any) -> None:
    packs = [pack for (country, locale), pack in real_packs.items() if locale == "ar"]
    tried = refused = 0
    for one in packs:
        for service in one["services"]:
            tried += 1
            mended = withdraw_services({service["id"]: None}, by_name)(one)
            assert mended is not None
            try:
                require_essential_services(one, mended)
            except EssentialServiceMissing:
                refused += 1
                continue
            assert service["id"] not in {s["id"] for s in mended["services"]}
            assert not any(service["id"] in tip["services"] for tip in mended["tips"])
            names = {f"\u2066{other['name']}\u2069" for other in mended["services"]}
            if f"\u2066{service['name']}\u2069" not in names:
                shown = json.dumps(mended["tips"], ensure_ascii=False)
                assert f"\u2066{service['name']}\u2069" not in shown, service["id"]

    assert tried > 150
    assert refused <= 2 * len(packs)


@pytest.mark.slow
@pytest.mark.django_db
def test_no_withdrawal_changes_the_role_of_a_name_or_breaks_a_plan(real_packs: Any) -> None:
    tried = 0
    for one in (pack for (_, locale), pack in real_packs.items() if locale == "en"):
        by_name_of = {service["id"]: service for service in one["services"]}
        for service in one["services"]:
            try:
                mended = withdraw_services({service["id"]: None}, by_name)(one)
                assert mended is not None
                require_essential_services(one, mended)
                require_crisis_line_in_plans(one, mended)
            except EssentialServiceMissing:
                continue
            tried += 1
            before = {tip["slug"]: tip for tip in one["tips"]}
            for tip in mended["tips"]:
                for new in {*tip["services"]} - {*before[tip["slug"]]["services"]}:
                    assert {*service["roles"]} <= {*by_name_of[new]["roles"]}, (one["country"], service["id"], tip["slug"])
            lost = set(readers_without_crisis_line(mended)) - set(readers_without_crisis_line(one))
            assert not lost, (one["country"], service["id"])

    assert tried > 100


def test_a_successor_without_its_role_is_refused(published: Release, ann: User) -> None:
    make.service("gb-report", roles=["police-report"])

    with pytest.raises(Invalid, match="does not have the role helpline"):
        withdraw("gb-wrong", by=ann, at=LATER, successor="gb-report")


def test_compiling_leaves_out_the_same_sentence_as_the_withdrawal(ann: User) -> None:
    make.small_content()
    make.service("gb-remove", roles=["image-removal"])
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-remove}.", "do-now.2": "Breathe."}, do_now=[1, 2])
    make.release()

    withdrawal = withdraw("gb-remove", by=ann, at=LATER)

    assert tip("ask")["do_now"] == ["Breathe."]
    assert withdrawal.release is not None
    assert digests(compile_release(by=ann, at=LATER)) == digests(withdrawal.release)


def test_service_rows_are_untouched(published: Release, ann: User) -> None:
    before = Service.objects.values().get(pk="gb-wrong")

    withdraw("gb-wrong", by=ann, at=LATER)

    assert Service.objects.values().get(pk="gb-wrong") == before
