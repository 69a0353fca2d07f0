"""Settings, from the environment only; docs/configuration.md lists every variable.

A clone without any variable runs on this machine with embedded servers. With PRODUCTION=true nothing is assumed.
"""

import tomllib
from pathlib import Path
from typing import Any

import dj_database_url
import dj_email_url
import django_stubs_ext
from django.utils.translation import gettext_lazy as _
from environs import FileAwareEnv, validate
from kombu import Queue

from msi_admin import beat
from msi_admin.environment import embedded_services, local_secrets, refuse_unsafe
from msi_admin.probes import PROBES

# Lets generic Django classes be subscripted at run time, as their stubs are.
django_stubs_ext.monkeypatch()

# NAME_FILE names a file that holds the value of NAME: so orchestrators hand out secrets.
env = FileAwareEnv(strip_whitespace=True)
BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()

PRODUCTION = env.bool("PRODUCTION", False)
DEBUG = env.bool("DEBUG", False)
# Origin of the sandbox, e.g. http://127.0.0.1:8001; it stands in for Marketo and Salesforce. Refused in production.
SANDBOX_ORIGIN = env.str("SANDBOX_ORIGIN", "")
# Reverse proxies in front of the console whose X-Forwarded-For is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0)

# --- Servers and secrets -------------------------------------------------------------------------
if PRODUCTION:
    SECRET_KEY = env.str("SECRET_KEY")
    FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")
    DATABASE_URL = env.str("DATABASE_URL")
    REDIS_URL = env.str("REDIS_URL")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
    SITE_URL = env.str("SITE_URL").rstrip("/")
    EMAIL_URL = env.str("EMAIL_URL")
    METRICS_TOKEN = env.str("METRICS_TOKEN")
else:
    _secrets = local_secrets(VAR_DIR)
    SECRET_KEY = env.str("SECRET_KEY", _secrets["secret_key"])
    FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", [_secrets["field_encryption_key"]])
    DATABASE_URL = env.str("DATABASE_URL", "") or embedded_services(VAR_DIR / "embedded").database_url
    REDIS_URL = env.str("REDIS_URL", "") or embedded_services(VAR_DIR / "embedded").redis_url
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
    SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
    EMAIL_URL = env.str("EMAIL_URL", "console://")
    METRICS_TOKEN = env.str("METRICS_TOKEN", "")

# Where the processes of a machine or container leave their figures for one another, by prometheus_client.
METRICS_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", "")
if METRICS_DIR:
    Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)
# Host and port at which workers answer for their figures; nowhere by default.
METRICS_LISTEN = env.str("METRICS_LISTEN", "")
# Where traces are sent; OpenTelemetry reads the variable, and its others, itself. None are made without it.
TRACES_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")

DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
# A server that has vanished without a word would keep every thread of the web waiting for minutes.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
DATABASES["default"]["TEST"] = {"NAME": "test_msi"}
# The prefix keeps processes of releases before 1.5.0, which cannot read what is signed, to what they have written.
_CACHE = {
    "LOCATION": REDIS_URL,
    "KEY_PREFIX": "signed",
    "OPTIONS": {"serializer": "common.cache.SignedSerializer"},
}
CACHES = {
    "default": {"BACKEND": "common.cache.ForgivingRedisCache", **_CACHE},
    # Says so when Redis does not answer.
    "redis": {"BACKEND": "django.core.cache.backends.redis.RedisCache", **_CACHE},
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
# For a connection that has died. That Redis is away is found out at once: whoever sends a message has a thread.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}
# A worker takes what it can begin: a message behind a long load would wait for nothing.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# What may wait for a provider (`celery`), a mail server (`mail`) or the database (`bulk`: loads and merges) keeps
# nothing else waiting, least of all the sweep that everything is rung by.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("sweep"), Queue("mail"), Queue("bulk"), Queue("notifications")]
CELERY_TASK_ROUTES = {
    "sync.tasks.run_next_bulk_job": {"queue": "bulk"},
    "sync.tasks.sweep": {"queue": "sweep"},
    "sync.tasks.start_due_syncs": {"queue": "sweep"},
    # Whoever takes messages may hang, and keeps nothing else waiting by it.
    "notifications.tasks.*": {"queue": "notifications"},
    "connections.tasks.revoke_*": {"queue": "notifications"},
    # Beside the account's other call it would take the second of two workers.
    "connections.tasks.check_own_connection": {"queue": "notifications"},
    "*.tasks.watch_*": {"queue": "notifications"},
    "*.tasks.send_*": {"queue": "mail"},
}
CELERY_TASK_TIME_LIMIT = 6 * 60 * 60
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "msi_admin.scheduler:SteadyScheduler"
# A file that workers and beat touch every few seconds, for whoever asks whether they live; none by default.
ALIVE_FILE = env.str("ALIVE_FILE", "")
CELERY_BEAT_SCHEDULE = beat.SCHEDULE

if PRODUCTION:
    refuse_unsafe(
        debug=DEBUG,
        field_encryption_keys=FIELD_ENCRYPTION_KEYS,
        allowed_hosts=ALLOWED_HOSTS,
        site_url=SITE_URL,
        sandbox_origin=SANDBOX_ORIGIN,
        secrets={"SECRET_KEY": SECRET_KEY, "METRICS_TOKEN": METRICS_TOKEN},
    )

# --- The two providers --------------------------------------------------------------------------
SALESFORCE_CLIENT_ID = env.str("SALESFORCE_CLIENT_ID", "")
SALESFORCE_CLIENT_SECRET = env.str("SALESFORCE_CLIENT_SECRET", "")
SALESFORCE_APP_KIND = env.str(
    "SALESFORCE_APP_KIND",
    "external_client_app",
    validate=validate.OneOf(["external_client_app", "connected_app"]),
)
# Origins that a Marketo endpoint may have besides https://<Munchkin id>.mktorest.com.
MARKETO_ENDPOINT_ALLOWLIST: list[str] = env.list("MARKETO_ENDPOINT_ALLOWLIST", [])

# From which addresses this console calls, for the allowlists of both providers; pages show them.
EGRESS_ADDRESSES: list[str] = env.list("EGRESS_ADDRESSES", [])

# --- Limits --------------------------------------------------------------------------------------
# Adobe, "Product usage limits"; the team Everyone is not counted.
SEATS_PER_ACCOUNT = env.int("SEATS_PER_ACCOUNT", 100)
TEAMS_PER_ACCOUNT = env.int("TEAMS_PER_ACCOUNT", 20)
# Mails of invitations and requests in a day (UTC); an invitation beyond them waits for the next day.
MAILS_PER_ADMIN = env.int("MAILS_PER_ADMIN", 200)
MAILS_PER_ADDRESS = env.int("MAILS_PER_ADDRESS", 5)
MAILS_PER_DOMAIN = env.int("MAILS_PER_DOMAIN", 500)
# Mails that visitors who are not signed in may ask for from one address of a network; none is sent beyond.
MAILS_PER_CLIENT = env.int("MAILS_PER_CLIENT", 50)
# An account whose first load brings so many people gets a partition of the copy for itself (sync/engine/partitions.py).
PEOPLE_OF_OWN_PARTITION = env.int("PEOPLE_OF_OWN_PARTITION", 200_000)
# How long it can be seen, and taken back, what runs changed in the copy; months leave as a whole.
JOURNAL_DAYS = env.int("JOURNAL_DAYS", 90)
# Who has left the copy, and rows that could not be read; runs, failures, usage and invitations; the audit trail.
REMOVED_PEOPLE_DAYS = env.int("REMOVED_PEOPLE_DAYS", 30)
RECORD_DAYS = env.int("RECORD_DAYS", 400)
AUDIT_DAYS = env.int("AUDIT_DAYS", 1_100)

# --- Applications --------------------------------------------------------------------------------
INSTALLED_APPS = [
    "devtools",
    "api",
    "guide",
    "org_moves",
    "members",
    "invitations",
    "sign_in",
    "operations",
    "people",
    "pipeline",
    "freshness",
    "sync",
    "history",
    "salesforce_package",
    "diagnostics",
    "notifications",
    "rights",
    "salesforce_apps",
    "salesforce_orgs",
    "marketo_instances",
    "connections",
    "accounts",
    "msi_admin.apps.MsiAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_structlog",
    "template_partials",
]
MIDDLEWARE = [
    "msi_admin.shared_threads.GivenBackMiddleware",
    "msi_admin.measures.MeasureMiddleware",
    "msi_admin.middleware.NoForeignTracesMiddleware",
    # Before anything reads them.
    "msi_admin.middleware.OurCookiesMiddleware",
    "msi_admin.middleware.ProbesMiddleware",
    "api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "msi_admin.middleware.LoggedRequestsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.MemberMiddleware",
    # Behind the one that knows the address of the client, for the audit trail.
    "accounts.middleware.SessionLimitsMiddleware",
    # Knows whose request it is, and comes before anything that could take long.
    "msi_admin.shared_threads.SharedThreadsMiddleware",
    # Knows who asks, and comes before anything reads a form: checks of tokens do, long before a page asks who it is.
    "msi_admin.middleware.LargestBodyMiddleware",
    "accounts.middleware.LostFormsMiddleware",
    "msi_admin.middleware.AwayMiddleware",
    "msi_admin.middleware.PrivatePagesMiddleware",
    "msi_admin.middleware.NoNulBytesMiddleware",
    "msi_admin.middleware.ShortRedirectsMiddleware",
    "msi_admin.middleware.FormsOnlyMiddleware",
]
ROOT_URLCONF = "msi_admin.urls"
WSGI_APPLICATION = "msi_admin.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOADERS = ["msi_admin.template_loaders.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", LOADERS)])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "guide.navigation.areas",
                "notifications.bell.bell",
            ],
            "builtins": ["msi_admin.templatetags.console"],
        },
    }
]

# --- Identity ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.MixedCharactersValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "guide:setup"
ACCOUNT_ADAPTER = "accounts.adapter.InvitedOnlyAdapter"
ACCOUNT_FORMS = {"login": "accounts.forms.SignInForm", "reset_password": "accounts.forms.AskForReset"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Whoever types an address at the page for forgotten passwords makes the console mail nobody who has no user.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Without the question "Remember me": a session ends after SESSION_COOKIE_AGE.
ACCOUNT_SESSION_REMEMBER = True
USERSESSIONS_ADAPTER = "accounts.adapter.AuditedSessionsAdapter"
MFA_ADAPTER = "accounts.second_factors.EncryptingAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# On top of allauth's own limits, which cover every second factor. Changing a password asks for the old one: whoever
# has found a browser open guesses it there no more often than at the sign-in page.
ACCOUNT_RATE_LIMITS = {"salesforce_login": "30/m/ip", "change_password": "10/10m/user"}
# Log in with Salesforce says who somebody is, and gets no access to data: no token of it is kept, nobody is found by
# an address.
SOCIALACCOUNT_ADAPTER = "invitations.sign_in_adapter.InvitedSignInAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS = {
    "salesforce": {
        "APPS": [{"client_id": SALESFORCE_CLIENT_ID, "secret": SALESFORCE_CLIENT_SECRET}]
        if SALESFORCE_CLIENT_ID
        else [],
        "SCOPE": ["id", "openid"],
        "OAUTH_PKCE_ENABLED": True,
    }
}

# --- Sessions, cookies, headers ------------------------------------------------------------------
# `__Host-` names and Secure cookies need https, which a local run on http://127.0.0.1 does not have.
SECURE = SITE_URL.startswith("https://")
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "msi-session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "msi-csrf"
# Of a browser with which somebody has signed in before (accounts/sign_in_limits.py).
DEVICE_COOKIE_NAME = "__Host-device" if SECURE else "msi-device"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
# A session ends so long after signing in, and so long after the last click.
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", 12) * 60 * 60
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_MINUTES", 120) * 60
CSRF_FAILURE_VIEW = "msi_admin.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SECURE
# Probes of a load balancer come over http.
SECURE_REDIRECT_EXEMPT = [f"^{probe.removeprefix('/')}$" for probe in PROBES]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        # Tabler draws some form controls with data: images.
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Every line of a long list may be ticked; the size of the form bounds it too.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# A file is kept in memory or refused; what the server puts off to a disk has no name, and goes with the request.
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# --- Mail ----------------------------------------------------------------------------------------
vars().update(dj_email_url.parse(EMAIL_URL))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Sales Insight Actions <no-reply@localhost>")

# --- Language and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("sv", _("Swedish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["msi_admin.formats"]
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

# --- Static files: straight from the packages, no build step -------------------------------------
NODE_MODULES = BASE_DIR / "node_modules"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
_SOURCES: list[tuple[str, Path]] = [
    ("", BASE_DIR / "static"),
    ("tabler/css", NODE_MODULES / "@tabler/core/dist/css"),
    ("tabler/img", NODE_MODULES / "@tabler/core/dist/img"),
    ("source-sans-3", NODE_MODULES / "@fontsource-variable/source-sans-3"),
    ("htmx", NODE_MODULES / "htmx.org/dist"),
]
# The image has them collected, and no longer where they came from.
STATICFILES_DIRS = [source for source in _SOURCES if source[1].is_dir()]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Logs ----------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "common.logs.configure"
LOGGING = {"level": LOG_LEVEL, "json": PRODUCTION, "is_traced": bool(TRACES_ENDPOINT)}
