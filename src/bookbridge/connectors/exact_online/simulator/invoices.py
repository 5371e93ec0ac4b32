"""Sales and purchase entries: what Exact checks, what it adds (VAT, the debtor or creditor), and what it keeps."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bookbridge.connectors.exact_online.simulator import ledger, open_items
from bookbridge.connectors.exact_online.simulator.books import (
    Books,
    NotThereError,
    cents,
    date_or_today,
    due_date,
    required,
)
from bookbridge.connectors.exact_online.simulator.texts import BusinessRefusalError
from bookbridge.connectors.exact_online.simulator.values import pad_vat_code

CONTROL_ACCOUNT_TYPES = {20, 22, 24}
"""Debtors, creditors, VAT: Exact books on them itself and refuses lines on them."""
OPEN = 20


@dataclass(frozen=True)
class InvoiceSide:
    """What differs between sales and purchases."""

    kind: str
    party: str
    lines: str
    journal_type: int
    entry_type: int
    credit_type: int
    control_type: int
    vat_side: str
    condition: str
    direction: int
    """+1 when the invoice is a debit on its control account (sales), -1 when a credit."""
    not_a_party: str


SALES = InvoiceSide(
    "sales_entry", "Customer", "SalesEntryLines", 20, 20, 21, 20, "S", "PaymentConditionSales", 1, "not_customer"
)
PURCHASE = InvoiceSide(
    "purchase_entry",
    "Supplier",
    "PurchaseEntryLines",
    22,
    30,
    31,
    22,
    "P",
    "PaymentConditionPurchase",
    -1,
    "not_supplier",
)
SIDES = {side.kind: side for side in (SALES, PURCHASE)}


def accept(books: Books, side: InvoiceSide, fields: dict[str, Any]) -> dict[str, Any]:
    """Book an entry; gives its header. Raises BusinessRefusalError. Call within a transaction."""
    party = _party(books, side, required(fields, side.party))
    journal = books.journal(required(fields, "Journal"), side.journal_type)
    lines_sent = required(fields, side.lines)
    entry_date = date_or_today(books, fields.get("EntryDate"))
    year = fields.get("ReportingYear") or int(entry_date[:4])
    period = fields.get("ReportingPeriod") or int(entry_date[5:7])
    books.check_period(journal["Code"], year, period)
    currency = fields.get("Currency") or journal["Currency"]
    if currency != journal["Currency"] and not journal["AllowVariableCurrency"]:
        raise BusinessRefusalError("currency")
    rate = books.rate(currency, fields.get("Rate"))
    condition = books.payment_condition(fields.get("PaymentCondition") or party.get(side.condition))
    entry_id = str(uuid.uuid4())
    lines = [_line(books, side, line, number, rate) for number, line in enumerate(lines_sent, start=1)]
    totals = {name: sum((Decimal(line[name]) for line in lines), Decimal(0)) for name in _SUMMED}
    total = totals["VATBaseAmountFC"] + totals["VATAmountFC"]
    total_dc = totals["VATBaseAmountDC"] + totals["VATAmountDC"]
    entry_type = fields.get("Type") or (side.credit_type if total < 0 else side.entry_type)
    header = {
        **{name: value for name, value in fields.items() if name != side.lines},
        **books.stamps(),
        "EntryID": entry_id,
        "Journal": journal["Code"],
        "JournalDescription": journal["Description"],
        "EntryDate": entry_date,
        "EntryNumber": books.entry_number(side.kind, journal["Code"], year, fields.get("EntryNumber")),
        "ReportingYear": year,
        "ReportingPeriod": period,
        "Currency": currency,
        "Rate": str(rate),
        "PaymentCondition": condition["Code"],
        "PaymentConditionDescription": condition["Description"],
        "DueDate": fields.get("DueDate") or due_date(entry_date, condition),
        f"{side.party}Name": party["Name"],
        "Type": entry_type,
        "TypeDescription": ledger.type_description(entry_type),
        "Status": OPEN,
        "StatusDescription": "Open",
        "AmountFC": str(total),
        "AmountDC": str(total_dc),
        "VATAmountFC": str(totals["VATAmountFC"]),
        "VATAmountDC": str(totals["VATAmountDC"]),
    }
    if header.get("InvoiceNumber") is None:
        header["InvoiceNumber"] = header["EntryNumber"]
    _keep(books, side, header, lines, party)
    return header


_SUMMED = ("VATBaseAmountFC", "VATBaseAmountDC", "VATAmountFC", "VATAmountDC")


def _party(books: Books, side: InvoiceSide, id: str) -> dict[str, Any]:
    party = books.by_id("account", "Accounts", id)
    fits = party["Status"] == "C" if side is SALES else party["IsSupplier"]
    if not fits:
        raise BusinessRefusalError(side.not_a_party)
    if party["Blocked"]:
        raise BusinessRefusalError("blocked_account")
    return party


def _line(books: Books, side: InvoiceSide, sent: dict[str, Any], number: int, rate: Decimal) -> dict[str, Any]:
    gl_account = books.gl_account(required(sent, "GLAccount"))
    if gl_account["Type"] in CONTROL_ACCOUNT_TYPES:
        raise BusinessRefusalError("control_account")
    books.check_dimensions(sent, gl_account)
    amount = Decimal(required(sent, "AmountFC"))
    vat_code = books.vat_code(sent.get("VATCode") or gl_account.get("VATCode"), side.vat_side)
    base, vat, reverse = vat_of(amount, vat_code, sent.get("VATAmountFC"))
    return {
        **sent,
        "ID": str(uuid.uuid4()),
        "Division": books.division,
        "LineNumber": number,
        "GLAccountCode": gl_account["Code"],
        "GLAccountDescription": gl_account["Description"],
        "AmountFC": str(amount),
        "AmountDC": str(cents(base * rate)),
        "VATCode": pad_vat_code(vat_code["Code"]) if vat_code else None,
        "VATCodeDescription": vat_code["Description"] if vat_code else None,
        "VATPercentage": vat_code["Percentage"] if vat_code else None,
        "VATBaseAmountFC": str(base),
        "VATBaseAmountDC": str(cents(base * rate)),
        "VATAmountFC": str(vat),
        "VATAmountDC": str(cents(vat * rate)),
        "_reverse_charge": str(reverse),
    }


def vat_of(amount: Decimal, vat_code: Mapping[str, Any] | None, given: str | None) -> tuple[Decimal, Decimal, Decimal]:
    """Base, VAT that the other party pays or gets, and VAT under reverse charge, of a line's amount.

    A given VAT amount overrules the computed one. Under reverse charge (Charged) the other party has nothing to do
    with the VAT: it is booked as payable and claimable at once.
    """
    if vat_code is None or vat_code["Type"] in {"B", "N"}:
        return amount, Decimal(given) if given and vat_code else Decimal(0), Decimal(0)
    fraction = Decimal(vat_code["Percentage"])
    if vat_code["Type"] == "I":
        vat = Decimal(given) if given else amount - cents(amount / (1 + fraction))
        return amount - vat, vat, Decimal(0)
    vat = Decimal(given) if given else cents(amount * fraction)
    return (amount, Decimal(0), vat) if vat_code["Charged"] else (amount, vat, Decimal(0))


def _keep(
    books: Books, side: InvoiceSide, header: dict[str, Any], lines: list[dict[str, Any]], party: dict[str, Any]
) -> None:
    entry_id = header["EntryID"]
    code = f"{header['Journal']}/{header['EntryNumber']}"
    reference = (header.get("YourRef") or "").strip() or None
    books.keep(side.kind, entry_id, header, code=code, reference=reference)
    for line in lines:
        line |= {"EntryID": entry_id, "Type": header["Type"]}
        books.keep(f"{side.kind}_line", line["ID"], line, code=None, reference=entry_id)
    _write_ledger(books, side, header, lines, party)
    open_items.open_for_entry(books, side.kind, header, party)


def _write_ledger(
    books: Books, side: InvoiceSide, header: dict[str, Any], lines: list[dict[str, Any]], party: dict[str, Any]
) -> None:
    """The debtor or creditor on line 0, the lines, and the VAT: together they are nil."""
    page = ledger.LedgerPage(books, ledger.Heading.of_invoice(header, party))
    control = books.gl_account_of_type(side.control_type)
    page.write(control, side.direction * Decimal(header["AmountFC"]), side.direction * Decimal(header["AmountDC"]))
    for line in lines:
        gl_account = books.by_id("gl_account", "GLAccounts", line["GLAccount"])
        base, base_dc = Decimal(line["VATBaseAmountFC"]), Decimal(line["VATBaseAmountDC"])
        page.write(gl_account, -side.direction * base, -side.direction * base_dc, line)
    for line in lines:
        vat_code = books.vat_code(line["VATCode"], None)
        if vat_code is None:
            continue
        rate = Decimal(header["Rate"])
        vat, vat_dc = Decimal(line["VATAmountFC"]), Decimal(line["VATAmountDC"])
        own = "GLToPay" if side is SALES else "GLToClaim"
        page.write_vat(vat_code, own, -side.direction * vat, -side.direction * vat_dc)
        reverse = Decimal(line["_reverse_charge"])
        page.write_vat(vat_code, "GLToClaim", reverse, cents(reverse * rate))
        page.write_vat(vat_code, "GLToPay", -reverse, -cents(reverse * rate))


CHANGEABLE = {"YourRef", "Description", "DueDate", "PaymentCondition", "PaymentReference", "OrderNumber"}


def change(books: Books, side: InvoiceSide, id: str, fields: dict[str, Any]) -> None:
    """Change a header's texts and terms. Raises BusinessRefusalError, NotThereError.

    No public source says when a booked entry may still be changed; here: while its period is open. Amounts stay.
    """
    header = _open_header(books, side, id)
    header |= {name: value for name, value in fields.items() if name in CHANGEABLE}
    header["Modified"] = books.now_text()
    code = f"{header['Journal']}/{header['EntryNumber']}"
    reference = (header.get("YourRef") or "").strip() or None
    books.store.put(side.kind, books.administration, id, header, code=code, reference=reference)
    open_items.change_terms(books, side.kind, header)


def remove(books: Books, side: InvoiceSide, id: str) -> None:
    """Remove an entry without payments in an open period. Raises BusinessRefusalError, NotThereError."""
    _open_header(books, side, id)
    if open_items.is_paid_in_part(books, side.kind, id):
        raise BusinessRefusalError("has_payments")
    books.store.remove(side.kind, books.administration, id=id)
    for kind in (f"{side.kind}_line", "transaction_line", open_items.KINDS[side.kind]):
        books.store.remove(kind, books.administration, reference=id)


def _open_header(books: Books, side: InvoiceSide, id: str) -> dict[str, Any]:
    header = books.store.get(side.kind, books.administration, id)
    if header is None:
        raise NotThereError(id)
    books.check_period(header["Journal"], header["ReportingYear"], header["ReportingPeriod"])
    return header
