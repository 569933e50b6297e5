"""Promise 12: no single account changes what a reader reads.

Whatever one account with every role for content does, alone or together with a second account that saves everything again
without a change, the next release has the same bytes. Each act of the console and of the command line is in ACTS or in
ELSEWHERE; a test finds a new one that is in neither.
"""

from __future__ import annotations

import io
import json
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from content.compiling.compiler import build_packs, compile_release
from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.importing.facts import FACTS_DIR, SERVICES_FILE
from content.models import (
    Channel,
    ChannelRevision,
    Figure,
    Organization,
    OrganizationRevision,
    Service,
    ServiceRevision,
    Target,
    Tip,
    TipRevision,
    Unit,
)
from content.models.channel_revision import Act
from content.publishing.withdrawal import withdraw
from content.terms import Change
from core import tokens
from core.console import pages
from core.errors import DomainError, EditConflict
from core.models import User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db

STRICT = Policy(NOON.date())
ROLES = ("localisation-editor", "localisation-reviewer", "assurer", "publisher")
TITLE = "tip.first-hour.title"


@pytest.fixture
def mallory() -> User:
    """Make content whose every text is approved, in English and Welsh, and one account with every role for it."""
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
    return make.person("mallory", *ROLES)


def next_release() -> dict[tuple[str, str], bytes]:
    snapshot = read_snapshot(STRICT)
    # The source, a locale with translations and one without: the other locales are like the third.
    directions = {code: snapshot.directions[code] for code in ("en", "cy", "ar")}
    return {place: built.body for place, built in build_packs(replace(snapshot, directions=directions)).items()}


def post(client: Client, url: str, action: str, **data: Any) -> Any:
    answer = client.post(url, {"action": action, **data})
    assert answer.status_code in (200, 302), (url, action, answer.status_code)
    return answer


TIP_FORM = {
    "tip_state": "retired",
    "audiences": ["bystander"],
    "situations": ["hacked-account"],
    "countries": "NZ",
    "order": "999",
    "do_now": "",
    "do_not": "1",
    "reason": "Because.",
}


def propose_tip(client: Client) -> str:
    """Propose the worst change of a tip; return the URL of the proposal."""
    page = reverse("admin:tip", args=["first-hour"])
    version = client.get(page).context["version"]
    shown = post(client, page, "preview", **TIP_FORM, version=version).context["preview"]
    return str(post(client, page, "propose", **TIP_FORM, version=version, seen=shown.token)["Location"])


def refused(client: Client, url: str, action: str, **data: Any) -> None:
    """Post an act that one account cannot do at all."""
    assert client.post(url, {"action": action, **data}).status_code in (400, 403, 409), (url, action)


def write_target(_: Client, by: User) -> None:
    target = Target.objects.get(unit__key=TITLE, locale="cy")
    assert target.write(text="Talwch nawr", by=by, at=NOON, from_revision=target.revision)


def restore_target(client: Client, by: User) -> None:
    write_target(client, by)
    target = Target.objects.get(unit__key=TITLE, locale="cy")
    assert target.restore(1, by=by, at=NOON, from_revision=target.revision)


def approve_own_target(client: Client, by: User) -> None:
    write_target(client, by)
    with pytest.raises(DomainError):
        Target.objects.get(unit__key=TITLE, locale="cy").approve(by=by, at=NOON)


def propose_removal(_: Client, by: User) -> None:
    target = Target.objects.get(unit__key=TITLE, locale="cy")
    target.propose_removal(by=by, at=NOON, from_revision=target.revision)


def approve_own_removal(client: Client, by: User) -> None:
    propose_removal(client, by)
    target = Target.objects.get(unit__key=TITLE, locale="cy")
    with pytest.raises(DomainError):
        target.approve_removal(by=by, at=NOON, from_revision=target.revision)


def revise_source(_: Client, by: User) -> None:
    unit = Unit.objects.get(key=TITLE)
    unit.revise(text="Pay at once", change=Change.SAFETY, by=by, at=NOON, from_revision=unit.revision)


def approve_own_source(client: Client, by: User) -> None:
    revise_source(client, by)
    with pytest.raises(DomainError):
        Unit.objects.get(key=TITLE).approve(by=by, at=NOON)


def put_source_back(client: Client, by: User) -> None:
    revise_source(client, by)
    unit = Unit.objects.get(key=TITLE)
    unit.put_back(1, by=by, at=NOON, from_revision=unit.revision)


def other_proposal() -> TipRevision:
    facts = Tip.objects.get().facts() | {"order": 3}
    return TipRevision.objects.propose(slug="first-hour", facts=facts, by=User.objects.system(), at=NOON)


def propose_channel(by: User) -> ChannelRevision:
    channel = Channel.objects.get(service="gb-line")
    facts = channel.facts() | {"dial": "0808 800 5000", "address": "+448088005000"}
    return ChannelRevision.objects.propose(
        service_id="gb-line", position=channel.position, act=Act.CHANGE, by=by, at=NOON, facts=facts
    )


#: Everything that decides whether, where and to whom the service is shown.
SERVICE_FORM = {
    "name": "Another name",
    "roles": ["emergency"],
    "audiences": ["bystander"],
    "situations": ["hacked-account"],
    "regions": "GB-SCT",
    "status": "defunct",
    "confidence": "from-general-knowledge",
}


def propose_service(client: Client) -> str:
    """Propose the worst change of a service; return the URL of the proposal."""
    page = reverse("admin:service-edit", args=["gb-line"])
    version = client.get(page).context["version"]
    shown = post(client, page, "preview", **SERVICE_FORM, version=version).context["preview"]
    form = SERVICE_FORM | {"version": version, "seen": shown.token, "reason": "Because."}
    return str(post(client, page, "propose", **form)["Location"])


def propose_name(client: Client) -> str:
    """Propose another name of the organization; return the URL of the proposal."""
    page = reverse("admin:organization", args=["org"])
    return str(post(client, page, "propose", name="Another name", reason="Because.")["Location"])


def other_service_proposal() -> ServiceRevision:
    facts = {"zone": "Europe/London"}
    line = Service.objects.get(pk="gb-line")
    return ServiceRevision.objects.propose(service=line, facts=facts, by=User.objects.system(), at=NOON)


def other_name_proposal() -> OrganizationRevision:
    own = Organization.objects.get(pk="org")
    return OrganizationRevision.objects.propose(organization=own, name="A name", by=User.objects.system(), at=NOON)


def service_change(revision: ServiceRevision) -> str:
    return reverse("admin:service-change", args=[revision.pk])


def organization_change(revision: OrganizationRevision) -> str:
    return reverse("admin:organization-change", args=[revision.pk])


def write_notes(client: Client, _: User) -> None:
    page = reverse("admin:service-edit", args=["gb-line"])
    version = client.get(page).context["notes_version"]
    post(client, page, "write-notes", version=version, notes="Ring first.")
    assert Service.objects.get(pk="gb-line").notes == "Ring first."


def load_other_facts(folder: Path, by: User) -> None:
    """Load a file under this account that changes a known service, adds one, and renames its organization."""
    known = json.loads(SERVICES_FILE.read_bytes())["entries"]
    entry = next(entry for entry in known if entry["id"] == "gb-childline")
    other = entry | {"id": "gb-line", "service_name": "Another name", "organisation": "Another", "max_age": None}
    file = folder / "facts.json"
    areas = json.loads((FACTS_DIR / "areas.json").read_text(encoding="utf-8"))
    file.write_text(json.dumps({"entries": [other, entry, *(one for one in known if one["id"] in areas)]}), encoding="utf-8")
    run("load_facts", "--file", str(file), "--by", by.username)
    assert ServiceRevision.objects.proposed().filter(service="gb-line", name="Another name").exists()


def tip_change(revision: TipRevision) -> str:
    return reverse("admin:tip-change", args=[revision.pk])


def run(*arguments: str) -> None:
    call_command(*arguments, stdout=io.StringIO())


def load_other_words(folder: Path, by: User) -> None:
    """Load a file with another text, other readers and another translation under this account."""
    from tests.content.importing.test_load_words import TIP, write

    write(folder, tips=[TIP | {"audiences": ["bystander"], "title": "Pay at once", "do_now": []}], cy={TITLE: "Talwch"})
    run("load_words", "--folder", str(folder), "--by", by.username)


def compiled(by: User) -> str:
    """Compile a candidate under this account; return its page."""
    return reverse("admin:release", args=[compile_release(by=by, at=NOON).pk])


def publish_own(client: Client, by: User) -> None:
    page = compiled(by)
    refused(client, page, "publish")
    with pytest.raises(CommandError):
        run("release", "publish", "--by", by.username)


def schedule_own(client: Client, by: User) -> None:
    time = timezone.now() + timedelta(days=1)
    refused(client, compiled(by), "schedule", publish_at=time.strftime("%Y-%m-%dT%H:%M"))
    number = str(compile_release(by=by, at=NOON).pk)
    with pytest.raises(CommandError):
        run("release", "schedule", number, "--at", time.isoformat(), "--by", by.username)


def put_back_alone(client: Client, by: User) -> None:
    withdraw("zz-spare", by=by, at=NOON)
    token = {"second": by.username, "second_token": tokens.issue(by)}
    refused(client, reverse("admin:withdrawals"), "put-back", service="zz-spare", **token)
    with pytest.raises(CommandError):
        run("release", "put-back", "zz-spare", "--by", by.username, "--second", by.username)


#: What the account does. A test of an act that the account cannot do at all shows that it is refused.
ACTS: dict[str, Callable[[Client, User], object]] = {
    "tip preview": lambda client, by: propose_tip(client),
    "tip propose": lambda client, by: propose_tip(client),
    "tip add-step": lambda client, by: post(
        client, reverse("admin:tip", args=["first-hour"]), "add-step", part="do-now", text="Pay at once."
    ),
    "tip-change approve": lambda client, by: refused(client, propose_tip(client), "approve"),
    "tip-change reject": lambda client, by: post(client, tip_change(other_proposal()), "reject"),
    "tip-change withdraw": lambda client, by: post(client, propose_tip(client), "withdraw"),
    "tips approve": lambda client, by: _command_refused(propose_tip(client), "tips", "approve", by),
    "tips reject": lambda client, by: run("tips", "reject", str(other_proposal().pk), "--by", by.username),
    "tips approve-all": lambda client, by: _approve_all_refused("tips", propose_tip(client), by),
    "service-edit preview": lambda client, by: propose_service(client),
    "service-edit propose": lambda client, by: propose_service(client),
    "service-edit write-notes": write_notes,
    "service-change approve": lambda client, by: refused(client, propose_service(client), "approve"),
    "service-change reject": lambda client, by: post(client, service_change(other_service_proposal()), "reject"),
    "service-change withdraw": lambda client, by: post(client, propose_service(client), "withdraw"),
    "organization propose": lambda client, by: propose_name(client),
    "organization-change approve": lambda client, by: refused(client, propose_name(client), "approve"),
    "organization-change reject": lambda client, by: post(client, organization_change(other_name_proposal()), "reject"),
    "organization-change withdraw": lambda client, by: post(client, propose_name(client), "withdraw"),
    "services approve": lambda client, by: _command_refused(propose_service(client), "services", "approve", by),
    "services reject": lambda client, by: run("services", "reject", str(other_service_proposal().pk), "--by", by.username),
    "services approve-all": lambda client, by: _approve_all_refused("services", propose_service(client), by),
    "translation save": write_target,
    "translation approve": approve_own_target,
    "translation propose-removal": propose_removal,
    "translation approve-removal": approve_own_removal,
    "translation-history restore": restore_target,
    "source-text revise": revise_source,
    "source-text approve": approve_own_source,
    "source-text put-back": put_source_back,
    "contact-change-propose propose": lambda client, by: propose_channel(by),
    "contact-changes approve": lambda client, by: refused(
        client, reverse("admin:contact-changes"), "approve", revision=propose_channel(by).pk
    ),
    "channels approve": lambda client, by: _channel_refused(propose_channel(by), by),
    "release publish": publish_own,
    "release schedule": schedule_own,
    "withdrawals put-back": put_back_alone,
    "release put-back": put_back_alone,
    "notice-propose propose": lambda client, by: make.notice(approved=False, by=by),
}


def _command_refused(change: str, command: str, verb: str, by: User) -> None:
    with pytest.raises(CommandError):
        run(command, verb, change.rstrip("/").rpartition("/")[2], "--by", by.username)


def _approve_all_refused(command: str, _: str, by: User) -> None:
    for sandbox in (True, False):
        with override_settings(SANDBOX=sandbox), pytest.raises(CommandError):
            run(command, "approve-all", "--by", by.username)


def _channel_refused(revision: ChannelRevision, by: User) -> None:
    with pytest.raises(CommandError):
        run("channels", "approve", str(revision.pk), "--by", by.username)


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
    "service assure": _CHECK,
    "channel assure": _CHECK,
    "channel take-reply": "it makes a proposal, as contact-change-propose does",
    "channel decline-reply": _READS,
    "expired-checks take-away": _TAKES_AWAY,
    "organization make": _READS,
    "organization revoke": _READS,
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


@pytest.mark.parametrize("name", ACTS)
def test_no_act_of_one_account_changes_the_next_release(client: Client, mallory: User, name: str) -> None:
    before = next_release()
    client.force_login(mallory)

    ACTS[name](client, mallory)
    assert next_release() == before

    save_all_unchanged(make.person("second", *ROLES))
    approve_whatever_is_possible(mallory)
    assert next_release() == before


def test_a_file_of_one_account_changes_nothing(client: Client, mallory: User, tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    before = next_release()

    load_other_words(tmp_path, mallory)
    save_all_unchanged(make.person("second", *ROLES))
    approve_whatever_is_possible(mallory)

    assert next_release() == before


def test_a_file_of_services_of_one_account_changes_nothing(client: Client, mallory: User, tmp_path: Path) -> None:
    before = next_release()

    load_other_facts(tmp_path, mallory)
    assert next_release() == before

    save_all_unchanged(make.person("second", *ROLES))
    approve_whatever_is_possible(mallory)
    assert next_release() == before


def test_what_two_people_do_changes_the_next_release(client: Client, mallory: User) -> None:
    before = next_release()
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
