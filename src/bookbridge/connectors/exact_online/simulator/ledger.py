"""The transaction lines that make up an entry: Exact's own double entry, plus = debit, minus = credit."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from bookbridge.connectors.exact_online.simulator.books import Books
from bookbridge.connectors.exact_online.simulator.texts import ENTRY_TYPES


def type_description(entry_type: int) -> str:
    """An entry type's name in English, the language of Exact's own reference."""
    return ENTRY_TYPES[entry_type][1] if entry_type in ENTRY_TYPES else str(entry_type)


@dataclass(frozen=True)
class Heading:
    """What every transaction line of an entry repeats."""

    fields: Mapping[str, Any]

    @classmethod
    def of_invoice(cls, header: Mapping[str, Any], party: Mapping[str, Any]) -> Self:
        """The heading of a sales or purchase entry."""
        return cls(
            {
                "EntryID": header["EntryID"],
                "EntryNumber": header["EntryNumber"],
                "InvoiceNumber": header["InvoiceNumber"],
                "JournalCode": header["Journal"],
                "JournalDescription": header["JournalDescription"],
                "FinancialYear": header["ReportingYear"],
                "FinancialPeriod": header["ReportingPeriod"],
                "Date": header["EntryDate"],
                "DueDate": header["DueDate"],
                "Currency": header["Currency"],
                "ExchangeRate": header["Rate"],
                "YourRef": header.get("YourRef"),
                "Description": header.get("Description"),
                "PaymentReference": header.get("PaymentReference"),
                "Type": header["Type"],
                "Status": header["Status"],
                "Account": party["ID"],
                "AccountCode": party["Code"],
                "AccountName": party["Name"],
            }
        )


_FROM_LINE = (
    "CostCenter",
    "CostUnit",
    "Project",
    "Quantity",
    "Notes",
    "VATCode",
    "VATCodeDescription",
    "VATPercentage",
    "Date",
)


@dataclass
class LedgerPage:
    """Writes the lines of one entry, numbered from 0."""

    books: Books
    heading: Heading
    number: int = field(default=0)

    def write(
        self, gl_account: Mapping[str, Any], amount: Decimal, amount_dc: Decimal, line: Mapping[str, Any] | None = None
    ) -> None:
        """One line on a ledger account; `line` is the entry line it comes from."""
        from_line = {name: line[name] for name in _FROM_LINE if line.get(name) is not None} if line else {}
        if line and line.get("Description"):
            from_line["Description"] = line["Description"]
        transaction_line = {
            **self.heading.fields,
            **from_line,
            **self.books.stamps(),
            "ID": str(uuid.uuid4()),
            "LineNumber": self.number,
            "LineType": 0,
            "GLAccount": gl_account["ID"],
            "GLAccountCode": gl_account["Code"],
            "GLAccountDescription": gl_account["Description"],
            "AmountFC": str(amount),
            "AmountDC": str(amount_dc),
        }
        self.number += 1
        self.books.keep(
            "transaction_line",
            transaction_line["ID"],
            transaction_line,
            code=None,
            reference=str(self.heading.fields["EntryID"]),
        )

    def write_vat(self, vat_code: Mapping[str, Any], account: str, amount: Decimal, amount_dc: Decimal) -> None:
        """A line on the VAT account of a VAT code (`GLToPay` or `GLToClaim`); nothing when there is no VAT."""
        if amount:
            gl_account = self.books.by_id("gl_account", "GLAccounts", vat_code[account])
            self.write(gl_account, amount, amount_dc)
