"""Examples of push messages for app developers: real messages, each with what the phone does. kit/push/fixtures holds them.

The messages come from the builder that writes those of campaigns. What the phone does is written by hand, because it is the
rule that an app is tested against; kit/push/push_handler.py follows it, and docs/push.md explains it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from notifications import cap
from notifications.campaigns.messages import message_body
from notifications.campaigns.rehearsal import as_rehearsal
from notifications.models.campaign import Campaign, CampaignKind
from notifications.models.segment import ANY_PLATFORM

_DATA: Final = Path(__file__).resolve().parents[1] / "data"
_TEXTS: Final[dict[str, Any]] = json.loads((_DATA / "push_example_texts.json").read_text("utf-8"))
#: Kind of campaign to locale to texts. Those of corrections are the ones that the product proposes.
WORDS: Final[dict[str, Any]] = _TEXTS["words"] | json.loads((_DATA / "correction_texts.json").read_text("utf-8"))
WORDS_TOO_LONG_FOR_TOPICS: Final[dict[str, Any]] = _TEXTS["too_long_for_topics"]

#: The thread of the examples, and the ids of its alerts: the first one gives the thread its id.
_ALERT, _UPDATE, _CANCEL, _ALL_CLEAR = 41, 43, 44, 45
_SENT = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
_EXPIRES = datetime(2026, 12, 3, 17, 0, tzinfo=UTC)
_AUDIBLE, _QUIET = True, False
_SERVICES: Final = ["gb-nspcc-helpline", "gb-childline"]


@dataclass(frozen=True, kw_only=True)
class PushExample:
    """One message, the phone that gets it, and what the phone does."""

    name: str
    about: str
    message: dict[str, Any]
    platform: str
    #: What the app has stored: the highest revision shown of each thread.
    shown: Mapping[str, int] = field(default_factory=dict)
    #: Whether the person has alerts switched on.
    alerts_on: bool = True
    #: The place and audience that the person has chosen; the app needs them to read the feed.
    reader: Mapping[str, str] = field(default_factory=lambda: {"audience": "parent", "country": "GB"})
    expect: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return the fixture."""
        return {
            "name": self.name,
            "about": self.about,
            "message": self.message,
            "phone": {
                "platform": self.platform,
                "alerts_on": self.alerts_on,
                "shown": dict(self.shown),
                "reader": dict(self.reader),
            },
            "expect": dict(self.expect),
        }


def file_text(example: PushExample) -> str:
    """Return the text of the example's file."""
    return json.dumps(example.document(), indent=2, ensure_ascii=False) + "\n"


def push_examples() -> Iterator[PushExample]:
    """Yield every example; the same code always gives the same bytes."""
    yield from _of_a_thread()
    yield from _out_of_order()
    yield from _by_language()
    yield from _to_topics()
    yield from _rehearsals()
    yield from _of_later_versions()


def _of_a_thread() -> Iterator[PushExample]:
    opened = _opened(_ALERT, WORDS["alert"]["en"], tip="first-hour-parents", services=_SERVICES)
    for platform in ("android", "ios", "web"):
        yield PushExample(
            name=f"alert-{platform}",
            about="A severe alert to parents. The phone makes a sound. The text of the app is in the message.",
            message=_message(_campaign(), platform=platform),
            platform=platform,
            expect=_shown("show", WORDS["alert"]["en"], _AUDIBLE, rev=1, opened=opened),
        )
    yield PushExample(
        name="alert-quiet",
        about="A moderate alert: no sound, on Android in the channel “updates”.",
        message=_message(_campaign(severity=cap.Severity.MODERATE)),
        platform="android",
        expect=_shown("show", WORDS["alert"]["en"], _QUIET, rev=1, opened=opened),
    )
    yield PushExample(
        name="alert-without-tip",
        about="An alert without a tip for these readers: the key is there, and empty.",
        message=_message(_campaign(tips={})),
        platform="android",
        expect=_shown(
            "show", WORDS["alert"]["en"], _AUDIBLE, rev=1, opened=_opened(_ALERT, WORDS["alert"]["en"], services=_SERVICES)
        ),
    )
    yield PushExample(
        name="update-android",
        about="An update replaces the alert: the same tag, a higher revision, another id in “open”.",
        message=_message(_campaign(CampaignKind.UPDATE)),
        platform="android",
        shown={"41": 1},
        expect=_shown("replace", WORDS["update"]["en"], _AUDIBLE, rev=2, opened=_of_update()),
    )
    yield PushExample(
        name="update-quiet-ios",
        about="An update of a moderate alert replaces it silently: no “sound”, and the interruption level “active”.",
        message=_message(_campaign(CampaignKind.UPDATE, severity=cap.Severity.MODERATE), platform="ios"),
        platform="ios",
        shown={"41": 1},
        expect=_shown("replace", WORDS["update"]["en"], _QUIET, rev=2, opened=_of_update()),
    )
    for platform in ("android", "ios"):
        yield PushExample(
            name=f"cancel-{platform}",
            about="A cancellation replaces a wrong alert, silently whatever the severity. The app drops the earlier text.",
            message=_message(_campaign(CampaignKind.CANCEL), platform=platform),
            platform=platform,
            shown={"41": 2},
            expect=_shown("replace", WORDS["cancel"]["en"], _QUIET, rev=3, opened=_of_cancel("en")),
        )
    yield PushExample(
        name="all-clear-web",
        about="An all-clear says that an alert is over. Its act is “update”, and it is silent.",
        message=_message(_campaign(CampaignKind.ALL_CLEAR), platform="web"),
        platform="web",
        shown={"41": 2},
        expect=_shown(
            "replace", WORDS["all-clear"]["en"], _QUIET, rev=3,
            opened=_opened(_ALL_CLEAR, WORDS["all-clear"]["en"], notes=["updated"], services=_SERVICES),
        ),
    )  # fmt: skip


def _out_of_order() -> Iterator[PushExample]:
    late = _message(_campaign())
    yield PushExample(
        name="late-android",
        about="The alert arrives after its update: FCM keeps no order. The app keeps what is shown.",
        message=late,
        platform="android",
        shown={"41": 2},
        expect=_kept({"41": 2}),
    )
    yield PushExample(
        name="late-ios",
        about="The same on iOS, where the extension cannot withhold a notification: it shows the stored, newer text instead.",
        message=_message(_campaign(), platform="ios"),
        platform="ios",
        shown={"41": 2},
        expect=_kept({"41": 2}),
    )
    yield PushExample(
        name="twice-web",
        about="The same message a second time: a worker that was interrupted may repeat it. Nothing changes.",
        message=_message(_campaign(), platform="web"),
        platform="web",
        shown={"41": 1},
        expect=_kept({"41": 1}),
    )
    yield PushExample(
        name="ten-is-more-than-nine",
        about="Revisions are numbers, although they travel as text.",
        message=_message(_campaign(CampaignKind.UPDATE, rev=10)),
        platform="android",
        shown={"41": 9},
        expect=_shown("replace", WORDS["update"]["en"], _AUDIBLE, rev=10, opened=_of_update()),
    )
    yield PushExample(
        name="alerts-off",
        about="The person has switched alerts off, and the server does not know yet. Show nothing, and unregister again.",
        message=late,
        platform="android",
        alerts_on=False,
        expect={"notification": None, "unregister": True, "shown": {}, "opened": None},
    )


def _by_language() -> Iterator[PushExample]:
    yield PushExample(
        name="right-to-left-ios",
        about="A cancellation in Arabic: “dir” is the direction of both of the texts in the app.",
        message=_message(_campaign(CampaignKind.CANCEL), locale="ar", platform="ios"),
        platform="ios",
        shown={"41": 1},
        expect=_shown("replace", WORDS["cancel"]["ar"], _QUIET, rev=3, opened=_of_cancel("ar")),
    )
    opened = _opened(
        _ALERT, WORDS["alert"]["en"], notes=["in-another-language"],
        tip="first-hour-parents", services=_SERVICES,
    )  # fmt: skip
    yield PushExample(
        name="not-translated-android",
        about="For a reader of Māori, in whose language there is no text. The app says that it is in English.",
        message=_message(_campaign(), fallback=True),
        platform="android",
        expect=_shown("show", WORDS["alert"]["en"], _AUDIBLE, rev=1, opened=opened),
    )


def _to_topics() -> Iterator[PushExample]:
    reader = {"audience": "teen", "country": "GB", "region": "GB-WLS"}
    opened = _opened(_ALERT, WORDS["alert"]["en"], tip="first-hour", services=_SERVICES, reader=reader)
    for platform in ("android", "ios"):
        yield PushExample(
            name=f"topic-{platform}",
            about="A message to a topic has one text beside the parts of all platforms. It is silent on teenagers' phones.",
            message=_message(_campaign(), audience="teen", platform=ANY_PLATFORM),
            platform=platform,
            reader=reader,
            expect=_shown("show", WORDS["alert"]["en"], _QUIET, rev=1, opened=opened),
        )
    longer = WORDS_TOO_LONG_FOR_TOPICS["en"]
    from_feed = _opened(_ALERT, longer, tip="first-hour", services=_SERVICES, reader=reader)
    from_feed |= {"text_from": "feed", "title": longer["outer"]["title"], "body": longer["outer"]["body"]}
    yield PushExample(
        name="topic-text-from-feed",
        about="The text of the app did not fit: “inner” is “feed”. The app shows the outer text until it has read the feed.",
        message=_message(_campaign(words=WORDS_TOO_LONG_FOR_TOPICS), audience="teen", platform=ANY_PLATFORM),
        platform="android",
        reader=reader,
        expect=_shown("show", longer, _QUIET, rev=1, opened=from_feed),
    )
    yield PushExample(
        name="topic-services-from-feed",
        about="The services did not fit either: they come from the feed too.",
        message=_message(
            _campaign(words=WORDS_TOO_LONG_FOR_TOPICS, services=_TEXTS["services_of_many_countries"]),
            audience="teen", platform=ANY_PLATFORM,
        ),
        platform="ios",
        reader=reader,
        expect=_shown("show", longer, _QUIET, rev=1, opened={**from_feed, "services": None}),
    )  # fmt: skip


def _rehearsals() -> Iterator[PushExample]:
    exercise = _campaign(CampaignKind.EXERCISE, status=cap.AlertStatus.EXERCISE)
    opened = _opened(_ALERT, WORDS["alert"]["en"], notes=["rehearsal"], tip="first-hour-parents", services=_SERVICES)
    yield PushExample(
        name="exercise-android",
        about="An exercise reaches test apps alone and is not in the feed. The app marks it as a rehearsal.",
        message=_message(exercise),
        platform="android",
        expect={**_shown("show", WORDS["alert"]["en"], _AUDIBLE, rev=1, opened={**opened, "request": None}), "shown": {}},
    )
    marked = as_rehearsal(_campaign(rev=None), at=_SENT)
    text = marked.words["en"]
    opened = _opened(_ALERT, text, notes=["rehearsal"], tip="first-hour-parents", services=_SERVICES)
    yield PushExample(
        name="test-send-again",
        about="A text that staff try out on their own phone, for the second time. Revisions do not count here.",
        message=_message(marked),
        platform="android",
        shown={"41": 1},
        expect={**_shown("replace", text, _AUDIBLE, rev=1, opened={**opened, "request": None}), "shown": {"41": 1}},
    )


def _of_later_versions() -> Iterator[PushExample]:
    later = _message(_campaign())
    later["data"] |= {"act": "of-next-year", "member_of_next_year": "1"}
    opened = _opened(_ALERT, WORDS["alert"]["en"], tip="first-hour-parents", services=_SERVICES)
    yield PushExample(
        name="of-next-year",
        about="A key and an act that do not exist yet: ignore the key, and show the text as of any alert.",
        message=later,
        platform="android",
        expect=_shown("show", WORDS["alert"]["en"], _AUDIBLE, rev=1, opened=opened),
    )
    other = _message(_campaign())
    other["data"] = {"v": "2", "alert": "41", "open": "alert/41", "later": "unknown"}
    outer = WORDS["alert"]["en"]["outer"]
    yield PushExample(
        name="of-another-version",
        about="A version that the app does not know: show the notification, and open the feed.",
        message=other,
        platform="android",
        expect={
            "notification": {"action": "show", "tag": "41", **outer, "sound": True},
            "unregister": False,
            "shown": {},
            "opened": {"screen": "feed", "request": "/v1/alerts?audience=parent&country=GB"},
        },
    )


def _campaign(kind: CampaignKind = CampaignKind.ALERT, **changes: Any) -> Campaign:
    """Return a campaign of the thread, in memory alone."""
    following = {CampaignKind.UPDATE: (_UPDATE, 2), CampaignKind.CANCEL: (_CANCEL, 3), CampaignKind.ALL_CLEAR: (_ALL_CLEAR, 3)}
    number, rev = following.get(kind, (_ALERT, 1))
    plain = kind in (CampaignKind.CANCEL, CampaignKind.ALL_CLEAR)
    fields: dict[str, Any] = {
        "id": number,
        "thread_id": _ALERT,
        "rev": rev,
        "kind": kind,
        "status": cap.AlertStatus.ACTUAL,
        "severity": cap.Severity.SEVERE,
        "countries": ["GB"],
        "audiences": ["all"],
        "words": WORDS.get(kind.value, WORDS["alert"]),
        "home_locale": "en",
        "tips": {} if plain else {"parent": "first-hour-parents", "teen": "first-hour"},
        "services": _SERVICES,
        "submitted_at": _SENT,
        "not_after": _EXPIRES,
    }
    return Campaign(**(fields | changes))


def _message(
    campaign: Campaign, *, locale: str = "en", audience: str = "parent", platform: str = "android", fallback: bool = False
) -> dict[str, Any]:
    body = message_body(campaign, locale=locale, fallback=fallback, audience=audience, platform=platform)
    found: dict[str, Any] = json.loads(body)
    return found


def _shown(action: str, words: Mapping[str, Any], sound: bool, *, rev: int, opened: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the phone does with a message that it shows."""
    return {
        "notification": {"action": action, "tag": str(_ALERT), **words["outer"], "sound": sound},
        "unregister": False,
        "shown": {str(_ALERT): rev},
        "opened": dict(opened),
    }


def _kept(shown: Mapping[str, int]) -> dict[str, Any]:
    """Return what the phone does with a message that is not newer than what it shows."""
    return {"notification": {"action": "keep", "tag": str(_ALERT)}, "unregister": False, "shown": dict(shown), "opened": None}


def _opened(
    number: int,
    words: Mapping[str, Any],
    *,
    lang: str = "en",
    notes: list[str] | None = None,
    tip: str | None = None,
    services: list[str] | None = None,
    reader: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the app shows once the person opens the notification."""
    query = {"audience": "parent", "country": "GB", **(reader or {}), "locale": lang}
    parameters = "&".join(f"{name}={query[name]}" for name in sorted(query))
    return {
        "screen": "alert",
        "id": str(number),
        "text_from": "message",
        **words["inner"],
        "lang": lang,
        "dir": "rtl" if lang == "ar" else "ltr",
        "notes": notes or [],
        "tip": tip,
        "services": services or [],
        "request": f"/v1/alerts/{number}?{parameters}",
    }


def _of_update() -> dict[str, Any]:
    return _opened(_UPDATE, WORDS["update"]["en"], notes=["updated"], tip="first-hour-parents", services=_SERVICES)


def _of_cancel(lang: str) -> dict[str, Any]:
    return _opened(_CANCEL, WORDS["cancel"][lang], lang=lang, notes=["withdrawn"], services=_SERVICES)
