"""Django's settings, made from the environment (see `environment.py` for what can be set)."""

import sys
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from bookbridge.kit import outgoing
from bookbridge.server import redaction
from bookbridge.server.database_lines import with_deadlines
from bookbridge.server.environment import WrongSettingError, read_environment
from bookbridge.server.logs import configure_logs

try:
    ENVIRONMENT = read_environment()
except WrongSettingError as error:
    sys.exit(f"Bookbridge can't start, these settings are wrong:\n{error}")

configure_logs(ENVIRONMENT.log_level)
redaction.hide(ENVIRONMENT.secrets(), show_messages=ENVIRONMENT.debug)
outgoing.use(outgoing.Policy(ENVIRONMENT.allowed_private_addresses))

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
_public = urlsplit(ENVIRONMENT.public_url)
ALLOWED_HOSTS = [_public.hostname or "localhost", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.public_url]
_https = _public.scheme == "https"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "bookbridge.organisations",
    "bookbridge.integrations",
    "bookbridge.exchange",
    "bookbridge.portal",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "bookbridge.server.probes.ProbesMiddleware",
    "bookbridge.server.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bookbridge.portal.headers.ContentSecurityPolicyMiddleware",
    "bookbridge.organisations.sessions.HashedSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bookbridge.organisations.trail.TrailMiddleware",
    "bookbridge.portal.preferences.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "bookbridge.portal.account.sessions.SessionAgeMiddleware",
    "bookbridge.server.roles.RolesMiddleware",
    "bookbridge.portal.account.second_step.SecondStepMiddleware",
]
ROOT_URLCONF = "bookbridge.server.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database(url: str | None) -> dict[str, object]:
    if url is None:
        # Commands that need a database put the embedded one's address in DATABASE_URL before they load these settings.
        return {"ENGINE": "django.db.backends.dummy"}
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return {
        "ENGINE": "bookbridge.organisations.database",
        "NAME": given.pop("dbname"),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": with_deadlines(given),
    }


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
OWNER = _database(ENVIRONMENT.database_owner_url) if ENVIRONMENT.database_owner_url else None
"""How to be the owner of the tables, for `server/start.py` alone; None where somebody else brings them up to date."""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organisations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "bookbridge.portal.account.passwords.LongestPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600

ACCOUNT_ADAPTER = "bookbridge.portal.account.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "bookbridge.portal.account.forms.LogInForm",
    "reauthenticate": "bookbridge.portal.account.forms.PasswordAgainForm",
    "change_password": "bookbridge.portal.account.forms.ChangePasswordForm",
    "set_password": "bookbridge.portal.account.forms.SetPasswordForm",
    "reset_password": "bookbridge.portal.account.forms.AskResetForm",
    "reset_password_from_key": "bookbridge.portal.account.forms.ResetPasswordForm",
}
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "second_step": "5/5m/key,50/d/key",  # a code has six digits only, so that a day has its limit too
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "reset_password": "10/m/ip,3/15m/key",
    "reset_password_from_key": "20/m/ip",
    "invitation": "30/h/key",
}
MFA_ADAPTER = "bookbridge.portal.account.adapters.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Bookbridge"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_DIGITS = 10
# Nobody signs up here: the owner of a company has given the address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "bookbridge.portal.account.forms.CodeForm",
    "reauthenticate": "bookbridge.portal.account.forms.CodeAgainForm",
    "activate_totp": "bookbridge.portal.account.forms.AddAppForm",
    "add_webauthn": "bookbridge.portal.account.forms.AddPasskeyForm",
    "login_webauthn": "bookbridge.portal.account.forms.PasskeyAloneForm",
    "edit_webauthn": "bookbridge.portal.account.forms.NamePasskeyForm",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from or f"Bookbridge <bookbridge@{_public.hostname}>"
if ENVIRONMENT.mail:
    globals().update(ENVIRONMENT.mail.django_settings())
else:
    # Never the console: a reset link would stand in the log.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(ENVIRONMENT.data / "mail")

SESSION_ENGINE = "bookbridge.organisations.sessions"
SESSION_COOKIE_AGE = ENVIRONMENT.session_lifetime_h * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
X_FRAME_OPTIONS = "DENY"
# The form of a document has a field for each of its values: here some two thousand lines.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nl", "Nederlands"), ("fr", "Français")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
CACHES = {"default": {"BACKEND": "bookbridge.organisations.shared_cache.SharedCache"}}
LOGGING_CONFIG = None
