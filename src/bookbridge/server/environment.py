"""The settings of an installation, read from the environment once; a wrong one stops the start and is named.

Any secret may come from a file: `NAME_FILE` holds the path. A secret that isn't given is made at the first start and
kept in the data folder, readable by its user only. `DATABASE_URL` and `DATABASE_OWNER_URL` hold a password and follow
the same rules.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import psycopg
from cryptography.fernet import Fernet

from bookbridge.kit.outgoing import Allowed, Network, read_allowed
from bookbridge.server.mail_server import MailServer

PREFIX = "BOOKBRIDGE_"
KNOWN = {
    "DATA": "folder for everything Bookbridge keeps on this machine (default: var)",
    "SECRET_KEY": "signs sessions and forms (default: made at the first start)",
    "ENCRYPTION_KEYS": "Fernet keys for secrets at rest, newest first, separated by commas (default: made)",
    "PUBLIC_URL": "the address people and packages reach the portal at (default: http://127.0.0.1:8000)",
    "STORAGE": "a folder, or s3://bucket/prefix (default: DATA/storage)",
    "S3_ENDPOINT": "address of an S3-compatible service (default: the cloud's own)",
    "S3_REGION": "its region (default: us-east-1)",
    "S3_ACCESS_KEY": "its access key",
    "S3_SECRET_KEY": "its secret key",
    "ALLOWED_PRIVATE_ADDRESSES": "what may be called though not public, such as 10.0.0.5:8443 (default: none)",
    "MONITORING_ADDRESSES": "who may read /metrics and what /readyz finds wrong (default: this machine)",
    "MONITORING_TOKEN": "a bearer token for the same (default: none)",
    "LOG_LEVEL": "debug, info, warning or error (default: info)",
    "INBOX_SETTLE_S": "seconds a file in an inbox must be unchanged before it is taken (default: 1)",
    "DROPBOX_MAX_BYTES": "the largest object that the drop box takes (default: 5368709120, 5 GiB)",
    "DROPBOX_AT_ONCE": "requests that the drop box works on at once (default: 16)",
    "MAIL_URL": "smtp://user:password@host:587 or smtps://host:465, for all mails (default: files in DATA/mail)",
    "MAIL_FROM": "the sender of those mails (default: bookbridge@ and the host of PUBLIC_URL)",
    "REQUIRE_MFA": "who must have a second step at log-in: none, operators or everyone (default: operators)",
    "SESSION_IDLE_MIN": "minutes without a click after which one has to log in again (default: 120)",
    "SESSION_LIFETIME_H": "hours after which one has to log in again in any case (default: 12)",
    "TRUSTED_PROXIES": "addresses or networks whose X-Forwarded-For is believed, separated by commas (default: none)",
    "DEBUG": "yes: show errors in the browser; never in production",
    "CRASH_AT": "POINT=FILE, for crash tests only: the process kills itself once at this point while FILE exists",
    "VENDOR_SPECS": "folder with vendors' published specifications, for the tests",
}


class WrongSettingError(Exception):
    """Names every wrong setting, one a line."""


@dataclass(frozen=True)
class Environment:
    data: Path
    database_url: str | None = field(repr=False)
    database_owner_url: str | None = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    public_url: str
    storage: str
    s3_endpoint: str | None
    s3_region: str
    s3_access_key: str | None = field(repr=False)
    s3_secret_key: str | None = field(repr=False)
    allowed_private_addresses: tuple[Allowed, ...]
    monitoring_addresses: tuple[Network, ...]
    monitoring_token: str | None = field(repr=False)
    log_level: str
    inbox_settle_s: float
    dropbox_max_bytes: int
    dropbox_at_once: int
    mail: MailServer | None
    mail_from: str
    require_mfa: str
    session_idle_min: int
    session_lifetime_h: int
    trusted_proxies: tuple[Network, ...]
    debug: bool

    def secrets(self) -> Iterator[str]:
        """What no log, page or error report may show: the fields that its own repr leaves out."""
        for setting in fields(self):
            value = getattr(self, setting.name)
            if value and not setting.repr:
                yield from value if isinstance(value, tuple) else (value,)
        if self.mail and self.mail.password:
            yield self.mail.password


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """The settings. Raises WrongSettingError with all that is wrong."""
    reader = _Reader(os.environ if variables is None else variables)
    data = Path(reader.text("DATA", "var")).absolute()
    environment = Environment(
        data=data,
        database_url=reader.database_url("DATABASE_URL"),
        database_owner_url=reader.database_url("DATABASE_OWNER_URL"),
        secret_key=reader.secret("SECRET_KEY", data, lambda: secrets.token_urlsafe(48)),
        encryption_keys=reader.encryption_keys(data),
        public_url=reader.address("PUBLIC_URL", "http://127.0.0.1:8000"),
        storage=reader.storage(str(data / "storage")),
        s3_endpoint=reader.optional_address("S3_ENDPOINT"),
        s3_region=reader.text("S3_REGION", "us-east-1"),
        s3_access_key=reader.optional("S3_ACCESS_KEY"),
        s3_secret_key=reader.optional("S3_SECRET_KEY"),
        allowed_private_addresses=reader.allowed_addresses("ALLOWED_PRIVATE_ADDRESSES"),
        monitoring_addresses=reader.networks("MONITORING_ADDRESSES", "127.0.0.0/8, ::1"),
        monitoring_token=reader.optional("MONITORING_TOKEN"),
        log_level=reader.one_of("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        inbox_settle_s=reader.seconds("INBOX_SETTLE_S", 1.0),
        dropbox_max_bytes=reader.number("DROPBOX_MAX_BYTES", 5 * 1024**3, 1024, 5 * 1024**4),
        dropbox_at_once=reader.number("DROPBOX_AT_ONCE", 16, 1, 256),
        mail=reader.mail_server(),
        mail_from=reader.text("MAIL_FROM", ""),
        require_mfa=reader.one_of("REQUIRE_MFA", "operators", ("none", "operators", "everyone")),
        session_idle_min=reader.number("SESSION_IDLE_MIN", 120, 1, 1440),
        session_lifetime_h=reader.number("SESSION_LIFETIME_H", 12, 1, 720),
        trusted_proxies=reader.networks("TRUSTED_PROXIES", ""),
        debug=reader.yes_or_no("DEBUG"),
    )
    reader.refuse_half_a_key(environment)
    reader.refuse_another_database(environment)
    reader.refuse_unknown()
    if reader.wrong:
        raise WrongSettingError("\n".join(reader.wrong))
    return environment


class _Reader:
    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.wrong: list[str] = []

    def optional(self, name: str) -> str | None:
        return self._given(PREFIX + name)

    def _given(self, variable: str) -> str | None:
        path = self._variables.get(variable + "_FILE")
        if not path:
            return self._variables.get(variable) or None
        try:
            held = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds no text"
            self.wrong.append(f"{variable}_FILE: can't read {path}: {reason}")
            return None
        if not held:
            self.wrong.append(f"{variable}_FILE: {path} is empty")
        return held or None

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1
        if not 0 <= number <= 3600:
            self.wrong.append(f"{PREFIX}{name}={value}: give a number of seconds from 0 to 3600")
        return number

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else -1
        if not least <= number <= most:
            self.wrong.append(f"{PREFIX}{name}={value}: give a whole number from {least} to {most}")
        return number

    def mail_server(self) -> MailServer | None:
        value = self.optional("MAIL_URL")
        if value is None:
            return None
        try:
            return MailServer.at(value)
        except ValueError as error:
            # The value is not shown: it may hold a password.
            self.wrong.append(f"{PREFIX}MAIL_URL: {error}")
            return None

    def yes_or_no(self, name: str) -> bool:
        value = self.text(name, "no").lower()
        if value not in ("yes", "no"):
            self.wrong.append(f"{PREFIX}{name}={value}: give yes or no")
        return value == "yes"

    def address(self, name: str, default: str, *, path_allowed: bool = False) -> str:
        value = self.text(name, default).rstrip("/")
        parts = _parts(value)
        if parts is None or not _is_web(parts) or (parts.path and not path_allowed):
            self.wrong.append(f"{PREFIX}{name}={value}: give an address such as https://books.example.org")
        return value

    def optional_address(self, name: str) -> str | None:
        return self.address(name, "", path_allowed=True) if self.optional(name) else None

    def allowed_addresses(self, name: str) -> tuple[Allowed, ...]:
        try:
            return read_allowed(self.text(name, ""))
        except ValueError as error:
            self.wrong.append(f"{PREFIX}{name}: {error}")
            return ()

    def networks(self, name: str, default: str) -> tuple[Network, ...]:
        found = []
        for part in filter(None, map(str.strip, self.text(name, default).split(","))):
            try:
                found.append(ip_network(part))
            except ValueError:
                self.wrong.append(f"{PREFIX}{name}: {part} is no address or network, such as 10.0.0.0/8")
        return tuple(found)

    def one_of(self, name: str, default: str, known: tuple[str, ...]) -> str:
        value = self.text(name, default).lower()
        if value not in known:
            self.wrong.append(f"{PREFIX}{name}={value}: give {', '.join(known)}")
        return value

    def storage(self, default: str) -> str:
        value = self.text("STORAGE", default)
        parts = _parts(value)
        scheme = parts.scheme if parts and re.match(r"\w+://", value) else ""
        if scheme not in ("", "file", "s3") or (scheme == "s3" and not (parts and parts.netloc)):
            self.wrong.append(f"{PREFIX}STORAGE={value}: give a folder, or s3://bucket/prefix")
        return value

    def refuse_half_a_key(self, environment: "Environment") -> None:
        pair = {"S3_ACCESS_KEY": environment.s3_access_key, "S3_SECRET_KEY": environment.s3_secret_key}
        missing = [name for name, value in pair.items() if not value]
        if len(missing) == 1:
            self.wrong.append(f"{PREFIX}{missing[0]}: is missing; the access key and the secret key go together")

    def database_url(self, name: str) -> str | None:
        value = self._given(name)
        if value and not _is_postgresql(value):
            # The value is not shown: it holds a password.
            self.wrong.append(f"{name}: Bookbridge runs on PostgreSQL; give postgresql://user:password@host/name")
            return None
        return value

    def refuse_another_database(self, environment: "Environment") -> None:
        app, owner = environment.database_url, environment.database_owner_url
        if owner and (not app or _database_of(app) != _database_of(owner)):
            self.wrong.append("DATABASE_OWNER_URL: give the database that DATABASE_URL names, under its owner's role")

    def secret(self, name: str, data: Path, make: Callable[[], str]) -> str:
        given = self.optional(name)
        if given or f"{PREFIX}{name}_FILE" in self._variables:
            return given or ""
        path = data / "secrets" / name.lower()
        try:
            return _kept_secret(path, make)
        except OSError as error:
            self.wrong.append(f"{PREFIX}DATA={data}: can't keep {path}: {error.strerror}")
            return ""

    def encryption_keys(self, data: Path) -> tuple[str, ...]:
        text = self.secret("ENCRYPTION_KEYS", data, lambda: Fernet.generate_key().decode())
        keys = tuple(key.strip() for key in text.split(",") if key.strip())
        if text and not keys:
            self.wrong.append(f"{PREFIX}ENCRYPTION_KEYS: holds no key")
        for position, key in enumerate(keys, 1):
            try:
                Fernet(key)
            except ValueError:
                self.wrong.append(f"{PREFIX}ENCRYPTION_KEYS: key {position} is no Fernet key (32 bytes in base64)")
        return keys

    def refuse_unknown(self) -> None:
        for variable in sorted(self._variables):
            name = variable.removeprefix(PREFIX)
            if variable.startswith(PREFIX) and name.removesuffix("_FILE") not in KNOWN:
                self.wrong.append(f"{variable}: no such setting; there are {', '.join(PREFIX + k for k in KNOWN)}")


def _parts(address: str) -> SplitResult | None:
    """None when it is no address: the port and the host are checked when they are asked for."""
    try:
        parts = urlsplit(address)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


def _is_web(parts: SplitResult) -> bool:
    plain = not parts.query and not parts.fragment and "@" not in parts.netloc
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def _is_postgresql(url: str) -> bool:
    if not url.startswith(("postgresql://", "postgres://")):
        return False
    try:
        return bool(psycopg.conninfo.conninfo_to_dict(url).get("dbname"))
    except psycopg.Error:
        return False


def _database_of(url: str) -> object:
    return psycopg.conninfo.conninfo_to_dict(url)["dbname"]


def _kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in a file, made when there is none; two starters at once end up with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").strip()
