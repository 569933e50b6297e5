"""Why a campaign cannot be submitted or approved: every reason at once, each with the field of the definition it belongs to.

What is refused here is never found out after the approval, whether the console or the command line asks. The planner checks the
size, the apps and the help again, because they can change in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from content.models import Service, Tip
from core.console.display import country_in_text, language_text, listed, local_text, zone_text, zoned_text
from core.errors import Invalid
from notifications.campaigns import audience, forecast, messages, schedule, texts, translation_texts, variants
from notifications.campaigns.checks import wave_help
from notifications.campaigns.checks.help import (
    CountryHelp,
    offered_tips,
    places_without_help,
    problems_in,
    readers_by_country,
)
from notifications.campaigns.checks.words import cautions
from notifications.campaigns.forecast import Forecast, ZoneForecast
from notifications.campaigns.schedule import Clock, Delay
from notifications.models.app import PushMode
from notifications.models.campaign import ALL, Campaign, ScheduleKind
from notifications.models.campaign_state import IN_FLIGHT, CampaignState
from notifications.models.translation_request import TranslationRequest
from notifications.models.wave import Wave

#: How far ahead a start may lie.
MAX_AHEAD = timedelta(days=366)
#: FCM keeps no message for longer, so no alert lasts longer from its start.
MAX_DURATION = timedelta(days=28)
_AUDIENCE = {
    "apps": "apps",
    "countries": "audience.countries",
    "regions": "audience.regions",
    "audiences": "audience.audiences",
    "locales": "audience.locales",
}
#: States in which a campaign is no draft any more and may wait for its start.
_BEFORE_THE_START = (CampaignState.SUBMITTED, CampaignState.APPROVED, CampaignState.HALTED)
#: Time zones that a sentence names; it says how many others there are.
_ZONES_NAMED = 3


@dataclass(frozen=True)
class Refusal:
    """One reason, as a sentence for the author, and the path of its field in the definition, such as `schedule.at`."""

    field: str
    code: str
    detail: str


class SubmissionRefused(Invalid):
    """The campaign cannot be sent as it is. `problems` in `extra` lists all reasons, as (field, detail)."""

    code = "not-sendable"


def check(found: Iterable[Refusal]) -> None:
    """Raise SubmissionRefused with all the reasons, if there are any; its field and code are those of the first."""
    reasons = list(found)
    if reasons:
        first = reasons[0]
        sentences = " ".join(dict.fromkeys(reason.detail for reason in reasons))
        problems = [(reason.field, reason.detail) for reason in reasons]
        raise SubmissionRefused(sentences, code=first.code, field=first.field, problems=problems)


def at_submission(campaign: Campaign, *, at: datetime) -> Iterator[Refusal]:
    """Yield every reason against submitting the campaign."""
    said = None
    try:
        said = forecast.of(campaign, at=at)
    except audience.WrongApps as error:
        yield Refusal("apps", error.code_name, error.detail)
    if said is not None:
        yield from of_times(campaign, said)
        yield from of_audience(campaign, said)
        yield from of_reach(campaign, said)
    contents = list(_contents(campaign))
    yield from contents
    yield from of_variants(campaign)
    if not any(refusal.field == "services" for refusal in contents):
        yield from of_help(campaign, said, at=at)
    yield from of_correction(campaign)
    yield from of_translations(campaign)
    for place, sentences in messages.refused_texts(campaign):
        yield Refusal(place, "text-refused", f"{place}: {sentences}")
    yield from _unanswered(campaign)


def at_approval(campaign: Campaign, *, at: datetime) -> Iterator[Refusal]:
    """Yield the reasons that may have come up since the submission: in the times, the audience and the help."""
    try:
        said = forecast.of(campaign, at=at)
    except audience.WrongApps as error:
        yield Refusal("apps", error.code_name, error.detail)
        return
    yield from of_times(campaign, said)
    yield from of_audience(campaign, said)
    yield from of_help(campaign, said, at=at)


def of_times(campaign: Campaign, said: Forecast) -> Iterator[Refusal]:
    """Yield every reason in the start, the end and the quiet hours."""
    times = [*_start(campaign, said, at=said.at), *_end(campaign, said, at=said.at)]
    # Only a start and an end that can be have consequences worth naming.
    yield from times or _quiet_hours(campaign, said)


def _start(campaign: Campaign, said: Forecast, *, at: datetime) -> Iterator[Refusal]:
    """Yield what is wrong with the start: in the past, skipped by a clock, or too far ahead."""
    if campaign.schedule_kind == ScheduleKind.NOW:
        return
    field = "schedule.at" if campaign.schedule_kind == ScheduleKind.AT else "schedule.local"
    past = [zone for zone in said.zones if zone.planned_at < at and zone.delay != Delay.BUSY_MINUTE]
    if past and campaign.schedule_kind == ScheduleKind.AT:
        yield Refusal(
            field, "start-past", f"The start has passed: it was {_moment(past[0].planned_at, campaign)}. Enter a later one."
        )
    elif past:
        yield Refusal(field, "start-past", f"This time has passed in {_places(past, campaign)}. Enter a later one.")
    if skipped := [zone for zone in said.zones if zone.clock == Clock.NEVER]:
        yield Refusal(
            field, "start-in-gap",
            f"This time does not occur in {_places(skipped, campaign)}: the clocks are put forward that day. Enter another time.",
        )  # fmt: skip
    if min(zone.planned_at for zone in said.zones) - at > MAX_AHEAD:
        yield Refusal(field, "start-too-far", "The start is more than a year ahead. Enter an earlier one.")


def _end(campaign: Campaign, said: Forecast, *, at: datetime) -> Iterator[Refusal]:
    """Yield what is wrong with the end: in the past, not after the start, or too long after it."""
    if campaign.not_after <= at:
        yield Refusal(
            "not_after", "not-after", f"The end has passed: it was {_moment(campaign.not_after, campaign)}. Enter a later one."
        )
        return
    if over := [zone for zone in said.zones if zone.planned_at >= campaign.not_after]:
        where = "" if campaign.schedule_kind == ScheduleKind.AT else f" in {_places(over, campaign)}"
        yield Refusal(
            "not_after", "not-after",
            f"The end, {_moment(campaign.not_after, campaign)}, is not after the start{where}. Enter a later one.",
        )  # fmt: skip
    if campaign.not_after - min(zone.planned_at for zone in said.zones) > MAX_DURATION:
        yield Refusal(
            "not_after", "not-after", f"The end is more than {MAX_DURATION.days} days after the start. Enter an earlier one."
        )


def _quiet_hours(campaign: Campaign, said: Forecast) -> Iterator[Refusal]:
    """Yield what quiet hours would do that the author has not decided on."""
    quiet = [zone for zone in said.zones if zone.delay == Delay.QUIET_HOURS]
    if said.opens_at is None and quiet:
        yield Refusal(
            "quiet_hours", "nobody-due",
            f"Nobody would be sent anything: it is night in {_places(quiet, campaign)}, and quiet hours last until the end. "
            "Enter another start or a later end, or give a reason for sending at night.",
        )  # fmt: skip
    elif said.opens_at is None:
        yield Refusal("not_after", "nobody-due", "Nobody would be sent anything before the end. Enter a later one.")
    elif quiet and schedule.is_exact(campaign) and not campaign.quiet_deferral:
        yield Refusal(
            "quiet_hours", "night-undecided",
            f"At that second it is night in {_places(quiet, campaign)}: phones there would wait until {_waits(quiet, campaign)}. "
            "Decide that they wait, give a reason for sending at night, or enter another start.",
        )  # fmt: skip


def _waits(quiet: list[ZoneForecast], campaign: Campaign) -> str:
    """Return until when the first of these zones waits."""
    due = [zone for zone in quiet if zone.due_at is not None]
    if not due:
        return "after the end, and get nothing"
    first = due[0]
    assert first.due_at is not None
    zone = schedule.zone_of(first.zone, campaign.home_zone)
    return f"{local_text(first.due_at.astimezone(zone), seconds=True)} there"


def of_audience(campaign: Campaign, said: Forecast, *, modes: Collection[PushMode] | None = None) -> Iterator[Refusal]:
    """Yield a refusal of fewer than 20 registrations, and of an audience in which no app has anybody.

    `modes` are those of `audience.push_modes`, if they were read already.
    """
    try:
        audience.check_size(campaign, devices=said.devices, topics=said.topics, modes=modes)
    except audience.TooFew as error:
        detail = "Fewer than 20 phones are in this audience, and an alert is never sent to so few. Choose more readers."
        yield Refusal("audience", error.code_name, detail)
        return
    if said.feed_only and PushMode.FEED not in (audience.push_modes(campaign) if modes is None else modes):
        yield Refusal(
            "audience", "nobody",
            "Nobody with these apps is in this audience, so nobody would get the alert. Choose other apps or another audience.",
        )  # fmt: skip


def of_reach(campaign: Campaign, said: Forecast) -> Iterator[Refusal]:
    """Yield a refusal of an audience above 100,000 whose number the author has not entered."""
    shown = audience.rounded(said.devices)
    if not audience.is_confirmed(campaign.reach_confirmed, shown=shown):
        yield Refusal(
            "reach_confirmed", "reach-unconfirmed",
            f"About {shown:,} phones get the alert. Type this number to confirm that so many are meant.",
        )  # fmt: skip


def of_help(
    campaign: Campaign,
    said: Forecast | None,
    *,
    at: datetime,
    rows: list[CountryHelp] | None = None,
    tips: Mapping[str, list[str]] | None = None,
) -> Iterator[Refusal]:
    """Yield where in the audience some readers have no service that helps until the end, many countries in one sentence.

    A tip that is for some countries only is refused where the audience has others. `rows` and `tips` are the help and the
    countries of the tips, if they were read already.
    """
    readers = readers_by_country(campaign, said.readers if said else ())
    for sentence in places_without_help(campaign, readers, at=at, rows=rows):
        yield Refusal("services", "help-missing", sentence)
    for _, named in sorted((offered_tips([campaign]) if tips is None else tips).items()):
        if named and (others := sorted(readers.keys() - set(named))):
            where, other = listed([country_in_text(code) for code in sorted(named)]), country_in_text(others[0])
            yield Refusal(
                "tips", "tip-country",
                f"A tip of the campaign is for {where} only, but readers are in {other} too. Choose another.",
            )  # fmt: skip


def lapsed_help(campaign: Campaign, *, at: datetime) -> list[str]:
    """Return why a campaign would be halted for want of help, at its start or at a later wave; [] where it would not."""
    if campaign.frozen_at is not None:
        waves = Wave.objects.unfinished().filter(campaign=campaign, campaign__state__in=IN_FLIGHT)
        if campaign.state == CampaignState.SENDING:
            waves = waves.filter(help_checked_at=None)
        return list(problems_in(wave_help.lacking_in(campaign, waves, at=at)))
    if campaign.state not in _BEFORE_THE_START:
        return []
    try:
        return [reason.detail for reason in of_help(campaign, forecast.of(campaign, at=at), at=at)]
    except audience.WrongApps:
        # The planner says so at the start.
        return []


def _unanswered(campaign: Campaign) -> Iterator[Refusal]:
    """Yield the cautions of the texts for which the author has given no reason."""
    for caution in cautions(campaign):
        if not caution.reason:
            detail = f"{caution.detail} Change the text, or give the reason why it stays."
            yield Refusal(caution.field, "caution-unanswered", detail)


def _contents(campaign: Campaign) -> Iterator[Refusal]:
    """Yield services, tips and texts that do not exist."""
    active = Service.objects.active().filter(pk__in=campaign.services).values_list("pk", flat=True)
    if missing := set(campaign.services) - set(active):
        closed = dict(Service.objects.filter(pk__in=missing).values_list("pk", "name"))
        for name in sorted(closed.values()):
            yield Refusal("services", "service", f"{name} has closed or was withdrawn. Remove it, or choose another service.")
        if unknown := missing - closed.keys():
            yield Refusal("services", "service", f"There is no such service: {', '.join(sorted(unknown))}.")
    slugs = set(campaign.tips.values())
    if missing := slugs - set(Tip.objects.current().filter(slug__in=slugs).values_list("slug", flat=True)):
        yield Refusal("tips", "tip", f"There is no such tip: {', '.join(sorted(missing))}.")
    for locale in campaign.locales if campaign.locales != ALL else ():
        if texts.served(campaign, locale) is None:
            yield Refusal("messages", "locale", f"The audience includes {locale}, which has no text.")


def of_variants(campaign: Campaign) -> Iterator[Refusal]:
    """Yield a refusal of each variant whose readers the campaign is not for: nobody would ever get it."""
    for place, sentence in variants.unused(campaign):
        yield Refusal(place, "variant", sentence)


def of_correction(campaign: Campaign) -> Iterator[Refusal]:
    """Yield what an update, cancel or all-clear would leave as it was: texts that nobody looked at, readers that it misses."""
    earlier = campaign.references
    # A rehearsal of a correction is for test devices alone, and corrects nothing.
    if earlier is None or earlier.status != campaign.status:
        return
    for locale in sorted(earlier.words.keys() - campaign.words.keys()):
        yield Refusal(
            "messages", "language-missing",
            f"The earlier alert has a text in {language_text(locale)}. Write one here as well: its readers have the old one.",
        )  # fmt: skip
    same = variants.same_texts(earlier.words, campaign.words)
    for name in sorted(same - set(campaign.unchanged_locales)):
        yield Refusal(
            variants.place(*variants.named(name)), "text-unchanged",
            f"The text in {variants.title_of(*variants.named(name))} is that of the earlier alert. "
            "Change it, or confirm that it stays as it is.",
        )  # fmt: skip
    for name in campaign.unchanged_locales:
        if name not in same:
            yield Refusal(
                "unchanged",
                "text-changed",
                f"The text in {variants.title_of(*variants.named(name))} is not that of the earlier alert.",
            )
    for column, field in _AUDIENCE.items():
        now, before = getattr(campaign, column), getattr(earlier, column)
        if now != ALL and (before == ALL or set(before) - set(now)):
            yield Refusal(
                field, "readers-missing", "The earlier alert has readers whom this campaign misses. Choose them as well."
            )


def of_translations(
    campaign: Campaign, *, start: datetime | None = None, requests: Iterable[TranslationRequest] | None = None
) -> Iterator[Refusal]:
    """Yield each language that the translators have, and each whose source has changed since it was translated.

    `start` is the planned start, None where it is not chosen: a deadline that a new start has overtaken is pointed out.
    `requests` are the current ones of the campaign, if they were read already.
    """
    source = language_text(campaign.home_locale)
    for request in TranslationRequest.objects.current().filter(campaign=campaign) if requests is None else requests:
        language = language_text(request.locale)
        field = f"translations.{request.locale}"
        if request.is_open:
            due = zoned_text(request.deadline, campaign.home_zone)
            yield Refusal(
                field, "translation-open",
                f"{language} is with the translators, due {due}. Wait until they hand it in, or withdraw the request.",
            )  # fmt: skip
            if start is not None and request.deadline >= start:
                yield Refusal(
                    field, "translation-late",
                    f"{language} is due after the start, {zoned_text(start, campaign.home_zone)}. Ask for it by an earlier time, "
                    "or choose a later start.",
                )  # fmt: skip
        elif translation_texts.has_changed(request, campaign):
            yield Refusal(
                field, "translation-outdated",
                f"The text in {source} has changed since {language} was translated. Ask the translators again, or send without "
                f"{language}.",
            )  # fmt: skip


def _moment(instant: datetime, campaign: Campaign) -> str:
    """Return an instant by the clock of the campaign's home zone."""
    local = instant.astimezone(schedule.zone_of(campaign.home_zone, "UTC"))
    return f"{local_text(local, seconds=True)} {zone_text(campaign.home_zone)}"


def _places(zones: Iterable[ZoneForecast], campaign: Campaign) -> str:
    """Name time zones by their cities; phones whose zone is not known go by the home zone."""
    names = sorted({zone_text(zone.zone or campaign.home_zone).removesuffix(" time") for zone in zones})
    others = len(names) - _ZONES_NAMED
    if others > 0:
        return f"{', '.join(names[:_ZONES_NAMED])} and {others} other time {'zone' if others == 1 else 'zones'}"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
