"""Texts, tips and services as they stand in packs; each is made once and shared by all packs that hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pycountry

from content.compiling.eligibility import Standing, standing
from content.compiling.fallback import Served, chain, serve
from content.compiling.rendering import dial_kind, display, fill, href, isolate, language_names, more_html, spoken, tel
from content.compiling.snapshot import ChannelFact, ServiceFact, Snapshot, Text, TipFact
from content.linting.text import text_faults
from content.linting.tokens import differing_tokens, tokens
from content.publishing.notices import notice_values
from content.terms import APP_STEPS, SOURCE_LOCALE, WORLDWIDE, ChannelType, NumberType


@dataclass(frozen=True)
class Finding:
    """One thing that the gate says of one item; country and locale are None where it is so in all of them."""

    code: str
    item: str
    detail: str
    blocks: bool
    country: str | None = None
    locale: str | None = None


@dataclass(frozen=True)
class Item:
    """One part of a pack, and what the gate says of it."""

    value: dict[str, Any]
    findings: tuple[Finding, ...] = ()


#: (token's id, id and official name that it stands for), sorted: the same tip in the same words is made once.
Names = tuple[tuple[str, str, str], ...]


class Items:
    """The parts of packs over one snapshot, kept for the length of one compilation."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.successors = {service.id: service.successor for service in snapshot.services}
        self._services: dict[tuple[str, str, str], Item | None] = {}
        self._tips: dict[tuple[str, str, Names], Item | None] = {}
        self._named = {tip.slug: self._services_named(tip) for tip in snapshot.tips}
        self._texts: dict[tuple[str, str], Item | None] = {}
        self._faults: dict[tuple[str, str], tuple[Finding, ...]] = {}
        self._chains: dict[str, list[str]] = {}
        self._known = frozenset(service.id for service in snapshot.services)

    def text(self, key: str, locale: str) -> Item | None:
        """Return one text by itself with its language, or None where none may be served."""
        if (key, locale) not in self._texts:
            self._texts[key, locale] = self._text(key, locale)
        return self._texts[key, locale]

    def service(self, service: ServiceFact, locale: str, country: str) -> Item | None:
        """Return a service with those of its channels that are served, or None where there are none.

        `country` is where its callers are: a short number of several countries is dialled in each by itself.
        """
        short = any(channel.facts["number_type"] == NumberType.SHORT for channel in service.channels)
        caller = country if short else WORLDWIDE
        if (service.id, locale, caller) not in self._services:
            self._services[service.id, locale, caller] = self._service(service, locale, caller)
        return self._services[service.id, locale, caller]

    def tip(self, tip: TipFact, locale: str, names: Names) -> Item | None:
        """Return a whole tip in one language, or None where not all of its texts may be served.

        `names` gives for each service token the id and official name that it stands for in this pack.
        """
        if (tip.slug, locale, names) not in self._tips:
            self._tips[tip.slug, locale, names] = self._tip(tip, locale, {token: (id_, name) for token, id_, name in names})
        return self._tips[tip.slug, locale, names]

    def named_by(self, tip: TipFact) -> frozenset[str]:
        """Return the ids of the services that the tip's source texts name."""
        return self._named[tip.slug]

    def _tip(self, tip: TipFact, locale: str, names: Mapping[str, tuple[str, str]]) -> Item | None:
        keys = [(field, key) for field, key in tip.keys if key in self.snapshot.texts or field != "more"]
        texts = [self.snapshot.texts.get(key) for _, key in keys]
        if any(text is None or text.text is None for text in texts):
            return None
        units = [text for text in texts if text is not None]
        served = self._serve(units, locale)
        words = {key: self._words(text, served.locale) for (_, key), text in zip(keys, units, strict=True)}
        named = list(dict.fromkeys(token.name for body, _ in words.values() for token in tokens(body)))

        def name_of(service: str) -> str:
            # A token that only the target has is a finding that blocks the pack; it must not stop the others.
            return names[service][1] if service in names else service

        parts: dict[str, list[str]] = {"title": [], "short": [], "do_now": [], "do_not": [], "more": []}
        for field, key in keys:
            body = words[key][0]
            parts[field].append(more_html(body, name_of) if field == "more" else fill(body, name_of))
        return Item(
            {
                "slug": tip.slug,
                "kind": "notice" if tip.notice else "tip",
                "audiences": list(tip.audiences),
                "situations": list(tip.situations),
                "order": tip.order,
                "locale": {"requested": locale, "served": served.locale, "reason": served.reason},
                "lang": served.locale,
                "dir": self.snapshot.directions[served.locale],
                "reviewed": all(reviewed for _, reviewed in words.values()),
                "title": parts["title"][0],
                "short": parts["short"][0],
                "do_now": parts["do_now"],
                "do_not": parts["do_not"],
                "more_html": "".join(parts["more"]),
                "services": list(dict.fromkeys(names[name][0] for name in named if name in names)),
            },
            tuple(finding for text in units for finding in self._findings(text, served.locale)),
        )

    def _services_named(self, tip: TipFact) -> frozenset[str]:
        texts = (self.snapshot.texts.get(key) for _, key in tip.keys)
        return frozenset(token.name for text in texts if text is not None and text.text for token in tokens(text.text))

    def _text(self, key: str, locale: str) -> Item | None:
        text = self.snapshot.texts.get(key)
        if text is None or text.text is None:
            return None
        served = self._serve([text], locale)
        body, reviewed = self._words(text, served.locale)
        value = {"text": body, "lang": served.locale, "dir": self.snapshot.directions[served.locale], "reviewed": reviewed}
        return Item(value, self._findings(text, served.locale))

    def _service(self, service: ServiceFact, locale: str, caller: str) -> Item | None:
        policy = self.snapshot.policy
        standings = [(channel, standing(service, channel, policy)) for channel in service.channels]
        served = [(channel, stands) for channel, stands in standings if stands.served]
        if not served:
            return None
        texts: list[Item] = []

        def text(key: str) -> dict[str, Any] | None:
            item = self.text(key, locale)
            if item is None:
                return None
            texts.append(item)
            return item.value

        purpose = text(f"service.{service.id}.purpose")
        after = text(f"service.{service.id}.after")
        answers_in = self._answers_in(service, locale)
        if answers_in is not None:
            texts.append(answers_in)
        digit_words = self._digit_words(locale)
        channels = []
        for channel, stands in served:
            value = _channel(channel, stands, zone=service.zone, caller=caller, digit_words=digit_words)
            value["label"] = text(f"channel.{service.id}.{channel.position}.label")
            value["steps"] = text(f"channel.{service.id}.{channel.position}.steps")
            channels.append(value)
        value = {
            "id": service.id,
            "name": service.name,
            "name_display": isolate(service.name),
            "organization": {
                "id": service.organization_id,
                "name": service.organization,
                "name_display": isolate(service.organization),
            },
            "purpose": purpose,
            "after": after,
            "country": service.country,
            "regions": list(service.regions),
            "region_names": [_region_name(code) for code in service.regions],
            "area": list(service.area) if service.area is not None else None,
            "roles": list(service.roles),
            "audiences": list(service.audiences),
            "situations": list(service.situations),
            "named_situations": list(service.named_situations),
            "eligibility": {
                "min_age": service.min_age,
                "max_age": service.max_age,
                "age_measured": service.age_measured or None,
            },
            "languages": list(service.languages) if service.languages is not None else None,
            "answers_in": answers_in.value if answers_in is not None else None,
            "routes": self._routes(service.id, channels, text),
            "zone": service.zone or None,
            "reviewed": all(item.value["reviewed"] for item in texts),
            "assured": all(channel["assured"] for channel in channels),
            "checked_on": _earliest([channel["checked_on"] for channel in channels]),
            "assured_until": _earliest([channel["assured_until"] for channel in channels]),
            "channels": channels,
            "notices": notice_values(
                self.snapshot.notices.get(service.id, ()),
                roles=service.roles,
                positions={channel["position"] for channel in channels},
                has_words=lambda kind: self.text(f"notice.{kind}", locale) is not None,
            ),
        }
        return Item(value, tuple(finding for item in texts for finding in item.findings))

    def _routes(
        self, service: str, channels: Sequence[Mapping[str, Any]], text: Callable[[str], dict[str, Any] | None]
    ) -> dict[str, dict[str, Any]]:
        """Return by situation what to tap in the app and what its form asks; None where that is not known."""
        in_app = next((channel["steps"] for channel in channels if channel["type"] == ChannelType.APP), None)
        return {
            situation: {
                part: in_app if found == APP_STEPS else text(f"route.{service}.{situation}.{part}") if found else None
                for part, found in route.items()
            }
            for situation, route in self.snapshot.routes.get(service, {}).items()
        }

    def _answers_in(self, service: ServiceFact, locale: str) -> Item | None:
        """Return the languages of the service as a text, or None where they are not known."""
        words = self.text("phrase.answers-in", locale)
        if words is None or not service.languages:
            return None
        names = language_names(service.languages, words.value["lang"])
        if names is None:
            # Half in one language and half in another is no sentence.
            return self._answers_in(service, SOURCE_LOCALE) if locale != SOURCE_LOCALE else None
        return Item({**words.value, "text": f"{words.value['text']} {names}"}, words.findings)

    def _digit_words(self, locale: str) -> list[str] | None:
        """Return the words for zero to nine, or None where the reader's own language lacks them."""
        found = self.text("phrase.digits", locale)
        if found is None or found.value["lang"] not in chain(locale):
            return None
        words = str(found.value["text"]).split()
        return words if len(words) == 10 else None

    def _serve(self, texts: Sequence[Text], locale: str) -> Served:
        chosen = self._chains.setdefault(locale, chain(locale))
        return serve(
            chosen,
            source=texts[0].locale,
            usable=lambda code: all(code in text.targets and not text.targets[code].withdrawn for text in texts),
            withdrawn=lambda code: all(code in text.targets for text in texts),
        )

    def _words(self, text: Text, locale: str) -> tuple[str, bool]:
        if locale == text.locale:
            assert text.text is not None
            return text.text, text.reviewed
        target = text.targets[locale]
        return target.text, target.reviewed and text.reviewed

    def _findings(self, text: Text, locale: str) -> tuple[Finding, ...]:
        """Ask the text gate once more: a rule may be younger than the text, and raw SQL never asked it."""
        if (text.key, locale) not in self._faults:
            body, _ = self._words(text, locale)
            faults = text_faults(
                body,
                locale=locale,
                allowed_numbers=text.numbers,
                allowed_hosts=text.hosts,
                known_services=self._known,
            )
            if locale != text.locale:
                faults += differing_tokens(text.text or "", body)
            self._faults[text.key, locale] = tuple(
                Finding(fault.code, text.key, fault.detail, blocks=not fault.caution, locale=locale) for fault in faults
            )
        return self._faults[text.key, locale]


def _channel(
    channel: ChannelFact, stands: Standing, *, zone: str, caller: str, digit_words: Sequence[str] | None
) -> dict[str, Any]:
    facts = channel.facts
    return {
        "position": channel.position,
        "type": facts["type"],
        "dial": facts["dial"] or None,
        "dial_kind": dial_kind(facts),
        "tel": tel(facts, caller),
        "href": href(facts),
        "display": display(facts),
        "spoken": spoken(facts, digit_words),
        "keyword": facts["keyword"] or None,
        "hours": facts["hours"] or None,
        "zone": zone or None,
        "cost": facts["cost"],
        "anonymous": facts["anonymous"],
        "needs_voice": facts["type"] == ChannelType.PHONE,
        "on_bill": facts["on_bill"],
        "assured": stands.assured,
        "checked_on": channel.checked_on.isoformat() if channel.checked_on else None,
        "assured_until": channel.assured_until.isoformat() if channel.assured_until else None,
    }


def _earliest(days: Sequence[str | None]) -> str | None:
    """Return the earliest day; None where one is missing, because then the whole was never checked."""
    known = [day for day in days if day is not None]
    return min(known) if len(known) == len(days) and known else None


def _region_name(code: str) -> str:
    """Return the name of an ISO 3166-2 region as the standard has it, isolated, for readers whose region is not known."""
    found = pycountry.subdivisions.get(code=code)
    # The standard's list puts other names and codes behind in brackets: "Wales [Cymru GB-CYM]".
    return isolate(found.name.partition(" [")[0] if found is not None else code)
