"""What an approval needs besides a second person: a second reader of each language, and sometimes a second approver."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from core import audit
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, SecondPersonRequired
from core.models import User
from core.roles import require
from notifications import cap
from notifications.campaigns import audience
from notifications.campaigns.messages import URGENT
from notifications.models.campaign import ALL, Campaign, CampaignKind
from notifications.models.campaign_approval import FirstApproval, SecondReading
from notifications.models.campaign_rules import URGENT_LOCK
from notifications.models.campaign_state import APPROVED_ON, CampaignState
from notifications.models.translation_request import TranslationRequest

#: The rights of which a second reader needs one.
READER_RIGHTS = ("content.approve_words", "notifications.approve_campaign")
#: How long after an urgent alert another one to the same people needs a reason and two approvers.
URGENT_AGAIN_WITHIN = timedelta(days=7)


class SecondReaderMissing(Conflict):
    """A language of the campaign has no second reader yet."""

    code = "second-reader"


class ReasonNeeded(Invalid):
    """An urgent alert went to the same people within 7 days: enter the reason for another one."""

    code = "reason"


def confirm_text(
    campaign: Campaign, locale: str, *, fingerprint: str, by: User, at: datetime, meaning: str = ""
) -> SecondReading:
    """Record that `by` has read the text of one language in the submission with this fingerprint, and confirms it.

    `meaning` says what the text means, for an approver who does not read it. Raises Forbidden for a person who does not read the
    language, SecondPersonRequired for one who touched the campaign, ChangedMeanwhile for another submission.
    """
    require_reader(by)
    with transaction.atomic():
        row = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
        if row.state != CampaignState.SUBMITTED or row.fingerprint != fingerprint:
            raise ChangedMeanwhile("The campaign has changed since you opened the page. Look at it again.", code="fingerprint")
        return confirm_locked(row, locale, by=by, at=at, meaning=meaning)


def require_reader(by: User) -> None:
    """Raise Forbidden unless this person may be a second reader."""
    require(by, *READER_RIGHTS)


def confirm_texts(campaign: Campaign, locales: Collection[str], *, by: User, at: datetime) -> None:
    """Record in the caller's transaction that `by` confirms these languages of the locked campaign."""
    for locale in sorted(locales):
        confirm_locked(campaign, locale, by=by, at=at)


def confirm_locked(campaign: Campaign, locale: str, *, by: User, at: datetime, meaning: str = "") -> SecondReading:
    """Record one second reading of the locked campaign in the caller's transaction; raises as `confirm_text` does."""
    if locale not in campaign.words:
        raise Invalid("The campaign has no text in this language.", code="locale", field="locale")
    if by.pk in campaign.touched_by:
        raise SecondPersonRequired("Nobody can confirm the texts of a campaign that they wrote, edited or submitted.")
    if not by.reads(locale):
        raise Forbidden("Only a person who reads the language can confirm its text.", code="language")
    reading = SecondReading.objects.create(
        campaign=campaign, locale=locale, words=campaign.words[locale], meaning=meaning.strip()[:500], by=by, at=at
    )
    audit.record(by=by, verb=Verb.CAMPAIGN_TEXT_CONFIRMED, row=campaign, at=at, locale=locale)
    TranslationRequest.objects.mark_read(campaign, locale, by=by, at=at)
    return reading


def has_touched_programme(campaign: Campaign, by: User) -> bool:
    """Return whether a person wrote, edited or submitted another campaign of the same programme: then they do not approve it."""
    if campaign.programme_id is None:
        return False
    return Campaign.objects.filter(programme=campaign.programme_id, touched_by__contains=[by.pk]).exists()


def touched_in_programme(by: User) -> Exists:
    """Return what `has_touched_programme` says of each campaign of a query, to annotate it with."""
    same = Campaign.objects.filter(programme=OuterRef("programme"), touched_by__contains=[by.pk])
    return Exists(same)


def second_readings(campaign: Campaign) -> dict[str, SecondReading]:
    """Return the latest valid second reading of each language that has one."""
    return second_readings_of([campaign])[campaign.pk]


def second_readings_of(campaigns: Collection[Campaign]) -> dict[int, dict[str, SecondReading]]:
    """Return, by the id of each campaign, the latest valid second reading of each language that has one; one query."""
    found: dict[int, dict[str, SecondReading]] = {campaign.pk: {} for campaign in campaigns}
    for reading in SecondReading.objects.valid_for(campaigns):
        found[reading.campaign_id].setdefault(reading.locale, reading)
    return found


def languages_to_confirm(campaign: Campaign) -> list[str]:
    """Return the locales of the campaign that no second reader has confirmed."""
    return sorted(campaign.words.keys() - second_readings(campaign).keys())


def recent_urgent(campaign: Campaign, *, at: datetime) -> list[Campaign]:
    """Return the urgent alerts of other threads to some of the same people that began within 7 days or will begin.

    Returns [] for a campaign that is not urgent. The trigger `approved_twice` of campaigns holds the same rule.
    """
    return recent_urgent_of([campaign], at=at)[campaign.pk]


def recent_urgent_of(campaigns: Collection[Campaign], *, at: datetime) -> dict[int, list[Campaign]]:
    """Return what `recent_urgent` does, by the id of each campaign; one query, and none where no campaign is urgent."""
    found: dict[int, list[Campaign]] = {campaign.pk: [] for campaign in campaigns}
    urgent = [campaign for campaign in campaigns if _is_urgent(campaign)]
    if not urgent:
        return found
    recent = (
        Campaign.objects.filter(state__in=APPROVED_ON, status=cap.AlertStatus.ACTUAL)
        .exclude(state=CampaignState.EXPIRED)
        .annotate(began_at=Coalesce("starts_at", "approved_at"))
        .filter(Q(began_at__gt=at - URGENT_AGAIN_WITHIN) | Q(state=CampaignState.APPROVED))
        .order_by("-began_at")
    )
    others = [other for other in recent if _is_urgent(other)]
    for campaign in urgent:
        own = (campaign.pk, campaign.alert)
        found[campaign.pk] = [other for other in others if other.pk not in own and _share_people(campaign, other)]
    return found


def _is_urgent(campaign: Campaign) -> bool:
    """Return whether a campaign is the first alert of a thread and makes phones ring; a correction is never held up."""
    return (
        campaign.kind == CampaignKind.ALERT
        and campaign.status == cap.AlertStatus.ACTUAL
        and (campaign.severity in URGENT or campaign.urgency == cap.Urgency.IMMEDIATE)
    )


def _share_people(one: Campaign, other: Campaign) -> bool:
    """Return whether one installation could be in both audiences."""
    for column in ("apps", "countries", "regions", "audiences"):
        mine, theirs = getattr(one, column), getattr(other, column)
        if ALL not in (mine, theirs) and not set(mine) & set(theirs):
            return False
    return True


def needs_second_approver(campaign: Campaign, *, reason: str, by: User, at: datetime) -> bool:
    """Return whether this approval is only the first of two, and record it; the caller holds the campaign's lock.

    Raises ReasonNeeded for a first approval without a reason, SecondPersonRequired for a second one by the same person.
    """
    if _is_urgent(campaign):
        # Two urgent alerts that are approved at the same moment would not see each other.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", URGENT_LOCK)
    if not recent_urgent(campaign, at=at):
        return False
    first = FirstApproval.objects.filter(campaign=campaign, fingerprint=campaign.fingerprint).first()
    if first is None:
        if not reason.strip():
            raise ReasonNeeded(field="reason")
        FirstApproval.objects.create(
            campaign=campaign, fingerprint=campaign.fingerprint, reason=reason.strip()[:500], by=by, at=at
        )
        audit.record(by=by, verb=Verb.CAMPAIGN_FIRST_APPROVED, row=campaign, at=at, reason=reason.strip()[:500])
        return True
    if first.by_id == by.pk:
        raise SecondPersonRequired("You have given the first approval. A second approver must give the other one.")
    return False


def check_reach(campaign: Campaign, entered: int | None) -> None:
    """Check the number of phones that an approver enters for an audience above 100,000, as the forecast shows it.

    Raises Invalid without it or for another number, and ChangedMeanwhile when the audience has grown by more than a tenth since.
    """
    shown = audience.rounded(sum(segment.devices for segment in audience.members(campaign)))
    if audience.is_confirmed(entered, shown=shown):
        return
    if entered is not None and shown is not None and entered < shown:
        raise ChangedMeanwhile(
            f"The audience is about {shown:,} phones now, and not {entered:,}. Look at the campaign again.", code="audience"
        )
    sentence = f"Number of phones: enter {shown:,} to confirm that so many phones get the alert."
    raise Invalid(sentence, code="number", field="number")
