"""The closed words of content, each list in one place, and the order of a plan's steps."""

from __future__ import annotations

from typing import Final

from django.db import models

#: The pseudo country of services that belong to no country; it also stands in for countries without services of their own.
WORLDWIDE: Final = "ZZ"
SOURCE_LOCALE: Final = "en"

#: Days for which a target may stand in after a clarity change of its source.
OUTDATED_DAYS: Final = 90


#: In a platform's routes: the situations that no other route names, and steps that stand with its in-app channel.
ANY_SITUATION: Final = "any"
APP_STEPS: Final = "app"


class Audience(models.TextChoices):
    """Who reads."""

    TEEN = "teen"
    PARENT = "parent"
    EDUCATOR = "educator"
    BYSTANDER = "bystander"


class Situation(models.TextChoices):
    """What happened."""

    BLACKMAIL = "blackmail"
    IMAGE_SHARED = "image-shared"
    AI_GENERATED_IMAGE = "ai-generated-image"
    GROOMING = "grooming"
    LIVE_ABUSE = "live-abuse"
    CSAM_SEEN = "csam-seen"
    HACKED_ACCOUNT = "hacked-account"
    SELF_HARM_RISK = "self-harm-risk"
    NOT_SURE = "not-sure"


class Role(models.TextChoices):
    """What a service does for a reader."""

    EMERGENCY = "emergency"
    POLICE_REPORT = "police-report"
    IMAGE_REMOVAL = "image-removal"
    HELPLINE = "helpline"
    HOTLINE_CSAM_REPORT = "hotline-csam-report"
    PLATFORM_REPORT = "platform-report"
    ADVICE = "advice"


class Step(models.TextChoices):
    """One thing to do, in a plan."""

    DANGER_NOW = "danger-now"
    REPORT = "report"
    TAKE_DOWN = "take-down"
    TALK = "talk"
    TELL_THE_PLATFORM = "tell-the-platform"


class ChannelType(models.TextChoices):
    """How a service is reached."""

    PHONE = "phone"
    SMS = "sms"
    CHAT = "chat"
    EMAIL = "email"
    URL = "url"
    APP = "app"


class DialKind(models.TextChoices):
    """How a number is to be dialled, as printed."""

    #: With its country code, from anywhere.
    INTERNATIONAL = "international"
    #: Inside its country.
    NATIONAL = "national"
    #: Inside its country, and never with a country code.
    SHORT_CODE = "short-code"
    #: A text message that holds the keyword.
    SMS_KEYWORD = "sms-keyword"


class NumberType(models.TextChoices):
    """Whether a number has an international form."""

    E164 = "e164"
    SHORT = "short"


class Cost(models.TextChoices):
    """What a call or text costs the reader."""

    FREE = "free"
    STANDARD = "standard"
    UNKNOWN = "unknown"


class NoticeKind(models.TextChoices):
    """What is otherwise than usual with a service, for a short time."""

    #: Nobody answers, on any channel.
    CLOSED = "closed"
    #: It answers at other hours than those that are listed.
    HOURS_CHANGED = "hours-changed"
    #: It answers, later than usual.
    LONG_WAITS = "long-waits"
    #: One channel does not work.
    CHANNEL_DOWN = "channel-down"


class AgeMeasured(models.TextChoices):
    """The moment at which the young person's age counts."""

    NOW = "now"
    IMAGE_TAKEN = "image-taken"


class Change(models.TextChoices):
    """What a new source text means for its targets."""

    #: Approvals stay.
    COSMETIC = "cosmetic"
    #: Targets are outdated, and still served for a while.
    CLARITY = "clarity"
    #: Targets are withdrawn from the next release until approved again.
    SAFETY = "safety"


class Confidence(models.TextChoices):
    """What is known of an entry before a person has assured it."""

    CONFIRMED_IN_SOURCE = "confirmed-in-source"
    FROM_GENERAL_KNOWLEDGE = "from-general-knowledge"


_ADULTS_FIRST = (Step.DANGER_NOW, Step.REPORT, Step.TAKE_DOWN, Step.TALK, Step.TELL_THE_PLATFORM)
_TEENS_FIRST = (Step.DANGER_NOW, Step.TALK, Step.REPORT, Step.TAKE_DOWN, Step.TELL_THE_PLATFORM)


def _steps(*steps: Step, **others: tuple[Step, ...]) -> dict[str, list[str]]:
    """Give every audience these steps, and the named audiences their own."""
    return {audience.value: [step.value for step in others.get(audience.value, steps)] for audience in Audience}


#: Situation (or "default") to audience to its steps in order; a step that is not named is not in the plan.
PLAN_ORDER: Final[dict[str, dict[str, list[str]]]] = {
    "default": _steps(
        *_ADULTS_FIRST,
        # A teenager who has told one person copes better with the report that follows.
        teen=_TEENS_FIRST,
        # Removal tools are for the person in the picture; a witness would first have to get hold of a copy.
        bystander=(Step.DANGER_NOW, Step.REPORT, Step.TELL_THE_PLATFORM, Step.TALK),
    ),
    # Nothing may stand between this reader and a person who listens.
    Situation.SELF_HARM_RISK.value: _steps(Step.DANGER_NOW, Step.TALK),
    # Only the platform can give the account back.
    Situation.HACKED_ACCOUNT.value: _steps(
        Step.DANGER_NOW,
        Step.TELL_THE_PLATFORM,
        Step.REPORT,
        Step.TALK,
        teen=(Step.DANGER_NOW, Step.TELL_THE_PLATFORM, Step.TALK, Step.REPORT),
    ),
    # Removal tools are for pictures of oneself; whoever came across such material reports it.
    Situation.CSAM_SEEN.value: _steps(
        Step.DANGER_NOW,
        Step.REPORT,
        Step.TELL_THE_PLATFORM,
        Step.TALK,
        teen=(Step.DANGER_NOW, Step.TALK, Step.REPORT, Step.TELL_THE_PLATFORM),
    ),
    # Who cannot say what it is needs somebody to ask, not a form to fill in.
    Situation.NOT_SURE.value: _steps(Step.DANGER_NOW, Step.TALK, Step.TELL_THE_PLATFORM),
}
