"""Tie campaigns to a programme; submit, approve, send back and stop all of its campaigns together.

The rules of each campaign stay as they are: `lifecycle` checks them for every one. A programme adds one rule: nobody approves a
campaign of a programme in which they wrote, edited or submitted any campaign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from core import audit
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Conflict, DomainError, Invalid, NotFound
from core.models import User
from core.roles import require
from notifications.campaigns import lifecycle
from notifications.campaigns.checks.draft import DraftFacts, check_draft
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import LIFECYCLE, CampaignState
from notifications.models.draft_task import DraftTask
from notifications.models.programme import Programme

#: Campaigns of one programme: more than one person reads with care in one sitting.
MAX_CAMPAIGNS = 12
_AUTHOR, _APPROVER, _STOPPER = (f"notifications.{verb}_campaign" for verb in ("author", "approve", "stop"))


@dataclass(frozen=True)
class Unready:
    """One campaign of a programme that cannot be submitted, and why, as sentences."""

    campaign: Campaign
    reasons: tuple[str, ...]


class ProgrammeNotReady(Invalid):
    """Nothing was submitted. `unready` in `extra` lists the campaigns that are not ready, with their reasons."""

    code = "programme-not-ready"


@dataclass(frozen=True)
class Decision:
    """What an approver confirms of one campaign: the fingerprint that they saw, and the languages that they have read."""

    fingerprint: str
    languages: frozenset[str]
    #: The number of phones that the approver typed, for an audience above 100,000.
    reach: int | None = None
    #: Why another urgent alert goes to the same people within 7 days; needed for the first of two approvals.
    reason: str = ""


def numbered(number: str | int) -> Programme:
    """Return one programme, or raise NotFound."""
    found = Programme.objects.filter(pk=int(number)).first() if str(number).isdecimal() and len(str(number)) < 19 else None
    if found is None:
        raise NotFound(f"There is no programme {number}.")
    return found


def campaigns_of(programme: Programme) -> QuerySet[Campaign]:
    """Return the campaigns of a programme in the order in which they were written."""
    return Campaign.objects.filter(programme=programme).select_related("created_by", "submitted_by", "references").order_by("pk")


def create(name: str, note: str, *, by: User, at: datetime) -> Programme:
    """Create a programme without campaigns."""
    require(by, _AUTHOR)
    name, note = _texts(name, note)
    with transaction.atomic():
        made = Programme.objects.create(name=name, note=note, created_by=by, created_at=at)
        audit.record(by=by, verb=Verb.PROGRAMME_CREATED, row=made, at=at, name=name)
    return made


def rename(programme: Programme, name: str, note: str, *, by: User, at: datetime) -> None:
    """Change the name and the note."""
    require(by, _AUTHOR)
    name, note = _texts(name, note)
    with transaction.atomic():
        row = Programme.objects.select_for_update().get(pk=programme.pk)
        before = {"name": row.name, "note": row.note}
        after = {"name": name, "note": note}
        changes = [{"field": key, "before": before[key], "after": after[key]} for key in after if before[key] != after[key]]
        if changes:
            Programme.objects.filter(pk=row.pk).update(**after)
            audit.record(by=by, verb=Verb.PROGRAMME_EDITED, row=row, at=at, name=name, changes=changes)
    programme.refresh_from_db()


def delete(programme: Programme, *, by: User, at: datetime) -> None:
    """Delete a programme that holds no campaign."""
    require(by, _AUTHOR)
    with transaction.atomic():
        row = Programme.objects.select_for_update().get(pk=programme.pk)
        if row.campaigns.exists():
            raise Conflict("A programme with campaigns cannot be deleted. Take the drafts out of it first.", code="not-empty")
        audit.record(by=by, verb=Verb.PROGRAMME_DELETED, row=row, at=at, name=row.name)
        row.delete()


def add(programme: Programme, campaign: Campaign, *, by: User, at: datetime) -> None:
    """Put a draft into the programme. Raises Conflict for another state, another programme, or a full programme."""
    require(by, _AUTHOR)
    with transaction.atomic():
        Programme.objects.select_for_update().get(pk=programme.pk)
        row = _locked_draft(campaign)
        if row.programme_id == programme.pk:
            return
        if row.is_template:
            raise Conflict(
                "A template is never sent. Start a campaign from it, and add that one to the programme.", code="template"
            )
        if row.programme_id is not None:
            raise Conflict("This campaign belongs to another programme. Take it out of that one first.", code="programme")
        if programme.campaigns.count() >= MAX_CAMPAIGNS:
            raise Conflict(f"A programme holds {MAX_CAMPAIGNS} campaigns at most.", code="programme-full")
        Campaign.objects.filter(pk=row.pk).update(programme=programme)
        audit.record(by=by, verb=Verb.CAMPAIGN_JOINED, row=row, at=at, programme=programme.name)
    campaign.refresh_from_db()


def remove(campaign: Campaign, *, by: User, at: datetime) -> None:
    """Take a draft out of its programme."""
    require(by, _AUTHOR)
    with transaction.atomic():
        row = _locked_draft(campaign)
        if row.programme is None:
            return
        Campaign.objects.filter(pk=row.pk).update(programme=None)
        audit.record(by=by, verb=Verb.CAMPAIGN_LEFT, row=row, at=at, programme=row.programme.name)
    campaign.refresh_from_db()


def unready(campaigns: Sequence[Campaign], *, at: datetime) -> list[Unready]:
    """Return the drafts among these campaigns that cannot be submitted yet, each with every reason."""
    drafts = [campaign for campaign in campaigns if campaign.state == CampaignState.DRAFT]
    if not drafts:
        return []
    known = DraftFacts(drafts)
    found = [Unready(campaign, tuple(_reasons(campaign, known, at=at))) for campaign in drafts]
    return [one for one in found if one.reasons]


def submit(programme: Programme, *, by: User, at: datetime) -> list[Campaign]:
    """Submit every draft of the programme in one transaction, and return them; ProgrammeNotReady says which are not ready."""
    require(by, _AUTHOR)
    with transaction.atomic():
        drafts = [campaign for campaign in _locked(programme) if campaign.state == CampaignState.DRAFT]
        if not drafts:
            raise Conflict("No campaign of this programme is a draft.", code="state")
        _refuse(unready(drafts, at=at))
        refused = []
        for campaign in drafts:
            try:
                with transaction.atomic():
                    lifecycle.submit(campaign, by=by, at=at)
            except DomainError as error:
                refused.append(Unready(campaign, (error.detail,)))
        _refuse(refused)
        audit.record(by=by, verb=Verb.PROGRAMME_SUBMITTED, row=programme, at=at, name=programme.name)
    return drafts


def approve(programme: Programme, decisions: Mapping[int, Decision], *, by: User, at: datetime) -> list[Campaign]:
    """Approve every submitted campaign of the programme in one transaction; `decisions` are by the number of the campaign.

    Returns the campaigns that need a second approver: then only these first approvals are recorded, and nothing is approved.
    Raises what `lifecycle.approve` raises for any one of them, and ChangedMeanwhile where a campaign has no decision.
    """
    require(by, _APPROVER)
    with transaction.atomic():
        waiting = _waiting(programme, decisions)
        savepoint = transaction.savepoint()
        first = [campaign for campaign in waiting if not _approve(campaign, decisions[campaign.pk], by=by, at=at)]
        if first:
            # Nothing of a programme goes out alone: undo every approval, and record the first ones of these campaigns.
            transaction.savepoint_rollback(savepoint)
            for campaign in first:
                _approve(campaign, decisions[campaign.pk], by=by, at=at)
            audit.record(by=by, verb=Verb.PROGRAMME_FIRST_APPROVED, row=programme, at=at, name=programme.name)
            return first
        audit.record(by=by, verb=Verb.PROGRAMME_APPROVED, row=programme, at=at, name=programme.name)
    return []


def send_back(programme: Programme, *, reason: str, by: User, at: datetime) -> list[Campaign]:
    """Return every submitted campaign of the programme to draft, with one reason for all."""
    require(by, _APPROVER)
    if not reason.strip():
        raise Invalid("Enter a reason, so that the author knows what to change.", code="reason", field="reason")
    with transaction.atomic():
        submitted = [campaign for campaign in _locked(programme) if campaign.state == CampaignState.SUBMITTED]
        if not submitted:
            raise Conflict("No campaign of this programme waits for approval.", code="state")
        for campaign in submitted:
            lifecycle.send_back(campaign, by=by, at=at, reason=reason.strip()[:500])
        audit.record(by=by, verb=Verb.PROGRAMME_RETURNED, row=programme, at=at, name=programme.name, reason=reason.strip()[:500])
    return submitted


def stop(programme: Programme, *, reason: str, by: User, at: datetime) -> list[Campaign]:
    """Stop every campaign of the programme that can be stopped, and return them; one that fails does not keep the others.

    Each brake is committed by itself: it must hold at once, whatever becomes of the next campaign.
    """
    require(by, _STOPPER)
    found = [campaign for campaign in campaigns_of(programme) if (campaign.state, CampaignState.STOPPED) in LIFECYCLE.edges]
    if not found:
        raise Conflict("No campaign of this programme can be stopped.", code="state")
    failed: list[DomainError] = []
    for campaign in found:
        try:
            lifecycle.stop(campaign, by=by, at=at, reason=reason)
        except DomainError as error:
            failed.append(error)
    audit.record(by=by, verb=Verb.PROGRAMME_STOPPED, row=programme, at=at, name=programme.name, reason=reason)
    if failed:
        raise failed[0]
    return found


def _texts(name: str, note: str) -> tuple[str, str]:
    name, note = name.strip(), note.strip()
    if not name:
        raise Invalid("Name: enter a name for the programme.", code="name", field="name")
    if len(name) > 120 or len(note) > 500:
        raise Invalid("The name has at most 120 characters, and the note 500.", code="length", field="note")
    return name, note


def _locked_draft(campaign: Campaign) -> Campaign:
    row = Campaign.objects.select_for_update(of=("self",)).select_related("programme").filter(pk=campaign.pk).first()
    if row is None or row.state != CampaignState.DRAFT:
        raise Conflict("A campaign joins or leaves a programme only as a draft. Send it back first.", code="state")
    return row


def _locked(programme: Programme) -> list[Campaign]:
    """Lock the programme and its campaigns, always in the same order."""
    Programme.objects.select_for_update().get(pk=programme.pk)
    return list(campaigns_of(programme).select_for_update(of=("self",)))


def _reasons(campaign: Campaign, known: DraftFacts, *, at: datetime) -> Iterator[str]:
    if campaign.open_tasks:
        yield f"Not done yet: {', '.join(str(DraftTask(task).label) for task in campaign.open_tasks)}."
        return
    check = check_draft(campaign, at=at, known=known)
    yield from (problem.detail for problem in check.problems)
    if check.unanswered:
        number = len(check.unanswered)
        yield f"{number} {'caution' if number == 1 else 'cautions'} under Check and submit to answer."


def _refuse(found: Sequence[Unready]) -> None:
    if found:
        names = ", ".join(one.campaign.name for one in found)
        raise ProgrammeNotReady(f"Nothing was submitted. Not ready: {names}.", unready=found)


def _waiting(programme: Programme, decisions: Mapping[int, Decision]) -> list[Campaign]:
    """Return the locked campaigns to approve; each has a decision, and no draft is left."""
    campaigns = _locked(programme)
    if drafts := [campaign.name for campaign in campaigns if campaign.state == CampaignState.DRAFT]:
        raise Conflict(
            f"Still a draft: {', '.join(drafts)}. Submit it, or remove it from the programme.", code="programme-not-ready"
        )
    waiting = [campaign for campaign in campaigns if campaign.state == CampaignState.SUBMITTED]
    if not waiting:
        raise Conflict("No campaign of this programme waits for approval.", code="state")
    if any(campaign.pk not in decisions for campaign in waiting):
        raise ChangedMeanwhile("The programme has changed since you opened the page. Look at it again.", code="fingerprint")
    return waiting


def _approve(campaign: Campaign, decision: Decision, *, by: User, at: datetime) -> bool:
    """Approve one campaign; the sentence of a refusal begins with its name."""
    try:
        return lifecycle.approve(
            campaign,
            fingerprint=decision.fingerprint,
            languages=decision.languages,
            reach=decision.reach,
            reason=decision.reason,
            by=by,
            at=at,
        )
    except DomainError as error:
        error.detail = f"{campaign.name}: {error.detail}"
        raise
