"""The names of closed values as staff read them: audiences, situations, roles, kinds of channel and so on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import TextChoices

from content.models.assurance import Method
from content.models.channel_revision import Act
from content.models.correction_count import Problem
from content.models.link import LinkResult
from content.models.release import ReleaseState
from content.models.release_change import ChangedKind, EffectKind
from content.models.reply import ReplyAnswer
from content.models.scheduled_publication import ScheduleState
from content.models.service_facts import Status
from content.models.service_revision import ServiceAct
from content.models.target_revision import TargetAct
from content.models.tip_facts import TipState
from content.models.tip_revision import TipAct
from content.models.unit_lifecycle import UnitState
from content.terms import (
    AgeMeasured,
    Audience,
    Change,
    ChannelType,
    Confidence,
    Cost,
    FigureUnit,
    NoticeKind,
    NumberKind,
    NumberType,
    Qualifier,
    Recipient,
    Role,
    Situation,
    Step,
)
from core.console.display import MODEL_NAMES

#: Kind of value, as templates name it → its values with their names.
LABELS: Final[Mapping[str, tuple[type[TextChoices], Mapping[str, str]]]] = {
    "audience": (
        Audience,
        {
            Audience.TEEN: "Teenagers",
            Audience.PARENT: "Parents",
            Audience.EDUCATOR: "Educators",
            Audience.BYSTANDER: "Bystanders",
            Audience.SURVIVOR: "Survivors",
        },
    ),
    "number-kind": (
        NumberKind,
        {
            NumberKind.AGE: "Age",
            NumberKind.MINUTES: "Minutes",
            NumberKind.HOURS: "Hours",
            NumberKind.DAYS: "Days",
            NumberKind.WEEKS: "Weeks",
            NumberKind.MONTHS: "Months",
            NumberKind.YEAR: "Year",
            NumberKind.COUNT: "Count",
            NumberKind.MONEY: "Money",
            NumberKind.PERCENT: "Percentage",
        },
    ),
    "recipient": (
        Recipient,
        {
            Recipient.TEEN: "Teenagers",
            Recipient.PARENT: "Parents",
            Recipient.EDUCATOR: "Educators",
            Recipient.BYSTANDER: "Bystanders",
        },
    ),
    "situation": (
        Situation,
        {
            Situation.BLACKMAIL: "Blackmail",
            Situation.IMAGE_SHARED: "Image shared",
            Situation.AI_GENERATED_IMAGE: "AI-generated image",
            Situation.GROOMING: "Grooming",
            Situation.LIVE_ABUSE: "Live abuse",
            Situation.CSAM_SEEN: "Child sexual abuse material seen",
            Situation.HACKED_ACCOUNT: "Hacked account",
            Situation.SELF_HARM_RISK: "Risk of self-harm",
            Situation.OFFLINE_ABUSE: "Abuse offline",
            Situation.NOT_SURE: "Not sure",
        },
    ),
    "role": (
        Role,
        {
            Role.EMERGENCY: "Emergency number",
            Role.POLICE_REPORT: "Police report",
            Role.IMAGE_REMOVAL: "Image removal",
            Role.HELPLINE: "Helpline",
            Role.HOTLINE_CSAM_REPORT: "Hotline for child sexual abuse material",
            Role.PLATFORM_REPORT: "Report to a platform",
            Role.ADVICE: "Advice",
        },
    ),
    "step": (
        Step,
        {
            Step.DANGER_NOW: "Danger now",
            Step.REPORT: "Report",
            Step.TAKE_DOWN: "Take down",
            Step.TALK: "Talk",
            Step.TELL_THE_PLATFORM: "Tell the platform",
        },
    ),
    "channel": (
        ChannelType,
        {
            ChannelType.PHONE: "Phone",
            ChannelType.SMS: "Text message",
            ChannelType.CHAT: "Chat",
            ChannelType.EMAIL: "Email",
            ChannelType.URL: "Website",
            ChannelType.APP: "Inside the platform's app",
        },
    ),
    "number": (NumberType, {NumberType.E164: "Full number, with a country code", NumberType.SHORT: "Short number"}),
    "figure-unit": (
        FigureUnit,
        {FigureUnit.NUMBER: "Number", FigureUnit.PERCENT: "Per cent", FigureUnit.GBP: "Pounds sterling"},
    ),
    "qualifier": (Qualifier, {Qualifier.EXACT: "Exactly", Qualifier.ABOUT: "About", Qualifier.MORE_THAN: "More than"}),
    "cost": (Cost, {Cost.FREE: "Free", Cost.STANDARD: "Standard rate", Cost.UNKNOWN: "Not known"}),
    "notice": (
        NoticeKind,
        {
            NoticeKind.CLOSED: "Closed",
            NoticeKind.HOURS_CHANGED: "Different opening hours",
            NoticeKind.LONG_WAITS: "Long waits",
            NoticeKind.CHANNEL_DOWN: "Channel not working",
        },
    ),
    "age": (AgeMeasured, {AgeMeasured.NOW: "Now", AgeMeasured.IMAGE_TAKEN: "When the image was taken"}),
    "change": (
        Change,
        {Change.COSMETIC: "Cosmetic", Change.CLARITY: "Clarity", Change.SAFETY: "Safety"},
    ),
    "text-act": (
        TargetAct,
        {
            TargetAct.WRITTEN: "Written",
            TargetAct.REVISED: "Changed",
            TargetAct.RESTORED: "Restored",
            TargetAct.APPROVED: "Approved",
            TargetAct.CONFIRMED: "Confirmed for the changed source",
            TargetAct.REMOVAL_PROPOSED: "Removal proposed",
            TargetAct.REMOVAL_REJECTED: "Removal rejected",
            TargetAct.REMOVED: "Removed",
        },
    ),
    "confidence": (
        Confidence,
        {
            Confidence.CONFIRMED_IN_SOURCE: "Confirmed in a source",
            Confidence.FROM_GENERAL_KNOWLEDGE: "Not confirmed in a source",
        },
    ),
    "status": (
        Status,
        {
            Status.ACTIVE: "Active",
            Status.INACTIVE: "Inactive",
            Status.DEFUNCT: "Closed for good",
            Status.TEMPORARILY_CLOSED: "Temporarily closed",
        },
    ),
    "method": (
        Method,
        {
            Method.READ: "Read on their live page",
            Method.OPENED: "Opened and working",
            Method.RUNG: "Called or texted, and answered",
            Method.CONFIRMED: "Confirmed by the organization",
        },
    ),
    "proposal": (Act, {Act.ADD: "Add", Act.CHANGE: "Change", Act.REMOVE: "Remove"}),
    "link": (
        LinkResult,
        {
            LinkResult.WORKS: "Works",
            LinkResult.MOVED: "Moved to another site",
            LinkResult.GONE: "Page not found",
            LinkResult.FAILING: "Error",
            LinkResult.UNREACHABLE: "Cannot be reached",
            LinkResult.BLOCKED: "Not requested: the address is not on the public internet",
            LinkResult.DISALLOWED: "Not requested: the site asks robots not to visit",
        },
    ),
    "reply": (
        ReplyAnswer,
        {
            ReplyAnswer.CONFIRM: "Details are correct",
            ReplyAnswer.CORRECT: "Some details are wrong",
            ReplyAnswer.REMOVE: "No longer exists",
        },
    ),
    "problem": (
        Problem,
        {
            Problem.NO_ANSWER: "No answer",
            Problem.WRONG_NUMBER: "Wrong number",
            Problem.PAGE_GONE: "Page not found",
            Problem.HOURS_WRONG: "Wrong opening hours",
        },
    ),
    "release": (
        ReleaseState,
        {
            ReleaseState.CANDIDATE: "Candidate",
            ReleaseState.PUBLISHED: "Published",
            ReleaseState.SUPERSEDED: "Replaced",
            ReleaseState.DISCARDED: "Discarded",
        },
    ),
    "tip-change": (
        TipAct,
        {
            TipAct.ADD: "New tip",
            TipAct.CHANGE: "Change",
            TipAct.RETIRE: "Retire",
            TipAct.RESTORE: "Restore",
            TipAct.EXISTING: "As it was before changes were approved",
        },
    ),
    "service-change": (
        ServiceAct,
        {
            ServiceAct.ADD: "New service",
            ServiceAct.CHANGE: "Change",
            ServiceAct.EXISTING: "As it was before changes were approved",
        },
    ),
    "changed": (
        ChangedKind,
        {
            ChangedKind.TIP: "Tip",
            ChangedKind.SERVICE: "Service",
            ChangedKind.LABEL: "Label",
            ChangedKind.FIGURE: "Figure",
            ChangedKind.PACK: "Rest of the pack",
        },
    ),
    "effect": (
        EffectKind,
        {
            EffectKind.PACK: "Pack removed",
            EffectKind.TIP: "Tip removed",
            EffectKind.STEP: "Step removed",
            EffectKind.TRANSLATION: "Tip no longer in the reader's language",
            EffectKind.READERS: "No longer for",
            EffectKind.SERVICE: "Service removed",
            EffectKind.CHANNEL: "Channel removed",
            EffectKind.LABEL: "Label removed",
            EffectKind.FIGURE: "Figure removed",
            EffectKind.RETURNS: "Comes back after the rollback",
        },
    ),
    "schedule": (
        ScheduleState,
        {
            ScheduleState.WAITING: "Waiting",
            ScheduleState.PUBLISHED: "Published",
            ScheduleState.CANCELLED: "Cancelled",
            ScheduleState.REFUSED: "Not published",
        },
    ),
    "tip": (TipState, {TipState.CURRENT: "Current", TipState.RETIRED: "Retired"}),
    "source": (UnitState, {UnitState.NEEDS_REVIEW: "Needs review", UnitState.APPROVED: "Approved"}),
}
MODEL_NAMES.update(
    {
        "content.Assurance": "Check",
        "content.Channel": "Channel",
        "content.ChannelRevision": "Contact change",
        "content.CorrectionLink": "Correction link",
        "content.LocaleRevision": "Language",
        "content.Organization": "Organization",
        "content.OrganizationRevision": "Name or contact of an organization",
        "content.Release": "Release",
        "content.Reply": "Reply",
        "content.ScheduledPublication": "Scheduled publication",
        "content.Service": "Service",
        "content.ServiceNotice": "Notice",
        "content.ServiceRevision": "Service change",
        "content.Target": "Translation",
        "content.Tip": "Tip",
        "content.TipRevision": "Tip change",
        "content.TipWithdrawal": "Withdrawal of a tip",
        "content.Unit": "Source text",
        "content.Withdrawal": "Withdrawal",
    }
)
_BY_TYPE = {kind: name for name, (kind, _) in LABELS.items()}


def label(kind: str, value: str) -> str:
    """Return the name of a value; the value itself where it is not one of the kind."""
    return LABELS[kind][1].get(value, value)


def labels(kind: str, values: Iterable[str]) -> str:
    """Return the names of several values as one list, such as "Teenagers, parents"."""
    names = [label(kind, value) for value in values]
    return ", ".join([*names[:1], *map(inside_sentence, names[1:])])


def inside_sentence(name: str) -> str:
    """Return a name with a small first letter, unless it begins with an abbreviation."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def choices(of: type[TextChoices]) -> list[tuple[str, str]]:
    """Return (value, name) pairs for a form field, in the order of the enumeration."""
    kind = _BY_TYPE[of]
    return [(value, label(kind, value)) for value in of.values]


#: Codes of the gate's findings and of problems in texts → their headings.
FINDINGS: Final[Mapping[str, str]] = {
    "no-emergency-number": "No emergency number",
    "no-crisis-line": "No crisis line",
    "no-crisis-line-in-plan": "No crisis line for some readers",
    "emergency-unassured": "Emergency number never checked",
    "emergency-overdue": "Emergency number overdue for a check",
    "label-missing": "Label missing or not approved",
    "older-steps": "Steps of a tip not yet approved in a language",
    "not-approved": "Tip left out: a text is not approved",
    "token-not-served": "Tip left out: it names a service, or quotes a figure, that is not served there",
    "figure-for-teens": "Figure in a tip that is not for adults alone",
    "withheld": "Service withheld",
    "no-channel": "Service without a channel",
    "no-area": "Service without a list of countries",
    "number": "Number in a text",
    "address": "Address in a text",
    "link": "Link in a text",
    "image": "Image in a text",
    "html": "HTML in a text",
    "direction": "Direction character in a text",
    "invisible": "Invisible character in a text",
    "control": "Control character in a text",
    "not-nfc": "Text not in composed form",
    "mixed-script": "Several scripts in a word",
    "foreign-script": "Word in another script",
    "foreign-letter": "Letter of another keyboard",
    "no-letters": "Text without a letter",
    "number-added": "Number that the source does not have",
    "number-missing": "Number missing",
    "number-word-missing": "Number in words missing",
    "same-as-source": "Source text not translated",
    "other-language": "Text in another language",
    "foreign-words": "Many words in another script",
    "encoding": "Wrongly decoded characters",
    "placeholder": "Note to the writer",
    "tatweel": "Stretched line",
    "doubled-word": "Word written twice",
    "length-ratio": "Length unlike the source",
    "paragraphs": "Paragraphs unlike the source",
    "end-punctuation": "End unlike the source",
    "blame": "Blame",
    "forbidden-term": "Given-up term",
    "avoided-term": "Term to avoid",
    "keep-image": "A request to keep or forward a picture",
    "text-emergency-number": "A request to text an emergency number",
    "exclamation": "Exclamation mark",
    "long": "Long text",
    "reading-age": "Hard to read",
    "reader-age": "Reader’s age in a tip without ages",
    "terms-unchecked": "Language without a term list",
    "empty": "Empty text",
    "too-long": "Text too long",
    "token-malformed": "Malformed token",
    "token-unknown": "Unknown token",
    "token-missing": "Token missing from a translation",
    "token-added": "Token added in a translation",
}


def finding_label(code: str) -> str:
    """Return the heading of a finding's code."""
    return FINDINGS.get(code, code.replace("-", " ").capitalize())
