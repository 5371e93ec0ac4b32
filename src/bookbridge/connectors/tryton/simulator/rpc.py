"""Tryton's JSON-RPC, as its own administrator: to fill its books, look into them, and do what a person does.

The connector speaks REST with an application key; this is another protocol by another user.
"""

import gzip
import http.client  # house: allow outgoing (the server that this process started on the loopback address)
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

TIMEOUT_S = 120.0


class TrytonSaidError(Exception):
    """Tryton answered with an error; its words."""


class AdminRpc:
    """Calls on one database as one user. `session` is one that was given out before; where it no longer holds, or there
    is none, it signs in."""

    def __init__(self, port: int, database: str, password: str, user: str = "admin", session: str = "") -> None:
        self._port = port
        self._database = database
        self._user = user
        self._password = password
        self.session = session
        self.context: dict[str, Any] = {}

    def call(self, method: str, *params: Any, **context: Any) -> Any:
        """What a method answers. Raises TrytonSaidError, and OSError when nobody answers."""
        asked = [*params, {**self.context, **context}]
        status, content = self._asked(method, asked, self.session) if self.session else (http.client.UNAUTHORIZED, b"")
        if status == http.client.UNAUTHORIZED:
            self.session = self._signed_in()
            status, content = self._asked(method, asked, self.session)
        return _result(method, status, content)

    def _signed_in(self) -> str:
        status, content = self._asked("common.db.login", [self._user, {"password": self._password}, "en"], "")
        user, token, *_ = _result("common.db.login", status, content)
        return b64encode(f"{self._user}:{user}:{token}".encode()).decode()

    def _asked(self, method: str, params: list[Any], session: str) -> tuple[int, bytes]:
        asked = {"id": 1, "method": method, "params": params}
        headers = {
            "Content-Type": "application/json",
            # Longer answers are packed, asked or not (8.0.12: without this header they say so and aren't).
            "Accept-Encoding": "gzip",
            **({"Authorization": f"Session {session}"} if session else {}),
        }
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
        try:
            line.request("POST", f"/{self._database}/rpc/", json.dumps(asked, default=_typed), headers)
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        return answer.status, gzip.decompress(content) if answer.headers.get("Content-Encoding") == "gzip" else content

    def find(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], order: Sequence[Any] | None = None
    ) -> list[dict[str, Any]]:
        """The records of a model that fit."""
        found: list[dict[str, Any]] = self.call(
            f"model.{model}.search_read", list(domain), 0, None, order or [["id", "ASC"]], ["id", *fields]
        )
        return found

    def only(self, model: str, *domain: Any) -> int:
        """The id of the one record that fits. Raises TrytonSaidError when there is another number of them."""
        found = self.find(model, domain, ())
        if len(found) != 1:
            raise TrytonSaidError(f"{model} {domain}: {len(found)} records, not one")
        return int(found[0]["id"])

    def make(self, model: str, values: Mapping[str, Any]) -> int:
        """A new record's id."""
        return int(self.call(f"model.{model}.create", [dict(values)])[0])


def _result(method: str, status: int, content: bytes) -> Any:
    if status != http.client.OK:
        raise TrytonSaidError(f"{method}: status {status}: {content[:200]!r}")
    said = json.loads(content, object_hook=_plain)
    if "error" in said:
        raise TrytonSaidError(f"{method}: {said['error']}")
    return said["result"]


def _typed(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} has no form in Tryton's JSON")


def _plain(value: dict[str, Any]) -> Any:
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return date(value["year"], value["month"], value["day"])
    return value
