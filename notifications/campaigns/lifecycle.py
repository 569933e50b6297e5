"""Draft, edit, submit, approve and stop campaigns: each change of a campaign's state that a person or the product decides.

Each function checks the person's right, takes the locks that it needs, and moves the row along one edge of `LIFECYCLE`. What the
scheduler does by the clock (begin, expire, finish, hold) is in `notifications.delivery.scheduler`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Max
from psycopg.errors import LockNotAvailable

from core.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, SecondPersonRequired
from core.models import User
from core.roles import require, require_approver
from core.states import advance
from notifications.campaigns import approval, edits, limits, messages, refusals
from notifications.campaigns import definition as definitions
from notifications.campaigns import fingerprint as fingerprints
from notifications.campaigns.checks import wave_help
from notifications.models.batch import Batch
from notifications.models.brake import Brake, BrakeState
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import LIFECYCLE, CampaignState
from notifications.models.draft_task import DraftTask
from notifications.models.translation_request import TranslationRequest
from notifications.models.wave import HELP_CHECKED_AHEAD, Wave


def draft(definition: dict[str, Any], *, by: User, at: datetime) -> Campaign:
    """Create a draft from a definition, the document that `campaign create` reads; Invalid names the field that is wrong."""
    require(by, "notifications.author_campaign")
    columns = definitions.parse(definition)
    limits.require_within(by, apps=columns["apps"], countries=columns["countries"])
    with transaction.atomic():
        made = Campaign.objects.create(created_by=by, created_at=at, touched_by=[by.pk], **columns)
        edits.record_written(made, by=by, at=at)
    return made


def edit(campaign: Campaign, definition: dict[str, Any], *, by: User, at: datetime) -> None:
    """Replace the whole definition of a draft; the person who edits it cannot approve it later."""
    require(by, "notifications.author_campaign")
    columns = definitions.parse(definition)
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if row.state != CampaignState.DRAFT:
            raise Conflict("Only a draft can be edited. Return the campaign to draft first.", code="state")
        if by.pk in row.returned_by:
            raise Forbidden("You sent this campaign back, so you cannot edit it. Its author edits it, and you can approve it.")
        limits.require_for(by, row)
        limits.require_within(by, apps=columns["apps"], countries=columns["countries"])
        touched = sorted({*row.touched_by, by.pk})
        edits.record_edit(row, columns, by=by, at=at)
        Campaign.objects.filter(pk=campaign.pk).update(touched_by=touched, open_tasks=[], **columns)
    campaign.refresh_from_db()


def delete_draft(campaign: Campaign, *, by: User, at: datetime) -> None:
    """Delete a draft; the history keeps its texts."""
    require(by, "notifications.author_campaign")
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(pk=campaign.pk).first()
        if row is None or row.state != CampaignState.DRAFT:
            raise Conflict("Only a draft can be deleted.", code="state")
        if TranslationRequest.objects.open().filter(campaign=row).exists():
            raise Conflict("The translators have texts of this draft. Withdraw the requests first.", code="with-translators")
        limits.require_for(by, row)
        edits.record_deleted(row, by=by, at=at)
        row.delete()


def submit(campaign: Campaign, *, by: User, at: datetime, reach: int | None = None) -> str:
    """Write the immutable messages, freeze the definition, and return the fingerprint that a second person approves.

    `reach` is the number of phones that the author confirms; by default the one that was saved with the draft. Raises
    SubmissionRefused with every reason why the campaign cannot be sent.
    """
    require(by, "notifications.author_campaign")
    with transaction.atomic():
        _lock(campaign)
        LIFECYCLE.edge(campaign.state, CampaignState.SUBMITTED)
        if by.pk in campaign.returned_by:
            raise Forbidden("You sent this campaign back, so you cannot submit it.")
        limits.require_for(by, campaign)
        if campaign.is_template:
            raise Conflict("A template is never sent. Start a campaign from it.", code="template")
        _complete(campaign)
        campaign.rev = _next_rev(campaign)
        campaign.submitted_at = at
        if reach is not None:
            campaign.reach_confirmed = reach
        refusals.check(refusals.at_submission(campaign, at=at))
        messages.write_messages(campaign)
        advance(
            campaign, CampaignState.SUBMITTED, by=by, at=at, submitted_by=by, submitted_at=at, rev=campaign.rev, reason="",
            touched_by=sorted({*campaign.touched_by, by.pk}), fingerprint=fingerprints.compute(campaign),
            reach_confirmed=campaign.reach_confirmed,
        )  # fmt: skip
    return campaign.fingerprint


def approve(
    campaign: Campaign,
    *,
    fingerprint: str,
    by: User,
    at: datetime,
    languages: Collection[str] | None = None,
    reach: int | None = None,
    reason: str = "",
) -> bool:
    """Approve exactly the submission with this fingerprint, by a second person who never touched the campaign.

    `languages` are the locales whose texts this person confirms; by default all that they read. Every other language needs a
    second reader's confirmation. `reach` is the number of phones that this person enters for an audience above 100,000. Returns
    False where this is the first of two approvals: then `reason` is required, and the campaign stays submitted.

    Raises SubmissionRefused when its start or end has passed in the meantime, when it would now be sent to nobody, or when its
    help is no longer valid.
    """
    require_approver(by, "notifications.approve_campaign")
    with transaction.atomic():
        _lock(campaign)
        LIFECYCLE.edge(campaign.state, CampaignState.APPROVED)
        if by.pk in campaign.touched_by:
            raise SecondPersonRequired("Nobody can approve a campaign that they wrote, edited or submitted.")
        limits.require_for(by, campaign)
        if approval.has_touched_programme(campaign, by):
            raise SecondPersonRequired("Nobody can approve a programme in which they wrote, edited or submitted a campaign.")
        if fingerprint != campaign.fingerprint or fingerprints.compute(campaign) != campaign.fingerprint:
            raise ChangedMeanwhile(
                "The fingerprint is not that of the submitted campaign. Look at the campaign again.", code="fingerprint"
            )
        refusals.check(refusals.at_approval(campaign, at=at))
        approval.check_reach(campaign, reach)
        _lock_thread(campaign)
        if (newer := campaign.successor()) is not None:
            raise Conflict(
                f"Campaign {newer.pk}, a newer revision of this alert, was approved already. Return this one to draft, and "
                "submit it again if it still applies.",
                code="superseded",
            )
        read = [locale for locale in campaign.words if by.reads(locale)] if languages is None else languages
        approval.confirm_texts(campaign, read, by=by, at=at)
        if missing := approval.languages_to_confirm(campaign):
            raise approval.SecondReaderMissing(
                f"No second reader has confirmed the text in: {', '.join(missing)}.", languages=missing
            )
        if approval.needs_second_approver(campaign, reason=reason, by=by, at=at):
            return False
        advance(campaign, CampaignState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)
        Brake.objects.release(campaign, by=by, at=at)
    return True


def send_back(campaign: Campaign, *, by: User, at: datetime, reason: str = "") -> None:
    """Return a submitted or approved campaign to draft, by its authors or by an approver; messages and approval are deleted."""
    require(by, "notifications.author_campaign" if by.pk in campaign.touched_by else "notifications.approve_campaign")
    with transaction.atomic():
        _lock(campaign)
        LIFECYCLE.edge(campaign.state, CampaignState.DRAFT)
        limits.require_for(by, campaign)
        # A person who sends a campaign back without having touched it can approve it later, and never edit it.
        returned = {*campaign.returned_by, by.pk} if by.pk not in campaign.touched_by else set(campaign.returned_by)
        advance(
            campaign, CampaignState.DRAFT, by=by, at=at, reason=reason, submitted_by=None, submitted_at=None, fingerprint="",
            rev=None, approved_by=None, approved_at=None, returned_by=sorted(returned),
        )  # fmt: skip
        campaign.messages.all().delete()


def reject(campaign: Campaign, *, by: User, at: datetime, reason: str) -> None:
    """Refuse a submitted campaign for good, with a reason."""
    require(by, "notifications.approve_campaign")
    if not reason.strip():
        raise Invalid("Enter a reason for the rejection.", code="reason", field="reason")
    limits.require_for(by, campaign)
    advance(campaign, CampaignState.REJECTED, by=by, at=at, reason=reason)


def pause(campaign: Campaign, *, by: User, at: datetime) -> None:
    """Send nothing more until a person resumes the campaign."""
    require(by, "notifications.stop_campaign")
    LIFECYCLE.edge(campaign.state, CampaignState.PAUSED)
    Brake.objects.pull(campaign, BrakeState.PAUSED, by=by, at=at)
    try:
        advance(campaign, CampaignState.PAUSED, by=by, at=at)
    except ChangedMeanwhile:
        # The scheduler may have let the state follow the brake already.
        campaign.refresh_from_db()
        if campaign.state != CampaignState.PAUSED:
            raise


def resume(campaign: Campaign, *, by: User, at: datetime) -> None:
    """Continue a paused, halted or held campaign, or let it begin when its audience is not frozen yet.

    Raises HelpLapsed when some readers of the waves that would be sent now have no help any more.
    """
    require(by, "notifications.stop_campaign")
    # The edge from submitted to approved belongs to an approver alone.
    if campaign.state not in (CampaignState.PAUSED, CampaignState.HALTED, CampaignState.HELD):
        raise Conflict("Only a paused, halted or held campaign can be resumed.", code="state")
    limits.require_for(by, campaign)
    if (newer := campaign.successor()) is not None:
        raise Conflict(
            f"Campaign {newer.pk}, a newer revision of this alert, was approved. This one has ended.", code="superseded"
        )
    with transaction.atomic():
        waves = list(Wave.objects.unfinished().filter(campaign=campaign, due_at__lte=at + HELP_CHECKED_AHEAD))
        wave_help.require_in_waves(campaign, waves, at=at)
        Wave.objects.filter(pk__in=[wave.pk for wave in waves]).update(help_checked_at=at)
        state = CampaignState.SENDING if campaign.frozen_at else CampaignState.APPROVED
        advance(campaign, state, by=by, at=at, reason="")
        # A batch that its workers never settled gets new tries, and stays marked as one that may have been sent in part.
        Batch.objects.filter(wave__campaign=campaign, claims__gt=1).update(claims=1)
        Batch.objects.release_decided_waves(campaign)
        Batch.objects.restart_second_groups(campaign, at=at)
        Brake.objects.release(campaign, by=by, at=at)


def stop(campaign: Campaign, *, by: User, at: datetime, reason: str = "") -> None:
    """Stop a campaign for good: nothing more is sent, and the alert leaves the feed, even when everything was sent already.

    The brake is pulled before anything that could wait for a lock. While another transaction holds the campaign's row, its state
    follows with the next tick.
    """
    require(by, "notifications.stop_campaign")
    campaign.refresh_from_db()
    LIFECYCLE.edge(campaign.state, CampaignState.STOPPED)
    Brake.objects.pull(campaign, BrakeState.STOPPED, by=by, at=at)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
            campaign.refresh_from_db()
            advance(campaign, CampaignState.STOPPED, by=by, at=at, reason=reason)
    except (OperationalError, ChangedMeanwhile):
        return


def halt(campaign: Campaign, reason: str, *, at: datetime) -> bool:
    """Stop a campaign in the product's own name, with the reason as a sentence; False when its state does not allow it.

    While another transaction holds the campaign's row, its state follows the brake with a later tick.
    """
    system = User.objects.system()
    campaign.refresh_from_db()
    if (str(campaign.state), str(CampaignState.HALTED)) not in LIFECYCLE.edges:
        return False
    Brake.objects.pull(campaign, BrakeState.HALTED, by=system, at=at, reason=reason)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
            advance(campaign, CampaignState.HALTED, by=system, at=at, reason=reason[:500])
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
    return True


def _complete(campaign: Campaign) -> None:
    """Raise for a draft that is not complete; write the names of the services that its texts name."""
    if campaign.open_tasks:
        names = ", ".join(str(DraftTask(task).label) for task in campaign.open_tasks)
        raise Conflict(f"These tasks are not done yet: {names}.", code="incomplete", field=f"tasks.{campaign.open_tasks[0]}")
    columns = definitions.parse(definitions.write(campaign))
    campaign.named_services = columns["named_services"]
    Campaign.objects.filter(pk=campaign.pk).update(named_services=campaign.named_services)
    campaign.entries.all().delete()


def _lock(campaign: Campaign) -> None:
    campaign.refresh_from_db(from_queryset=Campaign.objects.select_for_update(of=("self",)))


def _lock_thread(campaign: Campaign) -> None:
    """Lock the thread's first alert, so that two of its revisions are submitted and approved only one after the other."""
    if campaign.thread_id is not None:
        Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.thread_id)


def _next_rev(campaign: Campaign) -> int:
    if campaign.thread_id is None:
        return 1
    _lock_thread(campaign)
    highest = Campaign.objects.filter(thread=campaign.thread_id).aggregate(highest=Max("rev"))["highest"]
    return int(highest or 1) + 1
