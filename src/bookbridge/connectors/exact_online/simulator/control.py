"""Control endpoints of the Exact Online simulator: its books as text, payments, and settings while it runs."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bookbridge.connectors.exact_online.simulator import open_items
from bookbridge.connectors.exact_online.simulator.books import Books
from bookbridge.connectors.exact_online.simulator.seed import DEMO_DIVISION
from bookbridge.kit.simulation import ControlError, Narrowing

ENTRY_KINDS = {
    "sales_entries": "sales_entry",
    "purchase_entries": "purchase_entry",
    "journal_entries": "journal_entry",
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PaymentBody(_Body):
    """A payment on an entry (by number or id), or with `account` and `unmatched` one that matches nothing yet."""

    division: int = DEMO_DIVISION
    side: Literal["sales", "purchase"] = "sales"
    entry_id: str | None = None
    journal: str | None = None
    entry_number: int | None = None
    amount: Decimal | None = Field(default=None, description="none = all that is open")
    unmatched: bool = False
    account: str | None = Field(default=None, description="the account's code, for an unmatched one")
    invoice_number: int | None = None


class EntryBody(_Body):
    """An entry to be deleted, or to have another amount (of a memorial: on each line) or another date."""

    division: int = DEMO_DIVISION
    entry_id: str
    delete: bool = False
    amount: Decimal | None = None
    date: datetime.date | None = None


class PeriodState(_Body):
    """Close or open a period, for one journal or for all."""

    year: int
    period: int | None = Field(default=None, description="none = the whole year")
    closed: bool
    journal: str | None = None


class BlockedState(_Body):
    """Block or free something that has a code."""

    code: str
    blocked: bool


class SettingsBody(_Body):
    """Changes in one division's data, and (`simulator`) in the simulator's own settings until it stops."""

    division: int = DEMO_DIVISION
    periods: list[PeriodState] = []
    accounts: list[BlockedState] = []
    gl_accounts: list[BlockedState] = []
    vat_codes: list[BlockedState] = []
    journals: list[BlockedState] = []
    simulator: dict[str, Any] = {}


def whole_books(books: Books) -> dict[str, Any]:
    """Everything in a division, as text, with a summary of counts and the sum of the ledger (which must be nil)."""
    store, administration = books.store, books.administration
    accounts = [_plain(account) for account in store.all("account", administration)]
    entries = {
        name: [_with_lines(books, kind, header) for header in store.all(kind, administration)]
        for name, kind in ENTRY_KINDS.items()
    }
    bank_accounts = [_plain(account) for account in store.all("bank_account", administration)]
    ledger_lines = store.all("transaction_line", administration)
    items = {
        f"{kind}s": [_open_item(item) for item in store.all(kind, administration)] for kind in ("receivable", "payable")
    }
    summary = {
        name: len(found) for name, found in {"accounts": accounts, "bank_accounts": bank_accounts, **entries}.items()
    }
    summary |= {name: sum(1 for item in found if Decimal(item["open"])) for name, found in items.items()}
    totals = {
        name: str(sum((Decimal(entry.get("AmountDC", "0")) for entry in found), Decimal(0)))
        for name, found in entries.items()
    }
    return {
        "division": books.division,
        "summary": summary,
        "totals_in_division_currency": {name: totals[name] for name in ("sales_entries", "purchase_entries")},
        "ledger_sum": str(sum((Decimal(line["AmountDC"]) for line in ledger_lines), Decimal(0))),
        "accounts": accounts,
        "bank_accounts": bank_accounts,
        **entries,
        **items,
    }


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not name.startswith("_") and value is not None}


def _with_lines(books: Books, kind: str, header: Mapping[str, Any]) -> dict[str, Any]:
    lines = books.store.all(f"{kind}_line", books.administration, Narrowing(reference=header["EntryID"]))
    return {**_plain(header), "lines": [_plain(line) for line in lines]}


def _open_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**_plain(item), "open": item["_open"], "paid": item["_paid"], "entry_id": item["_entry_id"]}


def book_payment(books: Books, body: PaymentBody) -> dict[str, Any]:
    """Pay an entry, or book a receipt that matches nothing yet. Raises ControlError, ValueError."""
    kind = "sales_entry" if body.side == "sales" else "purchase_entry"
    with books.store.transaction():
        if body.unmatched:
            party = books.store.by_code("account", books.administration, (body.account or "").strip())
            if party is None or body.amount is None:
                raise ControlError("An unmatched payment needs the code of a known account, and an amount.")
            item = open_items.add_unmatched(books, kind, party, body.amount, body.invoice_number)
        else:
            item = open_items.pay(books, kind, _entry(books, kind, body), body.amount)
    return _open_item(item)


def _entry(books: Books, kind: str, body: PaymentBody) -> dict[str, Any]:
    for header in books.store.all(kind, books.administration):
        same_journal = body.journal is None or header["Journal"] == body.journal
        if header["EntryID"] == body.entry_id or (header["EntryNumber"] == body.entry_number and same_journal):
            return header
    raise ControlError(f"No {kind.replace('_', ' ')} {body.entry_id or body.entry_number} in division {body.division}.")


def alter_entry(books: Books, body: EntryBody) -> dict[str, Any]:
    """Delete an entry or give it other values, as somebody does on Exact's own pages. Raises ControlError."""
    with books.store.transaction():
        for kind in ENTRY_KINDS.values():
            header = books.store.get(kind, books.administration, body.entry_id)
            if header is None:
                continue
            if body.delete:
                _delete_entry(books, kind, body.entry_id)
            else:
                _change_entry(books, kind, header, body)
            return {"entry_id": body.entry_id}
    raise ControlError(f"No entry {body.entry_id} in division {body.division}.")


def _delete_entry(books: Books, kind: str, entry_id: str) -> None:
    books.store.remove(kind, books.administration, id=entry_id)
    for own in (f"{kind}_line", "transaction_line", *filter(None, [open_items.KINDS.get(kind)])):
        books.store.remove(own, books.administration, reference=entry_id)


def _change_entry(books: Books, kind: str, header: dict[str, Any], body: EntryBody) -> None:
    day = f"{body.date}T00:00:00" if body.date else None
    if kind != "journal_entry":
        header |= {"EntryDate": day} if day else {}
        header |= {"AmountFC": str(body.amount), "AmountDC": str(body.amount)} if body.amount is not None else {}
        code, reference = f"{header['Journal']}/{header['EntryNumber']}", (header.get("YourRef") or "").strip() or None
        books.store.put(kind, books.administration, body.entry_id, header, code=code, reference=reference)
    for line in books.store.all("transaction_line", books.administration, Narrowing(reference=body.entry_id)):
        changed = {**line, "Date": day or line["Date"]}
        if body.amount is not None and kind == "journal_entry":
            amount = body.amount if Decimal(line["AmountFC"]) > 0 else -body.amount
            changed |= {"AmountFC": str(amount), "AmountDC": str(amount)}
        books.store.put("transaction_line", books.administration, line["ID"], changed, reference=body.entry_id)


def change_data(books: Books, body: SettingsBody) -> None:
    """Close periods, block accounts and the like. Raises ControlError for what is not there."""
    with books.store.transaction():
        for state in body.periods:
            _set_period(books, state)
        for kind, field, states in (
            ("account", "Blocked", body.accounts),
            ("gl_account", "IsBlocked", body.gl_accounts),
            ("vat_code", "IsBlocked", body.vat_codes),
            ("journal", "_blocked", body.journals),
        ):
            for blocked in states:
                _set_blocked(books, kind, field, blocked)


def _set_period(books: Books, state: PeriodState) -> None:
    numbers = [state.period] if state.period else range(1, 13)
    for number in numbers:
        code = f"{state.year}/{number}"
        period = books.store.by_code("period", books.administration, code)
        if period is None:
            raise ControlError(f"Period {code} does not exist.")
        if state.journal is None:
            period["_closed"] = state.closed
        else:
            others = [journal for journal in period["_closed_journals"] if journal != state.journal]
            period["_closed_journals"] = [*others, state.journal] if state.closed else others
        books.store.put("period", books.administration, period["ID"], period, code=code)


def _set_blocked(books: Books, kind: str, field: str, state: BlockedState) -> None:
    record = books.store.by_code(kind, books.administration, state.code.strip())
    if record is None:
        raise ControlError(f"No {kind.replace('_', ' ')} with code {state.code}.")
    record[field] = state.blocked
    books.store.put(kind, books.administration, record["ID"], record, code=state.code.strip())
