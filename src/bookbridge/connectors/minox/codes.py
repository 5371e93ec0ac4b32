"""The package's settings by code, and what of a document they rule out. Pure.

Minox' own refusals have no known words, so what can be known is refused here, before a call that changes the books.
"""

from datetime import date
from typing import Final

from bookbridge.connectors.minox import texts
from bookbridge.documents import Invoice, JournalEntry, Problem
from bookbridge.kit.contract import RelationKind
from bookbridge.kit.errors import CannotMapError
from bookbridge.kit.package_settings import Journal, LedgerAccount, PackageSettings, VatCode

_JOURNALS: Final = {"sales_invoice": "sales", "purchase_invoice": "purchase", "journal_entry": "general"}
_CONTROL: Final[dict[RelationKind, str]] = {"customer": "customer_control", "supplier": "supplier_control"}


class Codes:
    """All methods that check let everything pass where the package didn't give the list."""

    def __init__(self, settings: PackageSettings) -> None:
        self._accounts = {account.code: account for account in settings.ledger_accounts}
        self._vat_codes = {code.code: code for code in settings.vat_codes}
        self._journals = {journal.code: journal for journal in settings.journals}
        self._terms = {term.code for term in settings.payment_conditions}
        self._centres = {centre.code for centre in settings.cost_centres}
        self._periods = settings.periods
        self._unknown = set(settings.unknown)

    @property
    def knows_accounts(self) -> bool:
        return "ledger_accounts" not in self._unknown

    @property
    def vat_accounts(self) -> frozenset[str]:
        """Accounts on which Minox books VAT by itself, as far as it tells them."""
        return frozenset(code for code, account in self._accounts.items() if account.kind == "vat")

    def account(self, code: str, field: str, control: RelationKind | None = None) -> LedgerAccount:
        """An account to book on: an ordinary one, or the collective account of the relation on the line."""
        found = self._accounts.get(code)
        if found is None:
            if self.knows_accounts:
                raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
            return LedgerAccount(code=code)
        own = control is not None and found.kind == _CONTROL[control]
        if found.blocked or (found.kind in {"customer_control", "supplier_control", "vat"} and not own):
            raise CannotMapError((texts.ACCOUNT_UNFIT(field=field, value=code),))
        return found

    def is_control(self, code: str, kind: RelationKind) -> bool:
        found = self._accounts.get(code)
        return found is not None and found.kind == _CONTROL[kind]

    def control_account(self, kind: RelationKind) -> str:
        """The collective account of debtors or creditors. Raises CannotMapError where there isn't exactly one."""
        found = [code for code, account in self._accounts.items() if account.kind == _CONTROL[kind]]
        if len(found) != 1:
            raise CannotMapError((texts.CODE_UNKNOWN(field=kind, value=_CONTROL[kind]),))
        return found[0]

    def vat_code(self, code: str, field: str) -> VatCode:
        found = self._vat_codes.get(code)
        if found is None and "vat_codes" not in self._unknown:
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        return found or VatCode(code=code)

    def own_vat_code(self, account: LedgerAccount) -> VatCode | None:
        """The VAT code by which Minox books on the account when a line names none."""
        return self._vat_codes.get(account.vat_code, VatCode(code=account.vat_code)) if account.vat_code else None

    def cost_centre(self, code: str, field: str) -> int:
        return self._listed(code, self._centres, "cost_centres", field)

    def payment_condition(self, code: str, field: str) -> int:
        return self._listed(code, self._terms, "payment_conditions", field)

    def _listed(self, code: str, known: set[str], name: str, field: str) -> int:
        # Minox' ids of these are whole numbers.
        if (name not in self._unknown and code not in known) or not code.isascii() or not code.isdigit():
            raise CannotMapError((texts.CODE_UNKNOWN(field=field, value=code),))
        return int(code)

    def journal(self, entry: Invoice | JournalEntry) -> Journal:
        found = self._journals.get(entry.journal)
        if found is None and "journals" in self._unknown:
            return Journal(code=entry.journal)
        if found is None or found.kind != _JOURNALS[entry.kind]:  # type: ignore[union-attr]
            raise CannotMapError((texts.JOURNAL_UNFIT(field="journal", value=entry.journal),))
        return found

    def period(self, entry: Invoice | JournalEntry) -> int | None:
        """The period's number; None leaves it to Minox. Raises CannotMapError for one that is closed or isn't there."""
        if not self._periods:
            return entry.period
        number = entry.period or self._period_of(entry.entry_date, entry.fiscal_year)
        found = next((p for p in self._periods if (p.year, p.number) == (entry.fiscal_year, number)), None)
        if found is None or found.is_open is False:
            field = "period" if entry.period is not None else "entry_date"
            raise CannotMapError((texts.PERIOD_UNFIT(field=field, value=f"{entry.fiscal_year} / {number or '?'}"),))
        return number

    def _period_of(self, day: date, year: int) -> int | None:
        return next((p.number for p in self._periods if p.year == year and p.start <= day <= p.end), None)


def gathered(problems: list[Problem]) -> None:
    """Raises CannotMapError when there are any."""
    if problems:
        raise CannotMapError(tuple(problems))
