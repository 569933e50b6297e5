"""What one account with every role for content tries: each act of the console and of the command line, by its name."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from content.compiling.compiler import compile_release
from content.importing.facts import FACTS_DIR, SERVICES_FILE
from content.models import (
    Channel,
    ChannelRevision,
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
from core.errors import DomainError
from core.models import User
from tests import make
from tests.make import NOON

ROLES = ("localisation-editor", "localisation-reviewer", "assurer", "publisher")
TITLE = "tip.first-hour.title"


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
    from tests.content.importing.words_folder import TIP, write

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
