"""A second resolver, written from docs/resolver.md alone: what the resolver of an app might look like.

It imports nothing of the product, takes and returns plain JSON values, and follows the document from top to bottom, in its
terms; the last two sections are in reference_hours.py. `plan(pack, query, at)` returns `{"tips": [slug], "steps": [step]}`, as in
docs/resolver-vectors.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.reference_hours import UNKNOWN, Opening, opening_of_channel

Json = dict[str, Any]


#: The situations in which a service of the step report must name them.
BY_NAME = ("blackmail", "image-shared", "ai-generated-image", "grooming", "live-abuse", "hacked-account", "offline-abuse")


def plan(pack: Json, query: Json, at: str) -> Json:
    """Return the plan for the query at an instant (RFC 3339)."""
    return _Plan(pack, query, datetime.fromisoformat(at).astimezone(UTC)).plan()


def channels(pack: Json, service: Json, query: Json) -> list[Json]:
    """Return the channels of a service of the pack in the order in which this reader sees them."""
    situation = _situation(pack, query)
    found = [c for c in service["channels"] if c.get("situations") is None or situation in c["situations"]]
    if query.get("can_speak") is False:
        found.sort(key=lambda channel: bool(channel["needs_voice"]))
    return found


class _Plan:
    """One pack, one query and one instant."""

    def __init__(self, pack: Json, query: Json, at: datetime) -> None:
        self.pack, self.at = pack, at
        self.retired = {retired["id"]: retired["successor"] for retired in pack["retired"]}
        # ## The query
        self.country: str = query["country"]
        self.situation = _situation(pack, query)
        self.services: list[Json] = [self.as_for_the_situation(service) for service in pack["services"]]
        self.audience: str = query.get("audience") or "teen"
        self.region: str | None = query.get("region")
        self.age: int | None = query.get("age")
        if self.audience == "survivor" and self.age is None:
            self.age = 30
        self.age_in_image: int | None = query.get("age_in_image")
        self.site: str | None = query.get("site")
        if successor := self.retired.get(f"platform-{self.site}"):
            self.site = successor.removeprefix("platform-")
        self.in_chat = query.get("where") == "private"
        self.languages = _first_parts(query.get("languages"))
        self.cannot_speak = query.get("can_speak") is False
        self.may_be_under_18 = self.age is None or self.age < 18
        self.found = self.candidates()

    # ## Terms

    def serves(self, service: Json) -> bool:
        return self.situation in service["situations"]

    def names(self, service: Json) -> bool:
        return self.situation in service["named_situations"]

    def is_for_the_audience(self, service: Json) -> bool:
        return self.audience in service["audiences"]

    # ## 1. Which services can be offered

    def as_for_the_situation(self, service: Json) -> Json:
        found = [c for c in service["channels"] if c.get("situations") is None or self.situation in c["situations"]]
        return service | {"channels": found}

    def within_reach(self, service: Json) -> bool:
        return (
            bool(service["channels"])
            and service["id"] not in self.retired
            and (service["area"] is None or self.country in service["area"])
            and (not service["regions"] or self.region is None or self.region in service["regions"])
        )

    def candidates(self) -> list[Json]:
        return [service for service in self.services if self.within_reach(service) and self.fits(service) is not None]

    def age_that_counts(self, service: Json) -> int | None:
        return self.age_in_image if _measures_the_image(service) else self.age

    def fits(self, service: Json) -> str | None:
        """Go down the table: return `fits`, `condition`, or None for excluded. A tip is taken as a service with its ages."""
        low, high = service["eligibility"]["min_age"], service["eligibility"]["max_age"]
        counts = self.age_that_counts(service)
        if not _has_age_rule(service):
            return "fits"
        if counts is not None:
            return "fits" if (low is None or counts >= low) and (high is None or counts <= high) else None
        if _measures_the_image(service) and not self.may_be_under_18:
            return "condition"
        if _for_adults(service) or (high is not None and high < 17):
            return None
        if _measures_the_image(service) and self.age is not None:
            return "fits"
        return "condition"

    def conditional(self, service: Json) -> bool:
        return self.fits(service) == "condition"

    # ## 2. The steps

    def plan(self) -> Json:
        orders = self.pack["plan_order"]
        order = orders.get(self.situation, {}).get(self.audience) or orders["default"][self.audience]
        makers: dict[str, Callable[[], Json | None]] = {
            "danger-now": self.danger_now,
            "talk": lambda: self.talk(before_report="report" in order[order.index("talk") :]),
            "report": self.report,
            "take-down": self.take_down,
            "tell-the-platform": self.tell_the_platform,
        }
        steps = [makers[step]() for step in order if step in makers]
        tips = self.tips()
        return {"tips": tips[:5], "more_tips": tips[5:], "steps": [step for step in steps if step is not None]}

    def tie_break(self, service: Json) -> tuple[Any, ...]:
        spoken = _first_parts(service["languages"])
        places = [place for place, language in enumerate(self.languages) if language in spoken]
        return (
            not _here(service),
            not _all_free(service),
            not _anonymous(service),
            places[0] if places else len(self.languages),
            service["id"],
        )

    def language_match(self, service: Json) -> bool | None:
        spoken = _first_parts(service["languages"])
        return bool(set(spoken) & set(self.languages)) if spoken and self.languages else None

    def shares_no_language(self, service: Json) -> bool:
        return self.language_match(service) is False

    def unusable(self, service: Json) -> bool:
        return self.cannot_speak and all(channel["needs_voice"] for channel in service["channels"])

    def at_night(self) -> bool:
        here = [s for s in self.services if self.within_reach(s) and _here(s) and _known_zone(s["zone"])]
        zone = ZoneInfo(min(here, key=lambda s: s["id"])["zone"]) if here else UTC
        return not 8 <= self.at.astimezone(zone).hour < 22

    def region_not_given(self, service: Json) -> bool:
        return self.region is None and bool(service["regions"])

    def danger_now(self) -> Json:
        found = sorted(
            (s for s in self.services if self.within_reach(s) and _has(s, "emergency")),
            key=lambda s: (
                not (self.names(s) if self.situation == "self-harm-risk" else self.serves(s)),
                not _here(s),
                self.region_not_given(s),
                s["id"],
            ),
        )
        if not found:
            return self.without_service("danger-now", ["local-emergency"])
        first = found[0]
        why = ["emergency", _coverage(first)] + ["free"] * _all_free(first) + self.language(first)
        return self.step("danger-now", found, why) | {"conditions": {}}

    def sure_of_a_crisis_line(self) -> bool:
        return any(_crisis_line(service) and not self.region_not_given(service) for service in self.found)

    def talk_order(self, service: Json) -> tuple[Any, ...]:
        in_crisis = self.situation == "self-harm-risk"
        hours = self.opening(service)
        tailored = _has_age_rule(service) or service["audiences"] == [self.audience]
        return (
            in_crisis and self.sure_of_a_crisis_line() and not _crisis_line(service),
            self.shares_no_language(service),
            self.unusable(service),
            in_crisis and hours.open is not True,
            hours.open is False,
            self.at_night() and hours.open is not True,
            self.region_not_given(service),
            not self.names(service),
            not in_crisis and service["named_situations"] == ["self-harm-risk"],
            not tailored,
            not (hours.open is True and hours.closes_at is None),
            hours.open is not True,
            not (self.names(service) and _has(service, "image-removal")),
            *self.tie_break(service),
        )

    def suits_better(self, own: Json, first: Json) -> bool:
        """Return whether the young person's line moves to the front, past the first of the list."""
        if self.situation == "self-harm-risk" or first["named_situations"] != ["self-harm-risk"]:
            return False
        if self.unusable(own) or self.shares_no_language(own) or self.region_not_given(own):
            return False
        if self.opening(own).open is False and self.opening(first).open is not False:
            return False
        if self.at_night() and self.opening(first).open and not self.opening(own).open:
            return False
        return self.names(own) or (self.serves(own) and not self.serves(first))

    def talk(self, *, before_report: bool) -> Json:
        helplines = [service for service in self.found if _has(service, "helpline") and not _directory(service)]
        for_audience = sorted(filter(self.is_for_the_audience, helplines), key=self.talk_order)
        groups = (
            [s for s in for_audience if _here(s) and self.serves(s)],
            [s for s in for_audience if _here(s)],
            [s for s in for_audience if not _here(s) and self.serves(s)],
            [s for s in for_audience if not _here(s)],
        )
        found = next(filter(None, groups), [])
        crisis_lines = [service for service in helplines if _crisis_line(service)]
        if crisis_lines and not any(map(_crisis_line, found)):
            best = min(crisis_lines, key=lambda s: (not _here(s), not self.is_for_the_audience(s), self.talk_order(s)))
            found = [*found, best]
        notes = {}
        young = [service for service in helplines if "teen" in service["audiences"]]
        if self.audience in ("parent", "educator", "bystander") and young:
            in_crisis = self.situation == "self-harm-risk"
            own = min(
                young,
                key=lambda s: (
                    in_crisis and not _crisis_line(s),
                    not _here(s),
                    self.is_for_the_audience(s),
                    self.talk_order(s),
                ),
            )
            notes[own["id"]] = "for-your-child" if self.audience == "parent" else "for-the-young-person"
            if own not in found:
                found = [*found, own]
        if not any(self.opening(service).open for service in found):
            found = found + [service for service in for_audience if not _here(service) and service not in found]
        found = sorted(found, key=lambda s: self.opening(s).open is False)
        if self.at_night():
            found = sorted(found, key=lambda s: self.opening(s).open is not True)
        for own in [service for service in found if service["id"] in notes]:
            if self.suits_better(own, found[0]):
                found = [own, *(service for service in found if service is not own)]
        directories = [s for s in self.found if _directory(s) and self.is_for_the_audience(s)]
        found = found + sorted(directories, key=self.talk_order)
        notes |= {service["id"]: "directory" for service in directories}
        if not found:
            return self.without_service("talk", ["trusted-adult", "if-at-home-unsafe"])
        also = ["crisis-line"] * _crisis_line(found[0]) + ["directory"] * _directory(found[0])
        return self.step("talk", found, self.why(found[0], also=also) + ["talk-first"] * before_report) | {"notes": notes}

    def report(self) -> Json:
        roles = ("police-report", "hotline-csam-report")
        to_hotline = self.situation == "csam-seen" and not self.in_chat
        preferred_role = "hotline-csam-report" if to_hotline else "police-report"
        by_name = self.situation in BY_NAME
        found = [s for s in self.found if any(_has(s, role) for role in roles) and self.is_for_the_audience(s)]
        in_a_chat = self.in_chat and self.situation == "csam-seen"
        found = [
            service
            for service in found
            if (self.names(service) if by_name else self.serves(service))
            or (in_a_chat and "image-shared" in service["named_situations"])
        ]
        if self.in_chat:
            found = [service for service in found if _has(service, "police-report")]
        here = [service for service in found if _here(service)]
        if any(_has(service, preferred_role) for service in here) if to_hotline else here:
            found = here
        private = ["private-chat"] * self.in_chat

        def order(service: Json) -> tuple[Any, ...]:
            both = all(_has(service, role) for role in roles)
            return (
                self.unusable(service),
                not _here(service),
                not _has(service, preferred_role),
                self.region_not_given(service),
                not self.names(service),
                not (_has_age_rule(service) or (self.may_be_under_18 and both)),
                -len(service["regions"]),
                self.shares_no_language(service),
                len(service["roles"]),
                *self.tie_break(service),
            )

        found.sort(key=order)
        if not found or (by_name and not _here(found[0])):
            nearest = "nearest-police" if self.may_be_under_18 else "nearest-police-adult"
            return self.without_service("report", [nearest, *private], found)
        return self.step("report", found, self.why(found[0]) + private)

    def take_down(self) -> Json | None:
        found = [s for s in self.found if _has(s, "image-removal") and self.is_for_the_audience(s) and self.serves(s)]
        if not self.may_be_under_18 and self.age_in_image is None:
            tools = [service for service in found if self.conditional(service) and not _has(service, "platform-report")]
            codes = [_age_code(tool) or "" for tool in tools]
            whole = all(any(code.startswith(side) for code in codes) for side in ("adult-", "under-18-"))
            found = found if whole else [service for service in found if service not in tools]

        def order(service: Json) -> tuple[Any, ...]:
            return (
                self.unusable(service),
                _has(service, "platform-report"),
                not service.get("removal_power"),
                not _has_age_rule(service),
                len(service["roles"]) != 1,
                not _here(service),
                service["eligibility"]["min_age"] is not None,
                self.region_not_given(service),
                self.shares_no_language(service),
                *self.tie_break(service),
            )

        found.sort(key=order)
        if not found:
            return None
        orders = ["orders-removal"] * (found[0].get("removal_power") == "order")
        return self.step("take-down", found, self.why(found[0], also=orders))

    def tell_the_platform(self) -> Json:
        platforms = sorted((s for s in self.found if _has(s, "platform-report")), key=lambda s: s["id"])
        if self.site is not None:
            found = [service for service in platforms if service["id"] == f"platform-{self.site}"]
            if any(self.serves(service) or self.situation == "not-sure" for service in found):
                return self.step("tell-the-platform", found, self.why(found[0], coverage="platform"))
            return self.without_service("tell-the-platform", ["platform", "no-address"], found)
        sure = self.situation != "not-sure"
        others = [s for s in platforms if self.is_for_the_audience(s) and (self.serves(s) or not sure)]
        return self.without_service("tell-the-platform", ["platform"], others)

    # ## 3. The fields of a step

    def step(self, step: str, found: list[Json], why: list[str]) -> Json:
        return self.fields_of(step, found[0], found[1:], why)

    def without_service(self, step: str, why: list[str], alternatives: Iterable[Json] = ()) -> Json:
        return self.fields_of(step, None, list(alternatives), why)

    def fields_of(self, step: str, service: Json | None, alternatives: list[Json], why: list[str]) -> Json:
        hours = self.opening(service) if service else UNKNOWN
        until = service["assured_until"] if service else None
        return {
            "step": step,
            "service": service["id"] if service else None,
            "why": why,
            "open": hours.open,
            "closes_at": _rfc3339(hours.closes_at),
            "opens_at": _rfc3339(hours.opens_at),
            "stale": until is not None and date.fromisoformat(until) < self.at.date(),
            "language_match": self.language_match(service) if service else None,
            "alternatives": [other["id"] for other in alternatives],
            "conditions": self.conditions([service, *alternatives] if service else alternatives),
            "notes": {},
        }

    def why(self, service: Json, *, coverage: str | None = None, also: Iterable[str] = ()) -> list[str]:
        code, counts = _age_code(service), self.age_that_counts(service)
        codes = [
            (True, coverage or _coverage(service)),
            (self.serves(service), "your-situation"),
            (code is not None and (counts is None or code.startswith("adult-") == (counts >= 18)), code or ""),
            *((True, reason) for reason in also),
            (_all_free(service), "free"),
            (_anonymous(service), "anonymous"),
            (self.cannot_speak and not self.unusable(service), "without-voice"),
        ]
        return [reason for applies, reason in codes if applies] + self.language(service)

    def language(self, service: Json) -> list[str]:
        words = {True: ["your-language"], False: ["other-language"], None: list[str]()}
        return words[self.language_match(service)]

    def conditions(self, services: list[Json]) -> dict[str, str]:
        return {s["id"]: code for s in services if self.conditional(s) and (code := _age_code(s))}

    def opening(self, service: Json) -> Opening:
        usable = [c for c in service["channels"] if not (self.cannot_speak and c["needs_voice"]) or _has(service, "emergency")]
        found = [opening_of_channel(service, channel, self.at) for channel in usable]
        closings = [channel.closes_at for channel in found if channel.open]
        if closings:
            known = [closing for closing in closings if closing is not None]
            return Opening(True, closes_at=max(known) if known == closings else None)
        if not found or any(channel.open is None for channel in found):
            return UNKNOWN
        return Opening(False, opens_at=min((channel.opens_at for channel in found if channel.opens_at), default=None))

    def tips(self) -> list[str]:
        tips = [
            tip
            for tip in self.pack["tips"]
            if tip["kind"] == "tip"
            and self.situation in tip["situations"]
            and self.audience in tip["audiences"]
            and self.fits({"eligibility": {name: tip.get(name) for name in ("min_age", "max_age", "age_measured")}}) is not None
        ]
        tips.sort(key=lambda tip: (tip.get("order_in", {}).get(self.situation, tip["order"]), tip["slug"]))
        return [tip["slug"] for tip in tips]


def _situation(pack: Json, query: Json) -> str:
    meant: str = pack.get("aliases", {}).get(query["situation"], query["situation"])
    return meant if meant in pack["labels"]["situations"] else "not-sure"


def _first_parts(tags: list[str] | None) -> list[str]:
    replaced = {"tl": "fil", "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "no": "nb"}
    subtags = [tag.split("-")[0].lower() for tag in tags or []]
    return [replaced.get(subtag, subtag) for subtag in subtags]


def _known_zone(zone: str | None) -> bool:
    try:
        return bool(zone and ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _has(service: Json, role: str) -> bool:
    return role in service["roles"]


def _here(service: Json) -> bool:
    return bool(service["country"] != "ZZ")


def _has_line(service: Json) -> bool:
    return any(channel["type"] in ("phone", "sms", "chat") for channel in service["channels"])


def _crisis_line(service: Json) -> bool:
    return _has(service, "helpline") and _has_line(service) and "self-harm-risk" in service["named_situations"]


def _directory(service: Json) -> bool:
    return _has(service, "helpline") and not _here(service) and not _has_line(service)


def _all_free(service: Json) -> bool:
    return all(channel["cost"] == "free" for channel in service["channels"])


def _anonymous(service: Json) -> bool:
    return any(channel["anonymous"] is True for channel in service["channels"])


def _coverage(service: Json) -> str:
    if not _here(service) and service["area"] is None:
        return "worldwide"
    return "regional" if service["regions"] else "national"


def _has_age_rule(service: Json) -> bool:
    return service["eligibility"]["min_age"] is not None or service["eligibility"]["max_age"] is not None


def _for_adults(service: Json) -> bool:
    return (service["eligibility"]["min_age"] or 0) >= 18


def _measures_the_image(service: Json) -> bool:
    return bool(service["eligibility"]["age_measured"] == "image-taken")


def _age_code(service: Json) -> str | None:
    high = service["eligibility"]["max_age"]
    which = "in-image" if _measures_the_image(service) else "now"
    if _for_adults(service):
        return f"adult-{which}"
    return f"under-18-{which}" if high is not None and high <= 18 else None


def _rfc3339(change: datetime | None) -> str | None:
    return change.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if change else None


def differences(folder: Path) -> list[str]:
    """Return a description of each vector in the folder (docs) that this resolver answers differently."""
    file = json.loads((folder / "resolver-packs.json").read_text())
    cases = json.loads((folder / "resolver-vectors.json").read_text())["cases"]
    labels = {"situations": dict.fromkeys(file["situations"])}
    shared = {"labels": labels, "plan_order": file["plan_order"], "aliases": file["aliases"]}
    packs = {name: pack | shared for name, pack in file["packs"].items()}
    found = []
    for case in cases:
        actual = plan(packs[case["pack"]], case["query"], case["at"])
        if actual != case["expect"]:
            found.append(f"{case['name']}\n  expected {json.dumps(case['expect'])}\n  actual   {json.dumps(actual)}")
    return found


if __name__ == "__main__":
    found = differences(Path(__file__).parents[1] / "docs")
    print("\n".join(found) or "Every vector agrees.")
    sys.exit(bool(found))
