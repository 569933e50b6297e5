"""All settings, read from the environment (.env.example lists them) and checked here."""

from __future__ import annotations

import os
from pathlib import Path

from config import env
from core.sandbox import is_loopback

BASE_DIR = Path(__file__).resolve().parent.parent
# Before pyreqwest is loaded. Its allocator would ask for huge pages: 7 MiB more from the start, and 2 MiB at once whenever the
# kernel comes across a range of which a few pages are in use (https://microsoft.github.io/mimalloc/environment.html).
os.environ.setdefault("MIMALLOC_ALLOW_THP", "0")

# Fingerpost's own settings.
SANDBOX = env.flag("FINGERPOST_SANDBOX")
FCM_ENDPOINT = env.text("FCM_ENDPOINT", "https://fcm.googleapis.com").rstrip("/")
FCM_CA_BUNDLE = env.text("FCM_CA_BUNDLE", "")
FCM_MESSAGES_PER_MINUTE = int(env.number("FCM_MESSAGES_PER_MINUTE", 600_000, low=1, high=60_000_000))
FCM_QUOTA_SHARE = env.number("FCM_QUOTA_SHARE", 0.8, low=0.01, high=1)
FIREBASE_PROJECTS = env.json_object("FIREBASE_PROJECTS")
ADDRESS_KEYS = env.keys("ADDRESS_KEYS")
PACK_SIGNING_KEY = env.text("PACK_SIGNING_KEY", "")
APP_VERSIONS = env.json_object("APP_VERSIONS")
SERVE_UNREVIEWED = env.flag("SERVE_UNREVIEWED")
# Packs in en-XA and ar-XB, for app developers.
PSEUDO_LOCALES = env.flag("PSEUDO_LOCALES")
# Dotted path of a machine that suggests translations (content.importing.machine_suggestions); empty: no text leaves.
MACHINE_TRANSLATOR = env.text("MACHINE_TRANSLATOR", "")
# Folder in which web processes keep the edition, so that reading survives a restart without the database.
EDITION_DIR = env.text("EDITION_DIR", "")
# Outside of the database: how far workers have seen it come, so that a restore is noticed after all of them were stopped.
DATABASE_STATE_DIR = env.text("DATABASE_STATE_DIR", EDITION_DIR)
# Folder of the documents as a site, which ./run docs writes; served at /docs/. Empty: there is no such path.
DOCS_DIR = env.text("DOCS_DIR", "")
# Threads of a web process that run Django: writes and the console. Reads need none.
WEB_THREADS = int(env.number("WEB_THREADS", 2, low=1, high=64))
# What this process serves: readers (apps), the console (staff), or all.
SERVES = env.choice("SERVES", "all", ("readers", "console", "all"))
PORT = int(env.number("PORT", 8000, low=1, high=65535))
PUBLIC_URL = env.origin("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
# Where the console is, if a proxy does not put it below PUBLIC_URL; readers' processes redirect /console/ there, and back.
CONSOLE_URL = env.text("CONSOLE_URL", "").rstrip("/")
# Whether a new registration counts at once. Elsewhere it has to be proven first, so that nobody can invent an audience.
REGISTRATIONS_COUNT_AT_ONCE = SANDBOX
# Firebase App Check of requests that write or ask for topics: off, log (count the results), or enforce (refuse without a token).
APP_CHECK = env.choice("APP_CHECK", "off", ("off", "log", "enforce"))
APP_CHECK_APPS = env.firebase_apps("APP_CHECK_APPS")
APP_CHECK_ENDPOINT = env.text("APP_CHECK_ENDPOINT", "https://firebaseappcheck.googleapis.com").rstrip("/")
# Number of proxies that append to X-Forwarded-For; with 0, rate limits use the address of the connection.
TRUSTED_PROXIES = int(env.number("TRUSTED_PROXIES", 0, low=0, high=10))
# HSDS assurer_email in /hsds/: a shared mailbox that answers questions about the checks of listed services.
ASSURER_EMAIL = env.mailbox("ASSURER_EMAIL")
# Where to report a weakness: the contact of /.well-known/security.txt.
SECURITY_EMAIL = env.mailbox("SECURITY_EMAIL")
# Messages to staff that something waits for them; neither e-mail nor webhook holds a text of a campaign.
MAIL = env.mail("MAIL_URL")
MAIL_FROM = env.mailbox("MAIL_FROM")
STAFF_WEBHOOK_URL = env.text("STAFF_WEBHOOK_URL", "")
STAFF_WEBHOOK_KEY = env.text("STAFF_WEBHOOK_KEY", "")
# The bearer token of /metrics; empty: only requests of this machine get them.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
# A test app, and the Firebase installation ID of a device of it that gets a rehearsal every five minutes; empty: off.
SYNTHETIC_APP = env.text("SYNTHETIC_APP", "")
SYNTHETIC_ADDRESS = env.text("SYNTHETIC_ADDRESS", "")
BROKER_URL = env.broker("BROKER_URL")
# Sign in with an OpenID Connect issuer beside passwords; empty: off.
OIDC_ISSUER = env.text("OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET", "")
OIDC_LABEL = env.text("OIDC_LABEL", "Sign in with your organization's account")
# Values of amr or acr by which the issuer says that it has checked a second factor; empty: the console always asks for one.
OIDC_FACTORS = env.names("OIDC_FACTORS", "")
# A second factor for every page of staff, and a fresh sign-in before what reaches readers. A demo has sample accounts alone.
FACTOR_REQUIRED = not SANDBOX

if SANDBOX and not is_loopback(FCM_ENDPOINT):
    raise env.BadSetting(
        "FINGERPOST_SANDBOX is set but FCM_ENDPOINT is not on this machine: a sandbox must not reach real phones."
    )
if not (FCM_ENDPOINT.startswith("https://") or is_loopback(FCM_ENDPOINT)):
    raise env.BadSetting("FCM_ENDPOINT must begin with https://, unless FCM is on this machine.")
if SERVE_UNREVIEWED and not is_loopback(FCM_ENDPOINT):
    raise env.BadSetting("SERVE_UNREVIEWED is for the sandbox only: it is refused unless FCM_ENDPOINT is on this machine.")
if PSEUDO_LOCALES and not (SANDBOX or SERVE_UNREVIEWED):
    raise env.BadSetting("PSEUDO_LOCALES is for sandboxes only: it is refused without FINGERPOST_SANDBOX or SERVE_UNREVIEWED.")

if APP_CHECK != "off" and not APP_CHECK_APPS:
    raise env.BadSetting("APP_CHECK is on, so APP_CHECK_APPS must name the Firebase app ids of each app.")
if not (APP_CHECK_ENDPOINT.startswith("https://") or is_loopback(APP_CHECK_ENDPOINT)):
    raise env.BadSetting("APP_CHECK_ENDPOINT must begin with https://.")
if CONSOLE_URL and not (CONSOLE_URL.startswith("https://") or is_loopback(CONSOLE_URL)):
    raise env.BadSetting("CONSOLE_URL must begin with https://.")
if MAIL and not MAIL_FROM:
    raise env.BadSetting("MAIL_URL is set, so MAIL_FROM must be the address that messages to staff come from.")
if STAFF_WEBHOOK_URL and len(STAFF_WEBHOOK_KEY) < 24:
    raise env.BadSetting("STAFF_WEBHOOK_URL is set, so STAFF_WEBHOOK_KEY must have at least 24 characters.")
if STAFF_WEBHOOK_URL and not (STAFF_WEBHOOK_URL.startswith("https://") or is_loopback(STAFF_WEBHOOK_URL)):
    raise env.BadSetting("STAFF_WEBHOOK_URL must begin with https://.")

if bool(SYNTHETIC_APP) != bool(SYNTHETIC_ADDRESS):
    raise env.BadSetting("Set SYNTHETIC_APP and SYNTHETIC_ADDRESS both, or neither.")

if METRICS_TOKEN and len(METRICS_TOKEN) < 24:
    raise env.BadSetting("METRICS_TOKEN must have at least 24 characters.")

if OIDC_ISSUER and not (OIDC_ISSUER.startswith("https://") or is_loopback(OIDC_ISSUER)):
    raise env.BadSetting("OIDC_ISSUER must begin with https://.")
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise env.BadSetting("OIDC_ISSUER is set, so OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set too.")

# Django's settings.
EMAIL_BACKEND = MAIL.get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
EMAIL_FILE_PATH = MAIL.get("EMAIL_FILE_PATH")
EMAIL_HOST, EMAIL_PORT = MAIL.get("EMAIL_HOST", ""), MAIL.get("EMAIL_PORT", 0)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_USER", ""), MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL.get("EMAIL_USE_SSL", False), MAIL.get("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
SECRET_KEY = env.text("SECRET_KEY")
if not SANDBOX and len(SECRET_KEY) < 50:
    raise env.BadSetting("SECRET_KEY has fewer than 50 characters. Generate a random one.")
# Earlier ones, which still open sessions, links and second factors while the key is replaced.
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS", "")
DEBUG = False
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
ROOT_URLCONF = "config.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "core.User"

INSTALLED_APPS = [
    # First, so that its templates override the admin's.
    "core.apps.CoreConfig",
    "core.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "content",
    "notifications",
    "api",
]

MIDDLEWARE = [
    "core.log_context.with_request_id",
    "api.health.under_any_host",
    "api.http.responses.without_body",
    "api.http.cors.cross_origin",
    "core.headers.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.served_paths.only_own_paths",
    "core.nul.no_nul",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", password=env.text("DATABASE_PASSWORD", ""))}
# The role of the running product, to which `migrate` grants what it needs of each table (core.database_roles).
DATABASE_RUNTIME_ROLE = env.text("DATABASE_RUNTIME_ROLE", "")
CACHES = {"default": env.cache("CACHE_URL")}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.companion_files.PreviewFinder",
]
# The demo serves static files from the packages; the image collects them when it is built.
WHITENOISE_USE_FINDERS = True

# Nothing inline, nothing from other servers, no eval: https://www.w3.org/TR/CSP3/
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/console/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, CONSOLE_URL] if CONSOLE_URL else [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"
# The proxy that ends TLS redirects (W008). Other hosts of the domain, and browsers' preload lists, are its owner's to decide
# (W005, W021).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"
CSRF_FAILURE_VIEW = "core.console.error_pages.csrf_failure"

# django-allauth's second factors, under the console's own pages and limits (core.console.factors).
ACCOUNT_ADAPTER = "core.console.account_adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
SOCIALACCOUNT_ADAPTER = "core.console.oidc.OidcAdapter"
# The page of the console that leads to the issuer is a link: the policy for forms allows no other server.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
MFA_ADAPTER = "core.console.account_adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Fingerpost"
# Seconds before and after: a phone's clock may be 30 s off.
MFA_TOTP_TOLERANCE = 1
# Browsers allow passkeys over plain HTTP on this machine alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https

# Files that staff upload are parsed in memory and dropped; readers send at most 64 KiB of JSON.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_HANDLERS = ["core.console.uploads.StaffFileHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

REST_FRAMEWORK: dict[str, object] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["api.http.auth.DenyAll"],
    "DEFAULT_PARSER_CLASSES": ["api.http.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "api.http.schema.ApiSchema",
    "EXCEPTION_HANDLER": "api.http.errors.handle",
    "UNAUTHENTICATED_USER": None,
    # Every query parameter must be declared, `format` included.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, object] = {
    "TITLE": "Fingerpost",
    "DESCRIPTION": "Localized safety tips, signposting to help, and campaign alerts. Rules for clients: docs/app-developers.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # All fields of a PATCH are optional already.
    "COMPONENT_SPLIT_PATCH": False,
    "SERVERS": [{"url": "/", "description": "The server that this document comes from"}],
    "TAGS": [
        {"name": "server", "description": "What this server offers, and what its problems mean"},
        {"name": "packs", "description": "Everything that a reader needs offline, and the signed manifest"},
        {"name": "help", "description": "A plan for one reader, for thin clients"},
        {"name": "tips", "description": "Tips of a country in a language"},
        {"name": "services", "description": "Helplines, hotlines, police and removal tools, and reports that one does not work"},
        {"name": "facts", "description": "Statistics for parents and educators"},
        {"name": "handouts", "description": "Pages to print"},
        {"name": "alerts", "description": "The alert feed, its receipts, and what was sent"},
        {"name": "registrations", "description": "Push: installations and topics"},
        {"name": "hsds", "description": "The same services as Open Referral HSDS 3.0"},
    ],
    "ENUM_NAME_OVERRIDES": {
        "AddressKind": "notifications.models.registration_row.AddressKind",
        "Audience": "content.terms.Audience",
        "CorrectionProblem": "content.models.correction_count.Problem",
        "HsdsFormat": "api.hsds.pages.HsdsFormat",
        "Platform": "notifications.models.segment.Platform",
        "ReceiptEvent": "notifications.models.receipt_count.ReceiptEvent",
        "Recipient": "content.terms.Recipient",
        "Role": "content.terms.Role",
        "Where": "content.terms.Where",
    },
    "POSTPROCESSING_HOOKS": [
        "api.http.contract.open_responses",
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.http.contract.share_lists",
        "api.http.contract.plain_nulls",
        "api.http.contract.close_requests",
        "api.http.schema.describe_headers",
    ],
}

# Scope → (requests, seconds) per network address; packs have no limit. Schools and mobile networks share one address.
THROTTLES = {
    "read": (6000, 60),
    "help": (1200, 60),
    "receipts": (600, 60),
    "registrations": (300, 60),
    "registrations-attested": (6000, 60),
    "corrections": (60, 60),
    "correction-form": (60, 60),
    "reading-form": (120, 60),
    "handout-pdf": (120, 60),
}
# Seconds of processor time that one network may use within ten seconds for responses that are not in memory yet.
MISS_SECONDS = 2.0
if SANDBOX:
    MISS_SECONDS = float("inf")
    # Thousands of sample devices register from this one machine.
    THROTTLES = {scope: (1_000_000, seconds) for scope, (_, seconds) in THROTTLES.items()}
    # An app developer can meet this one: /v1/sandbox/limited.
    THROTTLES["sandbox-limited"] = (5, 60)

# No access log: a network address with a path and a time reveals too much about a child.
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
# What Celery writes of each task, several lines a second, of which nobody learns anything.
_TASKS_LEVEL = "INFO" if LOG_LEVEL == "DEBUG" else "WARNING"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "core.text_log.TextFormatter"},
        "json": {"()": "core.json_log.JsonFormatter"},
    },
    "filters": {
        "without_path": {"()": "core.logs.WithoutPath"},
        "fields": {"()": "core.log_context.WithFields"},
    },
    # Without any handler, Python would print a record all the same.
    "handlers": {
        "stderr": {
            "class": "core.repeated_errors.OnceAMinute",
            "filters": ["fields"],
            "formatter": env.choice("LOG_FORMAT", "text", ("text", "json")),
        },
        "none": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["without_path"]},
        # They name the host, the path or the Origin of each request that they refuse.
        "django.security.DisallowedHost": {"handlers": ["none"], "propagate": False},
        "django.security.csrf": {"handlers": ["none"], "propagate": False},
        "celery.app.trace": {"level": _TASKS_LEVEL},
        "celery.beat": {"level": _TASKS_LEVEL},
        "celery.worker.strategy": {"level": _TASKS_LEVEL},
        "pyreqwest": {"level": "WARNING"},
        # It names the passkey of each sign-in.
        "fido2": {"level": "WARNING"},
        # It warns about each property of a style sheet that is for browsers alone.
        "weasyprint": {"level": "CRITICAL"},
        "fontTools": {"level": "WARNING"},
    },
}

# Names in the environment that no setting has but nearly, with the one that was probably meant; `check --deploy` warns of them.
MISSPELT_SETTINGS = env.misspelt()
