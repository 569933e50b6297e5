"""The fast path answers byte for byte as Django does, without querying the database, and switches to new editions."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from api.http.views import ReadView
from api.pages.companion import companion
from api.reads import response_cache
from api.urls import urlpatterns
from content.exporting.hsds_ids import identifier
from content.exporting.hsds_taxonomies import taxonomies, taxonomy_terms
from content.publishing.withdrawal import withdraw
from content.terms import Handout, Recipient, Role
from notifications.campaigns import lifecycle
from notifications.delivery import planner
from notifications.models import Campaign
from tests import make
from tests.api.wsgi import BothPaths, ask
from tests.make import NOON, person
from tests.packs import Packs, notice, noticed, publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]

HELP = {"country": "GB", "situation": "blackmail", "age": 15, "at": "2026-12-01T12:00:00Z"}


def opened(*, at: datetime | None = None, **changed: Any) -> Campaign:
    """Create an alert that is in the feed."""
    make.app(push_mode="feed")
    campaign = make.campaign(at=at, **changed)
    assert planner.plan_audience(campaign, at=at or datetime.now(UTC))
    return campaign


QUERIES = {
    "v1/tips": ["", *(f"audience={name}" for name in Recipient.values), "country=GB", "country=gb&locale=CY", "locale=pt"],
    "v1/tips/<str:slug>": ["", "country=GB&locale=cy", "audience=teen&country=IN"],
    "v1/services": [
        *("", "country=NO&locale=ar", "country=GB&region=GB-WLS&audience=teen&role=helpline&language=cy&locale=cy&open_now=true"),
        *(f"role={name}&country=GB" for name in Role.values),
        *("open_now=false", "open_now=true&locale=en", "locale=en&country=DE", "country=DE&locale=en", "language=en"),
    ],
    "v1/facts": ["", "country=GB", "country=GB&locale=en", "country=NO&locale=ar"],
    "v1/handouts": ["", "country=GB", "country=GB&locale=cy", "country=NO&locale=ar"],
    "v1/services/<str:service_id>": ["", "country=GB", "locale=hi", "country=GB&locale=cy"],
    "v1/alerts": [
        *("country=GB", "country=GB&locale=en", "country=GB&locale=cy-GB&audience=parent&region=GB-WLS", "country=FR"),
        *("country=ZZ&locale=en", "country=GB&before=2099-01-01T00:00:00Z", "country=GB&before=2020-01-01T00:00:00%2B01:00"),
    ],
    "v1/alerts/<str:alert_id>": ["", "locale=cy", "audience=parent&locale=fr", "region=GB-WLS", "country=GB"],
    "v1/alerts/<str:alert_id>/cap": ["", "country=GB"],
    "a/<str:alert_id>": ["", "locale=cy", "locale=fr", "locale=en&region=GB-WLS"],
    "hsds/services": [
        *("", "page=2&per_page=3", "full=true&per_page=2", "full=false", "per_page=500", "page=9999"),
        *("search=line&modified_after=2026-01-01T00:00:00Z", "minimal=true", "format=ndjson", "minimal=true&format=ndjson"),
        *(f"taxonomy_term_id={identifier('term', 'role', name)}" for name in Role.values),
        f"taxonomy_id={identifier('taxonomy', 'role')}&organization_id={identifier('organization', 'nspcc')}",
    ],
    "hsds/taxonomies": ["", "page=2&per_page=1", "search=role", "format=ndjson"],
    "hsds/taxonomy_terms": [
        *(
            "",
            "page=2&per_page=3",
            "search=helpline&format=ndjson",
            f"taxonomy_id={identifier('taxonomy', 'role')}&top_only=true",
        ),
        f"parent_id={identifier('term', 'role', 'helpline')}",
    ],
    "v1/alerts.atom": ["country=GB", "country=GB&locale=en&region=GB-SCT&audience=parent&before=2099-01-01T00:00:00Z"],
}
PLACES = {
    "<str:country>/<str:locale>": ["GB/en", "GB/cy", "gb/CY", "IN/hi-IN", "NO/en", "ZZ/ar", "DE/pt"],
    "<str:country>": ["GB", "gb", "NO", "ZZ"],
    "<str:slug>": ["first-hour"],
    "<path:name>": ["sw.js", f"{companion().version}/companion/main.js", "0000000000000000/companion/style.css"],
    "<str:service_id>": ["gb-childline", "zz-take-it-down"],
    "<str:taxonomy_id>": [taxonomies()[0]["id"]],
    "<str:term_id>": [taxonomy_terms()[-1]["id"]],
}
HEADERS: list[dict[str, Any]] = [
    {},
    {"accept_encoding": "gzip, deflate, br"},
    {"accept_encoding": "gzip;q=0, zstd"},
    {"accept_language": "cy-GB, en;q=0.5", "accept": "application/json"},
    {"accept_language": "x" * 8192},
    {"accept": "text/html, */*;q=0.1", "accept_language": "ar", "accept_encoding": "GZIP"},
    {"range": "bytes=0-1", "if_range": '"x"', "if_modified_since": "Tue, 01 Dec 2026 12:00:00 GMT"},
    {"if_none_match": "*"},
    {"if_match": "*", "origin": "https://app.example", "cookie": "theme=dark"},
    {"user_agent": "an app", "if_none_match": '"' * 500, "connection": "close", "authorization": "Bearer x"},
]
VIEWS: dict[str, Any] = {str(one.pattern): getattr(one.callback, "view_class", object) for one in urlpatterns}
READS = {pattern: view for pattern, view in VIEWS.items() if issubclass(view, ReadView)}


def paths(route: str, both: BothPaths, alert: Campaign) -> list[str]:
    """Return paths of a route, with every parameter that it accepts."""
    current = both.store.current()
    places = {**PLACES, "<str:alert_id>": [str(alert.pk)], "<str:digest>": [current.pack_digests["GB", "en"]]}
    if route.startswith("handout/"):
        places["<str:slug>"] = Handout.values
    found = [route]
    for name, values in places.items():
        found = [one.replace(name, value) for one in found for value in (values if name in one else [""])]
    if "<str:digest>" in route:
        found = [one for one in found if one.startswith("v1/packs/GB/en/")]
    return [f"/{one}?{query}" if query else f"/{one}" for one in found for query in QUERIES.get(route, [""])]


def test_every_parameter_of_every_read_is_compared() -> None:
    for route, view in READS.items():
        named = {name.partition("=")[0] for query in QUERIES.get(route, ()) for name in query.split("&") if name}
        assert named == set(view.query().fields), route


@pytest.mark.sampled
@pytest.mark.parametrize("route", [route for route in READS if route != "v1/help"])
def test_every_read_equals_djangos_response_without_a_query(
    both: BothPaths, route: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alert = opened()
    both.store.refresh()
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    refused = 0

    for path in paths(route, both, alert):
        plain = ask(both.django, path)
        assert plain.status == 200, path
        known: list[dict[str, Any]] = (
            [{"if_none_match": plain.headers["ETag"], "accept_encoding": "gzip"}] if "ETag" in plain.headers else []
        )
        for headers in (*HEADERS, *known):
            for method in ("GET", "HEAD", "OPTIONS"):
                with django_assert_num_queries(0):
                    quick = [ask(both.fast, path, method=method, **headers) for _ in range(2)]
                slow = ask(both.django, path, method=method, **headers)
                assert quick == [slow, slow], (path, method, headers)
                refused += 2 * (slow.status == 406)
    assert both.passed_on == refused


def test_compressed_bytes_are_the_same_and_get_304(both: BothPaths) -> None:
    plain, packed = (ask(both.fast, "/v1/packs/GB/en", accept_encoding=coding) for coding in ("", "gzip"))

    assert gzip.decompress(packed.body) == plain.body
    assert packed["ETag"] == plain["ETag"][:-1] + '.gzip"'
    for etag in (plain["ETag"], packed["ETag"]):
        again = ask(both.fast, "/v1/packs/GB/en", accept_encoding="gzip", if_none_match=f'"x", {etag}')
        assert (again.status, again.body, again["ETag"]) == (304, b"", etag)
    assert both.passed_on == 0


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/tips?x=1", {}, 400),
        ("/v1/tips?country=GB&country=GB", {}, 400),
        ("/v1/packs/GB/en?x", {}, 400),
        ("/v1/manifest?v=2", {}, 400),
        ("/v1/tips?locale=%00", {}, 400),
        ("/v1/tips?" + "&".join(f"a{n}=1" for n in range(1200)), {}, 400),
        ("/v1/alerts", {}, 400),
        ("/v1/alerts?country=GB&region=FR-75", {}, 400),
        ("/v1/tips", {"host": "evil.example"}, 400),
        ("/v1/tips", {"host": "testserver:x"}, 400),
        ("/v1/packs/XX/en", {}, 404),
        ("/v1/packs/GB/xx", {}, 404),
        ("/v1/packs/GB/../../../etc/passwd", {}, 404),
        ("/v1/packs/GB/..%2f..%2fetc", {}, 404),
        ("/v1/packs/GB/en%00", {}, 404),
        ("/v1/packs/GB/en/" + "0" * 64, {}, 404),
        ("/v1/packs/GB/en/../../manifest.jws", {}, 404),
        ("/v1/tips/%F0%9F%98%80", {}, 404),
        ("/v1/tips/%FF%FE", {}, 404),
        ("/v1/tips/no-such-tip", {}, 404),
        ("/v1/alerts/1", {}, 404),
        ("/v1/tips", {"accept": "image/png"}, 406),
        ("/v1/manifest", {"accept": "application/json"}, 406),
        ("/v1/services/platform-skype", {}, 410),
        ("/v1/tips", {"transfer_encoding": "chunked"}, 411),
        ("/v1/packs/GB/en", {"if_match": '"x"'}, 412),
        ("/v1/packs/GB/en", {"if_match": 'W/"x", y'}, 412),
        ("/", {}, 200),
        ("/nothing", {}, 404),
        ("/v1", {}, 301),
        ("/healthz", {}, 200),
        ("/v1/schema", {}, 200),
        ("/v1/problems/not-found", {}, 200),
    ],
)
def test_errors_and_other_requests_are_passed_on_to_django(
    both: BothPaths, path: str, headers: dict[str, Any], status: int
) -> None:
    for _ in range(2):
        quick, slow = (ask(application, path, **headers) for application in (both.fast, both.django))
        assert quick == slow
        assert quick.status == status
    assert both.passed_on == 2


def test_a_console_cookie_does_not_change_the_response(both: BothPaths) -> None:
    # Django would answer with a header that deletes the cookie.
    assert ask(both.fast, "/v1/tips", cookie="sessionid=x") == ask(both.django, "/v1/tips")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "BREW", "get"])
def test_other_methods_get_djangos_response(both: BothPaths, method: str) -> None:
    quick, slow = (ask(application, "/v1/tips", method=method, body=b"{}") for application in (both.fast, both.django))

    assert quick == slow
    assert quick.status in {200, 405}


# POST /v1/help.


# New editions.


def test_a_new_release_is_served_from_memory_after_the_refresh(
    both: BothPaths, real_packs: Packs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = ask(both.fast, "/v1/packs/GB/en")
    publish({**real_packs, ("GB", "en"): {**real_packs["GB", "en"], "tips": []}}, [("GB", "en"), ("ZZ", "en")])

    unseen = ask(both.fast, "/v1/packs/GB/en")
    both.store.refresh()
    with django_assert_num_queries(0):
        after = ask(both.fast, "/v1/packs/GB/en")

    assert unseen == before
    assert orjson.loads(after.body)["tips"] == []
    assert after == ask(both.django, "/v1/packs/GB/en")
    assert both.passed_on == 0


def test_requests_that_a_new_edition_cannot_answer_do_not_block_it(both: BothPaths, real_packs: Packs) -> None:
    ask(both.fast, "/v1/packs/GB/cy")
    ask(both.fast, "/v1/tips/first-hour?country=GB&locale=en")
    publish({**real_packs, ("GB", "en"): {**real_packs["GB", "en"], "tips": []}}, [("GB", "en"), ("ZZ", "en")])

    both.store.refresh()

    assert ask(both.fast, "/v1/tips/first-hour?country=GB&locale=en").status == 404
    assert ask(both.fast, "/v1/packs/GB/cy").status == 404


def test_old_packs_keep_their_digest_urls_until_withdrawn(both: BothPaths, db: None) -> None:
    make.small_content()
    make.service("gb-wrong")
    make.release()
    both.store.refresh()
    old = both.store.current().pack_digests["GB", "en"]
    path = f"/v1/packs/GB/en/{old}"
    assert ask(both.fast, path).status == 200

    withdraw("gb-wrong", by=person("ann", "publisher"), at=timezone.now(), successor="gb-line")
    both.store.refresh()

    gone = ask(both.fast, path)
    assert (gone.status, orjson.loads(gone.body)["type"]) == (410, "/v1/problems/gone")
    assert gone == ask(both.django, path)


def test_an_earlier_pack_comes_from_disk_or_the_database(
    both: BothPaths, real_packs: Packs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    old = both.store.current().pack_digests["GB", "en"]
    publish({**real_packs, ("GB", "en"): {**real_packs["GB", "en"], "tips": []}}, [("GB", "en"), ("ZZ", "en")])
    both.store.refresh()
    path = f"/v1/packs/GB/en/{old}"

    with django_assert_num_queries(0):
        held = ask(both.fast, path)
    assert (held.status, both.passed_on) == (200, 0)
    assert ask(both.fast, f"/v1/packs/ZZ/en/{old}").status == 404
    both.store.packs.clear()
    both.store.packs._path(old).unlink()
    other = ask(BothPaths(None).fast, path)

    assert other == held == ask(both.django, path)


def test_alerts_open_and_expire_by_the_clock(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = opened()
    both.store.refresh()

    def listed(at: datetime) -> list[str]:
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        monkeypatch.setattr("api.reads.fast_path.time.time", at.timestamp)
        return [alert["id"] for alert in orjson.loads(ask(both.fast, "/v1/alerts?country=GB&locale=en").body)["alerts"]]

    campaign.refresh_from_db()
    opens, over = campaign.starts_at, campaign.not_after
    assert opens
    second = timedelta(seconds=1)
    assert [listed(at) for at in (opens - second, opens, over - second, over)] == [[], [str(campaign.pk)], [str(campaign.pk)], []]
    assert both.passed_on == 0


def test_open_now_is_computed_again_each_minute(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_at(hour: int) -> set[str]:
        at = NOON.replace(hour=hour)
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        monkeypatch.setattr("api.reads.fast_path.time.time", at.timestamp)
        answer = ask(both.fast, "/v1/services?country=GB&locale=en&open_now=true")
        return {service["id"] for service in orjson.loads(answer.body)["services"]}

    night = open_at(3)
    assert "gb-meic" in open_at(12) - night


def test_an_hsds_alert_ends_by_the_clock(both: BothPaths, real_packs: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = noticed(real_packs["GB", "en"], notice(until="2027-01-02T09:00:00Z"))
    publish({("GB", "en"): pack}, [("GB", "en")])
    both.store.refresh()

    def alerts(instant: str) -> list[str]:
        at = datetime.fromisoformat(instant)
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        monkeypatch.setattr("api.reads.fast_path.time.time", at.timestamp)
        quick, slow = (ask(application, "/hsds/services", accept_encoding="gzip") for application in (both.fast, both.django))
        assert quick == slow
        return [entry["alert"] for entry in orjson.loads(gzip.decompress(quick.body))["contents"] if "alert" in entry]

    assert [len(alerts(f"2027-01-02T{clock}Z")) for clock in ("08:59:58", "08:59:59", "09:00:00")] == [1, 1, 0]
    assert both.passed_on == 0


def test_hsds_reads_each_pack_once_and_keeps_none(both: BothPaths, real_packs: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    packs = both.store.packs
    read: list[str] = []
    body = packs.body

    def counted(name: str) -> bytes:
        read.append(name)
        return body(name)

    monkeypatch.setattr(packs, "body", counted)

    for path in ("/hsds/services", "/hsds/services?full=true", "/hsds/services/gb-childline"):
        assert ask(both.fast, path).status == 200

    places = both.store.current().pack_digests
    assert sorted(read) == sorted(places[country, "en"] for country in ("GB", "DE", "IN", "ZZ"))
    assert packs._parsed.weight == 0


def test_a_stopped_alert_is_gone_after_the_next_refresh(both: BothPaths) -> None:
    campaign = opened()
    both.store.refresh()
    path = f"/v1/alerts/{campaign.pk}?locale=en"
    assert ask(both.fast, path).status == 200

    lifecycle.stop(campaign, by=make.campaign_staff()[1], at=datetime.now(UTC), reason="It was wrong.")
    both.store.refresh()

    assert orjson.loads(ask(both.fast, "/v1/alerts?country=GB").body)["alerts"] == []
    assert ask(both.fast, path).status == 410


def test_older_alerts_than_the_edition_holds_come_from_django(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    for hours in (3, 2, 1):
        opened(at=now - timedelta(hours=hours))
    path = "/v1/alerts?country=GB&locale=en&before=2099-01-01T00:00:00Z"
    whole = ask(both.django, path)
    monkeypatch.setattr("notifications.feed_query.read.__kwdefaults__", {"limit": 1})

    small = BothPaths(None)

    assert len(orjson.loads(whole.body)["alerts"]) == 3
    assert ask(small.fast, path) == whole
    assert small.passed_on == 1


# Bounds.


def test_many_different_requests_do_not_fill_the_memory(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_RESPONSES", 50)

    for number in range(200):
        assert ask(both.fast, f"/v1/tips?x={number}").status == 400
        assert ask(both.fast, "/v1/packs/GB/en", accept_language=f"en-{number}").status == 200
        assert ask(both.fast, "/v1/packs/GB/en", accept_language="x" * 5000 + str(number)).status == 200
        assert ask(both.fast, f"/v1/alerts?country=GB&locale=en&before=2026-01-01T00:00:00.{number:06}Z").status == 200

    held = both.memory._cache
    assert len(held.responses) <= 50
    assert held.bytes == sum(len(ready.body) for ready in held.responses.values())
    assert all(sum(len(part or "") for part in key) <= response_cache.MAX_KEY_LENGTH for key in held.responses)


def test_cached_bytes_are_bounded(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_BYTES", 300_000)

    for number in range(30):
        ask(both.fast, "/v1/packs/GB/en", accept_language=f"en-{number}")

    assert both.memory._cache.bytes < 500_000


# Without a database.
