"""The server against its OpenAPI schema: valid requests get the documented responses, invalid ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from api.reads.edition_store import EditionStore
from api.reads.fast_path import FastPath, WsgiApplication
from content.models import Release
from content.publishing import signing
from tests import make
from tests.api.wsgi import with_fast_path
from tests.signing import Signer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]

#: Examples per operation.
EXAMPLES = 30

#: Values that exist: random ones that match the patterns almost never do.
REAL = {
    "country": ["GB", "DE", "NO", "gb", "ZZ"],
    "locale": ["en", "cy", "pt-BR", "hi-IN"],
    "slug": ["right-now", "first-hour", "for-home"],
    "service_id": ["gb-childline", "zz-take-it-down", "platform-skype"],
    "region": ["GB-WLS"],
    "app": ["parent", "teen"],
    "situation": ["blackmail", "image-shared", "not-sure"],
    "site": ["snapchat", "elsewhere"],
    "code": ["not-found", "invalid"],
}


steady = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _no_pdf_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer without laying out pages: the library needs Debian's Pango, and hundreds of pages would take minutes."""
    monkeypatch.setattr("api.pages.handout_pdf._render", lambda page, paper, *, url: b"%PDF-1.7")


def _application() -> WsgiApplication:
    """Return the application as it is served: the fast path with Django behind it."""
    store = EditionStore(None)
    django = get_wsgi_application()
    fast = FastPath(django, store)
    store.refresh()
    return with_fast_path(fast, django)


def _plain(application: WsgiApplication) -> WsgiApplication:
    """Request uncompressed responses: schemathesis asks for compressed ones, but cannot read them without a network."""
    return lambda environ, start_response: application({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start_response)


def _load(release: Release, settings: Any, mode: GenerationMode) -> Any:
    settings.ALLOWED_HOSTS = ["*"]
    make.app()
    make.app("teen", push_mode="topics")
    signing.sign_if_due(at=timezone.now())
    schema = schemathesis.openapi.from_wsgi("/v1/schema", _plain(_application()))
    schema.config.generation.update(modes=[mode])
    # Rules outside the schema: the region belongs to the country, the age in the image is at most the age, the app exists.
    schema.config.checks.positive_data_acceptance.expected_statuses += ["400", "410", "422"]
    return schema


@pytest.fixture
def valid(release: Release, signer: Signer, settings: Any) -> Any:
    schema = _load(release, settings, GenerationMode.POSITIVE)
    for path in schema.raw_schema["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in REAL:
                    parameter["schema"] = {"type": "string", "enum": REAL[parameter["name"]]}
    for name in ("HelpRequest", "RegistrationRequest", "ReceiptRequest"):
        for field, values in REAL.items():
            properties = schema.raw_schema["components"]["schemas"][name]["properties"]
            if field in properties:
                properties[field] = {"type": "string", "enum": values}
    return schema


@pytest.fixture
def invalid(release: Release, signer: Signer, settings: Any) -> Any:
    return _load(release, settings, GenerationMode.NEGATIVE)


OPERATIONS = [
    ("GET", "/v1/"),
    ("GET", "/v1/manifest"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/v1/packs/{country}/{locale}"),
    ("GET", "/v1/packs/{country}/{locale}/{digest}"),
    ("GET", "/v1/tips"),
    ("GET", "/v1/tips/{slug}"),
    ("GET", "/v1/services"),
    ("GET", "/v1/services/{service_id}"),
    ("POST", "/v1/help"),
    ("GET", "/v1/facts"),
    ("GET", "/v1/transparency"),
    ("GET", "/v1/handouts"),
    ("GET", "/v1/alerts"),
    ("GET", "/v1/alerts/{alert_id}"),
    ("GET", "/v1/alerts/{alert_id}/cap"),
    ("GET", "/v1/alerts.atom"),
    ("POST", "/v1/receipts"),
    ("POST", "/v1/corrections"),
    ("POST", "/v1/registrations"),
    ("GET", "/v1/registrations/{registration_id}"),
    ("PATCH", "/v1/registrations/{registration_id}"),
    ("DELETE", "/v1/registrations/{registration_id}"),
    ("GET", "/v1/topics"),
    ("GET", "/v1/problems/{code}"),
    ("GET", "/hsds/"),
    ("GET", "/hsds/profile"),
    ("GET", "/hsds/services"),
    ("GET", "/hsds/services/{service_id}"),
    ("GET", "/hsds/taxonomies"),
    ("GET", "/hsds/taxonomies/{taxonomy_id}"),
    ("GET", "/hsds/taxonomy_terms"),
    ("GET", "/hsds/taxonomy_terms/{term_id}"),
    ("GET", "/trust/{country}"),
    ("GET", "/handout/{country}/{locale}/{slug}"),
    ("GET", "/handout/{country}/{locale}/{slug}.pdf"),
]
#: Without parameters and body, no request is invalid.
WITHOUT_INPUT = {
    ("GET", path) for path in ("/v1/", "/v1/manifest", "/.well-known/jwks.json", "/v1/transparency", "/hsds/", "/hsds/profile")
}


def ask(operation: Any, mode: GenerationMode, check: Callable[[Any], object]) -> None:
    """Call the operation with values that match its schema, or that do not."""

    @steady
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        check(case)

    run()


def test_every_operation_is_tried(invalid: Any) -> None:
    found = [(result.ok().method.upper(), result.ok().path) for result in invalid.get_all_operations()]

    assert sorted(found) == sorted(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_valid_requests_get_the_responses_in_the_schema(valid: Any, method: str, path: str) -> None:
    ask(valid[path][method], GenerationMode.POSITIVE, lambda case: case.call_and_validate())


@pytest.mark.parametrize(("method", "path"), [pair for pair in OPERATIONS if pair not in WITHOUT_INPUT])
def test_invalid_requests_are_refused(invalid: Any, method: str, path: str) -> None:
    ask(invalid[path][method], GenerationMode.NEGATIVE, lambda case: case.call_and_validate())


def test_real_values_reach_successful_responses(valid: Any) -> None:
    reached = set()

    def note(case: Any) -> None:
        if case.call().status_code < 300:
            reached.add(case.operation.label)

    for result in valid.get_all_operations():
        ask(result.ok(), GenerationMode.POSITIVE, note)

    assert reached >= {"GET /v1/packs/{country}/{locale}", "GET /v1/tips", "GET /v1/services", "GET /v1/alerts", "POST /v1/help"}
