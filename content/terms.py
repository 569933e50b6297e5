"""The closed lists of terms that content uses, and the order of the steps of a plan."""

from __future__ import annotations

from typing import Final

from django.db import models

#: The pseudo country of services that belong to no country, and of the pack for countries without services of their own.
WORLDWIDE: Final = "ZZ"
SOURCE_LOCALE: Final = "en"

#: Who may read statistics: they help nobody in a crisis, and a child least of all.
FIGURE_AUDIENCES: Final = ("parent", "educator")

#: Days for which a target is still served after a clarity change of its source.
OUTDATED_DAYS: Final = 90

#: In the routes of a platform: all situations that have no route of their own; and the steps of its channel inside the app.
ANY_SITUATION: Final = "any"
APP_STEPS: Final = "app"


class Audience(models.TextChoices):
    """Who is reading."""

    TEEN = "teen"
    PARENT = "parent"
    EDUCATOR = "educator"
    BYSTANDER = "bystander"
    #: An adult who was harmed as a child.
    SURVIVOR = "survivor"


class Recipient(models.TextChoices):
    """Who gets alerts. A survivor is not among them: neither a stored address, nor a topic, nor a URL may say that of anybody."""

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
    OFFLINE_ABUSE = "offline-abuse"
    NOT_SURE = "not-sure"


class Where(models.TextChoices):
    """Where it happened: in view of everybody, or between people who were let in."""

    PUBLIC = "public"
    PRIVATE = "private"


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


class RemovalPower(models.TextChoices):
    """What a body can do about an image on a platform, beyond what a reader can do."""

    #: It can order the removal.
    ORDER = "order"
    #: It asks for it, and platforms answer it first.
    REQUEST = "request"


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
    """How a service differs from its entry for a short time."""

    #: Nobody answers on any channel.
    CLOSED = "closed"
    #: The service is open at other hours than those listed.
    HOURS_CHANGED = "hours-changed"
    #: The service is open, and takes longer than usual to answer.
    LONG_WAITS = "long-waits"
    #: One channel does not work.
    CHANNEL_DOWN = "channel-down"


class Handout(models.TextChoices):
    """The pages to print, by their slugs: none says what happened, or how old anybody is."""

    FOR_HOME = "for-home"
    FOR_SCHOOL = "for-school"
    #: For young people, on a wall at school or in a club.
    FOR_A_WALL = "for-a-wall"


#: The situations that a handout can be printed for besides threats, by the number at the end of its slug: no slug names one.
HANDOUT_NUMBERS: Final = {
    Situation.IMAGE_SHARED: 2,
    Situation.AI_GENERATED_IMAGE: 3,
    Situation.GROOMING: 4,
    Situation.LIVE_ABUSE: 5,
    Situation.CSAM_SEEN: 6,
    Situation.HACKED_ACCOUNT: 7,
    Situation.SELF_HARM_RISK: 8,
    Situation.OFFLINE_ABUSE: 9,
}
#: The situations that an author can choose for the handouts of a campaign: the usual handout is that for threats.
HANDOUT_SITUATIONS: Final = (Situation.BLACKMAIL.value, *(situation.value for situation in HANDOUT_NUMBERS))


#: The second parts of the keys of the labels that a handout needs: its title, and what is printed around tips and contacts.
HANDOUT_LABELS: Final = (
    *Handout.values,
    *("first", "do-not", "text-message", "chat", "always", "usual-cost", "same-help", "content-of", "check-after", "draft"),
)

#: The second parts of the keys of the labels that an app shows beside a channel: what its button does, and when it is open.
CONTACT_LABELS: Final = (
    *("call", "text-word", "write", "open-now", "closes-at", "opens-at", "closed"),
    *("free", "not-on-bill"),
)

#: The second parts of the keys of the words of the companion, the app in the browser (kit/companion/words.js), which shows
#: those of contacts too.
COMPANION_LABELS: Final = (
    *("age", "age-of", "all-closed", "as-of", "back", "browser", "change", "chat", "checked", "clock", "country", "draft"),
    *("elsewhere", "empty", "fits", "forget", "forget-what", "hours", "kept-back", "language", "leave", "leave-how", "lines"),
    *("more", "news", "next", "no-news", "no-voice", "not-kept", "not-said", "offline", "old", "on-bill", "open"),
    *("other-language", "other-site", "pull", "refused", "region", "stays", "text", "tips", "try-again", "unchecked", "wait"),
    *("what", "who", "why"),
)


class FigureUnit(models.TextChoices):
    """What the number of a statistic is."""

    NUMBER = "number"
    PERCENT = "percent"
    GBP = "gbp"


class Qualifier(models.TextChoices):
    """How exact the number of a statistic is, as its source says."""

    EXACT = "exact"
    ABOUT = "about"
    MORE_THAN = "more-than"


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


class NumberKind(models.TextChoices):
    """What a number in a text counts. A number that people dial is none of these: it is a fact, and named by a token."""

    #: Of a person, in years.
    AGE = "age"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    #: Of the calendar.
    YEAR = "year"
    #: How many there are of something.
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"


class Confidence(models.TextChoices):
    """How well an entry is known before a person has checked it."""

    CONFIRMED_IN_SOURCE = "confirmed-in-source"
    FROM_GENERAL_KNOWLEDGE = "from-general-knowledge"


_ADULTS_FIRST = (Step.DANGER_NOW, Step.REPORT, Step.TAKE_DOWN, Step.TALK, Step.TELL_THE_PLATFORM)
_TEENS_FIRST = (Step.DANGER_NOW, Step.TALK, Step.REPORT, Step.TAKE_DOWN, Step.TELL_THE_PLATFORM)


def _steps(*steps: Step, **others: tuple[Step, ...]) -> dict[str, list[str]]:
    """Return these steps for every audience, and their own steps for the audiences in `others`."""
    return {audience.value: [step.value for step in others.get(audience.value, steps)] for audience in Audience}


#: By situation (or "default") and audience: the steps in order. Steps that are not listed are not in the plan.
PLAN_ORDER: Final[dict[str, dict[str, list[str]]]] = {
    "default": _steps(
        *_ADULTS_FIRST,
        # A teenager who has talked to one person copes better with the report that follows.
        teen=_TEENS_FIRST,
        # Removal tools are for the person in the image; a witness would first have to obtain a copy.
        bystander=(Step.DANGER_NOW, Step.REPORT, Step.TELL_THE_PLATFORM, Step.TALK),
        # What happened is long past, so a person who listens and the pictures come before a report.
        survivor=(Step.DANGER_NOW, Step.TALK, Step.TAKE_DOWN, Step.REPORT, Step.TELL_THE_PLATFORM),
    ),
    # Nothing may come between this reader and a person who listens.
    Situation.SELF_HARM_RISK.value: _steps(Step.DANGER_NOW, Step.TALK),
    # Only the platform can give the account back.
    Situation.HACKED_ACCOUNT.value: _steps(
        Step.DANGER_NOW,
        Step.TELL_THE_PLATFORM,
        Step.REPORT,
        Step.TALK,
        teen=(Step.DANGER_NOW, Step.TELL_THE_PLATFORM, Step.TALK, Step.REPORT),
    ),
    # Removal tools are for images of oneself; somebody who came across such material reports it.
    Situation.CSAM_SEEN.value: _steps(
        Step.DANGER_NOW,
        Step.REPORT,
        Step.TELL_THE_PLATFORM,
        Step.TALK,
        teen=(Step.DANGER_NOW, Step.TALK, Step.REPORT, Step.TELL_THE_PLATFORM),
        survivor=(Step.DANGER_NOW, Step.TALK, Step.REPORT, Step.TELL_THE_PLATFORM),
    ),
    # There is no platform to tell, and no picture to remove.
    Situation.OFFLINE_ABUSE.value: _steps(
        Step.DANGER_NOW,
        Step.REPORT,
        Step.TALK,
        teen=(Step.DANGER_NOW, Step.TALK, Step.REPORT),
        survivor=(Step.DANGER_NOW, Step.TALK, Step.REPORT),
    ),
    # A reader who does not know what it is needs a person to ask, not a form to fill in.
    Situation.NOT_SURE.value: _steps(Step.DANGER_NOW, Step.TALK, Step.TELL_THE_PLATFORM),
}
