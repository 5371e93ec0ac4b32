"""General journal entries: signed lines that must be nil together."""

import uuid
from decimal import Decimal
from typing import Any

from bookbridge.connectors.exact_online.simulator import ledger
from bookbridge.connectors.exact_online.simulator.books import Books, cents, date_or_today, required
from bookbridge.connectors.exact_online.simulator.invoices import OPEN, vat_of
from bookbridge.connectors.exact_online.simulator.texts import BusinessRefusalError
from bookbridge.connectors.exact_online.simulator.values import pad_vat_code

GENERAL_JOURNAL = 90
OTHER = 90


def accept(books: Books, fields: dict[str, Any]) -> dict[str, Any]:
    """Book an entry; gives its header. Raises BusinessRefusalError. Call within a transaction."""
    journal = books.journal(required(fields, "JournalCode"), GENERAL_JOURNAL)
    lines_sent = required(fields, "GeneralJournalEntryLines")
    first_date = date_or_today(books, lines_sent[0].get("Date"))
    year = fields.get("FinancialYear") or int(first_date[:4])
    period = fields.get("FinancialPeriod") or int(first_date[5:7])
    books.check_period(journal["Code"], year, period)
    currency = fields.get("Currency") or journal["Currency"]
    rate = books.rate(currency, fields.get("ExchangeRate"))
    entry_id = str(uuid.uuid4())
    entry_type = fields.get("Type") or OTHER
    header = {
        **{name: value for name, value in fields.items() if name != "GeneralJournalEntryLines"},
        **books.stamps(),
        "EntryID": entry_id,
        "EntryNumber": books.entry_number("journal_entry", journal["Code"], year, fields.get("EntryNumber")),
        "JournalCode": journal["Code"],
        "JournalDescription": journal["Description"],
        "FinancialYear": year,
        "FinancialPeriod": period,
        "Currency": currency,
        "ExchangeRate": str(rate),
        "Type": entry_type,
        "TypeDescription": ledger.type_description(entry_type),
        "Status": OPEN,
        "StatusDescription": "Open",
    }
    lines = [_line(books, journal, header, line, number) for number, line in enumerate(lines_sent, start=1)]
    _check_balance(header, lines)
    books.keep("journal_entry", entry_id, header, code=f"{journal['Code']}/{header['EntryNumber']}", reference=None)
    for line in lines:
        books.keep("journal_entry_line", line["ID"], line, code=None, reference=entry_id)
    _write_ledger(books, header, lines)
    return header


def _line(
    books: Books, journal: dict[str, Any], header: dict[str, Any], sent: dict[str, Any], number: int
) -> dict[str, Any]:
    gl_account = books.gl_account(required(sent, "GLAccount"))
    books.check_dimensions(sent, gl_account)
    amount = Decimal(required(sent, "AmountFC"))
    if sent.get("VATCode") and not journal["AllowVAT"]:
        raise BusinessRefusalError("vat_not_allowed")
    vat_code = books.vat_code(sent.get("VATCode"), None)
    base, vat, reverse = vat_of(amount, vat_code, sent.get("AmountVATFC"))
    rate = Decimal(header["ExchangeRate"])
    account = books.by_id("account", "Accounts", sent["Account"]) if sent.get("Account") else None
    return {
        **sent,
        **books.stamps(),
        "ID": str(uuid.uuid4()),
        "EntryID": header["EntryID"],
        "EntryNumber": header["EntryNumber"],
        "LineNumber": number,
        "Date": date_or_today(books, sent.get("Date")),
        "GLAccountCode": gl_account["Code"],
        "GLAccountDescription": gl_account["Description"],
        "AccountCode": account["Code"] if account else None,
        "AccountName": account["Name"] if account else None,
        "AmountFC": str(amount),
        "AmountDC": str(cents(amount * rate)),
        "VATCode": pad_vat_code(vat_code["Code"]) if vat_code else None,
        "VATCodeDescription": vat_code["Description"] if vat_code else None,
        "VATPercentage": vat_code["Percentage"] if vat_code else None,
        "VATBaseAmountFC": str(base),
        "VATBaseAmountDC": str(cents(base * rate)),
        "AmountVATFC": str(vat),
        "AmountVATDC": str(cents(vat * rate)),
        "_reverse_charge": str(reverse),
    }


def _check_balance(header: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    difference = sum((Decimal(line["VATBaseAmountFC"]) + Decimal(line["AmountVATFC"]) for line in lines), Decimal(0))
    if difference:
        raise BusinessRefusalError(
            "not_balanced",
            year=header["FinancialYear"],
            period=header["FinancialPeriod"],
            type=header["Type"],
            currency=header["Currency"],
            difference=f"{difference:.2f}",
        )


def _write_ledger(books: Books, header: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    for line in lines:
        page = ledger.LedgerPage(books, _heading(header, line), number=line["LineNumber"])
        gl_account = books.by_id("gl_account", "GLAccounts", line["GLAccount"])
        page.write(gl_account, Decimal(line["VATBaseAmountFC"]), Decimal(line["VATBaseAmountDC"]), line)
        vat_code = books.vat_code(line["VATCode"], None)
        if vat_code is None:
            continue
        own = "GLToClaim" if vat_code["VATTransactionType"] == "P" else "GLToPay"
        page.write_vat(vat_code, own, Decimal(line["AmountVATFC"]), Decimal(line["AmountVATDC"]))
        reverse = Decimal(line["_reverse_charge"])
        reverse_dc = cents(reverse * Decimal(header["ExchangeRate"]))
        page.write_vat(vat_code, "GLToClaim", reverse, reverse_dc)
        page.write_vat(vat_code, "GLToPay", -reverse, -reverse_dc)


def _heading(header: dict[str, Any], line: dict[str, Any]) -> ledger.Heading:
    names = ("EntryID", "EntryNumber", "JournalCode", "JournalDescription", "FinancialYear", "FinancialPeriod")
    more = ("Currency", "ExchangeRate", "Type", "Status")
    return ledger.Heading(
        {
            **{name: header[name] for name in names + more},
            **{name: line[name] for name in ("Account", "AccountCode", "AccountName", "Date") if name in line},
        }
    )
