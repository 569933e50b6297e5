"""What a reader gets from the items of a pack, in words: the fields that two versions of an item are compared by."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from content.resolver.types import PackContent, PackedChannel, PackedPhrase, PackedService, PackedTip

#: The fields of one item: a text, or a list of texts or ids.
Words = Mapping[str, str | Sequence[str]]
_TAG = re.compile(r"<[^>]+>")


def packed_items(pack: PackContent) -> dict[tuple[str, str], Any]:
    """Return the items of a pack by (kind, id); the kinds are those of `ChangedKind`."""
    items: dict[tuple[str, str], Any] = {("tip", tip["slug"]): tip for tip in pack["tips"]}
    items |= {("service", service["id"]): service for service in pack["services"]}
    items |= {("figure", figure["id"]): figure for figure in pack.get("figures", [])}
    for group, phrases in pack["labels"].items():
        items |= {("label", f"{group}.{name}"): phrase for name, phrase in _phrases(phrases)}
    rest = {name: value for name, value in pack.items() if name not in {"tips", "services", "figures", "labels"}}
    items["pack", "rest"] = rest
    return items


def _phrases(phrases: object) -> Iterator[tuple[str, Any]]:
    return iter(phrases.items()) if isinstance(phrases, dict) else iter(())


def words_of(kind: str, item: Any) -> Words:
    """Return the words and facts of an item that readers see."""
    return _WORDS[kind](item)


def name_of(kind: str, item: Any) -> str:
    """Return how people call the item."""
    if kind == "tip":
        return str(item["title"])
    if kind == "service":
        return str(item["name"])
    if kind == "figure":
        return f"{item['display']} {_text(item.get('counts'))}".strip()
    return str(item.get("text", "")) if kind == "label" else ""


def plain_text(page: str) -> str:
    """Return the text of rendered Markdown, a line for each block."""
    return html.unescape(_TAG.sub("", page)).strip()


def _tip_words(tip: PackedTip) -> Words:
    return {
        "lang": tip["lang"],
        "title": tip["title"],
        "short_title": tip.get("short_title", ""),
        "short": tip["short"],
        "do_now": tip["do_now"],
        "do_not": tip["do_not"],
        "more": plain_text(tip["more_html"]),
        "audiences": tip["audiences"],
        "situations": tip["situations"],
        "ages": _ages(tip.get("min_age"), tip.get("max_age"), tip.get("age_measured")),
        "order": str(tip["order"]),
    }


def _service_words(service: PackedService) -> Words:
    limits = service["eligibility"]
    return {
        "name": service["name"],
        "organization": service["organization"]["name"],
        "purpose": _text(service["purpose"]),
        "after": _text(service.get("after")),
        "answers_in": _text(service.get("answers_in")),
        "channels": [_channel_words(channel) for channel in service["channels"]],
        "routes": [
            f"{situation}: {_text(route['steps'])} {_text(route['asks'])}".strip()
            for situation, route in sorted(service.get("routes", {}).items())
        ],
        "notices": [f"{n['kind']} {n['from']} – {n['until']}" for n in service.get("notices", [])],
        "roles": service["roles"],
        "audiences": service["audiences"],
        "situations": service["situations"],
        "regions": service["region_names"],
        "ages": _ages(limits["min_age"], limits["max_age"], limits["age_measured"]),
    }


def _channel_words(channel: PackedChannel) -> str:
    shown = channel["display"] or channel["href"] or channel["type"]
    parts = [_text(channel["label"]), shown, channel["keyword"] or "", channel["hours"] or "", _text(channel["steps"])]
    return " · ".join(part for part in parts if part)


def _label_words(phrase: PackedPhrase) -> Words:
    return {"lang": phrase["lang"], "text": phrase["text"]}


def _figure_words(figure: Any) -> Words:
    return {name: str(figure[name]) for name in ("display", "counted_by", "source") if figure.get(name)} | {
        "text": _text(figure.get("counts"))
    }


def _rest_words(rest: Mapping[str, Any]) -> Words:
    return {"retired": [entry["id"] for entry in rest.get("retired", [])]}


def _text(phrase: PackedPhrase | None) -> str:
    return phrase["text"] if phrase is not None else ""


def _ages(lowest: int | None, highest: int | None, measured: str | None) -> str:
    if lowest is None and highest is None:
        return ""
    limits = f"from {lowest}" if highest is None else f"up to {highest}" if lowest is None else f"{lowest} to {highest}"
    return f"{limits} ({measured})" if measured else limits


_WORDS: Mapping[str, Callable[[Any], Words]] = {
    "tip": _tip_words,
    "service": _service_words,
    "label": _label_words,
    "figure": _figure_words,
    "pack": _rest_words,
}
