"""Checks before sending, against the package's own settings: pure, and all problems of a document at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bookbridge.documents import Document, Invoice, JournalEntry, Problem, ProblemKind, Relation, rounded
from bookbridge.exchange import preflight_texts as texts
from bookbridge.kit.package_settings import Journal, LedgerAccount, PackageSettings, VatCode

_JOURNAL_KIND = {"sales_invoice": "sales", "purchase_invoice": "purchase", "journal_entry": "general"}
_KIND_WORDS = {
    "sales": {"wanted": "sales", "wanted_nl": "verkoop", "wanted_fr": "ventes"},
    "purchase": {"wanted": "purchase", "wanted_nl": "inkoop", "wanted_fr": "achats"},
    "general": {"wanted": "general (memorial)", "wanted_nl": "memoriaal", "wanted_fr": "opérations diverses"},
}
_IN = {"": "including", "_nl": "inclusief", "_fr": "TVA comprise"}
_OUT = {"": "excluding", "_nl": "exclusief", "_fr": "hors TVA"}


class SettingsIndex:
    """The package's settings by code, for many documents."""

    def __init__(self, settings: PackageSettings) -> None:
        self.settings = settings
        self.accounts = {account.code: account for account in settings.ledger_accounts}
        self.vat_codes = {code.code: code for code in settings.vat_codes}
        self.journals = {journal.code: journal for journal in settings.journals}
        self.payment_conditions = {condition.code for condition in settings.payment_conditions}
        self.dimensions = {
            "cost_centres": {centre.code for centre in settings.cost_centres},
            "cost_units": {unit.code for unit in settings.cost_units},
        }
        self.currencies = set(settings.currencies)
        self.periods = settings.periods
        self._unknown = set(settings.unknown)

    def tells(self, name: str) -> bool:
        """Whether the package gave this list, so that an absent code really is one."""
        return name not in self._unknown


def check(document: Document, index: SettingsIndex) -> list[Problem]:
    """Every problem that can be known before sending. `document` carries the package's codes."""
    if isinstance(document, Relation):
        return list(_relation(document, index))
    return [*_head(document, index), *_lines(document, index), *_balance(document)]


def _relation(document: Relation, index: SettingsIndex) -> Iterator[Problem]:
    yield from _listed(
        document.payment_condition,
        index.payment_conditions,
        "payment_condition",
        texts.PAYMENT_CONDITION_UNKNOWN,
        told=index.tells("payment_conditions"),
    )
    if document.ledger_account is not None and index.tells("ledger_accounts"):
        yield from _account(document.ledger_account, index, "ledger_account")


def _head(document: Any, index: SettingsIndex) -> Iterator[Problem]:
    if index.tells("journals"):
        yield from _journal(document, index.journals.get(document.journal))
    if index.tells("periods"):
        yield from _period(document, index)
    yield from _listed(
        document.currency,
        index.currencies,
        "currency",
        texts.CURRENCY_UNKNOWN,
        told=index.tells("currencies") and bool(index.currencies),
    )
    if isinstance(document, Invoice):
        yield from _listed(
            document.payment_condition,
            index.payment_conditions,
            "payment_condition",
            texts.PAYMENT_CONDITION_UNKNOWN,
            told=index.tells("payment_conditions"),
        )


def _journal(document: Any, journal: Journal | None) -> Iterator[Problem]:
    wanted = _JOURNAL_KIND[document.kind]
    if journal is None:
        yield texts.JOURNAL_UNKNOWN(field="journal", value=document.journal)
    elif journal.kind != wanted:
        yield texts.JOURNAL_WRONG_KIND(field="journal", value=document.journal, **_KIND_WORDS[wanted])
    elif journal.blocked:
        yield texts.JOURNAL_BLOCKED(field="journal", value=document.journal)


def _period(document: Any, index: SettingsIndex) -> Iterator[Problem]:
    """The period that the document names, or else the one its date lies in."""
    if document.period is not None:
        fitting = [p for p in index.periods if (p.year, p.number) == (document.fiscal_year, document.period)]
        named = f"{document.fiscal_year} / {document.period}"
        field = "period"
    else:
        fitting = [p for p in index.periods if p.start <= document.entry_date <= p.end]
        named = document.entry_date.isoformat()
        field = "entry_date"
    if not fitting:
        yield texts.PERIOD_UNKNOWN(field=field, value=named)
    elif all(period.is_open is False for period in fitting):
        yield texts.PERIOD_CLOSED(field=field, value=named, period=fitting[0].number, year=fitting[0].year)


def _lines(document: Any, index: SettingsIndex) -> Iterator[Problem]:
    for position, line in enumerate(document.lines):
        place = f"lines.{position}"
        if index.tells("ledger_accounts"):
            yield from _account(line.ledger_account, index, f"{place}.ledger_account", _of_relation(line, index))
        if line.vat_code is not None and index.tells("vat_codes"):
            yield from _vat(document, line, index, f"{place}.vat_code")
        account = index.accounts.get(line.ledger_account)
        for of in _DIMENSIONS:
            yield from _dimension(of, line, account, index, place)


def _of_relation(line: Any, index: SettingsIndex) -> str:
    """The kind of control account that a line may use, because the package books the line's relation there."""
    if not index.settings.books_on_control_accounts:
        return ""
    named = {"customer": "customer_control", "supplier": "supplier_control"}
    return next((kind for name, kind in named.items() if getattr(line, name, None)), "")


def _account(code: str, index: SettingsIndex, field: str, own_control: str = "") -> Iterator[Problem]:
    account = index.accounts.get(code)
    if account is None:
        yield texts.ACCOUNT_UNKNOWN(field=field, value=code)
    elif account.blocked:
        yield texts.ACCOUNT_BLOCKED(field=field, value=code)
    elif account.kind in ("customer_control", "supplier_control", "vat") and account.kind != own_control:
        yield texts.ACCOUNT_CONTROL(field=field, value=code)


def _vat(document: Any, line: Any, index: SettingsIndex, field: str) -> Iterator[Problem]:
    code = index.vat_codes.get(line.vat_code)
    journal = index.journals.get(document.journal)
    if code is None:
        yield texts.VAT_UNKNOWN(field=field, value=line.vat_code)
    elif document.kind == "sales_invoice" and not code.sales:
        yield texts.VAT_NOT_FOR_SALES(field=field, value=line.vat_code)
    elif document.kind == "purchase_invoice" and not code.purchase:
        yield texts.VAT_NOT_FOR_PURCHASES(field=field, value=line.vat_code)
    elif journal is not None and not journal.vat_allowed:
        yield texts.VAT_NOT_IN_JOURNAL(field=field, value=line.vat_code, journal=journal.code)
    elif isinstance(document, Invoice):
        yield from _in_or_out(document, line, code, field)


def _in_or_out(document: Invoice, line: Any, code: VatCode, field: str) -> Iterator[Problem]:
    """An amount can be turned from one reading to the other only where the VAT amount is known."""
    if document.vat == "by_code" or code.inclusive is None or not code.percentage or line.vat_amount is not None:
        return
    if code.inclusive != (document.vat == "inclusive"):
        words = {}
        for name, inclusive in (("code_counts", code.inclusive), ("document_gives", not code.inclusive)):
            words |= {name + ending: word for ending, word in (_IN if inclusive else _OUT).items()}
        yield texts.VAT_IN_OR_OUT(field=field, value=line.vat_code, **words)


@dataclass(frozen=True)
class _Dimension:
    """A cost centre or cost unit: a code on a line that the ledger account may want or forbid."""

    name: str
    plural: str
    unknown: ProblemKind
    missing: ProblemKind
    forbidden: ProblemKind


_DIMENSIONS = (
    _Dimension(
        "cost_centre",
        "cost_centres",
        texts.COST_CENTRE_UNKNOWN,
        texts.COST_CENTRE_MISSING,
        texts.COST_CENTRE_FORBIDDEN,
    ),
    _Dimension("cost_unit", "cost_units", texts.COST_UNIT_UNKNOWN, texts.COST_UNIT_MISSING, texts.COST_UNIT_FORBIDDEN),
)


def _dimension(
    of: _Dimension, line: Any, account: LedgerAccount | None, index: SettingsIndex, place: str
) -> Iterator[Problem]:
    field = f"{place}.{of.name}"
    code = getattr(line, of.name)
    usage = getattr(account, of.name) if account else "optional"
    if code is None:
        if account and usage == "mandatory":
            yield of.missing(field=field, account=account.code)
    elif index.tells(of.plural) and code not in index.dimensions[of.plural]:
        yield of.unknown(field=field, value=code)
    elif account and usage == "forbidden":
        yield of.forbidden(field=field, value=code, account=account.code)


def _balance(document: Any) -> Iterator[Problem]:
    if isinstance(document, JournalEntry):
        difference = rounded(sum((line.amount for line in document.lines), Decimal(0)), document.currency)
        if difference:
            yield texts.NOT_BALANCED(field="lines", value=f"{difference} {document.currency}")


def _listed(
    code: str | None, known: Sequence[str] | set[str], field: str, problem: ProblemKind, *, told: bool
) -> Iterator[Problem]:
    if code is not None and told and code not in known:
        yield problem(field=field, value=code)
