"""The mail server of an installation, from one address."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 587, "smtps": 465}
_TIMEOUT_S = 20


@dataclass(frozen=True)
class MailServer:
    """`tls` is start (STARTTLS), always (from the first byte) or none."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str

    @classmethod
    def at(cls, address: str) -> "MailServer":
        """The server of an address. Raises ValueError, whose text holds nothing of the address."""
        try:
            parts = urlsplit(address)
            port, host = parts.port, parts.hostname
        except ValueError:
            raise ValueError("the host or port is none") from None
        if parts.scheme not in _PORTS or not host or parts.path not in ("", "/") or parts.fragment:
            raise ValueError("give smtp://user:password@host:587, or smtps://user:password@host:465")
        if parts.query not in ("", "tls=none") or (parts.query and parts.scheme == "smtps"):
            raise ValueError("the only option is ?tls=none, on smtp://")
        tls = "always" if parts.scheme == "smtps" else "none" if parts.query else "start"
        if tls == "none" and parts.password:
            raise ValueError("a password is never sent without TLS; leave out ?tls=none or the password")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(host, port or _PORTS[parts.scheme], user, password, tls)

    def django_settings(self) -> dict[str, Any]:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": self.host,
            "EMAIL_PORT": self.port,
            "EMAIL_HOST_USER": self.user,
            "EMAIL_HOST_PASSWORD": self.password,
            "EMAIL_USE_TLS": self.tls == "start",
            "EMAIL_USE_SSL": self.tls == "always",
            "EMAIL_TIMEOUT": _TIMEOUT_S,
        }
