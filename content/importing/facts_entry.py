"""The fields of one entry in a file of services, and the rules that hold between them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar

import langcodes
import pycountry
from annotated_types import Interval, MinLen
from pydantic import AfterValidator, Field

from content.models.service_facts import Status
from content.terms import WORLDWIDE, AgeMeasured, Audience, ChannelType, Confidence, Cost, NumberType, Role, Situation
from core.file_models import Day, FileModel, OneOf, Slug, Text

#: The file's topics in our terms; `general` means every situation, and is not in this table.
TOPICS = {"sextortion": Situation.BLACKMAIL, "livestream": Situation.LIVE_ABUSE} | {
    situation.value: situation
    for situation in Situation
    if situation not in (Situation.BLACKMAIL, Situation.LIVE_ABUSE, Situation.NOT_SURE)
}
#: A channel may also be for readers who are not sure what happened.
CHANNEL_TOPICS = TOPICS | {Situation.NOT_SURE.value: Situation.NOT_SURE}
GENERAL = "general"
ANYONE = "anyone"
AUDIENCES = (Audience.TEEN.value, Audience.PARENT.value, Audience.EDUCATOR.value, ANYONE)
STATUS = {"active": Status.ACTIVE, "retired": Status.DEFUNCT}


def audiences_of(names: Collection[str]) -> list[Audience]:
    """Return the audiences of an entry, in their own order.

    A line "for parents, teachers and anyone" is for everyone who worries about a child, not for the child: beside the names of
    adults, "anyone" includes teens only where they are named too.
    """
    if ANYONE not in names:
        return [audience for audience in Audience if audience in names]
    for_adults = len(names) > 1 and Audience.TEEN not in names
    return [audience for audience in Audience if not (for_adults and audience == Audience.TEEN)]


def assigned_country(code: str) -> str:
    """Return an assigned ISO 3166-1 alpha-2 code; ValueError otherwise."""
    if pycountry.countries.get(alpha_2=code) is None:
        raise ValueError(f"{code!r} is not an assigned ISO 3166-1 code")
    return code


def _country(code: str) -> str:
    return code if code == WORLDWIDE else assigned_country(code)


def _language(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError(f"{tag!r} is not a language tag")
    return tag


_Age = Annotated[int, Interval(ge=0, le=120)]
_Url = Annotated[str, Text(500)]


class FactsChannel(FileModel):
    """One way to reach the service."""

    type: Annotated[str, OneOf(ChannelType.values)]
    value: Annotated[str, Text(500)]
    """The number in E.164, the short number, the URL or mailbox; for an app the steps inside it."""
    cost: Annotated[str, OneOf(Cost.values)]
    number_type: Annotated[str, OneOf(NumberType.values)] | None = None
    dial: Annotated[str, Text(40)] | None = None
    """The number as printed."""
    keyword: Annotated[str, Text(20)] | None = None
    """The first word of a text message."""
    mnemonic: Annotated[str, Text(40)] | None = None
    hours: Annotated[str, Text(200)] | None = None
    """In the form of OpenStreetMap's opening_hours; null: not known."""
    anonymous: bool | None = None
    on_bill: bool | None = None
    topics: Annotated[list[Annotated[str, OneOf(CHANNEL_TOPICS)]], MinLen(1)] | None = None
    """Those that the channel is for; null: all."""
    source: _Url | None = None
    label: Annotated[str, Text(200)] | None = None


class FactsEntry(FileModel):
    """One service."""

    id: Annotated[str, Slug(80)]
    organisation: Annotated[str, Text(200)]
    service_name: Annotated[str, Text(200)]
    country: Annotated[str, Text(2), AfterValidator(_country)]
    """An ISO 3166-1 code; ZZ: no country of its own."""
    regions: list[Annotated[str, Text(6)]]
    """ISO 3166-2 codes; empty: the whole country."""
    kinds: Annotated[list[Annotated[str, OneOf(Role.values)]], MinLen(1)]
    purpose: Annotated[str, Text(500)]
    audiences: Annotated[list[Annotated[str, OneOf(AUDIENCES)]], MinLen(1)]
    min_age: _Age | None
    max_age: _Age | None
    age_measured: Annotated[str, OneOf(AgeMeasured.values)] | None
    """Whose age the limits are about: the young person's now, or when the image was made."""
    languages: list[Annotated[str, Text(35), AfterValidator(_language)]] | None
    """BCP 47 tags of the languages spoken; null: not known."""
    channels: list[FactsChannel]
    """Best first."""
    time_zone: Annotated[str, Text(40)] | None
    topics: Annotated[list[Annotated[str, OneOf([*TOPICS, GENERAL])]], MinLen(1)]
    status: Annotated[str, OneOf(STATUS)]
    successor: Annotated[str, Slug(80)] | None = None
    """The id of the entry that took the place of a retired one."""
    source: _Url | None
    more_sources: list[_Url]
    confidence: Annotated[str, OneOf(Confidence.values)]
    checked_on: Day
    source_year: Annotated[int, Interval(ge=1900, le=2200)] | None
    source_kind: Annotated[str, Text(10)] | None
    notes: Annotated[str, Text(5000)] | None = None
    needs_before_launch: list[Annotated[str, Text(200)]] | None = None

    def rule_faults(self) -> Iterator[str]:
        """Yield a sentence for each rule between fields that the entry breaks."""
        for region in self.regions:
            if not region.startswith(f"{self.country}-") or region not in _regions():
                yield f"regions: {region!r} is not a region of {self.country}."
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            yield f"min_age: {self.min_age} is above max_age, {self.max_age}."
        if (self.min_age, self.max_age) != (None, None) and self.age_measured is None:
            yield "age_measured: required where an age is given."
        if self.confidence == Confidence.CONFIRMED_IN_SOURCE and not self.source:
            yield "source: required where confidence is confirmed-in-source."
        if self.successor is not None and STATUS[self.status] == Status.ACTIVE:
            yield "successor: only a retired service has one."


#: A file is read with plain mappings as entries: each is validated by itself, so that one does not hide the faults of another.
_Entry = TypeVar("_Entry", FactsEntry, dict[str, Any])


class FactsFile(FileModel, Generic[_Entry]):
    """A file of services."""

    schema_url: str | None = Field(None, alias="$schema")
    checked_on: Day | None = None
    count: int | None = None
    entries: list[_Entry]


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    return frozenset(region.code for region in pycountry.subdivisions)
