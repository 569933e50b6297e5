"""The OpenAPI schema of the application as it is served, for tests that make requests from it."""

from __future__ import annotations

import pickle
from typing import Any

import schemathesis
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from schemathesis.generation import GenerationMode

from api.reads.edition_store import EditionStore
from api.reads.fast_path import FastPath, WsgiApplication
from content.publishing import signing
from tests import make
from tests.api.wsgi import with_fast_path

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

OPERATIONS = [
    ("GET", "/v1/"),
    ("GET", "/v1/manifest"),
    ("GET", "/v1/manifest/{country}"),
    ("GET", "/v1/manifest/{country}/{locale}"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/v1/packs/{country}"),
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

#: The document of the application, read once: to read so much YAML takes longer than most tests, and each changes its own copy.
_document: list[bytes] = []
_PATH = "/v1/schema"

#: Requests as they come, without a search for smaller ones that fail too.
plain = settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def application() -> WsgiApplication:
    """Return the application as it is served: the fast path with Django behind it."""
    store = EditionStore(None)
    django = get_wsgi_application()
    fast = FastPath(django, store)
    store.refresh()
    return with_fast_path(fast, django)


def load_schema(served: WsgiApplication, settings: Any, mode: GenerationMode) -> Any:
    """Return the schema that the application describes itself with, for valid or invalid requests; publish the manifest first."""
    settings.ALLOWED_HOSTS = ["*"]
    make.app()
    make.app("teen", push_mode="topics")
    signing.sign_if_due(at=timezone.now())
    app = _uncompressed(served)
    if _document:
        schema = schemathesis.openapi.from_dict(pickle.loads(_document[0]))
        schema.app, schema.location = app, _PATH
    else:
        schema = schemathesis.openapi.from_wsgi(_PATH, app)
        _document.append(pickle.dumps(schema.raw_schema))
    schema.config.generation.update(modes=[mode])
    # Rules outside the schema: the region belongs to the country, the age in the image is at most the age, the app exists.
    schema.config.checks.positive_data_acceptance.expected_statuses += ["400", "410", "422"]
    return schema


def with_real_values(schema: Any) -> Any:
    """Return the schema with values that exist in place of patterns that no random value would match."""
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


def _uncompressed(served: WsgiApplication) -> WsgiApplication:
    """Request uncompressed responses: schemathesis asks for compressed ones, but cannot read them without a network."""
    return lambda environ, start_response: served({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start_response)
