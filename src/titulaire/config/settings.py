"""All settings, read from the environment, failing loudly. `docs/operations.md` explains each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[1]


def _read_local_file() -> None:
    """Take `NAME=value` lines from `titulaire.env` in the current directory; the environment wins.

    Tests never read it: they must not depend on the machine they run on.
    """
    file = Path(os.environ.get("TITULAIRE_ENV_FILE", "titulaire.env"))
    if os.environ.get("TITULAIRE_TESTING") or not file.is_file():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().startswith("TITULAIRE_"):
            raise ImproperlyConfigured(f"{file}, line {number}: write TITULAIRE_SOMETHING=value")
        os.environ.setdefault(name.strip(), value.strip())


_read_local_file()


def env(name: str, default: str) -> str:
    """Text of an environment variable, or its default."""
    return os.environ.get(name, default)


def env_flag(name: str, default: bool = False) -> bool:
    """A yes or no setting; anything but 0, 1, true, false, yes, no is refused."""
    text = os.environ.get(name, "1" if default else "0").strip().lower()
    if text in {"1", "true", "yes"}:
        return True
    if text in {"0", "false", "no", ""}:
        return False
    raise ImproperlyConfigured(f"{name}={text!r}: write 1 or 0")


DEMO = env_flag("TITULAIRE_DEMO")
DEBUG = env_flag("TITULAIRE_DEBUG")
TESTING = env_flag("TITULAIRE_TESTING")
DATA_DIR = Path(env("TITULAIRE_DATA_DIR", "var")).resolve()
# What counts indicators in the facts: duckdb, or spark (an extra, which needs Java 17) and where it is.
ENGINE = env("TITULAIRE_ENGINE", "duckdb")
if ENGINE not in {"duckdb", "spark"}:
    raise ImproperlyConfigured(f"TITULAIRE_ENGINE={ENGINE!r}: write duckdb or spark")
SPARK_MASTER = env("TITULAIRE_SPARK_MASTER", "local[*]")


def database(address: str) -> dict[str, Any]:
    """Django's database entry for `sqlite:///path` or `postgresql://user:password@host:port/name`."""
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path)[1:] or ":memory:",
            # A file, so that tests with several processes or threads share it.
            "TEST": {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")},
            # IMMEDIATE: a write transaction takes its lock at once and waits, instead of failing half-way.
            # FULL: an act that was acknowledged survives a power cut.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA synchronous="
                + ("OFF;" if TESTING else "FULL;"),
            },
        }
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path)[1:],
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(f"TITULAIRE_DATABASE={parts.scheme!r}…: write sqlite:///… or postgresql://…")


if TESTING:
    DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = env("TITULAIRE_SECRET_KEY", "")
# Encrypts the private signing keys at rest: losing it means no new vouchers, leaking it means forgeries.
KEY_PASSPHRASE = env("TITULAIRE_KEY_PASSPHRASE", "")
if DEMO or DEBUG or TESTING:
    SECRET_KEY = SECRET_KEY or "demo-only-" + "0" * 50
    KEY_PASSPHRASE = KEY_PASSPHRASE or "demo-only-passphrase"
if not (SECRET_KEY and KEY_PASSPHRASE):
    _missing = [
        *(["TITULAIRE_SECRET_KEY (50 caractères au hasard)"] if not SECRET_KEY else []),
        *(["TITULAIRE_KEY_PASSPHRASE (chiffre les clés de signature)"] if not KEY_PASSPHRASE else []),
    ]
    raise ImproperlyConfigured(
        f"réglages absents : {', '.join(_missing)}. Posez-les dans titulaire.env (docs/operations.md)"
    )

ALLOWED_HOSTS = [
    host for host in env("TITULAIRE_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",") if host
]
CSRF_TRUSTED_ORIGINS = [origin for origin in env("TITULAIRE_ORIGINS", "").split(",") if origin]
# Where people reach this server: the start of every link in an e-mail.
SITE_ADDRESS = env("TITULAIRE_ADDRESS", "http://localhost:8000")
SECURE = env_flag("TITULAIRE_HTTPS", default=not (DEMO or DEBUG or TESTING))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # Before django.forms: its templates are the ones of every field.
    "titulaire.ui",
    "django.forms",
    "titulaire.journal",
    "titulaire.seals",
    "titulaire.jobs",
    "titulaire.identity",
    "titulaire.contracts",
    "titulaire.billing",
    "titulaire.governance",
    "titulaire.vouchers.regimes",
    "titulaire.vouchers.orders",
    "titulaire.vouchers.issuing",
    "titulaire.support.facts",
    "titulaire.support.incidents",
    "titulaire.support.staff",
    "titulaire.support.premises",
    "titulaire.support.desk",
    "titulaire.support.ledger",
    "titulaire.support.training",
    "titulaire.support.knowledge",
    "titulaire.support.satisfaction",
    "titulaire.support.penalties",
    "titulaire.support.simulator",
    "titulaire.support.forecasts",
    "titulaire.support.presence",
    "titulaire.support.quality",
    "titulaire.support.dashboards",
    "titulaire.support.readings",
    "titulaire.support.months",
    "titulaire.support.reconciliation",
    "titulaire.vouchers.delivery",
    "titulaire.vouchers.stops",
    "titulaire.vouchers.complaints",
    "titulaire.vouchers.settlement",
    "titulaire.vouchers.network",
    "titulaire.portal",
    "allauth",
    "allauth.account",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "titulaire.ui.middleware.ContentSecurityPolicy",
]

ROOT_URLCONF = "titulaire.config.urls"
WSGI_APPLICATION = "titulaire.config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "titulaire.portal.context.house",
            ],
            "builtins": ["titulaire.ui.templatetags.ui"],
        },
    }
]

DATABASES = {"default": database(env("TITULAIRE_DATABASE", f"sqlite:///{DATA_DIR / 'titulaire.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if TESTING
    # Shared between workers: the sign-in limits live here.
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}
}

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"] if TESTING else ["titulaire.identity.hashers.Argon2id"]
)
AUTH_PASSWORD_VALIDATORS = [{"NAME": "titulaire.identity.passwords.CnilPasswordValidator"}]
PASSWORD_RESET_TIMEOUT = 4 * 3600
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "titulaire.identity.adapters.AccountAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# A whole centre may sit behind one address: the limit per account stays strict, the one per address is wide.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "5/5m/key,300/5m/ip"}

LANGUAGE_CODE = "fr"
USE_I18N = True
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
if TESTING or DEMO or DEBUG:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEMO or DEBUG
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

EMAIL_BACKEND = env("TITULAIRE_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = env("TITULAIRE_MAIL_FROM", "titulaire@localhost")

SESSION_COOKIE_AGE = 10 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_flag("TITULAIRE_BEHIND_PROXY") else None
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("TITULAIRE_LOG_LEVEL", "INFO")},
    "loggers": {
        "pikepdf": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "factur-x": {"level": "WARNING"},
    },
}
