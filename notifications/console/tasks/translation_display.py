"""How the console words a request to translators: its state, its deadline, and who gets another language without it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from content.compiling import fallback
from core.console.display import StatusTag, language_text, zone_text, zoned_text
from core.models import User
from notifications.campaigns import approval, translation_texts
from notifications.campaigns.forecast import Forecast
from notifications.console.campaign_display import topics_text
from notifications.console.will_happen import phones
from notifications.models import Campaign, RequestState, TranslationRequest

S = RequestState


@dataclass(frozen=True)
class RequestView:
    """One request as pages show it to the author."""

    request: TranslationRequest
    language: str
    tag: StatusTag
    #: The state in a few words, such as "with the translators, due today at 18:00 London time".
    text: str
    source_changed: bool
    #: The campaign has a text in this language.
    has_text: bool


def due_text(deadline: datetime, zone: str, *, at: datetime) -> str:
    """Return a deadline by the clock of the campaign's home zone: "due today at 18:00 London time", or "overdue since …"."""
    there, today = deadline.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone)).date()
    when = f"today at {there:%H:%M} {zone_text(zone)}" if there.date() == today else zoned_text(deadline, zone)
    return f"due {when}" if deadline > at else f"overdue since {when.removeprefix('today at ')}"


def request_views(campaign: Campaign, requests: Collection[TranslationRequest], *, at: datetime) -> list[RequestView]:
    """Return the current requests of a campaign, which were read with their people, in words; one query at most."""
    read = approval.second_readings(campaign) if any(one.is_handed_in for one in requests) and campaign.words else {}
    return [_view(request, campaign, read.keys(), at=at) for request in requests]


def _view(request: TranslationRequest, campaign: Campaign, read: Iterable[str], *, at: datetime) -> RequestView:
    changed = translation_texts.has_changed(request, campaign)
    due = due_text(request.deadline, campaign.home_zone, at=at)
    tone = "bad" if request.deadline <= at else "wait"
    if request.state == S.REQUESTED:
        tag, text = StatusTag("Requested", tone), f"with the translators, {due}"
    elif request.state == S.IN_WORK:
        tag, text = StatusTag("In work", tone), f"in work{_by(request.translated_by)}, {due}"
    elif request.state == S.READ and request.locale in read:
        tag, text = StatusTag("Read", "good"), f"handed in{_by(request.handed_in_by)}, read{_by(request.read_by)}"
    else:
        tag = StatusTag("Waits for a second reader", "wait")
        text = f"handed in{_by(request.handed_in_by)}, waits for a second reader"
    if changed:
        tag = StatusTag("The source changed", "bad" if request.is_handed_in else "wait")
    return RequestView(request, language_text(request.locale), tag, text, changed, request.locale in campaign.words)


def _by(person: User | None) -> str:
    return f" by {person.username}" if person else ""


def without_text(campaign: Campaign, forecast: Forecast | None, locale: str) -> str:
    """Return who gets the main language if the campaign is sent without a text in this language; "" where nobody is known yet."""
    if forecast is None:
        return ""
    language, home = language_text(locale), language_text(campaign.home_locale)
    theirs = [one for one in forecast.languages if _would_get(one.locale, locale) and (one.fallback or one.served == locale)]
    number, topics = sum(one.devices for one in theirs), sum(one.topics for one in theirs)
    if not number and not topics:
        return f"No phone in the audience is set to {language} now."
    who = [phones(number)] if number else []
    who += [f"the readers of {topics_text(topics)}"] if topics else []
    said = " and ".join(who)
    return f"Without it, {said} set to {language} get {home}."


def _would_get(reader: str, locale: str) -> bool:
    """Return whether readers of the first locale get a text in the second one, where there is one."""
    return reader != "und" and fallback.match_accept_language(reader, [locale]) is not None


def differences_by_place(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the places whose text differs, each with both texts; "" where a text is missing."""
    places = [*after, *(place for place in before if place not in after)]
    pairs = {place: (before.get(place, ""), after.get(place, "")) for place in places}
    return {place: pair for place, pair in pairs.items() if pair[0] != pair[1]}
