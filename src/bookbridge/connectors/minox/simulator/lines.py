"""The lines of a booking as they come in: their form, and whether what they refer to is there."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bookbridge.connectors.minox.simulator.settings import MinoxSimulatorSettings
from bookbridge.connectors.minox.simulator.texts import RefusalError

Line = dict[str, Any]
Lookup = Callable[[str, object], dict[str, Any] | None]
"""(resource, id) → the record of the administration, or none."""

FIELDS: Final = frozenset(
    {
        "account",
        "customer",
        "supplier",
        "debit",
        "credit",
        "document_date",
        "due_date",
        "entry_number",
        "invoice_number",
        "journal",
        "payment_term",
        "period",
        "description",
        "vat",
        "currency",
        "cost_center",
    }
)
PARTIES: Final = ("customer", "supplier")
LARGEST_INVOICE_NUMBER: Final = 99_999_999
"""The field has eight positions (support.minox.nl 32801272)."""
UUID4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HOME: Final = {"customer": {"sales", "general", "bank", "cash"}, "supplier": {"purchase", "general", "bank", "cash"}}


def party(line: Line) -> tuple[str, str] | None:
    """The relation that a line is on."""
    account = line["account"]
    if account.get("type") in PARTIES:
        return account["type"], str(account["id"])
    return next(((kind, str(line[kind]["id"])) for kind in PARTIES if line.get(kind)), None)


def signed(line: Line) -> Decimal:
    """Debit positive, credit negative."""
    return Decimal(line["debit"]) - Decimal(line["credit"])


class LineChecks:
    """The rules for the lines of one booking."""

    def __init__(self, lookup: Lookup, settings: MinoxSimulatorSettings) -> None:
        self._lookup = lookup
        self._settings = settings

    def read(self, body: Any) -> list[Line]:
        """The lines in the form in which they are kept. Raises RefusalError."""
        if not isinstance(body, list) or not body or not all(isinstance(line, dict) for line in body):
            raise RefusalError("body", "een lijst van regels wordt verwacht")
        lines = [self._line(line) for line in body]
        for name in ("journal", "period", "entry_number", "currency"):
            if any(line.get(name) != lines[0].get(name) for line in lines):
                raise RefusalError("lines_apart", name)
        self._journal(lines[0]["journal"]["id"])
        self._check_period(lines[0])
        for line in lines:
            self._check(line)
        return lines

    def _line(self, given: Line) -> Line:
        unknown = sorted(set(given) - FIELDS)
        if unknown:
            raise RefusalError("unknown_field", unknown[0])
        for name in ("account", "journal", "period", "document_date"):
            if not given.get(name):
                raise RefusalError("missing", name)
        debit, credit = self._amount(given.get("debit")), self._amount(given.get("credit"))
        if debit < 0 or credit < 0 or (debit and credit):
            raise RefusalError("amounts")
        line = {**given, "debit": str(debit), "credit": str(credit)}
        if isinstance(given.get("vat"), dict) and given["vat"].get("amount") is not None:
            amount = self._amount(given["vat"]["amount"])
            if amount < 0:
                raise RefusalError("amounts")
            line["vat"] = {**given["vat"], "amount": str(amount)}
        if isinstance(given.get("currency"), dict) and given["currency"].get("exchange_rate") is not None:
            line["currency"] = {**given["currency"], "exchange_rate": str(given["currency"]["exchange_rate"])}
        return line

    def _amount(self, value: Any) -> Decimal:
        try:
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                return Decimal(value)
        except InvalidOperation:
            pass
        raise RefusalError("amounts")

    def _journal(self, id: object) -> dict[str, Any]:
        journal = self._lookup("journal", id)
        if journal is None:
            raise RefusalError("journal_unknown", id)
        return journal

    def _check_period(self, line: Line) -> None:
        year, month = line["period"].get("fiscal_year"), line["period"].get("id")
        administration = self._lookup("administration", "") or {}
        known = next((y for y in administration["fiscal_years"] if y["fiscal_year"] == year), None)
        named = f"{month} van boekjaar {year}"
        period = next((p for p in known["periods"] if p["id"] == month), None) if known else None
        if period is None:
            raise RefusalError("period_unknown", named)
        if period["closed"]:
            raise RefusalError("period_closed", named)

    def _check(self, line: Line) -> None:
        for name in ("document_date", "due_date"):
            try:
                date.fromisoformat(line.get(name) or "2000-01-01")
            except (TypeError, ValueError):
                raise RefusalError("body", name) from None
        self._check_account(line)
        self._check_number(line, "invoice_number", LARGEST_INVOICE_NUMBER)
        self._check_number(line, "entry_number", 2**31 - 1)
        for name, resource, text in (
            ("cost_center", "cost_center", "cost_center_unknown"),
            ("payment_term", "payment_term", "payment_term_unknown"),
            ("vat", "vat", "vat_unknown"),
        ):
            id = (line.get(name) or {}).get("id")
            if id is not None and self._lookup(resource, id) is None:
                raise RefusalError(text, id)

    def _check_account(self, line: Line) -> None:
        account = line["account"]
        if account.get("scheme") != "MINOX" or not isinstance(account.get("id"), str):
            raise RefusalError("body", "account")
        on = party(line)
        if on is not None and (account["type"] in PARTIES) != (self._settings.relation_line == "account"):
            raise RefusalError("account_unknown", account["id"])
        if on is None or account["type"] == "ledger_account":
            self._check_ledger_account(account["id"], collective=on is not None)
        if on is not None:
            kind, id = on
            if self._lookup(kind, id) is None:
                raise RefusalError(f"{kind}_unknown", id)
            if self._journal(line["journal"]["id"])["type"] not in _HOME[kind]:
                raise RefusalError(f"{kind}_here", id)

    def _check_ledger_account(self, id: str, *, collective: bool) -> None:
        record = self._lookup("ledger_account", id)
        if record is None:
            raise RefusalError("account_unknown", id)
        if record["blocked"]["active"]:
            raise RefusalError("account_blocked", id)
        if self._is_collective(id) != collective:
            raise RefusalError("account_collective", id)
        own_lines = self._settings.vat_booking == "own_lines"
        if not own_lines and any(str(code["ledger_account_id"]) == id for code in self._vat_codes()):
            raise RefusalError("account_vat", id)

    def _is_collective(self, id: str) -> bool:
        journals = (self._lookup("journal", journal) for journal in ("VRK", "INK"))
        return id in {str(journal["ledger_account_id"]) for journal in journals if journal}

    def _vat_codes(self) -> list[dict[str, Any]]:
        return [code for id in range(1, 8) if (code := self._lookup("vat", id)) is not None]

    def _check_number(self, line: Line, name: str, largest: int) -> None:
        number = line.get(name)
        if number is None:
            return
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise RefusalError("body", name)
        if number > largest:
            raise RefusalError("invoice_too_long", number)
