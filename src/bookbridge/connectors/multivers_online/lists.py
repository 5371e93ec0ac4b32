"""What is read of an administration list by list: its settings, its open items, the books of a period."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any, Final

from bookbridge.connectors.multivers_online import reading
from bookbridge.connectors.multivers_online.client import LINES, LINES_IN_ORDER, MultiversClient
from bookbridge.connectors.multivers_online.entries import INVOICES
from bookbridge.connectors.multivers_online.reading import FiscalYear
from bookbridge.kit import answering
from bookbridge.kit.booked import BookedEntry
from bookbridge.kit.contract import OutstandingKind
from bookbridge.kit.errors import NotAllowedError
from bookbridge.kit.package_settings import AccountKind, CostCentre, CostUnit, LedgerAccount, PackageSettings, VatCode

Record = dict[str, Any]

NAME: Final = "Multivers"
YEARS_BACK: Final = 1
"""Charts and periods of years before are left out: nothing is posted there."""
# Two sources give the numbers of `invoiceState` different meanings: 0 open, 1 settled, 2 overdue (nielswitte,
# seacommerce), or 0 any, 1 open, 2 paid (tim-online). Read under 0 and 2, none that is open is missing by either.
STATES_WITH_OPEN: Final = (0, 2)
ALL_STATES: Final = (0, 1, 2)
_RESOURCES: Final[dict[OutstandingKind, str]] = {
    "sales": INVOICES["sales_invoice"],
    "purchase": INVOICES["purchase_invoice"],
}


class Lists:
    """The lists of one administration."""

    def __init__(self, client: MultiversClient) -> None:
        self._client = client

    def years(self) -> list[FiscalYear]:
        """The fiscal years, the latest first. Raises the errors of kit.errors."""
        states = dict(self._client.named("FiscalYearStateNVL"))
        records = self._client.all("FiscalYearInfoList")
        return answering.understood(NAME, lambda found: reading.years_of(found, states), records)

    # --- settings

    def settings(self, this_year: int) -> PackageSettings:
        """Everything preflight can use; what the user may not read is named in `unknown`."""
        lists = answering.SettingsReader(NAME)
        years = [year.number for year in self.years() if year.number >= this_year - YEARS_BACK]
        client = self._client

        def named(name: str, resource: str, make: Any) -> tuple[Any, ...]:
            return lists.all(name, lambda: client.named(resource), lambda pair: make(code=pair[0], name=pair[1]))

        return PackageSettings(
            ledger_accounts=self._accounts(lists, years),
            vat_codes=self._vat_codes(lists),
            journals=lists.all("journals", self._journals, lambda pair: reading.journal(*pair)),
            payment_conditions=lists.all(
                "payment_conditions", lambda: client.all("PaymentConditionInfoList"), reading.payment_condition
            ),
            cost_centres=named("cost_centres", "CostCentreNVL", CostCentre),
            cost_units=named("cost_units", "CostUnitNVL", CostUnit),
            periods=lists.all("periods", lambda: self._periods(years), reading.period),
            currencies=lists.all("currencies", lambda: client.named("CurrencyNVL"), lambda pair: pair[0]),
            unknown=tuple(dict.fromkeys(lists.unknown)),
        )

    def _accounts(self, lists: answering.SettingsReader, years: list[int]) -> tuple[LedgerAccount, ...]:
        """One for each code, with the years whose chart has it: the chart is one per fiscal year."""
        found: dict[str, tuple[Record, list[int]]] = {}

        def read() -> Iterator[tuple[Record, list[int]]]:
            for year in years:
                for record in self._client.all("AccountInfoList", year, order="accountId"):
                    found.setdefault(str(record.get("accountId")), (record, []))[1].append(year)
            yield from found.values()

        types, control = self._account_types(), self._control_accounts()
        return lists.all(
            "ledger_accounts", read, lambda found: reading.ledger_account(found[0], found[1], types, control)
        )

    def _account_types(self) -> dict[str, str]:
        try:
            return dict(self._client.named("AccountTypeNVL"))
        except NotAllowedError:
            return {}

    def _control_accounts(self) -> dict[str, AccountKind]:
        """The accounts that the groups of relations book on (seacommerce, CustomerGroupInfo: ledgerAccountId)."""
        found: dict[str, AccountKind] = {}
        groups: tuple[tuple[str, AccountKind], ...] = (
            ("CustomerGroup", "customer_control"),
            ("SupplierGroup", "supplier_control"),
        )
        for resource, kind in groups:
            try:
                records = [
                    self._client.get(f"{resource}Info", group) for group, _ in self._client.named(f"{resource}NVL")
                ]
            except NotAllowedError:
                continue
            found |= {
                str(record["ledgerAccountId"]): kind for record in records if record and record.get("ledgerAccountId")
            }
        return found

    def _vat_codes(self, lists: answering.SettingsReader) -> tuple[VatCode, ...]:
        """Each code by itself, and within each scenario of sales and purchases."""

        def read() -> Iterator[tuple[Record, tuple[str, str] | None, bool, bool]]:
            records = self._client.all("VatCodeInfoList")
            yield from ((record, None, True, True) for record in records)
            for resource, sales in (("SalesVatScenarioNVL", True), ("PurchaseVatScenarioNVL", False)):
                for scenario in self._client.named(resource):
                    yield from ((record, scenario, sales, not sales) for record in records)

        def made(of: tuple[Record, tuple[str, str] | None, bool, bool]) -> VatCode:
            return reading.vat_code(of[0], of[1], sales=of[2], purchase=of[3])

        return lists.all("vat_codes", read, made)

    def _journals(self) -> Iterator[tuple[Record, dict[str, str]]]:
        types = dict(self._client.named("JournalTypeNVL"))
        yield from ((record, types) for record in self._client.all("JournalInfoList"))

    def _periods(self, years: list[int]) -> Iterator[Record]:
        for year in years:
            # Period 0 holds the opening balance.
            yield from (p for p in self._client.all("PeriodInfoList", fiscalYear=year) if p.get("periodNumber"))

    # --- open items and the books of a period

    def outstanding(self, kind: OutstandingKind, year: int, years: list[int]) -> tuple[Any, ...]:
        """The open invoices that are told of in this year's list; `years` are all that are read."""
        items = (
            answering.understood(NAME, partial(reading.outstanding_item, kind), record)
            for record in self._invoices(_RESOURCES[kind], year, STATES_WITH_OPEN)
            if answering.understood(NAME, lambda found: reading.belongs_to(found, year, years), record)
        )
        return tuple(item for item in items if item is not None)

    def booked(self, resource: str, year: int, since: date, until: date, base_currency: str) -> tuple[BookedEntry, ...]:
        """The entries of a resource and year whose date lies in the period."""
        if resource == "FinTrans":
            return self._booked_memorials(year, since, until, base_currency)
        records = (
            answering.understood(NAME, partial(reading.booked_invoice, resource), record)
            for record in self._invoices(resource, year, ALL_STATES)
            if record.get("fiscalYear") in {year, None}
        )
        return tuple(entry for entry in records if entry is not None and since <= entry.entry_date <= until)

    def _booked_memorials(self, year: int, since: date, until: date, base_currency: str) -> tuple[BookedEntry, ...]:
        general = {found.code for pair in self._journals() if (found := reading.journal(*pair)).kind == "general"}
        lines = self._client.all(LINES, "ByDate", year, since, until, order=LINES_IN_ORDER)
        return tuple(
            answering.understood(NAME, lambda found: reading.booked_memorial(found, base_currency), line)
            for line in lines
            if str(line.get("journalId") or "").strip() in general
        )

    def _invoices(self, resource: str, year: int, states: tuple[int, ...]) -> Iterator[Record]:
        """The invoices of a fiscal year's list in some states, each once."""
        found: dict[str, Record] = {}
        for state in states:
            for record in self._client.all(f"{resource}InfoList", "ByFiscalYear", year, state, order="invoiceId"):
                number = answering.understood(NAME, lambda told: str(told["invoiceId"]).strip(), record)
                found.setdefault(number, record)
        yield from found.values()
