"""Write a campaign task by task: start a draft, copy or repeat a campaign, save one task.

A draft may be incomplete and wrong; `checks.problems` lists what has to change before `lifecycle.submit` accepts it. Each save
carries the version of the values that it started from, so nobody overwrites a colleague's work unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from content.linting.text import normalize_text
from content.terms import SOURCE_LOCALE
from core.canonical import canonical_json, digest
from core.console.display import language_text
from core.errors import ChangedMeanwhile, Conflict, Forbidden
from core.instants import rfc3339
from core.models import User
from core.roles import require
from notifications.campaigns import draft_entries, edits, limits, presets
from notifications.campaigns.definition import named_services
from notifications.campaigns.presets import Preset
from notifications.campaigns.repetition import RepeatedStart
from notifications.campaigns.texts import CampaignText
from notifications.models.campaign import ALL, Campaign, CampaignKind, ScheduleKind
from notifications.models.campaign_state import CampaignState
from notifications.models.draft_task import DraftStart, DraftTask, TaskEntry
from notifications.models.translation_request import TranslationRequest

AUTHOR: Final = "notifications.author_campaign"
#: The columns of a campaign that each task decides.
COLUMNS: Final[Mapping[DraftTask, tuple[str, ...]]] = {
    DraftTask.PURPOSE: ("name", "kind", "status", "severity", "urgency", "certainty"),
    DraftTask.WHO: ("apps", "countries", "regions", "audiences", "locales", "reach_confirmed"),
    DraftTask.WORDS: ("words", "home_locale", "unchanged_locales"),
    DraftTask.HELP: ("services", "tips", "handouts", "handout_situations"),
    DraftTask.WHEN: ("home_zone", "schedule_kind", "schedule_at", "not_after", "quiet_override", "quiet_deferral"),
}
#: What a copy takes over besides the words; the time is always chosen anew.
_COPIED = (*COLUMNS[DraftTask.PURPOSE], "apps", "countries", "regions", "audiences", "locales", "words", "home_locale")
_COPIED_TOO = ("services", "tips", "handouts", "handout_situations", "named_services", "home_zone", "preset")
#: For how long the same form leads to the draft that it has made.
START_AGAIN: Final = timedelta(minutes=10)
EMPTY_TEXT: Final[CampaignText] = {"outer": {"title": "", "body": ""}, "inner": {"title": "", "body": ""}}


def start(preset: Preset, name: str, *, key: UUID, by: User, at: datetime) -> Campaign:
    """Create a draft in which only the purpose is filled in; the same form, sent twice, leads to the same draft.

    The browser's back button fetches the form with a new key, so a draft of the same name in which nobody has written yet is
    returned too, for START_AGAIN.
    """
    values = {
        "kind": preset.kind,
        "status": preset.status,
        "severity": preset.severity,
        "urgency": preset.urgency,
        "certainty": preset.certainty,
        "preset": preset.name,
        "apps": list(ALL),
        "countries": [],
        "regions": list(ALL),
        "audiences": [],
        "locales": list(ALL),
        "words": {SOURCE_LOCALE: EMPTY_TEXT},
        "services": [],
        "home_zone": "Europe/London",
        "home_locale": SOURCE_LOCALE,
        "not_after": at + preset.lasts,
    }
    undone = [task for task in DraftTask if task != DraftTask.PURPOSE]
    untouched = Campaign.objects.filter(
        state=CampaignState.DRAFT, created_by=by, touched_by=[by.pk], name=name, preset=preset.name,
        open_tasks=[task.value for task in undone], words=values["words"], created_at__gt=at - START_AGAIN,
    )  # fmt: skip
    return untouched.first() or _create({**values, "name": name}, key=key, undone=undone, by=by, at=at)


def copy(
    origin: Campaign,
    name: str,
    *,
    follow_up: CampaignKind | None = None,
    as_template: bool = False,
    key: UUID,
    by: User,
    at: datetime,
) -> Campaign:
    """Create a draft with everything of another campaign except its time; as a follow-up, it joins the thread of the other.

    A template is a draft that is never sent: staff start campaigns from it.
    """
    values = _contents(origin) | {"name": name, "not_after": at + presets.lasting(origin), "is_template": as_template}
    if follow_up is not None:
        # A correction follows the night rule of the alert that it corrects, until its author decides otherwise.
        values |= {"kind": follow_up, "references": origin, "thread": origin.thread or origin}
        values["quiet_override"] = origin.quiet_override
    undone = {DraftTask.WHEN, *(DraftTask(task) for task in origin.open_tasks)}
    return _create(values, key=key, undone=[task for task in DraftTask if task in undone], by=by, at=at)


def repeat(origin: Campaign, name: str, start: RepeatedStart, *, key: UUID, by: User, at: datetime) -> Campaign:
    """Create a draft that does again what a campaign did, at another time, for as long and by the same rule for the night."""
    night = {"quiet_override": origin.quiet_override, "quiet_deferral": origin.quiet_deferral}
    undone = set(origin.open_tasks) - {DraftTask.WHEN}
    values = _contents(origin) | {"name": name, **night, **start.columns()}
    return _create(values, key=key, undone=[task for task in DraftTask if task in undone], by=by, at=at)


def _contents(origin: Campaign) -> dict[str, Any]:
    """Return what a copy takes over; a copy of a correction is an alert of its own."""
    values = {column: getattr(origin, column) for column in (*_COPIED, *_COPIED_TOO)}
    return values if origin.references_id is None else {**values, "kind": CampaignKind.ALERT}


def version(campaign: Campaign, task: DraftTask, *, locale: str = "") -> str:
    """Return a digest of the saved values of a task; of the words, of one locale alone."""
    values = {column: getattr(campaign, column) for column in COLUMNS[task]}
    if task == DraftTask.WORDS and locale:
        values = {"words": campaign.words.get(locale), "home_locale": "", "unchanged_locales": []}
    if task == DraftTask.WHEN:
        values["not_after"] = rfc3339(campaign.not_after)
    return digest(canonical_json(values))


def save(campaign: Campaign, task: DraftTask, values: Mapping[str, Any], *, from_version: str, by: User, at: datetime) -> None:
    """Save one task of a draft, faults included; ChangedMeanwhile when it was saved since `from_version`."""
    assert set(values) <= set(COLUMNS[task])
    with transaction.atomic():
        row = locked_draft(campaign, by=by)
        if "home_locale" in values:
            _require_not_requested(row, values["home_locale"])
        _require_version(version(row, task), from_version)
        _update(row, task, {**values, **_renamed(row, values)}, by=by, at=at)
        draft_entries.saved(row, task.value, from_version=from_version, by=by)
    campaign.refresh_from_db()


def save_text(
    campaign: Campaign, locale: str, text: CampaignText, *, variant: str = "", from_version: str, by: User, at: datetime
) -> None:
    """Save the text of one locale, or one variant of it; other locales may be edited by others at the same time."""
    with transaction.atomic():
        row = locked_draft(campaign, by=by)
        _require_not_requested(row, locale)
        _require_version(version(row, DraftTask.WORDS, locale=locale), from_version)
        stored = {part: {name: normalize_text(value) for name, value in pair.items()} for part, pair in _parts(text)}
        known = row.words.get(locale, dict(EMPTY_TEXT))
        changed = {**known, "variants": {**known.get("variants", {}), variant: stored}} if variant else {**known, **stored}
        save_words(row, {**row.words, locale: changed}, by=by, at=at)
        place = ".".join(filter(None, (DraftTask.WORDS.value, locale, variant)))
        draft_entries.saved(row, place, from_version=from_version, by=by)
    campaign.refresh_from_db()


def remove_text(campaign: Campaign, locale: str, *, variant: str = "", by: User, at: datetime) -> None:
    """Remove a locale that is not the home locale, or one variant of its text."""
    with transaction.atomic():
        row = locked_draft(campaign, by=by)
        _require_not_requested(row, locale)
        words = {tag: dict(text) for tag, text in row.words.items()}
        if variant:
            kept = {key: text for key, text in words[locale].pop("variants", {}).items() if key != variant}
            words[locale] |= {"variants": kept} if kept else {}
        elif locale == row.home_locale:
            raise Conflict("The main language cannot be removed. Choose another main language first.", code="home-locale")
        else:
            words.pop(locale, None)
        save_words(row, words, by=by, at=at)
        removed = ".".join(filter(None, (DraftTask.WORDS.value, locale, variant)))
        TaskEntry.objects.filter(campaign=row, user=by, place__startswith=removed).update(typed_at=None, fields={})
    campaign.refresh_from_db()


def _create(values: dict[str, Any], *, key: UUID, undone: Iterable[DraftTask], by: User, at: datetime) -> Campaign:
    require(by, AUTHOR)
    limits.require_within(by, apps=values.get("apps", ()), countries=values.get("countries", ()))
    with transaction.atomic():
        made = Campaign.objects.filter(start__key=key, created_by=by).first()
        if made is None:
            made = Campaign.objects.create(
                **{"schedule_kind": ScheduleKind.NOW, **values},
                open_tasks=[task.value for task in undone],
                created_by=by,
                created_at=at,
                touched_by=[by.pk],
            )
            DraftStart.objects.create(key=key, campaign=made)
            edits.record_written(made, by=by, at=at)
    return made


def locked_draft(campaign: Campaign, *, by: User) -> Campaign:
    """Return the draft with its row locked; raise Conflict or Forbidden where this person cannot edit it."""
    require(by, AUTHOR)
    row = Campaign.objects.select_for_update(of=("self",)).filter(pk=campaign.pk).first()
    if row is None:
        raise Conflict("Someone has deleted this draft.", code="state")
    if row.state != CampaignState.DRAFT:
        raise Conflict("Only a draft can be edited. Return the campaign to draft first.", code="state")
    if by.pk in row.returned_by:
        raise Forbidden("You sent this campaign back, so you cannot edit it. Its author edits it, and you can approve it.")
    limits.require_for(by, row)
    return row


def _require_not_requested(row: Campaign, locale: str) -> None:
    """Refuse to write a text that the editors of its language are translating."""
    if TranslationRequest.objects.open().filter(campaign=row, locale=locale).exists():
        raise Conflict(
            f"The text in {language_text(locale)} is with the translators. Withdraw the request under “Ask the translators” to "
            "write it here.",
            code="with-translators",
        )


def _require_version(stored: str, from_version: str) -> None:
    if stored != from_version:
        raise ChangedMeanwhile(
            "Someone else has saved this task since you opened it. Compare both versions below, and choose one."
        )


def save_words(row: Campaign, words: dict[str, Any], *, by: User, at: datetime) -> None:
    """Store the texts of a locked draft, as an edit by this person."""
    _update(row, DraftTask.WORDS, {"words": words, "named_services": named_services(words)}, by=by, at=at)


def _update(row: Campaign, task: DraftTask, values: Mapping[str, Any], *, by: User, at: datetime) -> None:
    limits.require_within(by, apps=values.get("apps", row.apps), countries=values.get("countries", row.countries))
    edits.record_edit(row, values, by=by, at=at)
    Campaign.objects.filter(pk=row.pk).update(
        **values,
        open_tasks=[name for name in row.open_tasks if name != task],
        touched_by=sorted({*row.touched_by, by.pk}),
    )


def _renamed(row: Campaign, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts that a new home locale needs."""
    home = values.get("home_locale", row.home_locale)
    return {} if home in row.words or "words" in values else {"words": {**row.words, home: EMPTY_TEXT}}


def _parts(text: CampaignText) -> list[tuple[str, dict[str, str]]]:
    pairs = (("outer", text["outer"]), ("inner", text["inner"]))
    return [(part, {"title": pair["title"], "body": pair["body"]}) for part, pair in pairs]
