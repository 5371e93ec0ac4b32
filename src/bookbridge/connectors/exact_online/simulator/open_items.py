"""What is still open: an item per sales or purchase entry, less its payments, and receipts that match nothing yet."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bookbridge.connectors.exact_online.simulator import ledger
from bookbridge.connectors.exact_online.simulator.books import Books, cents
from bookbridge.connectors.exact_online.simulator.settings import ExactOnlineSimulatorSettings
from bookbridge.kit.simulation import Narrowing

KINDS = {"sales_entry": "receivable", "purchase_entry": "payable"}
BANK_JOURNAL = "20"
BANK_TYPE = 12
CASH_FLOW = 40
DIVISION_CURRENCY = "EUR"
FIRST_HID = 100_001


def open_for_entry(books: Books, entry_kind: str, header: Mapping[str, Any], party: Mapping[str, Any]) -> None:
    """Open the item of a new entry. `_open` and `_paid` are in the entry's own currency, plus = the invoice's side."""
    item = {
        "HID": books.store.next_number("hid", FIRST_HID),
        "Id": str(uuid.uuid4()),
        "AccountId": party["ID"],
        "AccountCode": party["Code"],
        "AccountName": party["Name"],
        "CurrencyCode": header["Currency"],
        "Description": header.get("Description"),
        "DueDate": header["DueDate"],
        "EntryNumber": header["EntryNumber"],
        "InvoiceDate": header["EntryDate"],
        "InvoiceNumber": header["InvoiceNumber"],
        "JournalCode": header["Journal"],
        "JournalDescription": header["JournalDescription"],
        "YourRef": header.get("YourRef"),
        "_entry_id": header["EntryID"],
        "_open": header["AmountFC"],
        "_paid": "0",
    }
    books.store.add(KINDS[entry_kind], books.administration, str(item["HID"]), item, reference=header["EntryID"])


def _item(books: Books, entry_kind: str, entry_id: str) -> dict[str, Any]:
    return books.store.all(KINDS[entry_kind], books.administration, Narrowing(reference=entry_id))[0]


def change_terms(books: Books, entry_kind: str, header: Mapping[str, Any]) -> None:
    """Carry a changed due date, reference or description over to the open item."""
    item = _item(books, entry_kind, header["EntryID"])
    item |= {name: header.get(name) for name in ("DueDate", "YourRef", "Description")}
    books.store.put(KINDS[entry_kind], books.administration, str(item["HID"]), item, reference=header["EntryID"])


def is_paid_in_part(books: Books, entry_kind: str, entry_id: str) -> bool:
    """Whether something was paid on the entry."""
    return Decimal(_item(books, entry_kind, entry_id)["_paid"]) != 0


def pay(books: Books, entry_kind: str, header: Mapping[str, Any], amount: Decimal | None) -> dict[str, Any]:
    """Book a payment on an entry, of all that is open when no amount is given. Raises ValueError."""
    item = _item(books, entry_kind, header["EntryID"])
    still_open = Decimal(item["_open"])
    paid = still_open if amount is None else amount
    if still_open == 0:
        raise ValueError(f"Entry {header['EntryNumber']} is already paid.")
    item["_open"] = str(still_open - paid)
    item["_paid"] = str(Decimal(item["_paid"]) + paid)
    party = books.by_id("account", "Accounts", item["AccountId"])
    _book_in_bank(books, entry_kind, party, paid, currency=header["Currency"], rate=Decimal(header["Rate"]))
    books.store.put(KINDS[entry_kind], books.administration, str(item["HID"]), item, reference=header["EntryID"])
    return item


def add_unmatched(
    books: Books, entry_kind: str, party: Mapping[str, Any], amount: Decimal, invoice_number: int | None
) -> dict[str, Any]:
    """Book a receipt (or payment) that is not matched yet: an open row of the other side, without YourRef."""
    number = _book_in_bank(books, entry_kind, party, amount, currency=DIVISION_CURRENCY, rate=Decimal(1))
    item = {
        "HID": books.store.next_number("hid", FIRST_HID),
        "Id": str(uuid.uuid4()),
        "AccountId": party["ID"],
        "AccountCode": party["Code"],
        "AccountName": party["Name"],
        "CurrencyCode": DIVISION_CURRENCY,
        "Description": "Unmatched",
        "DueDate": f"{books.now_text()[:10]}T00:00:00",
        "EntryNumber": number,
        "InvoiceDate": f"{books.now_text()[:10]}T00:00:00",
        "InvoiceNumber": invoice_number,
        "JournalCode": BANK_JOURNAL,
        "JournalDescription": "Bank",
        "YourRef": None,
        "_entry_id": None,
        "_open": str(-amount),
        "_paid": "0",
    }
    books.store.add(KINDS[entry_kind], books.administration, str(item["HID"]), item)
    return item


def _book_in_bank(
    books: Books, entry_kind: str, party: Mapping[str, Any], amount: Decimal, *, currency: str, rate: Decimal
) -> int:
    """Bank against debtors or creditors; gives the bank entry's number."""
    today = f"{books.now_text()[:10]}T00:00:00"
    year = int(today[:4])
    number = books.entry_number("bank_entry", BANK_JOURNAL, year, None)
    direction = 1 if entry_kind == "sales_entry" else -1
    heading = ledger.Heading(
        {
            "EntryID": str(uuid.uuid4()),
            "EntryNumber": number,
            "JournalCode": BANK_JOURNAL,
            "JournalDescription": "Bank",
            "FinancialYear": year,
            "FinancialPeriod": int(today[5:7]),
            "Date": today,
            "Currency": currency,
            "ExchangeRate": str(rate),
            "Type": CASH_FLOW,
            "Status": 20,
            "Account": party["ID"],
            "AccountCode": party["Code"],
            "AccountName": party["Name"],
        }
    )
    page = ledger.LedgerPage(books, heading)
    signed = direction * amount
    page.write(books.gl_account_of_type(BANK_TYPE), signed, cents(signed * rate))
    page.write(books.gl_account_of_type(20 if direction == 1 else 22), -signed, -cents(signed * rate))
    return number


def rows(books: Books, kind: str, settings: ExactOnlineSimulatorSettings) -> list[dict[str, Any]]:
    """The rows of ReceivablesList or PayablesList: only what is open."""
    sign = settings.receivable_sign if kind == "receivable" else settings.payable_sign
    shown: list[dict[str, Any]] = []
    for item in books.store.all(kind, books.administration):
        amount = Decimal(item["_open"])
        if amount:
            shown += [
                {**item, "HID": hid, "Amount": str(sign * part), "AmountInTransit": "0"}
                for hid, part in _parts(item, amount, split=settings.split_part_paid)
            ]
    return shown


def _parts(item: Mapping[str, Any], amount: Decimal, *, split: bool) -> list[tuple[int, Decimal]]:
    """A part-paid item as two rows of one entry number (how the vendor divides them is not public): they add up."""
    if not split or Decimal(item["_paid"]) == 0:
        return [(item["HID"], amount)]
    first = cents(amount / 2)
    # The second row's key must be its own and stay the same from call to call.
    return [(item["HID"], first), (item["HID"] + 1_000_000_000, amount - first)]
