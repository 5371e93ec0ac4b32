"""Talks with Exact Online's REST API v1: addresses, paging, answers, limits. Knows no documents.

Facts and their sources: the `sources` of fact_sheet.toml. Where a comment names picqer, it is the repository
picqer/exact-php-client.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from bookbridge.kit.budgets import DAY, MINUTE, LimitSeen
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import LaterError, NotAllowedError, RefusedError, UnreachableError
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.http import Answer, Headers, HttpRules, PackageHttp

Record = dict[str, Any]

MAX_PAGES = 20_000
# "More than 10 responses of class 400/401/403/404 per key, user, company and endpoint in an hour block the key."
GUARDED: Final = frozenset({400, 401, 403, 404})
# XML is the default; without the preference a POST answers with an object full of nulls.
HEADERS: Final = {"Accept": "application/json", "Prefer": "return=representation"}
MANDATORY_FILTER: Final = "mandatory filtering"
EVERYTHING: Final = "Modified ge datetime'1900-01-01'"
"""The filter that leaves nothing out, for resources that insist on one."""


class ExactClient:
    """The calls on one division."""

    def __init__(self, connection: Connection, fact_sheet: FactSheet) -> None:
        self._base = connection.base_address.rstrip("/")
        self._division = connection.administration
        self._now = connection.now
        self._http = PackageHttp(
            connection,
            HttpRules(
                package=fact_sheet.package,
                timeout_s=fact_sheet.limits.request_timeout_s,
                judge=self._judge,
                limits_seen=limits_seen,
                guarded=GUARDED,
                headers=HEADERS,
            ),
        )

    def current_division(self) -> str:
        """The division the user opened last; only good to ask for the list of divisions."""
        address = f"{self._base}/api/v1/current/Me?$select=CurrentDivision"
        for me in _page(self._http.read(address, endpoint="current/Me"))[0]:
            return str(me["CurrentDivision"])
        raise _misunderstood("doesn't say which division is the current one")

    def read_all(
        self, resource: str, select: Sequence[str], *, filter: str = "", division: str | None = None
    ) -> Iterator[Record]:
        """Every record, all pages. Raises the errors of kit.errors; a page that can't be understood is one of them."""
        records, following = self.read_page(resource, select, filter=filter, division=division)
        yield from records
        seen = {self._first_page(resource, select, filter, division)}
        while following:
            # Never in a circle.
            if following in seen or len(seen) >= MAX_PAGES:
                raise _lead_nowhere(resource)
            seen.add(following)
            records, following = self._page_at(following, resource)
            yield from records

    def read_page(
        self,
        resource: str,
        select: Sequence[str],
        *,
        filter: str = "",
        division: str | None = None,
        after: str | None = None,
    ) -> tuple[list[Record], str | None]:
        """The first page, or the one at an address that a page gave as the next one; and where the next one is."""
        if after:
            return self._page_at(after, resource)
        try:
            return self._page_at(self._first_page(resource, select, filter, division), resource)
        except RefusedError as error:
            if filter or MANDATORY_FILTER not in error.words:
                raise
        return self._page_at(self._first_page(resource, select, EVERYTHING, division), resource)

    def read_one(self, resource: str, select: Sequence[str], *, guid: str) -> Record | None:
        """The record with this id."""
        return next(iter(self.read_all(resource, select, filter=f"{select[0]} eq {guid_literal(guid)}")), None)

    def create(self, resource: str, body: Record) -> Record:
        """Make a record; gives it as Exact keeps it. UnreachableError.may_have_arrived tells about a failed line."""
        return _single(self._http.change("POST", self._address(resource), body, endpoint=resource))

    def change(self, resource: str, guid: str, body: Record) -> None:
        """Change the given fields of a record."""
        address = f"{self._address(resource)}({guid_literal(guid)})"
        self._http.change("PUT", address, body, endpoint=resource)

    def _address(self, resource: str, division: str | None = None) -> str:
        return f"{self._base}/api/v1/{quote(division or self._division, safe='')}/{resource}"

    def _first_page(self, resource: str, select: Sequence[str], filter: str, division: str | None) -> str:
        options = [f"$select={','.join(select)}"] + ([f"$filter={quote(filter, safe='')}"] if filter else [])
        return f"{self._address(resource, division)}?{'&'.join(options)}"

    def _page_at(self, address: str, resource: str) -> tuple[list[Record], str | None]:
        # The token goes along, so a page may only lead to the host that the user authorised.
        if not self._is_ours(address):
            raise _lead_nowhere(resource)
        return _page(self._http.read(address, endpoint=resource))

    def _is_ours(self, address: str) -> bool:
        return urlsplit(address)[:2] == urlsplit(self._base)[:2]

    def _judge(self, answer: Answer) -> None:
        """Raise what an answer stands for. Business refusals come with status 500 and a text (picqer issues); an empty
        or HTML 500, 502 or 503 is an outage, and a write may have been done by then."""
        if answer.ok:
            return
        if answer.status == 429:
            raise LaterError(reset_moment(answer.headers, self._now()), "Exact Online's call limit is used up")
        words = error_words(answer)
        if answer.status == 403:
            raise NotAllowedError(words or "Forbidden")
        if words or 400 <= answer.status < 500:
            raise RefusedError(words or f"status {answer.status}", answer.status)
        raise UnreachableError(f"Exact Online answered with status {answer.status} and no reason")


def error_words(answer: Answer) -> str:
    """The text of `{"error": {"message": {"value": …}}}` and of the Reason header; empty where there is none."""
    try:
        said = answer.json()["error"]["message"]["value"]
    except (ValueError, KeyError, TypeError):
        return ""
    reason = answer.headers.get("Reason", "")
    return f"{said} ({reason})".strip() if reason and reason not in str(said) else str(said or "").strip()


def limits_seen(headers: Headers) -> Iterator[LimitSeen]:
    """The limits that an answer tells; both resets are epoch milliseconds (picqer, Connection.php)."""
    for name, prefix in ((DAY, "X-RateLimit-"), (MINUTE, "X-RateLimit-Minutely-")):
        remaining = _whole(headers.get(f"{prefix}Remaining"))
        if remaining is not None:
            resets_ms = _whole(headers.get(f"{prefix}Reset"))
            yield LimitSeen(name, _whole(headers.get(f"{prefix}Limit")), remaining, _moment(resets_ms))


def reset_moment(headers: Headers, now: datetime) -> datetime:
    """When to try again after a 429: the latest reset of a limit that is used up, else in a minute."""
    resets = [seen.resets_at for seen in limits_seen(headers) if seen.remaining == 0 and seen.resets_at]
    return max([moment for moment in resets if moment > now], default=now + timedelta(seconds=60))


def guid_literal(guid: str) -> str:
    """A guid in a filter or an address. Raises ValueError for anything else."""
    if not (len(guid) == 36 and all(sign in "0123456789abcdefABCDEF-" for sign in guid)):
        raise ValueError("not a guid")
    return f"guid'{guid}'"


def day_literal(day: date) -> str:
    """The first moment of a day in a filter."""
    return f"datetime'{day.isoformat()}'"


def text_literal(text: str) -> str:
    """A text in a filter; a quote is doubled (OData 2)."""
    return "'" + text.replace("'", "''") + "'"


def date_of(value: str | None) -> date | None:
    """The date in `/Date(1770076800000)/`, the form in which dates are given back. Raises ValueError."""
    if value is None:
        return None
    if value.startswith("/Date(") and value.endswith(")/"):
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(value[6:-2].split("+")[0]))).date()
    return date.fromisoformat(value[:10])


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().lstrip("-").isdigit() else None


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None or not 0 < milliseconds < 10**14:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _page(answer: Answer) -> tuple[list[Record], str | None]:
    # Most resources answer {"d": {"results": […], "__next": …}}, some {"d": […]}.
    records: Any = None
    following: Any = None
    try:
        inside = answer.json()["d"]
        records = inside if isinstance(inside, list) else inside["results"]
        following = None if isinstance(inside, list) else inside.get("__next")
    except (ValueError, KeyError, TypeError):
        pass
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise _misunderstood("sent a page that can't be understood")
    return records, str(following) if following else None


def _misunderstood(what: str) -> UnreachableError:
    # Only reads end here: nothing has changed in the books.
    return UnreachableError(f"Exact Online {what}", may_have_arrived=False)


def _lead_nowhere(resource: str) -> UnreachableError:
    return _misunderstood(f"sent pages of {resource} that lead nowhere")


def _single(answer: Answer) -> Record:
    try:
        record = answer.json()["d"]
    except (ValueError, KeyError, TypeError):
        record = None
    if not isinstance(record, dict):
        raise UnreachableError("Exact Online took the request but its answer can't be understood")
    return record
