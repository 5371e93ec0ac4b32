"""What a run that waits would book: each document in the package's codes, checked as before sending, and nothing sent.

As far as it is known on our side. What only the package can tell (whether a customer is there, its own last rules) is
found out when it is sent; nothing is asked of it here and nothing is written down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from bookbridge.documents import (
    Document,
    Invoice,
    JournalEntry,
    Problem,
    Relation,
    SalesInvoice,
    document_from_json,
    rounded,
)
from bookbridge.exchange.decisions import Decision, decide
from bookbridge.exchange.drafting import left_as_posted
from bookbridge.exchange.mapping import mapped
from bookbridge.exchange.models import Line
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.exchange.preflight_texts import KIND_NOT_TAKEN
from bookbridge.exchange.sending import MAY_CHANGE
from bookbridge.integrations.models import Configuration
from bookbridge.kit import catalogue
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.package_settings import PackageSettings

REFUSED = "refused"
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an entry. `what`: relation, line, vat, rest or difference. `name`: the package's for the account."""

    what: str
    account: str = ""
    name: str = ""
    text: str = ""
    vat_code: str = ""
    vat_name: str = ""
    cost_centre: str = ""
    cost_unit: str = ""
    amount: Decimal = _NOTHING
    """Debit positive, credit negative."""

    @property
    def debit(self) -> Decimal | None:
        return self.amount if self.amount > 0 else None

    @property
    def credit(self) -> Decimal | None:
        return -self.amount if self.amount < 0 else None


@dataclass(frozen=True, slots=True)
class WouldBe:
    """`what`: the decision on it, or REFUSED. `document`: in the package's codes. `rows`: of an entry."""

    line: Line
    what: str
    document: Document
    problems: Sequence[Problem] = ()
    rows: Sequence[Row] = field(default=())
    journal_name: str = ""

    @property
    def debit(self) -> Decimal:
        return sum((row.debit or _NOTHING for row in self.rows), _NOTHING)

    @property
    def credit(self) -> Decimal:
        return sum((row.credit or _NOTHING for row in self.rows), _NOTHING)

    @property
    def vat_is_worked_out_there(self) -> bool:
        return any(line.vat_code and line.vat_amount is None for line in getattr(self.document, "lines", ()))


def would_be(lines: Iterable[Line], configuration: Configuration, settings: PackageSettings | None) -> list[WouldBe]:
    """Of lines that wait, with their postings at hand. `settings`: None when the package's lists aren't known."""
    sheet = catalogue.fact_sheet(configuration.integration.package)
    index = SettingsIndex(settings) if settings is not None else None
    found = [_would_be(line, configuration, sheet, index) for line in lines if line.document and line.posting]
    left = left_as_posted([each.line for each in found if each.what == Decision.CHANGED.value])
    return [replace(each, what=Decision.LEFT_OUT.value) if each.line.pk in left else each for each in found]


def _would_be(line: Line, configuration: Configuration, sheet: FactSheet, index: SettingsIndex | None) -> WouldBe:
    assert line.posting is not None
    assert line.document is not None
    document = mapped(document_from_json(line.document), configuration.mappings)
    decision = decide(
        state=line.posting.state,
        same_content=line.fingerprint in (line.posting.fingerprint, line.posting.corrected_from),
        may_update=line.kind in MAY_CHANGE and line.kind in sheet.capabilities.updates,
    )
    problems: list[Problem] = []
    if line.kind not in sheet.capabilities.documents:
        problems = [KIND_NOT_TAKEN()]
    elif index is not None and decision in (Decision.SEND, Decision.UPDATE):
        problems = check(document, index)
    what = REFUSED if problems else decision.value
    journal = index.journals.get(document.journal) if index and not isinstance(document, Relation) else None
    return WouldBe(line, what, document, problems, rows_of(document, index), journal.name if journal else "")


def rows_of(document: Document, index: SettingsIndex | None) -> list[Row]:
    """The rows of an entry with debit and credit; none of a relation. What the package adds itself is the rest."""
    if isinstance(document, JournalEntry):
        return [_row("line", line, line.amount, index) for line in document.lines]
    if not isinstance(document, Invoice):
        return []
    # What a customer owes is debited, and what is owed to a supplier credited.
    side = 1 if isinstance(document, SalesInvoice) else -1
    rows = [Row("relation", account=document.relation_number, amount=side * document.total)]
    for line in document.lines:
        vat = line.vat_amount or _NOTHING
        net = line.amount - vat if _is_inclusive(document, line.vat_code, index) else line.amount
        rows.append(_row("line", line, -side * net, index))
        if vat:
            rows.append(Row("vat", vat_code=line.vat_code or "", amount=-side * vat))
    rest = rounded(-sum((row.amount for row in rows), _NOTHING), document.currency)
    if not rest:
        return rows
    is_vat = any(line.vat_code and line.vat_amount is None for line in document.lines)
    return [*rows, Row("rest" if is_vat else "difference", amount=rest)]


def _is_inclusive(document: Invoice, vat_code: str | None, index: SettingsIndex | None) -> bool:
    if document.vat != "by_code":
        return document.vat == "inclusive"
    code = index.vat_codes.get(vat_code or "") if index else None
    return bool(code and code.inclusive)


def _row(what: str, line: Any, amount: Decimal, index: SettingsIndex | None) -> Row:
    account = index.accounts.get(line.ledger_account) if index else None
    vat = index.vat_codes.get(line.vat_code or "") if index else None
    return Row(
        what,
        account=line.ledger_account,
        name=account.name if account else "",
        text=line.description or "",
        vat_code=line.vat_code or "",
        vat_name=vat.name if vat else "",
        cost_centre=line.cost_centre or "",
        cost_unit=line.cost_unit or "",
        amount=amount,
    )
