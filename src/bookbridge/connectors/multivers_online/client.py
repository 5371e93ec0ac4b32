"""Talks with Multivers Online's REST API: addresses, lists, answers. Knows no documents.

Facts and their sources: the `sources` of fact_sheet.toml. "omniboost" is the repository omniboost/go-unit4-multivers,
"seacommerce" Seacommerce/multivers-sdk-php, "nielswitte" nielswitte/multivers-mock-server.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from bookbridge.connectors.multivers_online.values import day_text
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import LaterError, NotAllowedError, RefusedError, UnreachableError
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.http import Answer, HttpRules, PackageHttp, json_body

Record = dict[str, Any]

# XML is the default in places (JsonAndXml guide).
HEADERS: Final = {"Accept": "application/json"}
ROWS: Final = 500
SMALLEST_PAGE: Final = 25
"""No service is known to us that gives fewer records at once, where it gives them in pages at all."""
MOST_PAGES: Final = 2_000
WAIT_S: Final = 60
"""How long to wait after a 429 that doesn't say; none is public."""
LINES: Final = "JournalEntryLineInfoList"
LINES_IN_ORDER: Final = "journalId,journalTransaction,accountId,debitAmount,creditAmount"
"""The fields: omniboost, journal_entry_line_info_list_by_period.go. A list that is read in pages needs an order."""


class MultiversClient:
    """The calls on one administration."""

    def __init__(self, connection: Connection, fact_sheet: FactSheet) -> None:
        self._base = connection.base_address.rstrip("/")
        self._database = connection.administration
        self._now = connection.now
        self._http = PackageHttp(
            connection,
            HttpRules(
                package=fact_sheet.package,
                timeout_s=fact_sheet.limits.request_timeout_s,
                judge=self._judge,
                headers=HEADERS,
            ),
        )

    def administrations(self) -> list[Record]:
        return self._pages("AdministrationInfoList", f"{self._base}/api/AdministrationInfoList", {})

    def get(self, resource: str, *keys: object) -> Record | None:
        """The record with a key, None where there is none.

        Open: how that is answered isn't public. Not found, no content and null are all understood.
        """
        try:
            answer = self._http.read(self._address(resource, keys), endpoint=resource)
        except RefusedError as error:
            if error.status == 404:
                return None
            raise
        return _record(answer) or None

    def named(self, resource: str) -> list[tuple[str, str]]:
        """The names and values of a list of such (NVL), whose two keys are written with capitals in places."""
        lowered = [{name.lower(): value for name, value in row.items()} for row in self.all(resource)]
        return [(str(row["name"]).strip(), str(row.get("value") or "")) for row in lowered if "name" in row]

    def all(self, resource: str, *keys: object, order: str | None = None, **query: object) -> list[Record]:
        """Every record of a list."""
        asked = {**query, **({"$orderby": order} if order else {})}
        return self._pages(resource, self._address(resource, keys), asked)

    def _pages(self, resource: str, address: str, query: Mapping[str, object]) -> list[Record]:
        """Open: which lists take $top and $skip, and how much a page holds at most.

        So a page is the last when it is shorter than the first, and the first when it is shorter than any limit. Each
        begins with the last record of the one before: where it doesn't, the list moved meanwhile.
        """
        first = self._page(resource, address, query, 0)
        found = list(first)
        if len(first) < SMALLEST_PAGE:
            return found
        for _ in range(MOST_PAGES):
            page = self._page(resource, address, query, len(found) - 1)
            if page == first:
                # Multivers pages nothing here: the first answer was all of it.
                return found
            if not page or page[0] != found[-1]:
                raise _misunderstood(f"changed its list {resource} while it was being read")
            found += page[1:]
            if len(page) < len(first):
                return found
        raise _misunderstood(f"sent pages of {resource} without end")

    def _page(self, resource: str, address: str, query: Mapping[str, object], skip: int) -> list[Record]:
        asked = urlencode({**query, "$top": ROWS, "$skip": skip}, safe="$")
        return _rows(self._http.read(f"{address}?{asked}", endpoint=resource))

    def ask(self, command: str, **query: object) -> Record:
        """What a command tells that changes no books, though it is a POST."""
        return _record(self._http.read(self._address(command, (), query), endpoint=command, asking=json_body({})))

    def create(self, resource: str, body: Record) -> Record:
        """Make a record; gives the answer, which is empty where a 201 has no body (omniboost, client.go).

        UnreachableError.may_have_arrived tells about a failed line.
        """
        return self._change("POST", self._address(resource), resource, body)

    def replace(self, resource: str, key: str, body: Record) -> Record:
        """Put a record in the place of the one with a key."""
        return self._change("PUT", self._address(resource, (key,)), resource, body)

    def _change(self, method: str, address: str, resource: str, body: Record) -> Record:
        """Open: whether Multivers refuses with a 500. A server that fails may have words too, and the record be made
        a moment later: RefusedError is for other statuses only."""
        try:
            return _record(self._http.change(method, address, body, endpoint=resource), taken=True)
        except RefusedError as error:
            if error.status < 500:
                raise
            reason = f"Multivers answered with status {error.status}: {error.words}"
        raise UnreachableError(reason[:300])

    def _address(self, resource: str, keys: Iterable[object] = (), query: Mapping[str, object] | None = None) -> str:
        path = "/".join([self._base, "api", quote(self._database, safe=""), resource, *map(segment, keys)])
        return f"{path}?{urlencode(dict(query), safe='$')}" if query else path

    def _judge(self, answer: Answer) -> None:
        """Raise what an answer stands for. With a 5xx, only Multivers's own list of messages is a reason: a `Message`
        is what its framework says of a fault."""
        if answer.ok:
            return
        if answer.status == 429:
            raise LaterError(self._now() + timedelta(seconds=retry_after_s(answer)), "Multivers asks to wait")
        words = error_words(answer)
        if answer.status == 403:
            raise NotAllowedError(words or "Forbidden")
        if answer.status < 500 or (words and _messages(_json(answer))):
            raise RefusedError(words or f"status {answer.status}", answer.status)
        raise UnreachableError(f"Multivers answered with status {answer.status} and no reason")


def error_words(answer: Answer) -> str:
    """The texts of `messages` and of broken rules, else the framework's `Message`; empty where there are none."""
    said = _json(answer)
    if not isinstance(said, dict):
        return ""
    return "; ".join(words_in(said)) or str(said.get("Message") or "").strip()


def words_in(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What a record says of itself. A record that is answered with 2xx can hold messages and broken rules all the same
    (nielswitte, BrokenRule.cs)."""
    rules = [
        str(rule.get("messageText") or "").strip()
        for name in ("brokenRulesCollection", "allBrokenRulesCollection")
        for rule in record.get(name) or ()
        if isinstance(rule, dict)
    ]
    return tuple(dict.fromkeys(filter(None, [*_messages(record), *rules])))


def _messages(record: Any) -> list[str]:
    told = record.get("messages") if isinstance(record, dict) else None
    texts = [m.get("message") or m.get("Message") if isinstance(m, dict) else m for m in told or ()]
    return [str(text).strip() for text in texts if text]


def retry_after_s(answer: Answer) -> int:
    given = answer.headers.get("Retry-After", "").strip()
    return min(int(given), 86400) if given.isdigit() else WAIT_S


def segment(key: object) -> str:
    """A part of an address. A percent sign is written `!_` there (seacommerce)."""
    text = day_text(key) if isinstance(key, date) else str(key)
    return quote(text.replace("%", "!_"), safe="!")


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _rows(answer: Answer) -> list[Record]:
    rows = _json(answer)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _misunderstood("sent a list that can't be understood")
    return rows


def _record(answer: Answer, *, taken: bool = False) -> Record:
    """The record that an answer holds; empty for an answer without one."""
    if not answer.body.strip() or answer.body.strip() == b"null":
        return {}
    said = _json(answer)
    if not isinstance(said, dict):
        # Whoever asked for a change can't know from this whether it was made.
        raise UnreachableError("Multivers sent an answer that can't be understood", may_have_arrived=taken)
    return said


def _misunderstood(what: str) -> UnreachableError:
    # Only reads end here: nothing has changed in the books.
    return UnreachableError(f"Multivers {what}", may_have_arrived=False)
