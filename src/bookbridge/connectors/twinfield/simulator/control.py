"""Control endpoints of the Twinfield simulator: its books as text, payments, changes by hand, its settings."""

import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bookbridge.connectors.twinfield.simulator.books import Books, Record, signed
from bookbridge.connectors.twinfield.simulator.seed import BASE_CURRENCY, CONTROL, DEMO_OFFICE
from bookbridge.kit.simulation import ControlError

KINDS = {"sales": "sales", "purchases": "purchase", "memorials": "journal"}
BANK_ACCOUNT = "1100"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PaymentBody(_Body):
    """A payment on a transaction (`VRK/202600001`), or with `relation` one that matches nothing yet."""

    office: str = DEMO_OFFICE
    side: Literal["sales", "purchase"] = "sales"
    entry_id: str | None = None
    relation: str | None = None
    amount: Decimal | None = Field(default=None, description="none = all that is open")
    proposed: bool = Field(default=False, description="only proposed to be paid, as a payment run does")
    withdrawn: bool = Field(default=False, description="no longer proposed to be paid: the payment run was undone")


class EntryBody(_Body):
    """A transaction to be deleted, or to have another amount or date."""

    office: str = DEMO_OFFICE
    entry_id: str
    delete: bool = False
    amount: Decimal | None = None
    date: datetime.date | None = None


class SettingsBody(_Body):
    """Changes in one office's data, and (`simulator`) in the simulator's own settings until it stops."""

    office: str = DEMO_OFFICE
    periods: dict[str, bool] = Field(default={}, description="2026/02 → whether it is open")
    removed: list[str] = Field(default=[], description="dimensions to be removed, as DEB/4711")
    simulator: dict[str, Any] = {}


def whole_books(books: Books) -> dict[str, Any]:
    """Everything in an office, as text, with a summary of counts and the sum of the ledger (which must be nil)."""
    transactions = books.transactions()
    entries = {
        name: [_entry(books, one) for one in transactions if one["category"] == category]
        for name, category in KINDS.items()
    }
    relations = {
        name: [_relation(one) for one in books.dimensions(type) if one["code"] != type]
        for name, type in (("customers", "DEB"), ("suppliers", "CRD"))
    }
    ledger = sum((signed(line, "basevalue") for one in transactions for line in one["lines"]), Decimal(0))
    return {
        "office": books.office,
        "summary": {name: len(found) for name, found in {**relations, **entries}.items()},
        "ledger_sum": str(ledger),
        **relations,
        **entries,
    }


def _relation(record: Record) -> Record:
    address: Record = next((part for part in record.get("addresses", []) if part["_default"] == "true"), {})
    banks = [part.get("iban") or part.get("accountnumber") for part in record.get("banks", [])]
    return {**record, "address": {k: v for k, v in address.items() if not k.startswith("_")}, "accounts": banks}


def _entry(books: Books, record: Record) -> Record:
    totals = [line for line in record["lines"] if line["type"] == "total"]
    sign = -1 if record["category"] == "purchase" else 1
    total = sum((signed(line) for line in totals), Decimal(0)) * sign
    return {**record, "id": f"{record['code']}/{record['number']}", "total": str(total), "office": books.office}


def book_payment(books: Books, body: PaymentBody) -> dict[str, Any]:
    """Pay a transaction, or book a receipt that matches nothing yet. Raises ControlError."""
    with books.store.transaction():
        if body.relation is not None:
            return _unmatched(books, body)
        record = books.transaction(*(body.entry_id or "/").split("/", 1))
        line = next((one for one in (record or {"lines": []})["lines"] if one["type"] == "total"), None)
        if record is None or line is None:
            raise ControlError(f"No transaction {body.entry_id} in office {books.office}.")
        if body.proposed:
            line["matchstatus"] = "proposed"
        elif body.withdrawn:
            line["matchstatus"] = "available"
        else:
            _settle(line, body.amount)
        books.keep_transaction(record, is_new=False)
    return {"entry_id": body.entry_id, "open": line["open"]}


def _settle(line: Record, amount: Decimal | None) -> None:
    left = Decimal(line["open"])
    paid = left if amount is None else amount.copy_sign(left)
    line["open"] = str(left - paid)
    line["matchstatus"] = "available" if left - paid else "matched"


def _unmatched(books: Books, body: PaymentBody) -> dict[str, Any]:
    type = {"sales": "DEB", "purchase": "CRD"}[body.side]
    if body.amount is None or books.dimension(type, body.relation or "") is None:
        raise ControlError("An unmatched payment needs the code of a known relation, and an amount.")
    today = books.clock.now().date()
    number = books.next_number("BNK", today.year)
    side = {"sales": ("debit", "credit"), "purchase": ("credit", "debit")}[body.side]
    value = f"{body.amount:.2f}"
    bank = {"type": "total", "id": "1", "dim1": BANK_ACCOUNT, "debitcredit": side[0], "matchstatus": "notmatchable"}
    payment = {"type": "detail", "id": "2", "dim1": CONTROL[type], "dim2": body.relation, "debitcredit": side[1]}
    lines: list[Record] = [
        {**bank, "value": value, "basevalue": value, "open": "0.00"},
        {**payment, "value": value, "basevalue": value, "matchstatus": "available"},
    ]
    lines[1]["open"] = str(signed(lines[1]))
    record = {
        "code": "BNK",
        "category": "bank",
        "number": number,
        "currency": BASE_CURRENCY,
        "date": today.isoformat(),
        "period": f"{today.year}/{today.month:02}",
        "duedate": "",
        "invoicenumber": "",
        "status": "final",
        "modified": "",
        "lines": lines,
    }
    books.keep_transaction(record, is_new=True)
    return {"entry_id": f"BNK/{number}", "open": lines[1]["open"]}


def alter_entry(books: Books, body: EntryBody) -> dict[str, Any]:
    """Delete a transaction or give it other values, as somebody does on Twinfield's own pages. Raises ControlError."""
    with books.store.transaction():
        record = books.transaction(*body.entry_id.split("/", 1))
        if record is None:
            raise ControlError(f"No transaction {body.entry_id} in office {books.office}.")
        if body.delete:
            books.store.remove("transaction", books.office, id=body.entry_id)
            return {"entry_id": body.entry_id}
        if body.date is not None:
            record |= {"date": body.date.isoformat(), "period": f"{body.date.year}/{body.date.month:02}"}
        if body.amount is not None:
            _give_amount(record, body.amount)
        books.keep_transaction(record, is_new=False)
    return {"entry_id": body.entry_id}


def _give_amount(record: Record, amount: Decimal) -> None:
    """Another total; the first detail line makes up for it, so that the books stay in balance."""
    first, second = record["lines"][0], record["lines"][1]
    more = amount - Decimal(first["value"])
    for line in (first, second):
        for name in ("value", "basevalue"):
            line[name] = str(Decimal(line[name]) + more)
    if first.get("open", "0.00") != "0.00":
        first["open"] = str(signed(first))


def change_data(books: Books, body: SettingsBody) -> None:
    """Open and close periods, remove dimensions. Raises ControlError for what is not there."""
    with books.store.transaction():
        for text, is_open in body.periods.items():
            period = books.period(text)
            if period is None:
                raise ControlError(f"Period {text} does not exist.")
            books.store.put("period", books.office, text, {**period, "open": is_open}, code=text)
        for key in body.removed:
            books.store.remove("dimension", books.office, id=key)
