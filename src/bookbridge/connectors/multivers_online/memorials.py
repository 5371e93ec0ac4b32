"""Translates memorial entries into Multivers's FinTrans, whose lines are of two kinds. Pure.

Field names: omniboost/go-unit4-multivers (fin_trans_types.go); a customer's line: onetoweb/unit4 (example.php).
"""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.multivers_online import texts
from bookbridge.connectors.multivers_online.mapping import TEXT_ROOM, Codes, Wanting, given
from bookbridge.connectors.multivers_online.values import day_text
from bookbridge.documents import JournalEntry, JournalLine, rounded
from bookbridge.kit.package_settings import VatCode

Record = dict[str, Any]

DOCUMENT_ROOM: Final = 10
"""Open: how long `document` may be. Ten signs hold our reference; a longer number of the source's isn't put there."""
BASIC_ENTRY: Final = "UNIT4.Multivers.API.BL.Financial.Edit.BasicEntryProxy, UNIT4.Multivers.API.Web.WebApi.Model"
CUSTOMER_ENTRY: Final = "UNIT4.Multivers.API.BL.Financial.Edit.CustomerEntryProxy, UNIT4.Multivers.API.Web.WebApi.Model"


def document_of(entry: JournalEntry, reference: str) -> str:
    """What a memorial is known by in its journal: our own number, else our reference."""
    return entry.number if entry.number and len(entry.number) <= DOCUMENT_ROOM else reference


def memorial_body(
    entry: JournalEntry, *, transaction: int, codes: Codes, reference: str, base_currency: str, wanting: Wanting
) -> Record:
    """A memorial entry. What stands in its way is collected in `wanting`."""
    codes.check_journal(entry, wanting)
    if entry.currency != base_currency:
        wanting.refuse(texts.BASE_CURRENCY_ONLY, "currency", entry.currency)
    if rounded(sum((line.amount for line in entry.lines), Decimal(0)), entry.currency):
        wanting.refuse(texts.NOT_BALANCED, "lines")
    text = entry.description or entry.lines[0].description
    document = document_of(entry, reference)
    if entry.number and document != entry.number:
        text = f"{entry.number} {text or ''}".strip()
    return given(
        {
            "journalId": entry.journal,
            "fiscalYear": entry.fiscal_year,
            "periodNumber": codes.period(entry, wanting),
            "journalTransaction": transaction,
            "transactionDate": day_text(entry.entry_date),
            "description": wanting.text(text, TEXT_ROOM, "description"),
            "document": document,
            "finTransEntries": [
                _memorial_line(entry, line, document=document, codes=codes, place=f"lines.{number}", wanting=wanting)
                for number, line in enumerate(entry.lines)
            ],
        }
    )


def _memorial_line(
    entry: JournalEntry, line: JournalLine, *, document: str, codes: Codes, place: str, wanting: Wanting
) -> Record:
    day = day_text(line.line_date or entry.entry_date)
    text = wanting.text(line.description or entry.description, TEXT_ROOM, f"{place}.description")
    if line.supplier:
        wanting.refuse(texts.MEMORIAL_SUPPLIER, f"{place}.supplier", line.supplier)
    if line.customer:
        return _customer_line(line, day, text, place, wanting)
    codes.check_account(line.ledger_account, entry.fiscal_year, f"{place}.ledger_account", wanting)
    codes.check_dimension(line.cost_centre, "cost_centre", place, wanting)
    codes.check_dimension(line.cost_unit, "cost_unit", place, wanting)
    code = codes.vat(line.vat_code, f"{place}.vat_code", wanting) if line.vat_code else None
    # `$type` picks the kind of line and must be the first key.
    made: Record = {
        "$type": BASIC_ENTRY,
        "accountId": line.ledger_account,
        "debitAmount": max(line.amount, Decimal(0)),
        "creditAmount": max(-line.amount, Decimal(0)),
        "description": text,
        "document": document,
        "costCentreId": line.cost_centre,
        "costUnitId": line.cost_unit,
        "quantity": line.quantity,
        "transactionDate": day,
    }
    return {**given(made), **_memorial_vat(line, code)}


def _memorial_vat(line: JournalLine, code: VatCode | None) -> Record:
    """Our lines are in balance by themselves, so an amount under a VAT code holds its VAT."""
    number, _, scenario = code.code.partition("/") if code else ("", "", "")
    if not number.isdigit():
        return {"vatCodeId": None}
    return given(
        {
            "vatCodeId": int(number),
            "vatScenarioId": int(scenario) if scenario else None,
            "vatIncluded": True,
            "vatAmount": None if line.vat_amount is None else abs(line.vat_amount),
            "vatChanged": True if line.vat_amount is not None else None,
        }
    )


def _customer_line(line: JournalLine, day: str, text: str | None, place: str, wanting: Wanting) -> Record:
    """A customer's invoice that the entry settles: what is in credit counts as paid."""
    if not line.invoice_number:
        wanting.refuse(texts.MEMORIAL_INVOICE_MISSING, f"{place}.invoice_number")
    payment = {"invoiceId": line.invoice_number, "amountPaidCur": -line.amount, "description": text}
    return {
        "$type": CUSTOMER_ENTRY,
        "customerId": line.customer,
        "customerEntryPayments": [given(payment)],
        "transactionDate": day,
    }


def day_range(entry: JournalEntry) -> tuple[date, date]:
    """The first and the last day that the lines of a memorial stand at."""
    days = [line.line_date or entry.entry_date for line in entry.lines]
    return min(days), max(days)
