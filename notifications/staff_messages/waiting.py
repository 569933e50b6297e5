"""What staff have to be told: campaigns that wait, halted, lack help or start soon, texts to translate; and whom to tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from core.audit_verbs import Verb
from core.message_kinds import MessageKind
from core.models import AuditEntry, User
from notifications.campaigns import refusals
from notifications.campaigns.checks import wave_help
from notifications.campaigns.first_starts import first_starts
from notifications.campaigns.limits import is_within
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.staff_message import StaffMessage
from notifications.models.translation_request import RequestState, TranslationRequest
from notifications.models.wave import Wave

S = CampaignState
#: Older events send no message, so that nobody gets the past on the day on which messages are switched on.
_RECENT = timedelta(days=1)
#: How long before the start of a campaign people are reminded.
REMIND_AHEAD = timedelta(hours=1)
#: How long before the start people are told that the planner would halt a campaign, because its help is no longer valid.
CHECK_HELP_AHEAD = timedelta(days=1)
#: Verbs of the audit log that make a campaign wait for somebody, and the states in which it still does.
_EVENTS = {
    MessageKind.TO_APPROVE: ((Verb.CAMPAIGN_SUBMITTED,), (S.SUBMITTED,)),
    MessageKind.CAME_BACK: ((Verb.CAMPAIGN_RETURNED, Verb.CAMPAIGN_REOPENED), (S.DRAFT,)),
    MessageKind.HALTED: ((Verb.CAMPAIGN_HALTED, Verb.CAMPAIGN_REFUSED, Verb.CAMPAIGN_HELD), (S.HALTED, S.HELD)),
    MessageKind.EXPIRED: ((Verb.CAMPAIGN_EXPIRED,), (S.EXPIRED,)),
}


@dataclass(frozen=True)
class _Thing:
    """One thing that waits, and the people whom it concerns."""

    kind: MessageKind
    campaign: Campaign
    occasion: str
    people: Collection[int]


@dataclass
class _Staff:
    """Active staff with an e-mail address, and who of them has which right."""

    reachable: dict[int, User] = field(default_factory=dict)
    approvers: set[int] = field(default_factory=set)
    stoppers: set[int] = field(default_factory=set)
    translators: set[int] = field(default_factory=set)


def note_waiting(*, at: datetime) -> int:
    """Write a message for each person and thing that has none yet, and return how many there are; harmless when run twice."""
    staff = _staff()
    rows = [row for thing in _things(staff, at=at) for row in _messages(thing, staff, at=at)]
    before = StaffMessage.objects.unsent().count()
    StaffMessage.objects.bulk_create(rows, ignore_conflicts=True)
    return StaffMessage.objects.unsent().count() - before


def _staff() -> _Staff:
    staff = _Staff()
    people = User.objects.filter(is_active=True, is_staff=True)
    staff.reachable = {person.pk: person for person in people.exclude(email="")}
    by_right = {"approve_campaign": staff.approvers, "stop_campaign": staff.stoppers, "edit_words": staff.translators}
    for codename, found in by_right.items():
        found.update(people.filter(groups__permissions__codename=codename).values_list("pk", flat=True))
    return staff


def _things(staff: _Staff, *, at: datetime) -> Iterator[_Thing]:
    yield from _events(staff, at=at)
    yield from _starting(staff, at=at)
    yield from _ending(staff, at=at)
    yield from _later_waves(at=at)
    yield from _translations(staff, at=at)


def _events(staff: _Staff, *, at: datetime) -> Iterator[_Thing]:
    kinds = {str(verb): kind for kind, (verbs, _) in _EVENTS.items() for verb in verbs}
    entries = AuditEntry.objects.filter(model="notifications.Campaign", verb__in=kinds, at__gt=at - _RECENT).order_by("id")
    # The latest event of each kind counts; an earlier one was told then.
    latest = {(int(entry.row), kinds[entry.verb]): entry for entry in entries}
    campaigns = Campaign.objects.in_bulk({number for number, _ in latest})
    for (number, kind), entry in latest.items():
        campaign = campaigns.get(number)
        if campaign is None or campaign.state not in _EVENTS[kind][1]:
            continue
        people = _concerned(kind, campaign, staff) - {entry.by_id}
        yield _Thing(kind, campaign, f"entry {entry.pk}", people)


def _concerned(kind: MessageKind, campaign: Campaign, staff: _Staff) -> set[int]:
    if kind == MessageKind.TO_APPROVE:
        others = staff.approvers - set(campaign.touched_by)
        return {pk for pk in others if pk not in staff.reachable or is_within(staff.reachable[pk], campaign)}
    return staff.stoppers if kind == MessageKind.HALTED else set(campaign.touched_by)


def _starting(staff: _Staff, *, at: datetime) -> Iterator[_Thing]:
    """Yield campaigns that start soon: within a day those without help, within the hour all of them.

    Approved ones are for all concerned, submitted ones for those who can approve.
    """
    planned = Campaign.objects.filter(state__in=(S.SUBMITTED, S.APPROVED)).exclude(schedule_kind="now")
    campaigns = list(planned.select_related("references").order_by("pk"))
    starts = first_starts(campaigns, at=at)
    for campaign in campaigns:
        start = starts[campaign.pk]
        if start is None or not at < start <= at + CHECK_HELP_AHEAD:
            continue
        people = _decided(campaign)
        if refusals.lapsed_help(campaign, at=at):
            yield _Thing(MessageKind.HELP_LAPSED, campaign, f"start {start:%Y-%m-%d}", people)
        if start > at + REMIND_AHEAD:
            continue
        occasion = f"start {start:%Y-%m-%d %H:%M:%S}"
        if campaign.state == S.SUBMITTED:
            yield _Thing(MessageKind.TO_APPROVE, campaign, occasion, _concerned(MessageKind.TO_APPROVE, campaign, staff))
        else:
            yield _Thing(MessageKind.STARTS_SOON, campaign, occasion, people)


def _ending(staff: _Staff, *, at: datetime) -> Iterator[_Thing]:
    """Yield campaigns that start once they are approved, and that expire within the hour because nobody has approved them."""
    unapproved = Campaign.objects.filter(state=S.SUBMITTED, schedule_kind="now")
    for campaign in unapproved.filter(not_after__gt=at, not_after__lte=at + REMIND_AHEAD).order_by("pk"):
        occasion = f"end {campaign.not_after:%Y-%m-%d %H:%M:%S}"
        yield _Thing(MessageKind.TO_APPROVE, campaign, occasion, _concerned(MessageKind.TO_APPROVE, campaign, staff))


def _later_waves(*, at: datetime) -> Iterator[_Thing]:
    """Yield campaigns that have begun, and that a wave within the day would halt, because its readers have no help any more."""
    waves = Wave.objects.unfinished().filter(
        campaign__state__in=(S.SENDING, S.PAUSED), help_checked_at=None, due_at__gt=at, due_at__lte=at + CHECK_HELP_AHEAD
    )
    found: defaultdict[int, list[Wave]] = defaultdict(list)
    for wave in waves.order_by("campaign_id", "due_at"):
        found[wave.campaign_id].append(wave)
    campaigns = Campaign.objects.select_related("references").in_bulk(found)
    for number, later in found.items():
        campaign = campaigns[number]
        if wave_help.lacking_in(campaign, later, at=at):
            yield _Thing(MessageKind.HELP_LAPSED, campaign, f"wave {later[0].due_at:%Y-%m-%d}", _decided(campaign))


def _decided(campaign: Campaign) -> set[int]:
    """Return those who wrote, edited, submitted or approved a campaign."""
    return {*campaign.touched_by, *([campaign.approved_by_id] if campaign.approved_by_id else [])}


def _translations(staff: _Staff, *, at: datetime) -> Iterator[_Thing]:
    """Yield requests to translators that are new or due within the hour, and those that were handed in."""
    for request in TranslationRequest.objects.current().select_related("campaign"):
        campaign, name, handed_in = request.campaign, f"request {request.pk}", request.handed_in_at
        is_new = request.is_open and request.requested_at > at - _RECENT
        if is_new and (request.state == RequestState.REQUESTED or (handed_in and request.requested_at > handed_in)):
            people = _translators(request, staff) - {request.requested_by_id}
            yield _Thing(MessageKind.TRANSLATION_REQUEST, campaign, f"{name} {request.requested_at}", people)
        if request.is_open and request.reason and request.handed_in_by_id:
            yield _Thing(MessageKind.TRANSLATION_REQUEST, campaign, f"{name} back {handed_in}", {request.handed_in_by_id})
        if request.is_open and request.requested_at < request.deadline - REMIND_AHEAD <= at < request.deadline:
            people = {request.translated_by_id} if request.translated_by_id else _translators(request, staff)
            yield _Thing(MessageKind.TRANSLATION_DUE, campaign, f"{name} {request.deadline}", people)
        if request.state == RequestState.RETURNED and handed_in and handed_in > at - _RECENT:
            people = {request.requested_by_id} - {request.handed_in_by_id or 0}
            yield _Thing(MessageKind.TRANSLATION_BACK, campaign, f"{name} {handed_in}", people)


def _translators(request: TranslationRequest, staff: _Staff) -> set[int]:
    """Return the reachable people who may translate into the language."""
    return {pk for pk in staff.translators if pk in staff.reachable and staff.reachable[pk].reads(request.locale)}


def _messages(thing: _Thing, staff: _Staff, *, at: datetime) -> Iterator[StaffMessage]:
    """Yield the messages about one thing: to each reachable person who has not switched its kind off, and to the webhook."""

    def message(user: User | None) -> StaffMessage:
        return StaffMessage(kind=thing.kind, campaign=thing.campaign, occasion=thing.occasion, user=user, made_at=at)

    if settings.MAIL:
        reachable = [staff.reachable[pk] for pk in sorted(thing.people) if pk in staff.reachable]
        present = [person for person in reachable if not person.is_away(at)]
        # Where everybody is away, everybody is told: a campaign must not wait unseen.
        for person in present or reachable:
            if thing.kind not in person.muted_messages:
                yield message(person)
    if settings.STAFF_WEBHOOK_URL:
        yield message(None)
