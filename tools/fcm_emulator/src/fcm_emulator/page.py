"""The page with the phones: what each lock screen shows, and what the app shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from urllib.parse import urlencode

from fcm_emulator.phones import EmulatedPhone, ShownNotification, data_of, inner_of, outer_of, platform_of, visibility_of
from fcm_emulator.send_endpoint import SendEndpoint

MAX_PHONES = 60
MAX_ALERTS = 20
MAX_TOPICS = 10
REFRESH_SECONDS = 5
_DETAILS = ("status", "open", "tip", "services", "sent", "expires")


def render(endpoint: SendEndpoint, *, locale: str | None, refresh: bool, at: float) -> bytes:
    """Return the page as UTF-8 HTML, for one locale if given. With `refresh`, the browser reloads it by itself."""
    return "".join(_document(endpoint, locale, refresh, at)).encode()


def _document(endpoint: SendEndpoint, locale: str | None, refresh: bool, at: float) -> Iterator[str]:
    yield "<!doctype html><html lang=en dir=ltr><head><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width, initial-scale=1'>"
    # Only on request, because a page that reloads by itself disturbs readers and screen readers.
    if refresh:
        yield f"<meta http-equiv=refresh content={REFRESH_SECONDS}>"
    yield "<title>Phones · FCM emulator</title><link rel=stylesheet href=/page.css></head><body>"
    yield "<a class=skip href=#phones>Skip to the phones</a><header><h1>FCM emulator</h1>"
    yield "<p>No message leaves this server, and no real phone is reached. Below are the most recent phones of each language.</p>"
    yield from _navigation(endpoint, locale, refresh)
    yield "</header><main>"
    yield from _quotas(endpoint, at)
    yield from _topics(endpoint)
    yield from _plan(endpoint)
    yield from _alerts(endpoint)
    yield "<section id=phones aria-labelledby=phones-title><h2 id=phones-title>Phones</h2>"
    yield from _phones(endpoint, locale)
    yield "</section></main></body></html>"


def _navigation(endpoint: SendEndpoint, locale: str | None, refresh: bool) -> Iterator[str]:
    yield "<nav aria-label=Phones><ul>"
    toggle = "Stop refreshing" if refresh else f"Refresh every {REFRESH_SECONDS} seconds"
    yield _link("Refresh now", locale, refresh)
    yield _link(toggle, locale, not refresh)
    yield _link("All languages", None, refresh, here=locale is None)
    for name in sorted(endpoint.phones.by_locale):
        yield _link(name, name, refresh, here=name == locale)
    yield "</ul></nav>"


def _link(text: str, locale: str | None, refresh: bool, *, here: bool = False) -> str:
    query = urlencode({name: value for name, value in (("locale", locale), ("refresh", "5" if refresh else None)) if value})
    current = " aria-current=true" if here else ""
    return f'<li><a href="/{escape("?" + query) if query else ""}"{current}>{escape(text)}</a></li>'


def _quotas(endpoint: SendEndpoint, at: float) -> Iterator[str]:
    yield "<section aria-labelledby=quota-title><h2 id=quota-title>Quota</h2>"
    for project, quota in endpoint.quota(at=at).items():
        limit = f"limit {quota['limit']:,}" if quota["limit"] else "no limit"
        yield f"<p><bdi>{escape(project)}</bdi>: {quota['messages']:,} messages in the last 60 seconds ({limit});"
        yield f" at most {quota['highest']:,} in any 60 seconds; 429 responses: {quota['refused']:,}.</p>"
    yield "</section>"


def _topics(endpoint: SendEndpoint) -> Iterator[str]:
    counted = [pair for topics in endpoint.topics_as_dict().values() for pair in topics.items()]
    if not counted:
        return
    largest = sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:MAX_TOPICS]
    names = ", ".join(f"<bdi>{escape(topic)}</bdi> ({subscribers:,})" for topic, subscribers in largest)
    yield "<section aria-labelledby=topics-title><h2 id=topics-title>Topics</h2>"
    number = f"{len(counted):,} {'topic' if len(counted) == 1 else 'topics'} with subscribers"
    yield f"<p>{number}: {names}{' …' if len(counted) > len(largest) else ''}</p></section>"


def _plan(endpoint: SendEndpoint) -> Iterator[str]:
    plan = endpoint.plan.as_dict()
    del plan["rules"]
    if not endpoint.plan.rules and not plan:
        return
    yield "<section aria-labelledby=plan-title><h2 id=plan-title>Current fault plan</h2>"
    if plan:
        yield f"<p>{escape(', '.join(f'{name} {value:,}' for name, value in plan.items()))}</p>"
    if not endpoint.plan.rules:
        yield "</section>"
        return
    yield "<ol>"
    for rule in endpoint.plan.rules:
        match = ", ".join(f"{name} {value}" for name, value in rule.match.items())
        yield f"<li><b>{escape(rule.answer)}</b> for {escape(match)}: used {rule.used:,} times</li>"
    yield "</ol></section>"


def _alerts(endpoint: SendEndpoint) -> Iterator[str]:
    counts = list(endpoint.counts.by_key.items())
    if not counts:
        return
    yield "<section aria-labelledby=alerts-title><h2 id=alerts-title>Alerts</h2>"
    yield "<div class=scroll tabindex=0 role=group aria-label='Alerts, as a table'><table><thead><tr>"
    yield "".join(f"<th scope=col>{title}</th>" for title in ("Tag", "Alert", "Revision", "Phones reached", "Doubled", "Answers"))
    yield "</tr></thead><tbody>"
    for key, counted in reversed(counts[-MAX_ALERTS:]):
        answers = ", ".join(f"{name} {number:,}" for name, number in sorted(counted.by_answer.items()))
        yield f"<tr><th scope=row><bdi>{escape(key.tag)}</bdi></th><td><bdi>{escape(key.alert)}</bdi></td>"
        yield f"<td>{escape(key.rev)}</td><td class=number>{counted.addresses:,}</td><td class=number>{counted.doubled:,}</td>"
        yield f"<td>{escape(answers)}</td></tr>"
    yield "</tbody></table></div></section>"


def _phones(endpoint: SendEndpoint, locale: str | None) -> Iterator[str]:
    chosen = endpoint.phones.newest(locale, MAX_PHONES)
    if not chosen:
        yield "<p>No phone has received a message yet.</p>"
        return
    firsts: dict[str, EmulatedPhone] = {}
    others: list[tuple[str, EmulatedPhone]] = []
    for name, phone in chosen:
        if name in firsts:
            others.append((name, phone))
        else:
            firsts[name] = phone
    yield from _group("One phone of each language" if locale is None else f"The most recent in {locale}", firsts.items())
    for name, group in groupby(sorted(others, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        yield from _group(f"More phones in {name}", group)


def _group(title: str, phones: Iterable[tuple[str, EmulatedPhone]]) -> Iterator[str]:
    yield f"<h3>{escape(title)}</h3><ul class=phones>"
    for locale, phone in phones:
        name = f"{escape(phone.kind)} <bdi>{escape(_short(phone.address))}</bdi>"
        yield f"<li class=phone><h4>{escape(locale)} <small>{name}</small></h4>"
        for shown in reversed(phone.notifications.values()):
            yield from _notification(shown)
        yield "</li>"
    yield "</ul>"


def _notification(shown: ShownNotification) -> Iterator[str]:
    data = data_of(shown.message)
    status, facts = data.get("status", "Actual"), [platform_of(shown.message), _clock(shown.at)]
    if shown.received > 1:
        facts.append(f"replaced {shown.received - 1:,} earlier messages" if shown.received > 2 else "replaced an earlier message")
    yield f"<p class=facts>{escape(' · '.join(fact for fact in facts if fact))}</p>"
    if status != "Actual":
        yield f"<p class=drill><strong>{escape(status)}</strong>, not an actual alert</p>"
    yield "<section class=lock><h5>Lock screen</h5>"
    if visibility_of(shown.message) == "SECRET":
        yield "<p>Nothing is shown.</p>"
    else:
        yield _text(outer_of(shown.message), data)
    yield "</section><section class=inside><h5>In the app</h5>"
    yield _text(inner_of(shown.message), data)
    details = [(name, data[name]) for name in _DETAILS if data.get(name)]
    if details:
        pairs = "".join(f"<div><dt>{name}</dt><dd><bdi>{escape(value)}</bdi></dd></div>" for name, value in details)
        yield f"<details><summary>Data for the app</summary><dl>{pairs}</dl></details>"
    yield "</section>"


def _text(text: dict[str, str], data: dict[str, str]) -> str:
    if not any(text.values()):
        return "<p>No text.</p>"
    direction = "rtl" if data.get("dir") == "rtl" else "ltr"
    language = escape(data.get("lang", ""))
    return f'<div lang="{language}" dir={direction}><p class=title>{escape(text["title"])}</p><p>{escape(text["body"])}</p></div>'


def _short(address: str) -> str:
    return address if len(address) <= 12 else f"…{address[-10:]}"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")
