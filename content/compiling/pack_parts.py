"""The tips and services of a pack; each is made once and shared by all packs that hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pycountry

from content.compiling.channel_parts import packed_channel, service_assurance
from content.compiling.eligibility import channel_eligibility
from content.compiling.facts import ServiceFact, Snapshot, TipFact
from content.compiling.findings import Finding
from content.compiling.references import NamedService
from content.compiling.rendering import fill, isolate, language_names, more_html
from content.compiling.service_notices import notice_values
from content.compiling.texts import PackPart, TextBuilder
from content.compiling.tip_versions import TipChoice, TipVersions
from content.linting.number_words import digit_words
from content.linting.tokens import FACT, SERVICE, tokens
from content.resolver.types import PackedChannel, PackedPhrase, PackedRoute, PackedService, PackedTip
from content.terms import APP_STEPS, SOURCE_LOCALE, WORLDWIDE, ChannelType, NumberType


class PackPartBuilder:
    """The parts of packs over one snapshot, kept for the length of one compilation."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.texts = TextBuilder(snapshot)
        self.versions = TipVersions(snapshot)
        self.successors = {service.id: service.successor for service in snapshot.services}
        #: The readers whose plan has no crisis line, by the country of a pack and the ids of its services.
        self.without_crisis_line: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._services: dict[tuple[str, str, str], PackPart[PackedService] | None] = {}
        self._tips: dict[
            tuple[str, str, TipChoice, tuple[NamedService, ...], tuple[tuple[str, str], ...]], PackPart[PackedTip]
        ] = {}

    def service(self, service: ServiceFact, locale: str, country: str) -> PackPart[PackedService] | None:
        """Return a service with those of its channels that may be served, or None where there are none.

        `country` is where its callers are: a short number of several countries has another `tel` in each. Where the service
        works in one country alone, its callers are there, whatever the pack.
        """
        if service.area is not None and len(service.area) == 1:
            country = service.area[0]
        has_short_number = any(channel.number_type == NumberType.SHORT for channel in service.channels)
        caller = country if has_short_number else WORLDWIDE
        if (service.id, locale, caller) not in self._services:
            self._services[service.id, locale, caller] = self._service(service, locale, caller)
        return self._services[service.id, locale, caller]

    def tip(
        self,
        tip: TipFact,
        locale: str,
        choice: TipChoice,
        names: tuple[NamedService, ...],
        figures: tuple[tuple[str, str], ...] = (),
    ) -> PackPart[PackedTip]:
        """Return a whole tip in one language.

        `choice` is one of `tip_versions.choices`. `names` are the services that its tokens stand for in this pack, in the order
        of the tokens' ids, and `figures` the figures that it quotes: their ids, and their numbers as written in the locale.
        """
        key = (tip.slug, locale, choice, names, figures)
        if key not in self._tips:
            self._tips[key] = self._tip(tip, locale, choice, {named.token: named for named in names}, dict(figures))
        return self._tips[key]

    def _tip(
        self, tip: TipFact, locale: str, choice: TipChoice, names: Mapping[str, NamedService], figures: Mapping[str, str]
    ) -> PackPart[PackedTip]:
        served = choice.served

        def value_of(kind: str, name: str) -> str:
            # A token that only the target has is a finding that blocks the pack; it must not stop the other packs.
            if kind == FACT:
                return figures.get(name, name)
            return names[name].name if name in names else name

        parts: dict[str, list[str]] = {"title": [], "short": [], "do_now": [], "do_not": [], "more": []}
        all_reviewed, named, findings = True, dict[str, None](), list[Finding]()
        units = list(self.versions.units(tip, choice.version))
        for field, unit in units:
            text, reviewed = self.texts.words(unit, served.locale)
            parts[field].append(more_html(text, value_of) if field == "more" else fill(text, value_of))
            all_reviewed = all_reviewed and reviewed
            named |= {names[token.name].id: None for token in tokens(text) if token.kind == SERVICE and token.name in names}
            findings += self.texts.findings(unit, served.locale)
        findings += self.texts.tip_findings(tip, [unit for _, unit in units], served.locale)
        short_title = ""
        if (of_short_title := self.versions.short_title(tip, served.locale)) is not None:
            short_title, reviewed = self.texts.words(of_short_title, served.locale)
            all_reviewed = all_reviewed and reviewed
            findings += self.texts.findings(of_short_title, served.locale)
        value: PackedTip = {
            "slug": tip.slug,
            "kind": "notice" if tip.notice else "tip",
            "audiences": list(tip.audiences),
            "situations": list(tip.situations),
            "min_age": tip.min_age,
            "max_age": tip.max_age,
            "age_measured": tip.age_measured or None,
            "order": tip.order,
            "order_in": dict(tip.order_in),
            "locale": {"requested": locale, "served": served.locale, "reason": served.reason},
            "lang": served.locale,
            "dir": self.snapshot.directions[served.locale],
            "reviewed": all_reviewed,
            "title": parts["title"][0],
            "short": parts["short"][0],
            "do_now": parts["do_now"],
            "do_not": parts["do_not"],
            "more_html": "".join(parts["more"]),
            "services": list(named),
        }
        # A short title that says the same as the title is as good as none: it is how editors take one back.
        if short_title not in ("", value["title"]):
            value["short_title"] = short_title
        return PackPart(value, tuple(findings))

    def _service(self, service: ServiceFact, locale: str, caller: str) -> PackPart[PackedService] | None:
        phrases: list[PackPart[PackedPhrase]] = []

        def keep(phrase: PackPart[PackedPhrase] | None) -> PackedPhrase | None:
            """Remember the phrase, because the service is reviewed only if all its phrases are; return its value."""
            if phrase is None:
                return None
            phrases.append(phrase)
            return phrase.value

        def text(key: str) -> PackedPhrase | None:
            return keep(self.texts.phrase(key, locale))

        purpose, after = text(f"service.{service.id}.purpose"), text(f"service.{service.id}.after")
        answers_in = keep(self._answers_in(service, locale))
        channels = self._channels(service, locale, caller, text)
        if not channels:
            return None
        routes = self._routes(service.id, channels, text)
        value: PackedService = {
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
            "removal_power": self.snapshot.removal_powers.get(service.id),
            "audiences": list(service.audiences),
            "situations": list(service.situations),
            "named_situations": list(service.named_situations),
            "eligibility": {
                "min_age": service.min_age,
                "max_age": service.max_age,
                "age_measured": service.age_measured or None,
            },
            "languages": list(service.languages) if service.languages is not None else None,
            "answers_in": answers_in,
            "routes": routes,
            "zone": service.zone or None,
            "reviewed": all(phrase.value["reviewed"] for phrase in phrases),
            **service_assurance(channels),
            "channels": channels,
            "notices": notice_values(
                self.snapshot.notices.get(service.id, ()),
                roles=service.roles,
                positions={channel["position"] for channel in channels},
                has_words=lambda kind: self.texts.phrase(f"notice.{kind}", locale) is not None,
            ),
        }
        return PackPart(value, tuple(finding for phrase in phrases for finding in phrase.findings))

    def _channels(
        self, service: ServiceFact, locale: str, caller: str, text: Callable[[str], PackedPhrase | None]
    ) -> list[PackedChannel]:
        """Return the channels of the service that may be served, best first."""
        words_for_digits = digit_words(locale)
        channels = []
        for channel in service.channels:
            eligibility = channel_eligibility(service, channel, self.snapshot.policy)
            if eligibility.served:
                key = f"channel.{service.id}.{channel.position}"
                label, steps = text(f"{key}.label"), text(f"{key}.steps")
                channels.append(
                    packed_channel(
                        channel,
                        eligibility,
                        zone=service.zone,
                        caller=caller,
                        digit_words=words_for_digits,
                        label=label,
                        steps=steps,
                    )
                )
        return channels

    def _routes(
        self, service: str, channels: Sequence[PackedChannel], text: Callable[[str], PackedPhrase | None]
    ) -> dict[str, PackedRoute]:
        """Return by situation how to report it on the platform; None where a part of that is not known."""
        in_app = next((channel["steps"] for channel in channels if channel["type"] == ChannelType.APP), None)

        def part(situation: str, name: str, content: str | None) -> PackedPhrase | None:
            if not content:
                return None
            return in_app if content == APP_STEPS else text(f"route.{service}.{situation}.{name}")

        return {
            situation: {
                "steps": part(situation, "steps", route["steps"]),
                "asks": part(situation, "asks", route["asks"]),
            }
            for situation, route in self.snapshot.routes.get(service, {}).items()
        }

    def _answers_in(self, service: ServiceFact, locale: str) -> PackPart[PackedPhrase] | None:
        """Return a sentence with the languages of the service, or None where they are not known."""
        phrase = self.texts.phrase("phrase.answers-in", locale)
        if phrase is None or not service.languages:
            return None
        names = language_names(service.languages, phrase.value["lang"])
        if names is None:
            # A sentence must not be half in one language and half in another, so the source language stands in.
            return self._answers_in(service, SOURCE_LOCALE) if locale != SOURCE_LOCALE else None
        return PackPart({**phrase.value, "text": f"{phrase.value['text']} {names}"}, phrase.findings)


def _region_name(code: str) -> str:
    """Return the isolated name of an ISO 3166-2 region, for readers whose region is not known."""
    found = pycountry.subdivisions.get(code=code)
    # The standard adds other names and codes in brackets: "Wales [Cymru GB-CYM]".
    return isolate(found.name.partition(" [")[0] if found is not None else code)
