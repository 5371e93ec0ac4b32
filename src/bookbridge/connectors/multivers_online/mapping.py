"""Translates our documents into Multivers Online's bodies. Pure: no network, no clock.

Field names and lengths: Seacommerce/multivers-sdk-php (docs/Model), nielswitte/multivers-mock-server (Requests),
omniboost/go-unit4-multivers (fin_trans_types.go). A text that is too long is cut and named in a notice; a number never.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.multivers_online import texts
from bookbridge.connectors.multivers_online.values import day_text
from bookbridge.documents import (
    Invoice,
    InvoiceLine,
    JournalEntry,
    Problem,
    ProblemKind,
    PurchaseInvoice,
    SalesInvoice,
)
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import JournalKind, PackageSettings, VatCode

Record = dict[str, Any]

NUMBER_ROOM: Final = 8
TEXT_ROOM: Final = 30
REFERENCE_ROOM: Final = 30
"""Open: how long `reference` may be. Taken as long as the only text of an entry whose length is known."""
LAST_TRANSACTION: Final = 9999
UNFIT_FOR_ADDRESSES: Final = "/\\?#"
SALES, PURCHASE, SALES_CREDIT, PURCHASE_CREDIT = range(4)
GOODS, SERVICES, NO_VAT = 0, 1, 3
_JOURNAL_KINDS: Final[Mapping[str, JournalKind]] = {
    "sales_invoice": "sales",
    "purchase_invoice": "purchase",
    "journal_entry": "general",
}


@dataclass
class Wanting:
    """What stands in the way of a document, and what its reader should know of it: collected while it is mapped."""

    problems: list[Problem] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    unkept: list[str] = field(default_factory=list)

    def refuse(self, kind: ProblemKind, place: str, value: object = None, **parts: int) -> None:
        told = None if value is None else str(value)
        self.problems.append(kind(field=place, value=told, source=None, evidence=None, **parts))

    def text(self, text: str | None, room: int, place: str) -> str | None:
        """The text, cut where it is too long."""
        if text is None or len(text) <= room:
            return text
        self.cut.append(place)
        return text[:room].rstrip()

    def number(self, number: str | None, room: int, place: str) -> str | None:
        if number is not None and len(number) > room:
            self.refuse(texts.NUMBER_TOO_LONG, place, number, room=room)
        return number

    def check(self) -> None:
        """Raises CannotMapError with every problem."""
        if self.problems:
            raise CannotMapError(tuple(self.problems))

    def notices(self) -> tuple[Problem, ...]:
        told = ((texts.TEXT_CUT, self.cut), (texts.FIELDS_NOT_KEPT, self.unkept))
        return tuple(kind(field=names[0], names=", ".join(dict.fromkeys(names))) for kind, names in told if names)


class Codes:
    """The package's settings by code, and the options of the configuration."""

    def __init__(self, settings: PackageSettings, options: Mapping[str, str]) -> None:
        self.settings = settings
        self.options = options
        self._accounts = {account.code: account for account in settings.ledger_accounts}
        self._vat_codes = {code.code: code for code in settings.vat_codes}
        self._journals = {journal.code: journal for journal in settings.journals}

    def tells(self, name: str) -> bool:
        return name not in self.settings.unknown

    def check_account(self, code: str, year: int, place: str, wanting: Wanting) -> None:
        found = self._accounts.get(code)
        if not self.tells("ledger_accounts"):
            return
        if found is None:
            wanting.refuse(texts.CODE_UNKNOWN, place, code)
        elif found.blocked or found.kind in {"customer_control", "supplier_control", "vat"}:
            wanting.refuse(texts.ACCOUNT_UNFIT, place, code)
        elif str(year) not in found.external_id.split():
            # `external_id` holds the years whose chart has the account.
            wanting.refuse(texts.ACCOUNT_NOT_IN_YEAR, place, code, year=year)

    def check_journal(self, entry: Invoice | JournalEntry, wanting: Wanting) -> None:
        found = self._journals.get(entry.journal)
        if self.tells("journals") and (found is None or found.kind != _JOURNAL_KINDS[_kind(entry)]):
            wanting.refuse(texts.JOURNAL_UNFIT, "journal", entry.journal)

    def period(self, entry: Invoice | JournalEntry, wanting: Wanting) -> int | None:
        """The period: as given, or the one of the year that the date falls in."""
        of_year = [period for period in self.settings.periods if period.year == entry.fiscal_year]
        fitting = [
            period
            for period in of_year
            if (period.number == entry.period if entry.period else period.start <= entry.entry_date <= period.end)
        ]
        if self.tells("periods") and (not fitting or all(period.is_open is False for period in fitting)):
            wanting.refuse(texts.PERIOD_UNFIT, "period" if entry.period else "entry_date", entry.period)
        return entry.period or (fitting[0].number if fitting else None)

    def vat(self, code: str, place: str, wanting: Wanting) -> VatCode:
        found = self._vat_codes.get(code)
        if found is None and (self.tells("vat_codes") or not code.partition("/")[0].isdigit()):
            wanting.refuse(texts.CODE_UNKNOWN, place, code)
        return found or VatCode(code=code, inclusive=False)

    def check_dimension(self, code: str | None, name: str, place: str, wanting: Wanting) -> None:
        known = {setting.code for setting in getattr(self.settings, f"{name}s")}
        if code is not None and self.tells(f"{name}s") and code not in known:
            wanting.refuse(texts.CODE_UNKNOWN, f"{place}.{name}", code)

    def vat_type(self, invoice: Invoice) -> int:
        """Goods or services: no document says it. The options `vat_type_sales` and `vat_type_purchase` do."""
        is_sale = isinstance(invoice, SalesInvoice)
        chosen = self.options.get("vat_type_sales" if is_sale else "vat_type_purchase", "")
        return int(chosen) if chosen in {"0", "1", "2"} else (SERVICES if is_sale else GOODS)


def _kind(entry: Invoice | JournalEntry) -> str:
    return str(getattr(entry, "kind", ""))


# --- numbers


def invoice_id(invoice: SalesInvoice | PurchaseInvoice, reference: str) -> str:
    """The invoiceId: our own number, else the eight digits of our reference.

    The reference is the same at every attempt and after a restored backup, so nothing has to be drawn from the package
    for such a document. Open: whether Multivers refuses a number that it has, and whether a number is one over all
    years and journals, neither of which stands in an invoice's address. So it is looked up before it is sent.
    """
    return own_number(invoice) or reference[-NUMBER_ROOM:]


def own_number(invoice: SalesInvoice | PurchaseInvoice) -> str | None:
    if isinstance(invoice, SalesInvoice):
        return invoice.number or invoice.invoice_number
    # What a purchase calls its invoice number is the supplier's.
    return invoice.number


def _check_number(number: str | None, wanting: Wanting) -> None:
    if wanting.number(number, NUMBER_ROOM, "number") and set(number or "") & set(UNFIT_FOR_ADDRESSES):
        wanting.refuse(texts.NUMBER_UNFIT, "number", number)


# --- invoices


def invoice_body(
    invoice: SalesInvoice | PurchaseInvoice,
    *,
    transaction: int,
    condition: str | None,
    codes: Codes,
    reference: str,
    wanting: Wanting,
) -> Record:
    """A finished invoice, booked by Multivers. What stands in its way is collected in `wanting`."""
    is_sale = isinstance(invoice, SalesInvoice)
    _check_number(own_number(invoice), wanting)
    codes.check_journal(invoice, wanting)
    body: Record = {
        "invoiceType": _invoice_type(invoice),
        "invoiceId": invoice_id(invoice, reference),
        "customerId" if is_sale else "supplierId": invoice.relation_number,
        "journalId": invoice.journal,
        "journalTransaction": transaction,
        "fiscalYear": invoice.fiscal_year,
        "periodNumber": codes.period(invoice, wanting),
        "invoiceDate": day_text(invoice.entry_date),
        "invoiceExpirationDate": day_text(invoice.due_date) if invoice.due_date else None,
        "paymentConditionId": condition,
        "currencyId": invoice.currency,
        "exchangeRate": invoice.exchange_rate,
        "reference": _reference(invoice, wanting),
        "amountFrozenCur": None if is_sale else invoice.blocked_account_amount,
    }
    if invoice.blocked_account_amount and is_sale:
        wanting.unkept.append("blocked_account_amount")
    lines = [_net_line(invoice, line, codes, f"lines.{n}", wanting) for n, line in enumerate(invoice.lines)]
    body["vatScenarioId"] = _scenario(lines, wanting)
    body |= _vat_of(invoice, lines, codes.vat_type(invoice), wanting)
    made = [_invoice_line(invoice, line, codes, wanting) for line in lines]
    body["customerInvoiceLines" if is_sale else "supplierInvoiceLines"] = made
    return given(body)


def _invoice_type(invoice: Invoice) -> int:
    if isinstance(invoice, SalesInvoice):
        return SALES_CREDIT if invoice.is_credit_note else SALES
    return PURCHASE_CREDIT if invoice.is_credit_note else PURCHASE


def _reference(invoice: Invoice, wanting: Wanting) -> str | None:
    """On a purchase the supplier's number; on a sale the customer's. An invoice has no text of its own in Multivers, so
    the description stands there where no number does, and behind the customer's where it fits."""
    number = invoice.your_reference
    if isinstance(invoice, PurchaseInvoice):
        number = number or invoice.invoice_number
    wanting.number(number, REFERENCE_ROOM, "your_reference" if invoice.your_reference else "invoice_number")
    if not number or not invoice.description or number == invoice.description:
        return number or wanting.text(invoice.description, REFERENCE_ROOM, "description")
    if isinstance(invoice, PurchaseInvoice):
        # Kept clean: people look the supplier's number up by it.
        wanting.unkept.append("description")
        return number
    return wanting.text(f"{number} / {invoice.description}", REFERENCE_ROOM, "description")


@dataclass(frozen=True)
class _Net:
    """A line, its amount without VAT, and its VAT code."""

    line: InvoiceLine
    amount: Decimal
    vat: VatCode | None
    vat_amount: Decimal | None
    place: str

    @property
    def vat_code_id(self) -> int | None:
        return int(self.vat.code.partition("/")[0]) if self.vat else None

    @property
    def scenario(self) -> int | None:
        given = self.vat.code.partition("/")[2] if self.vat else ""
        return int(given) if given else None


def net_amount(invoice: Invoice, line: InvoiceLine, code: VatCode | None) -> Decimal | None:
    """A line's amount as Multivers wants it, without VAT; None where the file doesn't say how much that is. Under
    reverse charge nobody pays VAT on top, so an amount that the file tells there is for information."""
    if invoice.vat != "inclusive" or code is None or code.percentage == 0 or code.reverse_charge:
        return line.amount
    return None if line.vat_amount is None else line.amount - line.vat_amount


def _net_line(invoice: Invoice, line: InvoiceLine, codes: Codes, place: str, wanting: Wanting) -> _Net:
    code = codes.vat(line.vat_code, f"{place}.vat_code", wanting) if line.vat_code else None
    if code is not None and not code.code.partition("/")[0].isdigit():
        code = None
    amount = net_amount(invoice, line, code)
    if amount is None:
        wanting.refuse(texts.VAT_KIND_UNFIT, f"{place}.amount", line.amount)
    codes.check_account(line.ledger_account, invoice.fiscal_year, f"{place}.ledger_account", wanting)
    codes.check_dimension(line.cost_centre, "cost_centre", place, wanting)
    codes.check_dimension(line.cost_unit, "cost_unit", place, wanting)
    vat_amount = line.vat_amount
    if code is not None and code.reverse_charge:
        # The other party charges none; Multivers computes what we owe and claim ourselves.
        vat_amount = None
    elif code is not None and vat_amount is None and code.percentage == 0:
        vat_amount = Decimal(0)
    return _Net(line, amount or Decimal(0), code, vat_amount, place)


def _scenario(lines: list[_Net], wanting: Wanting) -> int | None:
    """The one VAT scenario of the invoice; None leaves it to the relation's own."""
    with_vat = [line for line in lines if line.vat]
    for line in with_vat:
        if line.scenario != with_vat[0].scenario:
            wanting.refuse(texts.SCENARIOS_MIXED, f"{line.place}.vat_code", line.line.vat_code)
    return with_vat[0].scenario if with_vat else None


def _vat_of(invoice: Invoice, lines: list[_Net], vat_type: int, wanting: Wanting) -> Record:
    """VAT as the file gives it, so that a cent of rounding stays the file's; or left to Multivers as a whole."""
    with_vat = [line for line in lines if line.vat]
    told = [line for line in with_vat if line.vat_amount is not None]
    if not with_vat:
        return {}
    if all(not line.vat_amount for line in told) and len(told) < len(with_vat):
        return {"autoCalculateVat": True}
    for line in with_vat:
        if line.vat_amount is None:
            wanting.refuse(texts.VAT_MIXED, f"{line.place}.vat_amount")
    sums: dict[tuple[int | None, int | None], tuple[Decimal, Decimal]] = {}
    for line in told:
        turnover, vat = sums.get((line.vat_code_id, line.scenario), (Decimal(0), Decimal(0)))
        sums[line.vat_code_id, line.scenario] = (turnover + line.amount, vat + (line.vat_amount or Decimal(0)))
    common = {"vatType": vat_type, "currencyId": invoice.currency, "fiscalYear": invoice.fiscal_year}
    return {
        "vatTransactionLines": [
            {**given({"vatCodeId": code, "vatScenarioId": scenario}), **common}
            | {"amountTurnoverCur": turnover, "vatAmountCur": vat}
            for (code, scenario), (turnover, vat) in sums.items()
        ]
    }


def _invoice_line(invoice: Invoice, net: _Net, codes: Codes, wanting: Wanting) -> Record:
    """Turnover is in credit and costs in debit; what goes the other way stands on the other side, never negative."""
    line = net.line
    in_credit = isinstance(invoice, SalesInvoice) == (net.amount >= 0)
    return given(
        {
            "accountId": line.ledger_account,
            "creditAmountCur" if in_credit else "debitAmountCur": abs(net.amount),
            "description": wanting.text(line.description or invoice.description, TEXT_ROOM, f"{net.place}.description"),
            "costCentreId": line.cost_centre,
            "costUnitId": line.cost_unit,
            "quantity": line.quantity,
            "transactionDate": day_text(invoice.entry_date),
            "vatCodeId": net.vat_code_id,
            "vatType": codes.vat_type(invoice) if net.vat else NO_VAT,
        }
    )


def given(body: Record) -> Record:
    return {name: value for name, value in body.items() if value is not None}
