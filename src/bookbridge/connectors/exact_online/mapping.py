"""Translates our documents into Exact Online's bodies. Pure: no network, no clock.

Field names: Exact's REST reference (resources crm/Accounts, salesentry/SalesEntries, purchaseentry/PurchaseEntries,
generaljournalentry/GeneralJournalEntries). Lookups go by code on our side and by guid on Exact's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.exact_online import texts
from bookbridge.documents import (
    Customer,
    Document,
    Invoice,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    Problem,
    PurchaseInvoice,
    Relation,
    SalesInvoice,
)
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import PackageSettings, VatCode

Record = dict[str, Any]
Guids = Mapping[tuple[str, str], str]
"""(customer or supplier, number) → the relation's id."""

CODE_WIDTH = 18
LARGEST_NUMBER = 2**31 - 1  # EntryNumber is Edm.Int32.
SALES, SALES_CREDIT, PURCHASE, PURCHASE_CREDIT, OTHER = 20, 21, 30, 31, 90

SHARED_FIELDS: Final = {
    "name": "Name",
    "address_line_1": "AddressLine1",
    "address_line_2": "AddressLine2",
    "postal_code": "Postcode",
    "city": "City",
    "country": "Country",
    "search_code": "SearchCode",
    "phone": "Phone",
    "email": "Email",
    "language": "Language",
    "vat_number": "VATNumber",
    "blocked": "Blocked",
}
CUSTOMER_FIELDS: Final = {
    "payment_condition": "PaymentConditionSales",
    "currency": "SalesCurrency",
    "credit_limit": "CreditLineSales",
    "ledger_account": "GLAccountSales",
}
SUPPLIER_FIELDS: Final = {
    "payment_condition": "PaymentConditionPurchase",
    "currency": "PurchaseCurrency",
    "credit_limit": "CreditLinePurchase",
    "ledger_account": "GLAccountPurchase",
    "our_customer_number": "CodeAtSupplier",
}
# A contact is a resource of its own (crm/Contacts); the way of paying belongs to Exact's payment condition; how a G
# account is told apart among crm/BankAccounts is not public.
FIELDS_NOT_KEPT: Final = ("contact_name", "payment_method", "blocked_bank_account")


class Codes:
    """The package's settings by code."""

    def __init__(self, settings: PackageSettings) -> None:
        self._accounts = {account.code: account.external_id for account in settings.ledger_accounts}
        self._vat_codes = {vat_code.code: vat_code for vat_code in settings.vat_codes}
        self._vat_is_known = "vat_codes" not in settings.unknown
        self._periods = settings.periods

    def account(self, code: str, field: str) -> str:
        """The guid of a ledger account. Raises CannotMapError."""
        guid = self._accounts.get(code)
        if not guid:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        return guid

    def vat_code(self, code: str, field: str) -> VatCode:
        """Raises CannotMapError for a code that is not there; all pass when the codes could not be read."""
        found = self._vat_codes.get(code)
        if found is None and self._vat_is_known:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        return found or VatCode(code=code)

    def period(self, day: date, year: int) -> int | None:
        """The period of a financial year that a day falls in; None leaves it to Exact."""
        return next((p.number for p in self._periods if p.year == year and p.start <= day <= p.end), None)


def padded(code: str) -> str:
    """A relation's code as Exact keeps it: spaces in front, 18 signs."""
    return code.strip().rjust(CODE_WIDTH)


def entry_number(document: Document) -> int | None:
    """Our own number, where it can be Exact's EntryNumber: then Exact itself refuses to take the document twice."""
    number = getattr(document, "number", None)
    if number is None and isinstance(document, SalesInvoice):
        number = document.invoice_number
    if number is None or not (number.isascii() and number.isdigit()):
        return None
    return int(number) if 1 <= int(number) <= LARGEST_NUMBER else None


def your_ref(invoice: Invoice, reference: str) -> str:
    """YourRef: on a sale our invoice number, on a purchase the supplier's; searchable but not unique."""
    if isinstance(invoice, PurchaseInvoice):
        return invoice.your_reference or invoice.invoice_number or invoice.number or reference
    return invoice.invoice_number or invoice.number or reference


def described(text: str | None, document: Document, reference: str) -> str | None:
    """The description; it starts with our reference when no number of ours makes the entry findable."""
    if entry_number(document) is not None:
        return text
    return f"{reference} {text}" if text else reference


# --- entries


def invoice_body(invoice: SalesInvoice | PurchaseInvoice, relation: str, codes: Codes, reference: str) -> Record:
    """A sales or purchase entry. Raises CannotMapError with every problem of its lines."""
    is_sale = isinstance(invoice, SalesInvoice)
    body: Record = {
        "Journal": invoice.journal,
        "Customer" if is_sale else "Supplier": relation,
        "Type": _entry_type(invoice),
        "EntryNumber": entry_number(invoice),
        "YourRef": your_ref(invoice, reference),
        "Description": described(_header_text(invoice), invoice, reference),
        "EntryDate": invoice.entry_date,
        "DueDate": invoice.due_date,
        "PaymentCondition": invoice.payment_condition,
        "Currency": invoice.currency,
        "Rate": invoice.exchange_rate,
        "ReportingYear": invoice.fiscal_year,
        "ReportingPeriod": invoice.period or codes.period(invoice.entry_date, invoice.fiscal_year),
        "GAccountAmountFC": invoice.blocked_account_amount,
        "Reversal": invoice.reversal or None,
        "SalesEntryLines" if is_sale else "PurchaseEntryLines": _lines(invoice, codes),
    }
    return _given(body)


def _entry_type(invoice: Invoice) -> int:
    if isinstance(invoice, SalesInvoice):
        return SALES_CREDIT if invoice.is_credit_note else SALES
    return PURCHASE_CREDIT if invoice.is_credit_note else PURCHASE


def _header_text(invoice: Invoice) -> str | None:
    # YourRef of a sale holds our number, so the customer's own reference goes into the text.
    if (
        isinstance(invoice, SalesInvoice)
        and invoice.your_reference
        and invoice.your_reference != invoice.invoice_number
    ):
        return " / ".join(part for part in (invoice.description, invoice.your_reference) if part)
    return invoice.description


def _lines(invoice: Invoice, codes: Codes) -> list[Record]:
    made: list[Record] = []
    problems: list[Problem] = []
    for number, line in enumerate(invoice.lines):
        try:
            made.append(_invoice_line(line, invoice.vat, codes, f"lines.{number}"))
        except CannotMapError as error:
            problems += error.problems
    if problems:
        raise CannotMapError(tuple(problems))
    return made


def _invoice_line(line: InvoiceLine, vat: str, codes: Codes, path: str) -> Record:
    vat_code = codes.vat_code(line.vat_code, f"{path}.vat_code") if line.vat_code else None
    # Under reverse charge the other party pays no VAT and Exact computes both of its own lines.
    overrules = vat_code is not None and not vat_code.reverse_charge
    return _given(
        {
            "GLAccount": codes.account(line.ledger_account, f"{path}.ledger_account"),
            "AmountFC": amount_for(line, vat, vat_code, f"{path}.amount"),
            "VATCode": line.vat_code,
            "VATAmountFC": line.vat_amount if overrules else None,
            "Description": line.description,
            "CostCenter": line.cost_centre,
            "CostUnit": line.cost_unit,
            "Quantity": line.quantity,
        }
    )


def amount_for(line: InvoiceLine, vat: str, vat_code: VatCode | None, field: str) -> Decimal:
    """The line's amount as its VAT code counts. Exact reads it with VAT under a code of type I, else without.

    Converted only where the file gives the VAT amount, so that no cent is ever computed twice. Under reverse charge the
    other party charges none, so there is nothing to convert. Raises CannotMapError.
    """
    if vat == "by_code" or vat_code is None or vat_code.inclusive is None or vat_code.reverse_charge:
        return line.amount
    if vat_code.inclusive == (vat == "inclusive"):
        return line.amount
    if line.vat_amount is None:
        given = {"inclusive": "with", "exclusive": "without"}[vat]
        raise CannotMapError((texts.VAT_KIND_UNFIT(field=field, value=vat_code.code, given=given),))
    return line.amount + line.vat_amount if vat_code.inclusive else line.amount - line.vat_amount


def journal_body(entry: JournalEntry, relations: Guids, codes: Codes, reference: str) -> Record:
    """A general journal entry: its date and text stand on each line, debit is positive. Raises CannotMapError."""
    lines: list[Record] = []
    problems: list[Problem] = []
    for number, line in enumerate(entry.lines):
        try:
            lines.append(
                _journal_line(
                    entry, line, relations=relations, codes=codes, reference=reference, path=f"lines.{number}"
                )
            )
        except CannotMapError as error:
            problems += error.problems
    if problems:
        raise CannotMapError(tuple(problems))
    return _given(
        {
            "JournalCode": entry.journal,
            "EntryNumber": entry_number(entry),
            "FinancialYear": entry.fiscal_year,
            "FinancialPeriod": entry.period or codes.period(entry.entry_date, entry.fiscal_year),
            "Currency": entry.currency,
            "ExchangeRate": entry.exchange_rate,
            "Reversal": entry.reversal or None,
            "GeneralJournalEntryLines": lines,
        }
    )


def _journal_line(
    entry: JournalEntry, line: JournalLine, *, relations: Guids, codes: Codes, reference: str, path: str
) -> Record:
    if line.vat_code:
        codes.vat_code(line.vat_code, f"{path}.vat_code")
    return _given(
        {
            "Date": line.line_date or entry.entry_date,
            "GLAccount": codes.account(line.ledger_account, f"{path}.ledger_account"),
            "Account": relations.get(relation_of(line) or ("", "")),
            "AmountFC": line.amount,
            "Description": described(line.description or entry.description, entry, reference),
            "VATCode": line.vat_code,
            # "If you want to set this in a POST you have to specify VATCode as well" (reference).
            "AmountVATFC": line.vat_amount if line.vat_code else None,
            "CostCenter": line.cost_centre,
            "CostUnit": line.cost_unit,
            "Quantity": line.quantity,
            "OurRef": _whole(line.invoice_number),
        }
    )


def relation_of(line: JournalLine) -> tuple[str, str] | None:
    """The kind and number of the relation on a memorial line."""
    if line.customer:
        return ("customer", line.customer)
    return ("supplier", line.supplier) if line.supplier else None


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) <= LARGEST_NUMBER else None


def _given(body: Record) -> Record:
    return {name: value for name, value in body.items() if value is not None}


# --- relations


@dataclass(frozen=True, slots=True)
class Changes:
    """What a relation that Exact already holds needs. `kept` are our names of shared details that differ and stay."""

    body: Record
    role_added: bool
    kept: tuple[str, ...]


def relation_body(relation: Relation, codes: Codes) -> Record:
    """A new customer or supplier. Raises CannotMapError."""
    return {"Code": padded(relation.number), **_shared(relation), **_of_role(relation, codes), **role_body(relation)}


def relation_changes(relation: Relation, existing: Record, codes: Codes) -> Changes:
    """Only what is given and differs. Details that a relation's other role shares are left alone: one record serves
    both, and neither file may overwrite the other's without a word. Raises CannotMapError."""
    role_added = not has_role(relation, existing)
    has_other = existing.get("IsSupplier") is True if isinstance(relation, Customer) else existing.get("Status") == "C"
    shared = _differing(_shared(relation), existing)
    body = _differing(_of_role(relation, codes), existing)
    kept = tuple(ours for ours, theirs in SHARED_FIELDS.items() if theirs in shared) if has_other else ()
    if not has_other:
        body |= shared
    return Changes({**body, **(role_body(relation) if role_added else {})}, role_added, kept)


def has_role(relation: Relation, existing: Record) -> bool:
    if isinstance(relation, Customer):
        return existing.get("Status") == "C"
    return existing.get("IsSupplier") is True


def role_body(relation: Relation) -> Record:
    return {"Status": "C"} if isinstance(relation, Customer) else {"IsSupplier": True}


def fields_not_kept(relation: Relation) -> tuple[str, ...]:
    return tuple(name for name in FIELDS_NOT_KEPT if getattr(relation, name) is not None)


def _role_fields(relation: Relation) -> Mapping[str, str]:
    return CUSTOMER_FIELDS if isinstance(relation, Customer) else SUPPLIER_FIELDS


def _shared(relation: Relation) -> Record:
    return _given({theirs: getattr(relation, ours) for ours, theirs in SHARED_FIELDS.items()})


def _of_role(relation: Relation, codes: Codes) -> Record:
    body = _given({theirs: getattr(relation, ours) for ours, theirs in _role_fields(relation).items()})
    account = _role_fields(relation)["ledger_account"]
    if account in body:
        body[account] = codes.account(body[account], "ledger_account")
    return body


# Exact writes these in capitals, or shows them its own way, whatever was sent.
_CASELESS = {"SearchCode", "Country", "Language"}


def _differing(body: Record, existing: Record) -> Record:
    return {name: value for name, value in body.items() if not _same(name, value, existing.get(name))}


def _same(name: str, ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Decimal):
        return theirs is not None and Decimal(theirs) == ours
    if isinstance(ours, bool):
        return ours == bool(theirs)
    left, right = str(ours).strip(), str(theirs or "").strip()
    return left.casefold() == right.casefold() if name in _CASELESS or "GLAccount" in name else left == right
