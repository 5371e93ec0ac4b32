"""Talks with Minox' REST API 1: addresses, pages, answers, limits. Knows no documents.

Facts and their sources: the `sources` of fact_sheet.toml. Where a comment names onetoweb, it is the repository
onetoweb/minox.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from bookbridge.kit import exact_json
from bookbridge.kit.budgets import WINDOW, LimitSeen
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import LaterError, MovedError, NotAllowedError, RefusedError, UnreachableError
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.http import Answer, Body, Headers, HttpRules, PackageHttp

Record = dict[str, Any]

PAGE: Final = 100
MAX_PAGES: Final = 10_000
WAIT_S: Final = 120
"""How long to wait after a 429 that names no moment: what Apideck saw."""
BATCH: Final = "transaction_line_batch"
_GENERAL: Final = re.compile(
    r"\s*(internal server error|server error|service unavailable|bad gateway|gateway time-?out|.*time-?out)\W*",
    re.IGNORECASE,
)
"""Words of a server that say nothing about a document."""


class MinoxClient:
    """The calls on one administration, named `tenant/administration`."""

    def __init__(self, connection: Connection, fact_sheet: FactSheet, *, pages: bool = True) -> None:
        self._base = f"{connection.base_address.rstrip('/')}/api/1"
        self._tenant, _, self._administration = connection.administration.partition("/")
        self._pages = pages
        self._now = connection.now

        def rules(**more: Any) -> HttpRules:
            return HttpRules(
                package=fact_sheet.package,
                timeout_s=fact_sheet.limits.request_timeout_s,
                judge=self._judge,
                limits_seen=limits_seen,
                headers={"Accept": "application/json"},
                **more,
            )

        self._http = PackageHttp(connection, rules())
        # Only the app itself may ask what a token reaches; a 401 there is about the app or about the token.
        self._http_as_app = PackageHttp(connection, rules(signed=lambda _token: connection.as_app()))

    # --- above administrations

    def linked_tenants(self) -> Any:
        """What `inspect` says of the token. It goes in the body: onetoweb, Meta.php. The wiki writes it in the address,
        where it would stand in every log on the way."""
        asking = Body("application/json", lambda token: exact_json.dumps({"token": token}).encode())
        return _value(self._http_as_app.read(f"{self._base}/inspect", endpoint="inspect", asking=asking))

    def administrations(self, tenant: str | None = None) -> Iterator[Record]:
        """The administrations of a tenant; of ours when none is named."""
        return self._all(f"tenant/{quote(tenant or self._tenant, safe='')}/administration", "administration", {})

    # --- reading

    def read_all(self, resource: str, query: Mapping[str, str] | None = None) -> Iterator[Record]:
        """Every record, all pages. Raises the errors of kit.errors; a page that can't be understood is one of them."""
        return self._all(self._path(resource), resource, query or {})

    def read_page(
        self, resource: str, query: Mapping[str, str] | None = None, *, after: str | None = None
    ) -> tuple[list[Record], str | None]:
        """The first page, or the one at a place that a page named; and the place of the next one."""
        return self._page(self._path(resource), resource, query or {}, after)

    def read_one(self, resource: str, *ids: str) -> Record | None:
        """The record with this id; None when there is none."""
        found = self._read_or_none(f"{self._path(resource)}/{'/'.join(quote(id, safe='') for id in ids)}", resource)
        if not found:
            return None
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if not isinstance(found, dict):
            raise _misunderstood(f"sent a {resource} that can't be understood")
        return found

    def read_batch(self, uuid: str) -> list[Record] | None:
        """The lines of a booking; None when there is none under this id."""
        found = self._read_or_none(f"{self._path(BATCH)}/{uuid}", BATCH)
        lines = _records(found) if found else []
        if lines is None:
            raise _misunderstood("sent a booking that can't be understood")
        return lines or None

    # --- changing

    # A status of success alone proves nothing: what an answer that tells no record says is given as words, for whoever
    # then looks whether the books hold it.

    def write_batch(self, uuid: str, lines: list[Record]) -> tuple[list[Record], str]:
        """Make a booking, or overwrite the one under this id: look first. Gives its lines, where the answer tells them,
        and else the answer's words."""
        answer = self._http.change("PUT", f"{self._base}/{self._path(BATCH)}/{uuid}", lines, endpoint=BATCH)
        told = _records(_told(answer)) or []
        return (told, "") if told and all("account" in line for line in told) else ([], error_words(answer))

    def create(self, resource: str, body: Record) -> tuple[Record, str]:
        """Make a record; gives it, where the answer tells it, and else the answer's words."""
        answer = self._http.change("POST", f"{self._base}/{self._path(resource)}", body, endpoint=resource)
        return _record_or_words(answer)

    def change(self, resource: str, id: str, body: Record) -> tuple[Record, str]:
        """Change the given fields of a record; answers like `create`."""
        address = f"{self._base}/{self._path(resource)}/{quote(id, safe='')}"
        return _record_or_words(self._http.change("PATCH", address, body, endpoint=resource))

    # --- pages and answers

    def _path(self, resource: str) -> str:
        tenant, administration = quote(self._tenant, safe=""), quote(self._administration, safe="")
        return f"tenant/{tenant}/administration/{administration}/{resource}"

    def _all(self, path: str, endpoint: str, query: Mapping[str, str]) -> Iterator[Record]:
        records, following = self._page(path, endpoint, query, None)
        yield from records
        for _ in range(MAX_PAGES):
            if following is None:
                return
            records, following = self._page(path, endpoint, query, following)
            yield from records
        raise _misunderstood(f"sent pages of {endpoint} without end")

    def _page(
        self, path: str, endpoint: str, query: Mapping[str, str], after: str | None
    ) -> tuple[list[Record], str | None]:
        """How lists are paged is not public: unified.to names limit and offset. So each page begins with the last
        record of the one before, until that is all there is. One that begins like the page before shows that offset
        counts for nothing: then the list was whole, if limit counts for nothing too. Any other has moved meanwhile."""
        if not self._pages:
            return self._listed(path, endpoint, query), None
        offset, first, last = (after or "0::").split(":")
        records = self._listed(path, endpoint, {**query, "limit": str(PAGE), "offset": offset})
        if not last:
            return records, _following(0, records) if records else None
        if not records or _mark(records[0]) not in {first, last}:
            raise MovedError(f"Minox changed its list {endpoint} while it was being read")
        if _mark(records[0]) == last:
            return records[1:], _following(int(offset), records) if records[1:] else None
        if len(self._listed(path, endpoint, {**query, "limit": "1"})) == 1:
            # Never half a list: what is absent from the open items counts as paid.
            raise _misunderstood(f"pages {endpoint} in a way that we don't know")
        return [], None

    def _listed(self, path: str, endpoint: str, asked: Mapping[str, str]) -> list[Record]:
        address = f"{self._base}/{path}{'?' if asked else ''}{urlencode(asked)}"
        records = _records(_value(self._http.read(address, endpoint=endpoint)))
        if records is None:
            raise _misunderstood(f"sent a page of {endpoint} that can't be understood")
        return records

    def _read_or_none(self, path: str, endpoint: str) -> Any:
        try:
            return _value(self._http.read(f"{self._base}/{path}", endpoint=endpoint))
        except RefusedError as error:
            if error.status != 404:
                raise
        return None

    def _judge(self, answer: Answer) -> None:
        """Raise what an answer stands for. Statuses and bodies of refusals are not public. Whoever asks after a refusal
        with 5xx must look whether it was taken all the same."""
        if answer.ok:
            return
        if answer.status == 429:
            raise LaterError(reset_moment(answer.headers, self._now()), "Minox' call limit is used up")
        words = error_words(answer)
        if answer.status == 403:
            raise NotAllowedError(words or "Forbidden")
        if answer.status >= 500 and (not words or _GENERAL.fullmatch(words)):
            raise UnreachableError(f"Minox answered with status {answer.status} and no reason")
        raise RefusedError(words or f"status {answer.status}", answer.status)


def error_words(answer: Answer) -> str:
    """What a refusal says: a plain string, as onetoweb's client expects, or what an object calls its message."""
    try:
        said = answer.json()
    except ValueError:
        is_text = answer.headers.get("Content-Type", "").startswith("text/plain")
        return answer.body.decode("utf-8", "replace").strip()[:1000] if is_text else ""
    return _said(said)


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return "; ".join(filter(None, map(_said, value)))
    if isinstance(value, dict):
        for name in ("message", "error_description", "detail", "error", "errors", "title"):
            if said := _said(value.get(name)):
                return said
    return ""


def limits_seen(headers: Headers) -> Iterator[LimitSeen]:
    """The limit that an answer tells; its reset is in epoch milliseconds (onetoweb, Client.php)."""
    remaining = _whole(headers.get("x-rate-limit-remaining"))
    if remaining is not None:
        resets_ms = _whole(headers.get("x-rate-limit-reset"))
        yield LimitSeen(WINDOW, _whole(headers.get("x-rate-limit-limit")), max(0, remaining), _moment(resets_ms))


def reset_moment(headers: Headers, now: datetime) -> datetime:
    """When to try again after a 429: at the reset, else in two minutes."""
    told = _moment(_whole(headers.get("x-rate-limit-reset")))
    if told and told > now:
        return told
    waits = _whole(headers.get("Retry-After"))
    return now + timedelta(seconds=waits if waits and 0 < waits <= 86400 else WAIT_S)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?\d{1,15}", text.strip()) else None


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None or not 0 < milliseconds < 10**14:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _value(answer: Answer) -> Any:
    if not answer.body.strip():
        return None
    try:
        return answer.json()
    except ValueError:
        pass
    raise _misunderstood("sent an answer that can't be understood")


def _told(answer: Answer) -> Any:
    """What a change was answered with; what can't be read tells nothing."""
    try:
        return answer.json()
    except ValueError:
        return None


def _record_or_words(answer: Answer) -> tuple[Record, str]:
    told = _told(answer)
    is_record = isinstance(told, dict) and told.get("id") is not None
    return (told, "") if is_record else ({}, error_words(answer))


def _records(value: Any) -> list[Record] | None:
    """The records of a list, which comes bare or as a collection; None when it is no list of records."""
    inside = value.get("collection") if isinstance(value, dict) else value
    return inside if isinstance(inside, list) and all(isinstance(record, dict) for record in inside) else None


def _following(offset: int, records: list[Record]) -> str:
    """The place of the page after the one that began there, with which records that one began and ended."""
    return f"{offset + len(records) - 1}:{_mark(records[0])}:{_mark(records[-1])}"


def _mark(record: Record) -> str:
    return hashlib.sha256(exact_json.dumps(record).encode()).hexdigest()[:16]


def _misunderstood(what: str) -> UnreachableError:
    return UnreachableError(f"Minox {what}", may_have_arrived=False)
