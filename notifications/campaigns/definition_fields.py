"""The fields of a campaign as its author writes them: shapes and closed lists, nothing that needs the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from annotated_types import MinLen
from pydantic import (
    AfterValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from content.linting.text import normalize_text
from content.terms import HANDOUT_SITUATIONS, Handout, Recipient
from core.file_models import FileModel, OneOf, Slug, Text
from core.instants import rfc3339
from notifications import cap
from notifications.campaigns.variants import parts_of
from notifications.models.campaign import ALL, CampaignKind
from notifications.registrations import values

#: Characters of each text at most; the outer ones have to fit on a lock screen.
TEXT_LIMITS = {("outer", "title"): 65, ("outer", "body"): 180, ("inner", "title"): 120, ("inner", "body"): 1500}
_REGION = "[A-Z]{2}-[A-Z0-9]{1,3}"
_VARIANT = rf"^(({'|'.join(Recipient.values)})(\+{_REGION})?|{_REGION})$"
_LOCAL_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$"


@dataclass(frozen=True)
class _Or:
    """Accept one word in place of the value; `stored` is what it means."""

    word: str
    stored: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, check: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return self.stored if value in (self.word, self.stored) else check(value)

        return core_schema.no_info_wrap_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"const": self.word}, handler(schema)]}


@dataclass(frozen=True)
class _Line(Text):
    """Text that is stored normalized (NFC, plain line ends, no space around it)."""

    def __iter__(self) -> Iterator[object]:
        yield from super().__iter__()
        yield AfterValidator(normalize_text)


def _as_stored(check: Callable[[str], str]) -> AfterValidator:
    """Validate with a check of `registrations.values`, which returns the canonical spelling."""

    def run(value: str) -> str:
        try:
            return check(value)
        except values.InvalidValue as error:
            raise ValueError(error.detail.rstrip(".")) from error

    return AfterValidator(run)


def _zone(value: str) -> str:
    if not (zone := values.current_zone(value)):
        raise ValueError(f"{value!r} is not an IANA time zone")
    return zone


def _instant(value: Any) -> datetime:
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError("expected an instant with its UTC offset, such as 2026-12-01T06:00:00Z")
    return instant.astimezone(UTC).replace(microsecond=0)


def _start(value: Any) -> str:
    return "" if value == "now" else rfc3339(_instant(value))


def _variant(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_VARIANT, value):
        raise ValueError("expected an audience, a region or both, such as educator, GB-WLS or educator+GB-WLS")
    if region := parts_of(value)[1]:
        try:
            values.region(region[:2], region)
        except values.InvalidValue as error:
            raise ValueError(error.detail.rstrip(".")) from error
    return value


def _text_name(value: str) -> str:
    """Return the canonical name of a text: a locale, or a locale and a variant, such as `cy/educator`."""
    locale, slash, variant = value.partition("/")
    try:
        tag = values.locale(locale)
    except values.InvalidValue as error:
        raise ValueError(error.detail.rstrip(".")) from error
    return f"{tag}/{_variant(variant)}" if slash else tag


def _local_time(value: str) -> str:
    try:
        if re.fullmatch(_LOCAL_TIME, value) and datetime.fromisoformat(value):
            return value
    except ValueError:
        pass
    raise ValueError("expected a local time without an offset, such as 2026-12-01T17:00")


_INSTANT_SCHEMA = {"type": "string", "format": "date-time"}
_Country = Annotated[str, Text(2), _as_stored(values.country)]
_Locale = Annotated[str, Text(100), _as_stored(values.locale)]
_Audience = Annotated[str, OneOf(Recipient.values)]
_Id = Annotated[str, Slug(80)]
_OrAll = _Or("all", ALL)
_Variant = Annotated[str, PlainValidator(_variant), WithJsonSchema({"type": "string", "pattern": _VARIANT})]
_TextName = Annotated[str, Text(120), AfterValidator(_text_name)]


class OuterText(FileModel):
    """What may stand on a lock screen: neutral words only."""

    title: Annotated[str, _Line(TEXT_LIMITS["outer", "title"])]
    body: Annotated[str, _Line(TEXT_LIMITS["outer", "body"])]


class InnerText(FileModel):
    """What the app shows once it is open."""

    title: Annotated[str, _Line(TEXT_LIMITS["inner", "title"])]
    body: Annotated[str, _Line(TEXT_LIMITS["inner", "body"])]


class Texts(FileModel):
    """The texts for one audience in one language."""

    outer: OuterText
    inner: InnerText


class LocaleTexts(Texts):
    """The texts in one language, with variants for audiences and regions."""

    variants: dict[_Variant, Texts] | None = None
    """By audience, region or both: `educator`, `GB-WLS` or `educator+GB-WLS`. A reader gets the most specific text: audience and
    region, else region, else audience, else the text for everyone.
    """

    def stored(self) -> dict[str, Any]:
        """Return the texts as `Campaign.words` holds them: without `variants` where there are none."""
        return self.model_dump(exclude=None if self.variants else {"variants"})


class AudienceDefinition(FileModel):
    """Whom the campaign is for."""

    countries: Annotated[list[_Country], MinLen(1), _OrAll]
    """ISO 3166-1 codes, or the word all."""
    regions: Annotated[list[Annotated[str, Text(6)]], MinLen(1), _OrAll] = ALL
    """ISO 3166-2 codes in those countries, or the word all."""
    audiences: Annotated[list[_Audience], MinLen(1), _OrAll]
    locales: Annotated[list[_Locale], MinLen(1), _OrAll] = ALL
    """BCP 47 tags of the readers' languages, or the word all."""


class AlertDefinition(FileModel):
    """The fields of the Common Alerting Protocol 1.2."""

    severity: Annotated[str, OneOf(cap.Severity.values)]
    urgency: Annotated[str, OneOf(cap.Urgency.values)]
    certainty: Annotated[str, OneOf(cap.Certainty.values)]
    status: Annotated[str, OneOf(cap.AlertStatus.values)]
    """Actual goes to readers; Exercise and Test go to test devices only."""


class Home(FileModel):
    """What stands in where a device's time zone or a text in its language is missing."""

    zone: Annotated[str, _Line(40), AfterValidator(_zone)]
    """An IANA time zone, such as Europe/London."""
    locale: _Locale
    """One of the languages under `messages`."""


class Schedule(FileModel):
    """When the campaign begins: either `at` or `local`."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    at: Annotated[str, PlainValidator(_start), WithJsonSchema({"anyOf": [{"const": "now"}, _INSTANT_SCHEMA]})] = ""
    """The word now, or one instant everywhere, with its UTC offset."""
    local: Annotated[str, AfterValidator(_local_time), WithJsonSchema({"type": "string", "pattern": _LOCAL_TIME})] = ""
    """A time by each device's own clock, without an offset."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Schedule:
        if len(self.model_fields_set) != 1:
            raise ValueError("expected either at or local")
        return self


class QuietHours(FileModel):
    """Send in quiet hours too."""

    override: Annotated[str, _Line(300)]
    """Why the campaign cannot wait: the approver sees this first."""


class Definition(FileModel):
    """A campaign as its author writes it."""

    name: Annotated[str, _Line(120)]
    """For staff; readers never see it."""
    kind: Annotated[str, OneOf(CampaignKind.values)]
    references: int | None = None
    """For update, cancel and all-clear: the number of the approved campaign that this one follows."""
    apps: Annotated[list[Annotated[str, Text(100)]], MinLen(1), _OrAll]
    audience: AudienceDefinition
    messages: Annotated[dict[_Locale, LocaleTexts], MinLen(1)]
    """The texts by BCP 47 tag of their language."""
    unchanged: list[_TextName] = []
    """For update, cancel and all-clear: the texts that are right as the earlier campaign has them, such as `cy`, or
    `cy/educator+GB-WLS` for a variant.
    """
    services: Annotated[list[_Id], MinLen(1)]
    """The services that the alert names, by id."""
    tips: dict[_Audience, _Id] | None = None
    """The tip that opens, by audience."""
    handouts: list[Annotated[str, OneOf(Handout.values)]] = []
    """The handouts to print, by slug: the alert's public page and documents lead to them."""
    handout_situations: list[Annotated[str, OneOf(HANDOUT_SITUATIONS)]] = []
    """The situations for which each of the handouts is attached. Left out, the usual handouts are, which are about threats."""
    alert: AlertDefinition
    home: Home
    schedule: Schedule
    not_after: Annotated[datetime, PlainValidator(_instant), WithJsonSchema(_INSTANT_SCHEMA)]
    """No message leaves at or after this instant."""
    quiet_hours: Annotated[QuietHours | Literal["defer"] | None, _Or("respect", None)] = None
    """The word respect; the word defer: phones in quiet hours wait, even if their exact second was set; or an override.

    Left out, an update, cancel or all-clear has the override of the campaign that it follows.
    """
