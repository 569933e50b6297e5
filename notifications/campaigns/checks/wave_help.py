"""Whether the readers of a campaign's waves still find help: checked at the freeze, before each later wave, and at a resumption.

Days can lie between the approval and the last wave. Meanwhile a service may be withdrawn, or its check may end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q, Sum

from core.console.display import zoned_text
from core.errors import Conflict
from notifications.campaigns.audience import AudienceSegment
from notifications.campaigns.checks.help import CountryHelp, countries_without_help, help_by_country, readers_by_country
from notifications.models.campaign import Campaign
from notifications.models.segment import ANY_PLATFORM, Segment
from notifications.models.wave import Wave

#: Countries that the reason of a campaign without help names.
_COUNTRIES_NAMED: Final = 3
#: The length of `Campaign.reason`.
_MAX_REASON: Final = 500
_AT_THE_START: Final = (
    "Nothing was sent. Once the service helps again, resume the campaign; or stop it, and duplicate it with other help."
)
_IN_BETWEEN: Final = (
    "Once the service helps again, resume the campaign; or write an update with other help, which replaces the alert."
)


class HelpLapsed(Conflict):
    """Some readers of the campaign have no service in their country that helps until its end."""

    code = "help-lapsed"


def require_at_start(campaign: Campaign, members: Iterable[AudienceSegment], *, at: datetime) -> None:
    """Raise HelpLapsed when readers in the audience have no service that helps, for example because it was withdrawn."""
    reached = {(segment.country, segment.audience) for segment in members if segment.is_topic or segment.devices}
    rows = help_by_country(campaign, readers_by_country(campaign, reached), at=at)
    if lacking := countries_without_help(campaign, rows):
        raise HelpLapsed(_reason(lacking, _AT_THE_START))


def require_in_waves(campaign: Campaign, waves: Collection[Wave], *, at: datetime) -> None:
    """Raise HelpLapsed when readers in these waves have no service that helps any more."""
    if not (lacking := lacking_in(campaign, waves, at=at)):
        return
    starts = [wave.due_at for wave in waves if wave.due_at is not None]
    first = zoned_text(min(starts), campaign.home_zone)
    unsent = f"Nothing is sent to the phones that are due from {first} on." if min(starts) > at else "Nothing more is sent."
    raise HelpLapsed(_reason(lacking, f"{unsent} {_IN_BETWEEN}"))


def lacking_in(campaign: Campaign, waves: Iterable[Wave], *, at: datetime) -> list[CountryHelp]:
    """Return the countries of these waves in which some readers have no service that helps any more; [] for no waves."""
    segments = sorted({segment for wave in waves for segment in wave.segments})
    if not segments:
        return []
    counted = Segment.objects.filter(pk__in=segments).order_by().annotate(devices=Sum("counts__devices"))
    inhabited = counted.filter(Q(devices__gt=0) | Q(platform=ANY_PLATFORM))
    reached = {(country, audience) for country, audience, _ in inhabited.values_list("country", "audience", "devices")}
    here = {country for country, _ in reached}
    readers = {country: names for country, names in readers_by_country(campaign, reached).items() if country in here}
    return countries_without_help(campaign, help_by_country(campaign, readers, at=at)) if readers else []


def _reason(lacking: Sequence[CountryHelp], advice: str) -> str:
    """Return what is wrong in as many countries as a campaign's reason has room for, and what to do."""
    for named in range(min(len(lacking), _COUNTRIES_NAMED), 0, -1):
        others = f" The same is true of {more} more." if (more := len(lacking) - named) else ""
        reason = f"{' '.join(row.fault for row in lacking[:named])}{others} {advice}"
        if len(reason) <= _MAX_REASON:
            return reason
    return advice
