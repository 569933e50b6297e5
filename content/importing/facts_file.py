"""Read a file of services into facts by column name, and refuse it where it breaks a rule."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from content.importing.facts_entry import (
    CHANNEL_TOPICS,
    GENERAL,
    STATUS,
    TOPICS,
    FactsChannel,
    FactsEntry,
    FactsFile,
    audiences_of,
)
from content.linting.allowed_numbers import AllowedNumbers
from content.linting.channel import channel_faults, digits
from content.linting.number_context import recognized_kinds
from content.linting.numbers import numbers_in
from content.linting.text import text_faults
from content.models import Channel, Service
from content.models.channel_facts import FACTS
from content.terms import ChannelType, Role, Situation
from core.errors import Invalid
from core.file_models import fault_lines


class FactsRefused(Invalid):
    """The file breaks a rule, and nothing of it was loaded."""

    code = "facts-refused"


@dataclass(frozen=True)
class ImportedText:
    """A text of the file that becomes a unit, with the numbers and hosts that it may hold."""

    text: str
    numbers: AllowedNumbers = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportedChannel:
    """One channel: its facts by column name, and its texts."""

    facts: dict[str, Any]
    label: ImportedText | None
    steps: ImportedText | None


@dataclass
class ImportedService:
    """One service: its facts by column name, its purpose and its channels, best first."""

    id: str
    organization: str
    fields: dict[str, Any]
    purpose: ImportedText | None
    channels: list[ImportedChannel] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_facts(data: bytes, areas: Mapping[str, Any]) -> list[ImportedService]:
    """Return the services of the file; FactsRefused lists every rule that is broken, each with its entry."""
    rows = _rows(data)
    ids = Counter(str(row.get("id")) for row in rows)
    faults = [f"{name}: {count} entries have this id." for name, count in ids.items() if count > 1]
    faults += [f"{name}: in the table of areas, but not in the file." for name in areas.keys() - ids.keys()]
    services = []
    for number, row in enumerate(rows, start=1):
        try:
            entry = FactsEntry.model_validate(row)
        except ValidationError as error:
            name = row["id"] if isinstance(row.get("id"), str) else f"entry {number}"
            faults += fault_lines(error, name)
            continue
        service = _service(entry, areas.get(entry.id))
        faults += [f"{entry.id}: {reason}" for reason in (*entry.rule_faults(), *_service_faults(service))]
        if entry.successor is not None and entry.successor not in ids:
            faults.append(f"{entry.id}: successor: there is no entry {entry.successor}.")
        services.append(service)
    if faults:
        raise FactsRefused("The file was not loaded. " + " ".join(faults), faults=faults)
    return services


def _rows(data: bytes) -> list[dict[str, Any]]:
    try:
        return FactsFile[dict[str, Any]].model_validate(json.loads(data)).entries
    except (ValueError, RecursionError) as error:
        faults = fault_lines(error) if isinstance(error, ValidationError) else []
        raise FactsRefused("The file is not a JSON object with a list of entries. " + " ".join(faults), faults=faults) from error


def _service(entry: FactsEntry, area: Mapping[str, Any] | None) -> ImportedService:
    situations = {TOPICS[topic] for topic in entry.topics if topic != GENERAL}
    service = ImportedService(
        id=entry.id,
        organization=entry.organisation,
        fields={
            "name": entry.service_name,
            "country_id": entry.country,
            "regions": entry.regions,
            "area": sorted(area["countries"]) if area is not None else None,
            "roles": [role.value for role in Role if role in entry.kinds],
            "audiences": [audience.value for audience in audiences_of(entry.audiences)],
            "situations": _in_order(situations),
            "general": GENERAL in entry.topics,
            "min_age": entry.min_age,
            "max_age": entry.max_age,
            "age_measured": entry.age_measured or "",
            "languages": entry.languages,
            "zone": entry.time_zone or "",
            "status": STATUS[entry.status].value,
            "successor_id": entry.successor,
            "confidence": entry.confidence,
            "source": entry.source or "",
            "more_sources": entry.more_sources,
            "source_kind": entry.source_kind or "",
            "source_year": entry.source_year,
            "compiled_on": entry.checked_on,
            "notes": entry.notes or "",
            "needs_before_launch": entry.needs_before_launch or [],
        },
        purpose=_text(entry.purpose),
    )
    for number, channel in enumerate(entry.channels, start=1):
        service.channels.append(_channel(channel, service, number))
    return service


def _service_faults(imported: ImportedService) -> Iterator[str]:
    """Yield what the rules for texts and channels refuse."""
    if imported.purpose is not None:
        yield from (f"purpose: {reason}" for reason in _text_faults(imported.purpose))
    service = Service(id=imported.id, **imported.fields)
    for number, channel in enumerate(imported.channels, start=1):
        reasons = channel_faults(Channel(service=service, position=number, **channel.facts))
        for text in filter(None, (channel.label, channel.steps)):
            reasons += _text_faults(text)
        yield from (f"channels.{number}: {reason}" for reason in reasons)


def _channel(channel: FactsChannel, service: ImportedService, number: int) -> ImportedChannel:
    in_app = channel.type == ChannelType.APP
    dial = channel.dial or ""
    if "-" in dial:
        # Some numbers are printed with hyphens; the number dialled is the same, and `dial` has one form.
        dial = dial.replace("-", " ")
        service.notes.append(f"{service.id}: channel {number} is printed {channel.dial} and stored as {dial}.")
    facts = dict.fromkeys(FACTS, "") | {
        "type": channel.type,
        "number_type": channel.number_type or "",
        "dial": dial,
        "address": "" if in_app else channel.value,
        "keyword": channel.keyword or "",
        "mnemonic": channel.mnemonic or "",
        "hours": channel.hours or "",
        "cost": channel.cost,
        "anonymous": channel.anonymous,
        "on_bill": channel.on_bill,
        "situations": _in_order({CHANNEL_TOPICS[topic] for topic in channel.topics}) if channel.topics else None,
        "source": channel.source or "",
    }
    label = channel.label
    if label and (shorter := _without_contact(label, channel.value)) != label:
        service.notes.append(
            f"{service.id}: the label of channel {number} repeats the channel's own number or name; stored as {shorter!r}."
        )
        label = shorter
    return ImportedChannel(facts, _text(label) if label else None, _text(channel.value) if in_app else None)


def _in_order(situations: Collection[Situation]) -> list[str]:
    return [situation.value for situation in Situation if situation in situations]


def _without_contact(label: str, contact: str) -> str:
    """Return a channel's label without the channel's own number or name, which is a fact and shown beside the label."""
    kind, _, name = contact.partition(":")
    if kind == "telegram":
        return re.sub(r"\s*" + re.escape(name), "", label).strip()
    if kind == "whatsapp":
        printed = re.search(r"[\s(]*\d[\d\s()-]+\d", label)
        if printed and digits(name).endswith(digits(printed.group())):
            return (label[: printed.start()] + label[printed.end() :]).strip()
    return label


def _text(text: str) -> ImportedText:
    """Return a text that may keep the numbers and hosts it came with, and gain no others."""
    hosts = re.findall(r"\b[a-z0-9-]{2,}(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b", text)
    return ImportedText(text, recognized_kinds(text, numbers_in(text)), tuple(dict.fromkeys(hosts)))


def _text_faults(text: ImportedText) -> list[str]:
    faults = text_faults(text.text, locale="en", allowed_numbers=text.numbers, allowed_hosts=text.hosts, known_services=())
    long = [f"the number {number} is too long for a text." for number in text.numbers if len(number) > 4]
    return long + [fault.detail for fault in faults if fault.refuses]
