"""Promise 12: no single account changes what a reader reads.

Whatever one account with every role for content does, alone or together with a second account that saves everything again
without a change, the next release has the same bytes. Each act of the console and of the command line is in ACTS or in
ELSEWHERE; a test finds a new one that is in neither.
"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.test import Client

from content.compiling.compiler import build_packs
from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.models import (
    ChannelRevision,
    Figure,
    OrganizationRevision,
    Service,
    ServiceRevision,
    Target,
    Tip,
    TipRevision,
    Unit,
)
from content.terms import Change
from core.console import pages
from core.errors import DomainError, EditConflict
from core.models import User
from tests import make
from tests.content.acts_of_one_account import ACTS, ROLES, load_other_facts, load_other_words, post, propose_tip
from tests.made_once import made_once
from tests.make import NOON

pytestmark = pytest.mark.django_db

STRICT = Policy(NOON.date())
#: The packs of the fixture `before`.
_before: dict[tuple[str, str], bytes] = {}


@pytest.fixture
def mallory() -> User:
    """Make approved content, and one account with every role for it."""
    approved_content()
    return make.person("mallory", *ROLES)


@made_once
def approved_content() -> None:
    """Make content whose every text is approved, in English and Welsh."""
    make.world()
    make.labels(approved=True)
    make.emergency()
    make.service("gb-line")
    make.service("zz-spare", country="ZZ", status="inactive", channels=0)
    make.tip(approved=True)
    welsh = {"title": "Arhoswch", "short": "Dydych chi ddim ar eich pen eich hun.", "do-now.1": "Dywedwch.", "do-not.1": "Na."}
    for part, text in welsh.items():
        make.target(f"tip.first-hour.{part}", "cy", text, approved=True)
    for unit in Unit.objects.exclude(state="approved"):
        unit.approve(by=make.checker(), at=NOON)


def next_release() -> dict[tuple[str, str], bytes]:
    snapshot = read_snapshot(STRICT)
    # The source, a locale with translations and one without: the other locales are like the third.
    directions = {code: snapshot.directions[code] for code in ("en", "cy", "ar")}
    return {place: built.body for place, built in build_packs(replace(snapshot, directions=directions)).items()}


@pytest.fixture
def before(mallory: User) -> dict[tuple[str, str], bytes]:
    """Return the next release before anybody has done anything, which is the same in each test."""
    if not _before:
        _before.update(next_release())
    return _before


_SAME_AS_SAVE = "the same function of the row as saving"
_TAKES_AWAY = "one person may take away at once what is wrong; the row says who, and two put back"
_PUBLISHING = "it never changes the next release but the published one: tests/content/publishing"
_READS = "it changes nothing that is compiled"
_SIGNING = "it signs what was published, and changes nothing of it: tests/content/publishing/test_signing.py"
_CHECK = "one person checks what two people have approved: tests/guards/test_facts_take_two.py"

#: Acts that are tried elsewhere, or that one account may do, with the reason.
_CAMPAIGN = "it is about texts of a campaign, and no pack holds these"
_IMPORTS = "each text is a draft of this person: tests/content/importing/test_translation_texts.py"
_SUGGESTS = "a suggestion is no draft, and nothing compiles it"
_ACCEPTS = "the text becomes a draft of the person who suggested it: tests/content/console/test_tip_review.py"
_LANGUAGES = "only an approved one is compiled, and a second person approves it: tests/content/console/test_languages.py"
_READER = "a reading approves as the link's creator would, and never a text of theirs: tests/api/pages/test_reading_form.py"
ELSEWHERE: dict[str, str] = {
    "campaign-read confirm": _CAMPAIGN,
    "campaign-read return": _CAMPAIGN,
    "campaign-translate save": _CAMPAIGN,
    "campaign-translate keep": _CAMPAIGN,
    "campaign-translate discard": _CAMPAIGN,
    "campaign-translate hand-in": _CAMPAIGN,
    "language-propose propose": _LANGUAGES,
    "languages approve": _LANGUAGES,
    "languages reject": "a proposal that is rejected is never compiled",
    "languages withdraw": "a proposal that is withdrawn is never compiled",
    "languages propose": _LANGUAGES,
    "languages list": _READS,
    "languages approve-all": "only in the sandbox, and by the same function as languages approve",
    "reading-link-new create": _READER,
    "reading-links withdraw": _READS,
    "reading-links deal-with": _READS,
    "new-tip propose": "its facts are a proposal and its texts drafts: tests/content/console/test_new_tip.py",
    "text-files upload": _READS,
    "text-import import": _IMPORTS,
    "text-import discard": _READS,
    "text_files export": _READS,
    "text_files import": _IMPORTS,
    "translation save-next": _SAME_AS_SAVE,
    "translation replace": _SAME_AS_SAVE,
    "translation keep": _READS,
    "translation discard": _READS,
    "translation take-up": _READS,
    "translation comment": _READS,
    "translation resolve": _READS,
    "translation send-back": "it is a comment, and keeps what is approved",
    "translation cannot-judge": _READS,
    "tip-translation save": _SAME_AS_SAVE,
    "tip-translation save-next": _SAME_AS_SAVE,
    "tip-translation replace": _SAME_AS_SAVE,
    "tip-translation approve": "the same function of the row as translation approve",
    "tip-translation keep": _READS,
    "tip-translation discard": _READS,
    "tip-translation comment": _READS,
    "tip-translation resolve": _READS,
    "tip-translation as-source": _SAME_AS_SAVE,
    "tip-translation approve-read": "the same function of the row as translation approve",
    "tip-translation send-back": "it is a comment, and keeps what is approved",
    "tip-translation cannot-judge": _READS,
    "tip-translation present": _READS,
    "tip-translation suggest": _SUGGESTS,
    "tip-translation accept": _ACCEPTS,
    "tip-translation dismiss": _READS,
    "find-replace suggest": _SUGGESTS,
    "suggestions accept": _ACCEPTS,
    "suggestions dismiss": _READS,
    "translation ask-machine": _READS,
    "translation reject-removal": "it keeps what is approved",
    "source-text replace": _SAME_AS_SAVE,
    "source-text keep": _READS,
    "source-text discard": _READS,
    "source-text take-up": _READS,
    "contact-changes withdraw": "a proposal that is withdrawn is never compiled",
    "contact-changes reject": "a proposal that is rejected is never compiled",
    "notices approve": "a CHECK wants a second person: tests/guards/test_content_four_eyes.py",
    "notices withdraw": "a proposal that is withdrawn is never compiled",
    "notices reject": "a proposal that is rejected is never compiled",
    "notices end": _TAKES_AWAY,
    "service-approve approve": "the same functions of the rows as service-change, contact-changes and source-text approve",
    "tip-approve approve": "the same functions of the rows as tip-change approve and source-text approve",
    "service assure": _CHECK,
    "channel assure": _CHECK,
    "channel take-reply": "it makes a proposal, as contact-change-propose does",
    "channel decline-reply": _READS,
    "expired-checks take-away": _TAKES_AWAY,
    "organization make": _READS,
    "organization withdraw": _READS,
    "releases compile": _PUBLISHING,
    "release discard": _PUBLISHING,
    "release cancel-schedule": _PUBLISHING,
    "withdrawal withdraw": _TAKES_AWAY,
    "tip-withdrawal withdraw": _TAKES_AWAY,
    "withdrawals put-back-tip": "it takes two: tests/content/publishing/test_tip_withdrawal.py",
    "release roll-back": _PUBLISHING,
    "tips list": _READS,
    "tips show": _READS,
    "services list": _READS,
    "services show": _READS,
    "channels reject": "a proposal that is rejected is never compiled",
    "channels list": _READS,
    "channels approve-all": "only in the sandbox, and by the same function as channels approve",
    "figure-propose propose": "only approved figures are compiled",
    "figures reject": "a proposal that is rejected is never compiled",
    "figures list": _READS,
    "figures approve": "a CHECK wants a second person: tests/content/importing/test_figures.py",
    "figures approve-all": "only in the sandbox, and by the same function as figures approve",
    "figures withdraw": _TAKES_AWAY,
    "release compile": _PUBLISHING,
    "release rollback": _PUBLISHING,
    "release needs": _READS,
    "release withdraw": _TAKES_AWAY,
    "release withdraw-tip": _TAKES_AWAY,
    "release put-back-tip": "it takes two: tests/content/publishing/test_tip_withdrawal.py",
    "release cancel": _PUBLISHING,
    "load_facts": "test_a_file_of_services_of_one_account_changes_nothing below",
    "load_words": "test_a_file_of_one_account_changes_nothing below",
    "export_open_data": _READS,
    "plans_table": _READS,
    "resolver_vectors": _READS,
    "text_warnings": _READS,
    "signing new-root": _SIGNING,
    "signing new-key": _SIGNING,
    "signing rotate": _SIGNING,
    "signing first": _SIGNING,
    "signing sign": _SIGNING,
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", ACTS)
def test_no_act_of_one_account_changes_the_next_release(
    client: Client, mallory: User, before: dict[tuple[str, str], bytes], name: str
) -> None:
    client.force_login(mallory)

    ACTS[name](client, mallory)
    assert next_release() == before

    save_all_unchanged(make.person("second", *ROLES))
    approve_whatever_is_possible(mallory)
    assert next_release() == before


def test_a_file_of_one_account_changes_nothing(mallory: User, before: dict[tuple[str, str], bytes], tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()

    load_other_words(tmp_path, mallory)
    save_all_unchanged(make.person("second", *ROLES))
    approve_whatever_is_possible(mallory)

    assert next_release() == before


def test_a_file_of_services_of_one_account_changes_nothing(
    mallory: User, before: dict[tuple[str, str], bytes], tmp_path: Path
) -> None:
    load_other_facts(tmp_path, mallory)
    assert next_release() == before

    save_all_unchanged(make.person("second", *ROLES))
    approve_whatever_is_possible(mallory)
    assert next_release() == before


def test_what_two_people_do_changes_the_next_release(client: Client, mallory: User, before: dict[tuple[str, str], bytes]) -> None:
    client.force_login(mallory)

    change = propose_tip(client)
    client.force_login(make.person("second", *ROLES))
    post(client, change, "approve")

    assert next_release() != before


def save_all_unchanged(second: User) -> None:
    """Save every source text, translation, tip and service again as it is."""
    for unit in Unit.objects.all():
        unit.revise(text=unit.text, change=Change.COSMETIC, by=second, at=NOON, from_revision=unit.revision)
    for target in Target.objects.exclude(text=""):
        target.write(text=target.text, by=second, at=NOON, from_revision=target.revision)
    for tip in Tip.objects.all():
        with pytest.raises(DomainError):
            TipRevision.objects.propose(slug=tip.slug, facts=tip.facts(), by=second, at=NOON)
    for service in Service.objects.approved():
        with pytest.raises(DomainError):
            ServiceRevision.objects.propose(service=service, facts=service.facts(), by=second, at=NOON)


def approve_whatever_is_possible(by: User) -> None:
    """Try to approve every proposal and every draft."""
    for rows in (
        TipRevision.objects.proposed(),
        ServiceRevision.objects.proposed(),
        OrganizationRevision.objects.proposed(),
        ChannelRevision.objects.proposed(),
        Figure.objects.proposed(),
        Unit.objects.filter(state="needs-review"),
        Target.objects.filter(state="needs-review"),
    ):
        for row in rows:
            try:
                row.approve(by=by, at=NOON)
            except (DomainError, EditConflict):
                continue


def test_every_act_is_tried_or_has_a_reason() -> None:
    found = {
        f"{route.name} {action}"
        for route in pages.ROUTES
        for action, permissions in route.page.actions.items()
        if any(permission.startswith("content.") for permission in permissions)
    }
    for name, app in get_commands().items():
        if app == "content":
            found |= {f"{name} {verb}" for verb in _verbs(name)} or {name}

    named = ACTS.keys() | ELSEWHERE.keys()

    assert sorted(found - named) == []
    assert sorted(named - found) == []
    assert not ACTS.keys() & ELSEWHERE.keys()


def _verbs(name: str) -> list[str]:
    """Return the verbs of a command that change or show something; none where it has no verbs."""
    parser: ArgumentParser = load_command_class("content", name).create_parser("manage", name)
    for action in parser._actions:
        if action.dest == "verb" and action.choices:
            return [*action.choices]
    return []
