"""Memorial entries (FinTrans): lines of two kinds, told apart by a type that must be their first key."""

from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.connectors.multivers_online.simulator import invoices, seed
from bookbridge.connectors.multivers_online.simulator.books import Books, Record, cents, day_of, limited, required
from bookbridge.connectors.multivers_online.simulator.texts import RefusedError

_MODEL = "UNIT4.Multivers.API.Web.WebApi.Model"
_EDIT = "UNIT4.Multivers.API.BL.Financial.Edit"
BASIC, CUSTOMER = f"{_EDIT}.BasicEntryProxy, {_MODEL}", f"{_EDIT}.CustomerEntryProxy, {_MODEL}"


def accept(books: Books, fields: Record) -> Record:
    """Book an entry; gives its record. Raises RefusedError. Call within a transaction."""
    limited(fields, {"journalId": 3, "description": 30})
    fields = _shortened(books, fields)
    journal = books.journal(required(fields, "journalId"), seed.MEMORIAL, seed.BANK, seed.CASH)["journalId"]
    year, period = required(fields, "fiscalYear"), required(fields, "periodNumber")
    books.check_period(year, period)
    day = day_of(fields, "transactionDate")
    number = fields.get("journalTransaction")
    number = books.next_number(year, journal) if number is None else number
    entries = required(fields, "finTransEntries")
    signed = [_signed(books, entry, year) for entry in entries]
    if sum(signed, Decimal(0)):
        raise RefusedError("not_balanced")
    books.take_number(year, journal, number, day, str(fields.get("description") or ""))
    place = f"{year}/{journal}/{number}"
    record = {**fields, "journalTransaction": number, "transactionDate": day.isoformat()}
    books.store.add("fin_trans", books.database, place, record)
    for entry, amount in zip(entries, signed, strict=True):
        _write(books, place, record, entry, amount)
    return record


def _shortened(books: Books, fields: Record) -> Record:
    """The entry with as much of its documents as the settings keep."""
    room = books.settings.document_room
    kept = {**fields, "document": str(fields.get("document") or "")[:room]}
    if fields.get("finTransEntries"):
        # In the place of what is there: the type must stay the first key.
        kept["finTransEntries"] = [
            {name: value[:room] if name == "document" and value else value for name, value in entry.items()}
            for entry in fields["finTransEntries"]
        ]
    return kept


def _signed(books: Books, entry: Record, year: int) -> Decimal:
    """The amount of a line, debit positive; what it names is checked."""
    if next(iter(entry), None) != "$type" or entry["$type"] not in {BASIC, CUSTOMER}:
        raise RefusedError("type_first")
    if entry["$type"] == CUSTOMER:
        return -sum((_paid(books, entry, payment) for payment in required(entry, "customerEntryPayments")), Decimal(0))
    books.check_line(entry, year)
    return Decimal(str(entry.get("debitAmount") or 0)) - Decimal(str(entry.get("creditAmount") or 0))


def _paid(books: Books, entry: Record, payment: Record) -> Decimal:
    number = required(payment, "invoiceId")
    invoice = books.known("customer_invoice", number, "invoice_unknown", number=number)
    if invoice["customerId"] != required(entry, "customerId"):
        raise RefusedError("invoice_unknown", number=number)
    return Decimal(str(required(payment, "amountPaidCur")))


def _write(books: Books, place: str, record: Record, entry: Record, amount: Decimal) -> None:
    day = day_of(entry, "transactionDate") if entry.get("transactionDate") else record["transactionDate"]
    line: dict[str, Any] = {"transactionDate": str(day), "periodNumber": record["periodNumber"]}
    line |= {"description": entry.get("description"), "document": entry.get("document") or record.get("document")}
    if entry["$type"] == CUSTOMER:
        books.write(place, seed.DEBTORS_ACCOUNT, amount, {**line, "customerId": entry["customerId"]})
        for payment in entry["customerEntryPayments"]:
            invoice = books.known("customer_invoice", payment["invoiceId"], "invoice_unknown", number="")
            invoice["_balance"] = str(Decimal(invoice["_balance"]) - Decimal(str(payment["amountPaidCur"])))
            books.store.put("customer_invoice", books.database, invoice["invoiceId"], invoice)
        return
    vat = _vat_within(books, entry, amount)
    books.write(place, entry["accountId"], amount - vat, line)
    if vat:
        books.write(place, seed.VAT_TO_CLAIM if amount > 0 else seed.VAT_TO_PAY, vat, line)


def _vat_within(books: Books, entry: Record, amount: Decimal) -> Decimal:
    """The VAT that a line's amount holds: as given, or computed."""
    if entry.get("vatCodeId") is None or not entry.get("vatIncluded"):
        return Decimal(0)
    if entry.get("vatChanged"):
        return Decimal(str(entry.get("vatAmount") or 0)).copy_sign(amount)
    percentage = books.percentage(entry["vatCodeId"])
    return amount - cents(amount * 100 / (100 + percentage))


def add_advance(books: Books, number: str, customer: str, amount: Decimal, day: str) -> None:
    """A receipt that is linked to no invoice: it stands among the customer's invoices as an advance."""
    year = int(day[:4])
    own_number = books.next_number(year, "BNK")
    books.take_number(year, "BNK", own_number, date.fromisoformat(day), "Vooruitontvangen")
    line = {"transactionDate": day, "periodNumber": int(day[5:7]), "document": number}
    books.write(f"{year}/BNK/{own_number}", seed.BANK_LEDGER, amount, line)
    books.write(f"{year}/BNK/{own_number}", seed.DEBTORS_ACCOUNT, -amount, {**line, "customerId": customer})
    record: Record = {
        "invoiceId": number,
        "customerId": customer,
        "fiscalYear": year,
        "journalId": "BNK",
        "journalTransaction": own_number,
        "invoiceDate": day,
        "invoiceExpirationDate": day,
        "currencyId": seed.BASE_CURRENCY,
        "exchangeRate": "1",
        "amountTotalCur": str(-amount),
        "customerInvoiceLines": [],
        "_balance": str(-amount),
        "_paid": "0",
        "_payments": [],
        "_advance": True,
    }
    books.store.add(invoices.SIDES["CustomerInvoice"].kind, books.database, number, record)
