"""The documents: immutable, validated, the same for files, pages and connectors.

Amounts of a document are in its `currency`. Codes (accounts, journals, relations, numbers) are text, so leading
zeros stay. Optional text that is empty is None, so that an absent and an empty field are the same content.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from bookbridge.documents.money import Amount, Currency, Money, minor_unit, rounded

DocumentKind = Literal["customer", "supplier", "sales_invoice", "purchase_invoice", "journal_entry"]
DOCUMENT_KINDS: tuple[DocumentKind, ...] = (
    "customer",
    "supplier",
    "sales_invoice",
    "purchase_invoice",
    "journal_entry",
)
"""In the order of sending: relations before the entries that need them."""


def _blank_is_none(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return value


Code = Annotated[str, Field(min_length=1, max_length=60)]
OptionalCode = Annotated[Code | None, BeforeValidator(_blank_is_none)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
OptionalText = Annotated[Text | None, BeforeValidator(_blank_is_none)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class _Document(_Record):
    administration: OptionalCode = None
    """The set of books in the source system, where a file names one (FMUTA6's company number)."""


class Relation(_Document):
    """What a customer and a supplier share. None means: not given, leave the package's value as it is."""

    number: Code
    name: Text
    address_line_1: OptionalText = None
    address_line_2: OptionalText = None
    postal_code: OptionalText = None
    city: OptionalText = None
    country: OptionalCode = None
    """ISO 3166 two-letter code, or the source's own code where it is not known to us."""
    search_code: OptionalCode = None
    currency: Currency | None = None
    phone: OptionalText = None
    email: OptionalText = None
    contact_name: OptionalText = None
    language: OptionalCode = None
    vat_number: OptionalCode = None
    bank_account: OptionalCode = None
    blocked_bank_account: OptionalCode = None
    """The Dutch G-rekening of a supplier."""
    payment_condition: OptionalCode = None
    payment_method: OptionalCode = None
    ledger_account: OptionalCode = None
    """The default revenue or cost account of the relation (column `tegreknr`)."""
    credit_limit: Amount | None = None
    blocked: bool | None = None


class Customer(Relation):
    kind: Literal["customer"] = "customer"


class Supplier(Relation):
    kind: Literal["supplier"] = "supplier"
    our_customer_number: OptionalCode = None


class InvoiceLine(_Record):
    """One revenue or cost line; the relation's and the VAT's own lines are made by the package."""

    ledger_account: Code
    amount: Amount
    """Without VAT when the invoice's `vat` is `exclusive`, with VAT when `inclusive`. Negative on a credit note."""
    vat_code: OptionalCode = None
    vat_amount: Amount | None = None
    description: OptionalText = None
    cost_centre: OptionalCode = None
    cost_unit: OptionalCode = None
    quantity: Amount | None = None


class Invoice(_Document):
    """What a sales and a purchase invoice share. A credit note is an invoice with a negative total."""

    number: OptionalCode = None
    """The entry (voucher) number in the source; None when the package shall number it."""
    journal: Code
    fiscal_year: Annotated[int, Field(ge=1900, le=2999)]
    period: Annotated[int, Field(ge=1, le=99)] | None = None
    entry_date: date
    due_date: date | None = None
    description: OptionalText = None
    invoice_number: OptionalCode = None
    """Our number on a sales invoice; the source's own on a purchase invoice."""
    your_reference: OptionalCode = None
    """On a purchase invoice usually the supplier's invoice number (FMUTA6 column 24)."""
    currency: Currency = "EUR"
    exchange_rate: Annotated[Amount, Field(gt=0)] | None = None
    """Euro (the company's currency) for one unit of `currency`, as the file gives it."""
    payment_condition: OptionalCode = None
    payment_method: OptionalCode = None
    vat: Literal["exclusive", "inclusive", "by_code"] = "by_code"
    """Whether line amounts carry VAT; `by_code`: as each VAT code of the package says."""
    total: Amount
    """What the relation owes, with VAT. Negative on a credit note."""
    blocked_account_amount: Amount | None = None
    """The part to be paid to a blocked account (G-rekening)."""
    reversal: bool = False
    lines: Annotated[tuple[InvoiceLine, ...], Field(min_length=1)]

    relation_kind: ClassVar[Literal["customer", "supplier"]]

    @property
    def money(self) -> Money:
        """The document's total, as reconciliation counts it."""
        return Money(amount=rounded(self.total, self.currency), currency=self.currency)

    @property
    def vat_room(self) -> Decimal:
        """By how much a package's total may differ from ours: where the document gives no VAT amount the package
        computes it, and each line may round a minor unit the other way."""
        computed = sum(1 for line in self.lines if line.vat_code and line.vat_amount is None)
        return minor_unit(self.currency) * computed

    @property
    def is_credit_note(self) -> bool:
        return self.total < 0


class SalesInvoice(Invoice):
    kind: Literal["sales_invoice"] = "sales_invoice"
    customer: Code
    relation_kind: ClassVar[Literal["customer", "supplier"]] = "customer"

    @property
    def relation_number(self) -> str:
        return self.customer


class PurchaseInvoice(Invoice):
    kind: Literal["purchase_invoice"] = "purchase_invoice"
    supplier: Code
    relation_kind: ClassVar[Literal["customer", "supplier"]] = "supplier"

    @property
    def relation_number(self) -> str:
        return self.supplier


class JournalLine(_Record):
    """One line of a memorial entry: debit positive, credit negative."""

    ledger_account: Code
    amount: Amount
    line_date: date | None = None
    description: OptionalText = None
    customer: OptionalCode = None
    supplier: OptionalCode = None
    invoice_number: OptionalCode = None
    vat_code: OptionalCode = None
    vat_amount: Amount | None = None
    cost_centre: OptionalCode = None
    cost_unit: OptionalCode = None
    quantity: Amount | None = None


class JournalEntry(_Document):
    """A memorial entry; its lines add up to zero (preflight and readers hold that, so a form can show it)."""

    kind: Literal["journal_entry"] = "journal_entry"
    number: OptionalCode = None
    journal: Code
    fiscal_year: Annotated[int, Field(ge=1900, le=2999)]
    period: Annotated[int, Field(ge=1, le=99)] | None = None
    entry_date: date
    description: OptionalText = None
    currency: Currency = "EUR"
    exchange_rate: Annotated[Amount, Field(gt=0)] | None = None
    reversal: bool = False
    lines: Annotated[tuple[JournalLine, ...], Field(min_length=1)]

    @property
    def money(self) -> Money:
        """The turnover of the entry: what is debited."""
        debit = sum((line.amount for line in self.lines if line.amount > 0), Decimal(0))
        return Money(amount=rounded(debit, self.currency), currency=self.currency)


Document = Annotated[
    Customer | Supplier | SalesInvoice | PurchaseInvoice | JournalEntry,
    Field(discriminator="kind"),
]
_ADAPTER: TypeAdapter[Document] = TypeAdapter(Document)


def document_from_json(content: dict[str, Any]) -> Document:
    """The document that `document_to_json` wrote. Raises pydantic.ValidationError naming the fields."""
    return _ADAPTER.validate_python(content)


def document_to_json(document: Document) -> dict[str, Any]:
    """Plain JSON values; amounts and dates as text, absent fields left out."""
    return document.model_dump(mode="json", exclude_none=True)


def money_of(document: Document) -> Money | None:
    """The amount that reconciliation counts; relations have none."""
    if isinstance(document, Customer | Supplier):
        return None
    return document.money


def identifier_of(document: Document) -> str:
    """The number people know the document by; for one without a number a word that says so."""
    if isinstance(document, Customer | Supplier):
        return document.number
    if isinstance(document, SalesInvoice | PurchaseInvoice):
        return document.number or document.invoice_number or document.your_reference or "(no number)"
    return document.number or "(no number)"


class OutstandingItem(_Record):
    """An open sales or purchase item as the package holds it. Amounts in `currency`, positive when still to be
    received (sales) or paid (purchase), negative for an open credit note; `open_amount` leads."""

    kind: Literal["sales", "purchase"]
    external_id: Text
    relation_number: OptionalCode = None
    relation_name: OptionalText = None
    invoice_number: OptionalCode = None
    voucher_number: OptionalCode = None
    invoice_date: date | None = None
    due_date: date | None = None
    reference: OptionalText = None
    currency: Currency = "EUR"
    exchange_rate: Amount | None = None
    invoice_amount: Amount | None = None
    vat_amount: Amount | None = None
    paid_amount: Amount | None = None
    open_amount: Amount
    last_payment_date: date | None = None
    journal: OptionalCode = None
    fiscal_year: int | None = None
    unmatched_payment: bool = False
    """A receipt or payment that is not linked to an invoice yet; files leave it out by default."""
    is_whole: bool = False
    """No part of an item: where a reading brings it more than once, what was read last counts."""
