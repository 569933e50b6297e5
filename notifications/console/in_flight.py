"""What is being sent now and what starts next: for the strip of every page and for Today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from core import roles
from core.console.display import duration_text, number_text, zoned_text
from core.console.strip import Strip, StripItem, strip_provider
from core.models import User
from notifications.campaigns.first_starts import KnownZones, first_starts
from notifications.campaigns.schedule import is_exact
from notifications.console.campaign_display import topics_text
from notifications.console.rights import CAMPAIGN_READERS, STOPPER
from notifications.models import Batch, Brake, BrakeState, Campaign, CampaignState, Heartbeat, HeartbeatPart, SchedulerRun
from notifications.models.campaign_state import BEFORE_THE_END, IN_FLIGHT
from notifications.models.heartbeat import LastWork

S = CampaignState
#: Campaigns that the strip names.
_IN_STRIP = 3
#: Where the signed-in user's object keeps it for the request.
_KEPT = "_sending_now"
_WORDS = {S.SENDING: "", S.PAUSED: "Paused: ", S.HALTED: "Halted: ", S.HELD: "On hold: "}
_TONES = {S.SENDING: "good", S.PAUSED: "wait", S.HALTED: "bad", S.HELD: "bad"}


@dataclass(frozen=True)
class Running:
    """A campaign whose audience is frozen, with how many installations and topics have an outcome."""

    campaign: Campaign
    done: int

    @property
    def percent(self) -> int | None:
        """The share that has an outcome, 0 to 100; None before the audience is frozen."""
        return 100 * self.done // total if (total := self.campaign.devices + self.campaign.topics) else None

    def text(self, *, everything_stopped: bool) -> str:
        """Say how far the campaign is, such as "62 % of 15,930 phones"."""
        state = "Stopped with everything else: " if everything_stopped else _WORDS[S(self.campaign.state)]
        if self.percent is None:
            return f"{state}nothing is sent yet"
        devices, topics = self.campaign.devices, self.campaign.topics
        parts = [f"{number_text(devices)} phones"] if devices or not topics else []
        parts += [topics_text(topics)] if topics else []
        return f"{state}{self.percent} % of {' and '.join(parts)}"

    @property
    def tone(self) -> str:
        """The colour of the campaign's state."""
        return _TONES[S(self.campaign.state)]


def approved_and_running() -> tuple[list[Campaign], list[Running]]:
    """Return the campaigns that have been approved and not begun, and those that have begun; one query."""
    counted = F("accepted") + F("rejected") + F("unknown") + F("skipped")
    batches = Batch.objects.filter(wave__campaign=OuterRef("pk")).order_by().values("wave__campaign")
    done = Subquery(batches.annotate(done=Sum(counted)).values("done"))
    found = Campaign.objects.filter(state__in=BEFORE_THE_END).annotate(done=done).order_by("pk")
    approved = [campaign for campaign in found if campaign.state == S.APPROVED]
    running = [Running(campaign, int(campaign.done or 0)) for campaign in found if campaign.state in IN_FLIGHT]  # type: ignore[attr-defined]
    return approved, running


@dataclass(frozen=True)
class NextStart:
    """An approved campaign and its first due instant."""

    campaign: Campaign
    starts_at: datetime

    def text(self, zone: str, *, at: datetime) -> str:
        """Say when it starts by a clock, such as "starts Sunday 29 November 2026 at 06:00:00 London time, in 9 hours"."""
        if self.starts_at <= at:
            return "starts in a moment"
        instant = zoned_text(self.starts_at, zone, seconds=is_exact(self.campaign))
        return f"starts {instant}, in {duration_text(self.starts_at - at)}"


def next_starts(approved: Iterable[Campaign], *, at: datetime, known: KnownZones | None = None) -> list[NextStart]:
    """Return the approved campaigns in the order in which they start; those that reach nobody are left out."""
    campaigns = list(approved)
    starts = first_starts(campaigns, at=at, known=known)
    found = [NextStart(campaign, instant) for campaign in campaigns if (instant := starts[campaign.pk]) is not None]
    return sorted(found, key=lambda start: (start.starts_at, start.campaign.pk))


def global_brake() -> Brake | None:
    """Return the brake of all campaigns where it stops sending, else None."""
    return _brake_and_last_work()[0]


def _brake_and_last_work() -> tuple[Brake | None, LastWork]:
    """Return the brake of all campaigns where it stops sending, and when the parts that send last worked; one query."""
    beats = Heartbeat.objects.order_by("-last_at").values("last_at")
    found = (
        Brake.objects.filter(campaign=None)
        .select_related("set_by")
        .annotate(
            read_at=Now(),
            scheduler=Subquery(SchedulerRun.objects.values("ran_at")[:1]),
            delivery=Subquery(beats.filter(part=HeartbeatPart.DELIVERY)[:1]),
            beat=Subquery(beats.filter(part=HeartbeatPart.BEAT)[:1]),
        )
        .first()
    )
    if found is None:
        # Its row is made by the first worker.
        return None, LastWork(timezone.now(), None, None, None)
    # django-stubs knows no annotations.
    last = LastWork(*(getattr(found, name) for name in ("read_at", "scheduler", "delivery", "beat")))
    return (None if found.state == BrakeState.GO else found), last


@dataclass(frozen=True)
class SendingNow:
    """What is being sent, and what starts next."""

    #: The brake of all campaigns, where it stops sending.
    brake: Brake | None
    #: When the parts that send last worked.
    last_work: LastWork
    running: list[Running]
    starts: list[NextStart]
    #: The time zones of audiences, on which the starts of other campaigns on the same page depend.
    zones: KnownZones


def sending_now(user: User, *, at: datetime) -> SendingNow:
    """Return what is being sent, read once for each request: the signed-in user is one object for each request."""
    kept: SendingNow | None = user.__dict__.get(_KEPT)
    if kept is None:
        approved, running = approved_and_running()
        brake, last_work = _brake_and_last_work()
        zones = KnownZones()
        starts = next_starts(approved, at=at, known=zones)
        kept = user.__dict__[_KEPT] = SendingNow(brake, last_work, running, starts, zones)
    return kept


def alarm_text(brake: Brake, zone: str) -> str:
    """Say who stopped everything, when and why."""
    who = f"{brake.set_by.username}, {zoned_text(brake.set_at, zone)}" if brake.set_by and brake.set_at else ""
    return f"{brake.reason} ({who})" if who else brake.reason


def nobody_text(last: LastWork, zone: str) -> str:
    """Say since when nobody would send what is due; "" while somebody would."""
    if last.sends:
        return ""
    # What has never worked has been silent for the longest.
    silent = [part for part in (last.delivery, last.scheduler) if last.is_silent(part)]
    if None in silent:
        return "No worker has run here yet. Ask the people who run the server."
    since = min(part for part in silent if part is not None)
    return f"No worker has been seen since {zoned_text(since, zone)}. Ask the people who run the server."


@strip_provider
def strip(user: User, at: datetime) -> Strip | None:
    """Return what goes out now and what starts next; None for people who may not read campaigns."""
    if not roles.holds(user, *CAMPAIGN_READERS):
        return None
    now_sending = sending_now(user, at=at)
    brake, running, starts = now_sending.brake, now_sending.running, now_sending.starts
    items = [
        StripItem(
            one.campaign.name,
            one.text(everything_stopped=brake is not None),
            reverse("admin:campaign", args=[one.campaign.pk]),
            one.percent,
            one.tone,
        )
        for one in running[:_IN_STRIP]
    ]
    if len(running) > _IN_STRIP:
        items.append(StripItem(f"{len(running) - _IN_STRIP} more", "", f"{reverse('admin:index')}#going-out"))
    return Strip(
        alarm=alarm_text(brake, user.time_zone) if brake else "",
        alarm_url=reverse("admin:campaigns"),
        nobody=nobody_text(now_sending.last_work, user.time_zone),
        items=tuple(items),
        next_start=_next_item(starts[0], user, at, everything_stopped=brake is not None) if starts else None,
        stop_url=reverse("admin:stop-everything") if brake is None and roles.holds(user, STOPPER) else "",
    )


def _next_item(start: NextStart, user: User, at: datetime, *, everything_stopped: bool) -> StripItem:
    campaign = start.campaign
    text = start.text(user.time_zone, at=at)
    if everything_stopped:
        text += ", but nothing starts while everything is stopped"
    return StripItem(campaign.name, text, reverse("admin:campaign", args=[campaign.pk]))
