"""Talks with Tryton's REST API (series 8.0): addresses, typed JSON, keyset pages, answers. Knows no documents.

Facts and their sources: the `sources` of fact_sheet.toml. The address of an account names the server and the database:
https://tryton.example.com/accounts.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from bookbridge.kit import exact_json
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import LaterError, NotAllowedError, RefusedError, UnreachableError
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.http import Answer, HttpRules, PackageHttp, json_body

Record = dict[str, Any]
Domain = Sequence[Any]

PAGE_SIZE = 200
"""Of open items and entries; the option page_size goes before it."""
LIST_SIZE = 1000
"""Of settings, which Tryton has at hand."""
MAX_PAGES = 20_000
WAIT_S = 60
"""When a server before Tryton asks to wait without saying for how long."""
# Refusals are told apart by their words, so they are asked for in one language.
LANGUAGE: Final = "en"
BY_ID: Final = [["id", "ASC"]]


class TrytonClient:
    """The calls on one database, for one company of it."""

    def __init__(self, connection: Connection, fact_sheet: FactSheet) -> None:
        self._base = f"{connection.base_address.rstrip('/')}/rest/model"
        self._company = connection.administration
        self._now = connection.now
        self._page_size = int(connection.options.get("page_size", PAGE_SIZE))
        self._http = PackageHttp(
            connection,
            HttpRules(
                package=fact_sheet.package,
                timeout_s=fact_sheet.limits.request_timeout_s,
                judge=self._judge,
                headers={"Accept": "application/json", "Accept-Language": LANGUAGE},
            ),
        )

    # --- reading

    def read_page(
        self, model: str, domain: Domain, fields: Sequence[str], after: int = 0
    ) -> tuple[list[Record], int | None]:
        """The records with a higher id than `after`, a page of them, and the last one's id when more may follow.

        By id, so that what is made or vanishes meanwhile moves no page: nothing is left out and nothing comes twice.
        """
        return self._page(model, domain, fields, after, self._page_size)

    def _page(
        self, model: str, domain: Domain, fields: Sequence[str], after: int, size: int
    ) -> tuple[list[Record], int | None]:
        records = self._search(model, [["id", ">", after], *domain], fields, size)
        return records, int(records[-1]["id"]) if len(records) == size else None

    def read_all(self, model: str, domain: Domain, fields: Sequence[str]) -> Iterator[Record]:
        """Every record that fits, all pages. Raises the errors of kit.errors."""
        after: int | None = 0
        for _page in range(MAX_PAGES):
            assert after is not None
            records, after = self._page(model, domain, fields, after, LIST_SIZE)
            yield from records
            if after is None:
                return
        raise UnreachableError(f"Tryton's list of {model} has no end", may_have_arrived=False)

    def read_some(self, model: str, domain: Domain, fields: Sequence[str], most: int) -> list[Record]:
        """The oldest of those that fit."""
        return self._search(model, domain, fields, most)

    def _search(self, model: str, domain: Domain, fields: Sequence[str], most: int) -> list[Record]:
        asked = [("d", _packed(typed(list(domain)))), ("o", _packed(BY_ID)), ("s", str(most)), *_wanted(fields)]
        address = f"{self._base}/{model}?{urlencode(asked)}"
        return _records(self._http.read(address, endpoint=model, headers=self._context()), model)

    # --- changing

    def create(self, model: str, values: Mapping[str, Any], fields: Sequence[str]) -> Record:
        """Make a record with all that belongs to it: one call, and in Tryton one transaction."""
        answer = self._change("POST", f"{self._base}/{model}?{urlencode(_wanted(fields))}", model, values)
        return _record(answer, model)

    def write(self, model: str, id: int, values: Mapping[str, Any]) -> None:
        self._change("PUT", f"{self._base}/{model}/{id}?{urlencode(_wanted(('id',)))}", model, values)

    def delete(self, model: str, id: int) -> None:
        self._change("DELETE", f"{self._base}/{model}/{id}", model, {})

    def act(self, model: str, id: int, action: str, fields: Sequence[str], *, past_warnings: bool = False) -> Record:
        """Press a button of a record. `past_warnings`: as a person does who has read what Tryton warns of."""
        address = f"{self._base}/{model}/{id}/{action}?{urlencode(_wanted(fields))}"
        return _record(self._change("POST", address, f"{model}/{action}", {}, past_warnings=past_warnings), model)

    def _change(
        self, method: str, address: str, endpoint: str, values: Mapping[str, Any], *, past_warnings: bool = False
    ) -> Answer:
        headers = self._context(past_warnings=past_warnings)
        return self._http.change(method, address, json_body(typed(dict(values))), endpoint=endpoint, headers=headers)

    def _context(self, *, past_warnings: bool = False) -> dict[str, str]:
        context: Record = {"company": int(self._company)} if self._company.isdigit() else {}
        # In the context of a REST call this stands for "yes" to every warning (seen in 8.0 and tried).
        if past_warnings:
            context["_skip_warnings"] = True
        return {"X-Tryton-Context": _packed(context)}

    def _judge(self, answer: Answer) -> None:
        if answer.ok:
            return
        if answer.status == 400:
            said = _said(answer)
            if said is not None:
                raise RefusedError(said, answer.status)
        if answer.status == 403:
            raise NotAllowedError("the user of the key may not do this in Tryton")
        if answer.status == 429:
            given = answer.headers.get("Retry-After", "")
            wait_s = min(int(given), 86400) if given.isdigit() else WAIT_S
            raise LaterError(self._now() + timedelta(seconds=wait_s), "the server before Tryton asks to wait")
        # Also what Tryton says by a page with status 400 ("Unable to get RPC method") when something fell over in it, a
        # lock on a number series too: it has undone what it did, but that isn't said, so it is looked up.
        raise UnreachableError(f"Tryton answered with status {answer.status}, and no reason of its own")


def _said(answer: Answer) -> str | None:
    """Tryton's words; None for a page for people."""
    try:
        told = answer.json()
    except ValueError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("message"), str):
        return None
    parts = (told["message"].strip(), str(told.get("description") or "").strip())
    return " ".join(part for part in parts if part)


def _records(answer: Answer, model: str) -> list[Record]:
    value = _value(answer, model)
    if isinstance(value, list) and all(isinstance(record, dict) and "id" in record for record in value):
        return value
    raise UnreachableError(f"Tryton's list of {model} can't be understood")


def _record(answer: Answer, model: str) -> Record:
    value = _value(answer, model)
    if isinstance(value, dict) and "id" in value:
        return value
    raise UnreachableError(f"Tryton's record of {model} can't be understood")


def _value(answer: Answer, model: str) -> Any:
    try:
        return plain(answer.json())
    except (ValueError, KeyError, TypeError, ArithmeticError):
        pass
    raise UnreachableError(f"Tryton's answer on {model} can't be understood")


def id_of(value: Any) -> Any:
    """REST gives a reference as an id, or as a record when its fields are asked for too."""
    return value["id"] if isinstance(value, dict) else value


def _wanted(fields: Sequence[str]) -> list[tuple[str, str]]:
    return [("f", field) for field in fields]


def _packed(value: Any) -> str:
    return urlsafe_b64encode(exact_json.dumps(value).encode()).decode()


def typed(value: Any) -> Any:
    """A value in Tryton's JSON: amounts and dates are objects that name their class."""
    if isinstance(value, Mapping):
        return {name: typed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [typed(inner) for inner in value]
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": format(value, "f")}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    return value


def plain(value: Any) -> Any:
    """What `typed` wrote. Raises KeyError, TypeError, ValueError or decimal's errors for what is none of it."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return date(value["year"], value["month"], value["day"])
        case "datetime":
            return datetime(value["year"], value["month"], value["day"], value["hour"], value["minute"])  # noqa: DTZ001
    return {name: plain(inner) for name, inner in value.items()}
