"""The promises that the API makes to the people who use it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from api.reads import edition_store
from content.models import Release
from content.resolver.resolve import resolve
from content.resolver.types import Query
from content.terms import Audience, Situation
from notifications.models import Registration
from tests import make
from tests.packs import KEPT_BACK, Packs, publish

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "203.0.113.77"
FORM = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\nx\r\n--x--'
#: One white dot.
PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=="
CLOSED = {"date", "date-time", "uuid"}


@pytest.fixture
def api(settings: Any) -> Iterator[Client]:
    settings.ALLOWED_HOSTS = ["testserver"]
    edition_store.store.clear()
    cache.clear()
    yield Client(raise_request_exception=False, REMOTE_ADDR=ADDRESS)
    edition_store.store.clear()


@pytest.fixture
def release(real_packs: Packs) -> Release:
    return publish(real_packs, [("GB", "en"), ("GB", "cy"), ("ZZ", "en")])


def strings(schema: dict[str, Any], components: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path and schema of every string that a client may send."""
    if "$ref" in schema:
        yield from strings(components[schema["$ref"].rpartition("/")[2]], components, path)
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from strings(part, components, path)
    for name, value in schema.get("properties", {}).items():
        yield from strings(value, components, f"{path}.{name}")
    if "items" in schema:
        yield from strings(schema["items"], components, path + "[]")
    kind = schema.get("type")
    if "string" in (kind if isinstance(kind, list) else [kind]):
        yield path, schema


def rows() -> dict[str, int]:
    """Count the rows of every table."""
    with connection.cursor() as cursor:
        counts = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
        return counts


def test_promise_1_the_api_accepts_json_of_closed_values_only(api: Client) -> None:
    schema = orjson.loads(api.get("/v1/schema").content)

    components, seen = schema["components"]["schemas"], 0
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "header":
                    # HTTP's own headers are compared, and never stored.
                    assert parameter["name"] in {"Accept-Language", "If-None-Match"}, where
                    continue
                for _, value in strings(parameter["schema"], components):
                    assert "enum" in value or value.get("format") in CLOSED or {"pattern", "maxLength"} <= value.keys(), where
            content = operation.get("requestBody", {}).get("content", {})
            assert set(content) <= {"application/json"}, where
            for body in content.values():
                assert components[body["schema"]["$ref"].rpartition("/")[2]]["additionalProperties"] is False, where
                for field, value in strings(body["schema"], components):
                    seen += 1
                    closed = "enum" in value or value.get("format") in CLOSED or {"pattern", "maxLength"} <= value.keys()
                    assert closed, f"{where} {field}: any text would be accepted"
                    if "pattern" in value:
                        # A sentence has spaces; no accepted value has.
                        assert re.search(value["pattern"], "I was sent this") is None, f"{where} {field}"
    assert seen > 15


@pytest.mark.parametrize("path", ["/v1/help", "/v1/registrations", "/v1/receipts", "/v1/corrections"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(500)),
        (
            "multipart/form-data; boundary=x",
            FORM,
        ),
        ("application/octet-stream", bytes(500)),
        ("application/json", orjson.dumps({"picture": "data:image/png;base64," + "A" * 500})),
    ],
)
def test_promise_1_an_image_is_refused_and_leaves_nothing_behind(api: Client, path: str, content_type: str, body: bytes) -> None:
    make.app()
    before = rows()

    response = api.generic("POST", path, body, content_type=content_type)

    assert 400 <= response.status_code < 500
    assert rows() == before


def fields_of_every_route(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path with query, and body of requests, each with the picture in one string field of one operation."""
    for template, operations in schema["paths"].items():
        for method, operation in operations.items():
            example = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    path = template.replace(f"{{{parameter['name']}}}", quote(PICTURE, safe=""))
                    yield method, path, example.get("example", {})
                elif parameter["in"] == "query":
                    yield method, f"{template}?{parameter['name']}={quote(PICTURE)}", example.get("example", {})
            for field, _ in strings(example.get("schema", {}), schema["components"]["schemas"]):
                name = field.removeprefix(".").removesuffix("[]")
                yield method, template, {**example["example"], name: [PICTURE] if field.endswith("[]") else PICTURE}


def test_promise_1_a_picture_as_text_is_refused_in_every_field_of_every_route(api: Client, release: Release) -> None:
    make.app()
    make.app("teen", push_mode="topics")
    own = make.installation(1, at=datetime.now(UTC))
    schema, seen = orjson.loads(api.get("/v1/schema").content), 0
    headers = {"authorization": f"Bearer {own.secret}"}
    before = rows()

    for method, template, body in fields_of_every_route(schema):
        path = template.replace("{registration_id}", str(own.id)).replace("{country}", "GB").replace("{locale}", "en")
        sent = orjson.dumps(body) if method in {"post", "patch"} else b""
        response = api.generic(method.upper(), path, sent, content_type="application/json", headers=headers)
        assert 400 <= response.status_code < 500, (method, path[:80], body)
        assert PICTURE[30:90].encode() not in response.content, (method, path[:80])
        seen += 1

    assert seen > 60
    assert rows() == before


class _Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """Record every logger at DEBUG level, including those that the settings silence."""
    ear = _Everything()
    names = [
        "",
        "django",
        "django.request",
        "django.server",
        "django.security",
        "django.db.backends",
        "api",
        "notifications",
        "content",
    ]
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).propagate = True
    logging.getLogger().addHandler(ear)
    yield ear.records
    logging.getLogger().removeHandler(ear)
    for name, (level, propagate) in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).propagate = propagate


def _fail_with_the_query(pack: Any, query: Query, at: datetime) -> None:
    raise RuntimeError(repr(query))


def test_promise_4_no_log_contains_an_address_situation_or_age(
    api: Client, release: Release, logged: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.app()
    telling = {"country": "GB", "region": "GB-WLS", "age": 13, "age_in_image": 12, "situation": "grooming", "site": "roblox"}
    registration = {
        "app": "parent",
        "address_kind": "fid",
        "address": make.fid(4711),
        "platform": "ios",
        "locale": "cy",
        "country": "GB",
        "audience": "parent",
        "app_version": "9.9.9",
    }

    def post(path: str, body: dict[str, Any]) -> Any:
        return api.post(path, body, content_type="application/json", headers={"accept-language": "cy-x-telltale"})

    assert post("/v1/help", telling).status_code == 200
    assert post("/v1/help", {**telling, "age": 999}).status_code == 422
    assert post("/v1/help?situation=grooming", telling).status_code == 400
    created = post("/v1/registrations", registration).json()
    assert post("/v1/registrations", {**registration, "app_version": "x y"}).status_code == 422
    bearer = {"authorization": f"Bearer {created['secret']}"}
    assert api.get(f"/v1/registrations/{created['id']}", headers=bearer).status_code == 200
    assert api.get(f"/v1/registrations/{created['id']}", headers={"authorization": "Bearer wrong-telltale"}).status_code == 404
    paths = ("/v1/packs/GB/en", "/v1/packs/GB/xx", "/v1/tips?country=GB&locale=cy", "/v1/tips?telltale=1", "/v1/telltale-path")
    for path in paths:
        api.get(path)
    api.get("/v1/tips", headers={"host": "telltale.example"})
    edition_store.store.clear()
    monkeypatch.setattr("api.v1.help.resolve", _fail_with_the_query)
    assert post("/v1/help", telling).status_code == 500

    assert any(record.name == "api.http.errors" for record in logged), "the failure itself is logged"
    texts = [f"{r.getMessage()} {r.exc_info} {r.exc_text} {sorted(r.__dict__)}" for r in logged]
    forbidden = (ADDRESS, make.fid(4711), created["secret"], created["id"], "grooming", "roblox", "telltale", "9.9.9", "GB-WLS")
    for record, text in zip(logged, texts, strict=True):
        assert not [word for word in forbidden if word in text], text
        # A log handler could write the whole request.
        assert not hasattr(record, "request"), text


def test_promise_4_asking_for_help_leaves_no_row_and_no_cookie(api: Client, release: Release) -> None:
    before = rows()

    response = api.post("/v1/help", {"country": "GB", "situation": "blackmail", "age": 14}, content_type="application/json")

    assert response.status_code == 200
    assert rows() == before
    assert not response.cookies


def test_promise_4_nothing_starts_a_server_with_an_access_log() -> None:
    files = [ROOT / "run", *(ROOT / "config").rglob("*.py"), *(p for p in (ROOT / "docker").rglob("*") if p.is_file())]

    started = [path for path in files if "granian" in path.read_text(encoding="utf-8", errors="ignore")]
    for path in started:
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not re.search(r"(?<!no-)access-log|GRANIAN_LOG_ACCESS_ENABLED\s*[=:]\s*[\"']?(1|true)", text), path


@pytest.mark.parametrize("audience", Audience.values)
@pytest.mark.parametrize("situation", Situation.values)
def test_promise_11_every_plan_has_the_emergency_number_and_a_crisis_line(
    real_packs: Packs, situation: str, audience: str
) -> None:
    at = datetime(2026, 12, 25, 3, 30, tzinfo=UTC)

    for country, locale in real_packs:
        if locale != "en":
            continue
        for given in ({}, {"age": 8}, {"age": 17, "can_speak": False}, {"age": 40, "languages": ("xx",)}):
            pack: Any = real_packs[country, locale]
            plan = resolve(pack, Query(country=country, situation=situation, audience=audience, **given), at)
            by_id = {s["id"]: s for s in pack["services"]}
            own = {i for i, s in by_id.items() if "emergency" in s["roles"] and s["country"] == country != "ZZ"}
            assert plan.steps[0].step == "danger-now"
            assert plan.steps[0].service in own if own else plan.steps[0].why == ("local-emergency",)
            talk = next(s for s in plan.steps if s.step == "talk")
            lines = [by_id[i] for i in (talk.service, *talk.alternatives) if i is not None]
            crisis = [s for s in lines if "helpline" in s["roles"] and "self-harm-risk" in s["named_situations"]]
            # Where nobody has listed a country's own lines, a directory leads to them.
            assert country in {"ZZ", *KEPT_BACK} or any(
                c["type"] in {"phone", "sms", "chat"} for s in crisis for c in s["channels"]
            )
            assert crisis


def test_promise_11_an_expired_emergency_number_stays_marked_stale(real_packs: Packs) -> None:
    pack: Any = real_packs["GB", "en"]
    services = [{**s, "assured_until": "2020-01-01"} for s in pack["services"]]

    expired: Any = {**pack, "services": services}
    plan = resolve(expired, Query("GB", "blackmail"), make.NOON)

    assert plan.steps[0].service == "gb-emergency-999"
    assert all(step.stale for step in plan.steps if step.service)


@pytest.mark.parametrize("situation", Situation.values)
def test_promise_11_without_an_age_no_adult_tool_is_offered(api: Client, release: Release, situation: str) -> None:
    # A survivor says that they are an adult now; every other reader without an age counts as under 18.
    for audience in set(Audience.values) - {Audience.SURVIVOR.value}:
        body = {"country": "GB", "situation": situation, "audience": audience}
        answer = api.post("/v1/help", body, content_type="application/json").json()
        assert not [s["id"] for s in answer["services"].values() if (s["eligibility"]["min_age"] or 0) >= 18]


def test_promise_11_the_parent_app_learns_nothing_about_a_teens(api: Client) -> None:
    make.app()
    make.app("teen", basis_for_teens={"GB": "impact assessment 7"})
    parent, teen = make.installation(1), make.installation(2, app="teen", audience="teen")

    seen = api.get(f"/v1/registrations/{parent.id}", headers={"authorization": f"Bearer {parent.secret}"})
    other = api.get(f"/v1/registrations/{teen.id}", headers={"authorization": f"Bearer {parent.secret}"})

    assert str(teen.id) not in seen.content.decode()
    assert "teen" not in seen.content.decode()
    assert other.status_code == 404
    assert Registration._meta.get_field("segment").remote_field is not None
    assert not [f for f in Registration._meta.get_fields() if f.is_relation and f.related_model is Registration]
