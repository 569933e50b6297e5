"""Read a file of services into facts by column name, and refuse it where it breaks a rule."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from content.importing.facts_form import AUDIENCES, GENERAL, STATUS, TOPICS, form_faults
from content.importing.shapes import objects
from content.linting.channel import channel_faults, digits
from content.linting.numbers import number_runs
from content.linting.text import text_faults
from content.models import Channel, Service
from content.models.channel_facts import FACTS
from content.terms import Audience, ChannelType, Role, Situation
from core.errors import Invalid


class FactsRefused(Invalid):
    """The file breaks its rules, and nothing of it was loaded."""

    code = "facts-refused"


@dataclass(frozen=True)
class Words:
    """A text of the file that becomes a unit, with the numbers and hosts that it may hold."""

    text: str
    numbers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChannelEntry:
    """One channel: its facts by column name, and its words."""

    facts: dict[str, Any]
    label: Words | None
    steps: Words | None


@dataclass
class Entry:
    """One service: its facts by column name, its words and its channels, best first."""

    id: str
    organization: str
    fields: dict[str, Any]
    purpose: Words
    channels: list[ChannelEntry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_facts(data: bytes, areas: Mapping[str, Any]) -> list[Entry]:
    """Return the entries of the file; FactsRefused with every rule that is broken, each with its entry."""
    try:
        rows = json.loads(data)["entries"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FactsRefused("The file is no JSON object with a list of entries.") from None
    if not objects(rows) or not all(isinstance(row.get("id"), str) for row in rows):
        raise FactsRefused("The entries of the file are no list of objects, each with an id.")
    ids = Counter(row["id"] for row in rows)
    faults = [f"{name}: the id stands {count} times." for name, count in ids.items() if count > 1]
    faults += [f"{name}: the table of areas names it, but there is no such entry." for name in areas.keys() - ids.keys()]
    entries = []
    for row in rows:
        try:
            entries.append(_entry(row, areas.get(row["id"])))
        except _Broken as broken:
            faults += [f"{row['id']}: {reason}" for reason in broken.reasons]
    if faults:
        raise FactsRefused("The file was not loaded. " + " ".join(faults), faults=faults)
    return entries


class _Broken(Exception):
    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons


def _entry(row: dict[str, Any], area: Mapping[str, Any] | None) -> Entry:
    if reasons := list(form_faults(row)):
        raise _Broken(reasons)
    audiences = {audience for name in row["audiences"] for audience in AUDIENCES[name]}
    entry = Entry(
        id=row["id"],
        organization=row["organisation"],
        fields={
            "name": row["service_name"],
            "country_id": row["country"],
            "regions": row["regions"],
            "area": sorted(area["countries"]) if area is not None else None,
            "roles": [role.value for role in Role if role in row["kinds"]],
            "audiences": [audience.value for audience in Audience if audience in audiences],
            "situations": [s.value for s in Situation if s in {TOPICS.get(topic) for topic in row["topics"]}],
            "general": GENERAL in row["topics"],
            "min_age": row["min_age"],
            "max_age": row["max_age"],
            "age_measured": row["age_measured"] or "",
            "languages": row["languages"],
            "zone": row["time_zone"] or "",
            "status": STATUS[row["status"]].value,
            "confidence": row["confidence"],
            "source": row["source"] or "",
            "more_sources": row["more_sources"],
            "source_kind": row["source_kind"] or "",
            "source_year": row["source_year"],
            "compiled_on": row["checked_on"],
            "notes": row.get("notes") or "",
            "needs_before_launch": row.get("needs_before_launch") or [],
        },
        purpose=_words(row["purpose"]),
    )
    service = Service(id=entry.id, **entry.fields)
    faults = [f"purpose: {reason}" for reason in _word_faults(entry.purpose)]
    for number, channel in enumerate(row["channels"], start=1):
        loaded = _channel(channel, entry, number)
        entry.channels.append(loaded)
        reasons = channel_faults(Channel(service=service, position=number, **loaded.facts))
        for words in filter(None, (loaded.label, loaded.steps)):
            reasons += _word_faults(words)
        faults += [f"channel {number}: {reason}" for reason in reasons]
    if faults:
        raise _Broken(faults)
    return entry


def _channel(row: dict[str, Any], entry: Entry, number: int) -> ChannelEntry:
    app = row["type"] == ChannelType.APP
    dial = row.get("dial") or ""
    if "-" in dial:
        # Some printers' hyphens; what is dialled is the same, and `dial` has one form.
        dial = dial.replace("-", " ")
        entry.notes.append(f"{entry.id}: channel {number} is printed {row['dial']} and stored as {dial}.")
    facts = dict.fromkeys(FACTS, "") | {
        "type": row["type"],
        "number_type": row.get("number_type") or "",
        "dial": dial,
        "address": "" if app else row["value"],
        "keyword": row.get("keyword") or "",
        "mnemonic": row.get("mnemonic") or "",
        "hours": row.get("hours") or "",
        "cost": row["cost"],
        "anonymous": row.get("anonymous"),
        "on_bill": row.get("on_bill"),
        "source": row.get("source") or "",
    }
    label = row.get("label")
    if label and (shorter := _without_address(label, facts["address"])) != label:
        entry.notes.append(f"{entry.id}: the label of channel {number} repeats the channel's own address; stored as {shorter!r}.")
        label = shorter
    return ChannelEntry(facts, _words(label) if label else None, _words(row["value"]) if app else None)


def _without_address(label: str, address: str) -> str:
    """Take the channel's own number or name out of its label: it is a fact, and shown beside the label anyway."""
    kind, _, name = address.partition(":")
    if kind == "telegram":
        return re.sub(r"\s*" + re.escape(name), "", label).strip()
    if kind == "whatsapp":
        printed = re.search(r"[\s(]*\d[\d\s()-]+\d", label)
        if printed and digits(name).endswith(digits(printed.group())):
            return (label[: printed.start()] + label[printed.end() :]).strip()
    return label


def _words(text: str) -> Words:
    """Allow a text of the file the numbers and hosts that it came with, and no others from then on."""
    hosts = re.findall(r"\b[a-z0-9-]{2,}(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b", text)
    return Words(text, tuple(dict.fromkeys(number_runs(text))), tuple(dict.fromkeys(hosts)))


def _word_faults(words: Words) -> list[str]:
    faults = text_faults(words.text, locale="en", allowed_numbers=words.numbers, allowed_hosts=words.hosts, known_services=())
    long = [f"the number {number} is too long to stand in words." for number in words.numbers if len(number) > 4]
    return long + [fault.detail for fault in faults if not fault.caution]
