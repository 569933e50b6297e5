"""Languages in the console: proposed with their chain and terms, approved by a second person, and then in every list and pack."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from content.linting.term_list import is_checked
from content.linting.text import text_faults
from content.models import Locale, LocaleRevision, Unit
from core import roles
from core.errors import SecondPersonRequired
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db

TYPED = {"action": "propose", "code": "so", "name": "", "endonym": "", "fallback": "", "terms": "", "reason": "Somali families."}
TERMS = """
negations: {before: [ma]}
blame: [waa khaladkaaga]
forbidden: [{words: [sawir caruur], say: sawirrada xadgudubka}]
keep_image: {verbs: [kaydi], images: [sawirka]}
text_emergency: {verbs: [u qor], numbers: [lambarka degdegga], calls: [wac], lines: [khadka]}
lock_screen: [handadaad]
"""


@pytest.fixture
def editor(client: Client) -> User:
    """The person who is signed in and may propose."""
    make.world()
    person = make.person("ann", "localisation-editor")
    client.force_login(person)
    return person


def propose(client: Client, language: str = "", **changes: str) -> Any:
    return client.post(reverse("admin:language-propose") + (f"?language={language}" if language else ""), TYPED | changes)


def approve(revision: LocaleRevision) -> None:
    revision.approve(by=make.checker(), at=make.NOON)


def test_a_new_language_needs_a_second_person_and_is_then_in_every_list_and_pack(client: Client, editor: User) -> None:
    make.small_content()

    assert propose(client, code="pa-PK", terms="").status_code == 302
    revision = LocaleRevision.objects.get()
    own = client.post(reverse("admin:languages"), {"action": "approve", "language": str(revision.pk)})
    roles.give(editor, "localisation-reviewer")
    with pytest.raises(SecondPersonRequired):
        revision.approve(by=User.objects.get(pk=editor.pk), at=make.NOON)

    assert own.status_code == 403
    assert not Locale.objects.filter(pk="pa-Arab-PK").exists()
    client.force_login(make.checker())
    page = client.get(reverse("admin:languages")).content.decode()
    assert "Right to left" in page
    assert "۰۱۲۳۴۵۶۷۸۹" in page
    decided = client.post(reverse("admin:languages"), {"action": "approve", "language": str(revision.pk)})
    assert decided.status_code == 302
    made = Locale.objects.get(pk="pa-Arab-PK")
    assert (made.name, made.dir, made.revision_id) == ("Punjabi (Arabic, Pakistan)", "rtl", revision.pk)

    release = make.release()
    body = json.loads((make.pack_body(release, "GB", "pa-Arab-PK") or ("", "{}"))[1])
    assert (body["locale"], body["dir"], body["tips"][0]["lang"]) == ("pa-Arab-PK", "rtl", "en")
    for name, arguments in (("translations", []), ("tips", []), ("translation-queue", ["pa-Arab-PK"])):
        assert "pa-Arab-PK" in client.get(reverse(f"admin:{name}", args=arguments)).content.decode(), name
    # A language of which CLDR has no data is compiled as well.
    approve(LocaleRevision.objects.propose_new("rom", endonym="Romani čhib", by=editor, at=make.NOON))
    assert make.pack_body(make.release(publish=False), "GB", "rom") is not None


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"code": "iw"}, "code", "iw is written he. Hebrew (he) is already one of the languages."),
        ({"code": "tl"}, "code", "tl is written fil. Filipino (fil) is already one of the languages."),
        ({"code": "CY"}, "code", "CY is written cy. Welsh (cy) is already one of the languages."),
        ({"code": "xx"}, "code", "names no language"),
        ({"code": "rom"}, "endonym", "enter it"),
        ({"code": "es-MX", "fallback": "es-419, ar"}, "fallback", "another script"),
        ({"code": "es-MX", "fallback": "es-CL"}, "fallback", "es-CL is not one of the languages here."),
        ({"terms": "blame: ["}, "terms", "not valid YAML"),
        ({"terms": TERMS.replace("say: sawirrada xadgudubka", "say: sawir caruur")}, "terms", "among those that are given up"),
        ({"name": "<b>x</b>"}, "name", "in letters"),
        ({"code": "sq", "name": "Shqip"}, "name", "The English name of this language is Albanian everywhere."),
        ({"reason": ""}, "reason", "required"),
    ],
)
def test_a_fault_is_one_sentence_on_its_field(
    client: Client, editor: User, changes: dict[str, str], field: str, sentence: str
) -> None:
    approve(LocaleRevision.objects.propose_new("he", by=editor, at=make.NOON))

    answer = propose(client, **changes)

    assert answer.status_code == 400
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert not LocaleRevision.objects.proposed().exists()


def test_a_chain_that_would_be_a_circle_is_refused_on_the_field(client: Client, editor: User) -> None:
    answer = propose(client, "es", name="Spanish", endonym="Español", fallback="es-419")

    assert answer.status_code == 400
    assert answer.context["form"].errors["fallback"] == ["es-419 falls back to es, so the chain would be a circle."]


def test_a_chain_is_served_once_it_is_approved(client: Client, editor: User) -> None:
    make.small_content()
    for unit in Unit.objects.filter(owner="tip:first-hour"):
        make.target(unit.key, "pt-BR", "Pare e respire com calma.", approved=True)
    approve(LocaleRevision.objects.propose_new("pt-PT", by=editor, at=make.NOON))
    before = json.loads((make.pack_body(make.release(publish=False), "GB", "pt-PT") or ("", ""))[1])

    assert propose(client, "pt-PT", name="", endonym="Português", fallback="pt-BR").status_code == 302
    approve(LocaleRevision.objects.proposed().get())
    after = json.loads((make.pack_body(make.release(publish=False), "GB", "pt-PT") or ("", ""))[1])

    assert (before["tips"][0]["lang"], after["tips"][0]["lang"]) == ("en", "pt-BR")
    assert Locale.objects.chain("pt-PT") == ["pt-PT", "pt-BR"]


def test_a_term_list_of_the_console_checks_texts(editor: User) -> None:
    def codes(text: str) -> set[str]:
        none: frozenset[str] = frozenset()
        faults = text_faults(text, locale="so", allowed_numbers=none, allowed_hosts=none, known_services=none)
        return {fault.code for fault in faults if fault.refuses}

    approve(LocaleRevision.objects.propose_new("so", by=editor, at=make.NOON))
    unchecked = is_checked("so")
    locale = Locale.objects.get(pk="so")
    name, own = locale.name, locale.endonym
    changed = LocaleRevision.objects.propose_change(
        locale, name=name, endonym=own, fallback=None, terms=TERMS, by=editor, at=make.NOON
    )
    approve(changed)

    assert (unchecked, is_checked("so"), is_checked("so-KE")) == (False, True, True)
    assert codes("Waa khaladkaaga.") == {"blame"}
    assert codes("Ma aha wax khalad ah.") == set()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE content_locale SET fallback = '[\"en\"]' WHERE code = 'cy'",
        "UPDATE content_locale SET terms = 'x' WHERE code = 'cy'",
        "UPDATE content_locale SET dir = 'rtl' WHERE code = 'cy'",
        "INSERT INTO content_locale (code, name, endonym, dir, fallback, terms) VALUES ('zz', 'Z', 'Z', 'ltr', '[\"en\"]', '')",
        "UPDATE content_localerevision SET state = 'approved', approved_by_id = proposed_by_id, approved_at = now()",
        "UPDATE content_localerevision SET dir = 'rtl'",
    ],
)
def test_no_statement_changes_a_language_alone(editor: User, statement: str) -> None:
    LocaleRevision.objects.propose_new("so", by=editor, at=make.NOON)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_command_proposes_and_a_second_person_approves(editor: User, tmp_path: Path) -> None:
    terms = tmp_path / "so.yaml"
    terms.write_text(TERMS, encoding="utf-8")
    make.checker()

    def run(*arguments: str) -> dict[str, Any]:
        out = io.StringIO()
        call_command("languages", *arguments, "--json", stdout=out)
        found: dict[str, Any] = json.loads(out.getvalue())
        return found

    made = run("propose", "so", "--terms", str(terms), "--reason", "Somali families.", "--by", "ann")
    assert run("list")["proposals"] == [made]
    assert (made["endonym"], made["term_list"]) == ("Soomaali", True)
    with pytest.raises(CommandError, match="ann needs the role"):
        run("approve", str(made["id"]), "--by", "ann")
    assert run("approve", str(made["id"]), "--by", "checker")["state"] == "approved"
    for arguments, sentence in (
        (["iw", "--fallback", "ar"], "another script"),
        (["so"], "already one of the languages"),
        (["he", "--terms", str(tmp_path / "none")], "cannot be read"),
    ):
        with pytest.raises(CommandError, match=sentence):
            run("propose", *arguments, "--by", "ann")
