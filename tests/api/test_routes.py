"""Every route states its permission, none uses a cookie, and the schema describes all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver

from api import urls
from api.http.auth import DenyAll, Public, RegistrationSecret, SecretHolder
from api.http.views import ApiView

#: Public routes with their methods. A new route must be added here.
PUBLIC = {
    "": {"get"},
    "v1/": {"get"},
    "v1/manifest": {"get"},
    "v1/manifest/<str:country>": {"get"},
    "v1/manifest/<str:country>/<str:locale>": {"get"},
    ".well-known/jwks.json": {"get"},
    ".well-known/security.txt": {"get"},
    "v1/packs/<str:country>": {"get"},
    "v1/packs/<str:country>/<str:locale>": {"get"},
    "v1/packs/<str:country>/<str:locale>/<str:digest>": {"get"},
    "v1/tips": {"get"},
    "v1/tips/<str:slug>": {"get"},
    "v1/services": {"get"},
    "v1/services/<str:service_id>": {"get"},
    "v1/handouts": {"get"},
    "v1/help": {"post"},
    "v1/facts": {"get"},
    "v1/corrections": {"post"},
    "v1/alerts": {"get"},
    "v1/alerts/<str:alert_id>": {"get"},
    "v1/alerts/<str:alert_id>/cap": {"get"},
    "v1/alerts.atom": {"get"},
    "v1/receipts": {"post"},
    "v1/registrations": {"post"},
    "v1/topics": {"get"},
    "v1/sandbox/": {"get"},
    "v1/sandbox/limited": {"get"},
    "v1/sandbox/phones": {"get"},
    "v1/sandbox/phones/<str:locale>/<str:alert_id>": {"get"},
    "v1/sandbox/<str:name>": {"get"},
    "v1/problems/<str:code>": {"get"},
    "v1/schema": {"get"},
    "v1/docs": {"get"},
    "hsds/": {"get"},
    "hsds/profile": {"get"},
    "hsds/services": {"get"},
    "hsds/services/<str:service_id>": {"get"},
    "hsds/taxonomies": {"get"},
    "hsds/taxonomies/<str:taxonomy_id>": {"get"},
    "hsds/taxonomy_terms": {"get"},
    "hsds/taxonomy_terms/<str:term_id>": {"get"},
    "v1/transparency": {"get"},
    "transparency": {"get"},
    "a/<str:alert_id>": {"get"},
    "trust/<str:country>": {"get"},
    "handout/<str:country>/<str:locale>/<str:slug>.pdf": {"get"},
    "handout/<str:country>/<str:locale>/<str:slug>": {"get"},
    "companion/": {"get"},
    "companion/<path:name>": {"get"},
    "listed/<str:token>": {"get", "post"},
    "reading/<str:token>": {"get", "post"},
    "healthz": {"get"},
    "readyz": {"get"},
    "metrics": {"get"},
}
WITH_SECRET = {"v1/registrations/<str:registration_id>": {"get", "patch", "delete"}}
METHODS = ("get", "post", "put", "patch", "delete")


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, type[ApiView]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            assert isinstance(pattern, URLPattern)
            yield prefix + str(pattern.pattern), pattern.callback.view_class  # type: ignore[attr-defined]


ALL = dict(routes(urls.urlpatterns))


def test_every_route_is_listed_with_its_methods() -> None:
    found = {route: {name for name in METHODS if hasattr(view, name)} for route, view in ALL.items()}

    assert found == PUBLIC | WITH_SECRET


@pytest.mark.parametrize("route", ALL)
def test_every_route_states_its_permission(route: str) -> None:
    view = ALL[route]

    assert issubclass(view, ApiView)
    stated = vars(view).get("permission_classes")
    assert stated == ([Public] if route in PUBLIC else [SecretHolder])
    assert view.authentication_classes == ([] if route in PUBLIC else [RegistrationSecret])


def test_a_view_without_a_permission_is_denied() -> None:
    class Forgotten(ApiView):
        def get(self, request: Any) -> None: ...

    response = Forgotten.as_view()(RequestFactory().get("/"))

    assert ApiView.permission_classes == [DenyAll]
    assert response.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("route", ALL)
def test_every_route_answers_options_and_allows_any_origin(api: Client, route: str) -> None:
    for name, value in {"country": "GB", "locale": "en", "digest": "0" * 64, "slug": "a", "service_id": "a", "code": "a"}.items():
        route = route.replace(f"<str:{name}>", value)
    path = "/" + route.replace("<str:alert_id>", "1").replace("<str:registration_id>", "1")

    response = api.options(path, headers={"origin": "https://app.example", "access-control-request-method": "GET"})

    assert (response.status_code, response.content) == (204, b"")
    assert set(response["Allow"].split(", ")) >= {"OPTIONS"}
    assert response["Access-Control-Allow-Methods"] == response["Allow"]
    if path.startswith(("/v1/", "/hsds/")):
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in response["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.django_db
def test_problem_documents_allow_any_origin(api: Client) -> None:
    for path in ("/v1/nothing", "/v1/tips?x=1", "/v1/packs/XX/en"):
        assert api.get(path)["Access-Control-Allow-Origin"] == "*"


@pytest.mark.django_db
def test_no_response_sets_a_cookie_or_depends_on_one(api: Client) -> None:
    for path in ("/v1/", "/v1/tips", "/v1/docs", "/v1/schema", "/healthz"):
        response = api.get(path)
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")


def test_the_schema_describes_every_route_for_readers(api: Client) -> None:
    schema = orjson.loads(api.get("/v1/schema").content)

    described = {
        path.removeprefix("/").replace("{", "<str:").replace("}", ">"): set(operations)
        for path, operations in schema["paths"].items()
    }
    wanted = {
        r: m
        for r, m in (PUBLIC | WITH_SECRET).items()
        if r not in {"v1/schema", "v1/docs", ".well-known/security.txt"}
        and not r.startswith("v1/sandbox/")
        and r.startswith(("v1/", ".well-known/", "hsds/", "trust/", "handout/"))
    }
    assert schema["openapi"].startswith("3.1")
    assert described == wanted


def test_neither_situation_nor_age_can_be_in_a_url(api: Client) -> None:
    schema = orjson.loads(api.get("/v1/schema").content)

    names = {p["name"] for path in schema["paths"].values() for op in path.values() for p in op.get("parameters", ())}
    assert {"country", "locale"} <= names
    assert not {"situation", "age", "age_in_image", "site"} & names


@pytest.mark.django_db
def test_the_docs_page_loads_nothing_from_elsewhere_or_inline(api: Client) -> None:
    import re

    page = api.get("/v1/docs", headers={"accept": "text/html"}).content.decode()

    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    assert all(source.startswith(("/static/", "/v1/", "data:,")) for source in sources)
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|<style|\sstyle=", page)
    for source in sources:
        if source.startswith("/static/"):
            file = api.get(source)
            assert file.status_code == 200, source
            file.close()
