"""Exact Online: the contract, joined from client (talks), mapping and reading (translate), relations and entries."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from bookbridge.connectors.exact_online import booked, reading, texts
from bookbridge.connectors.exact_online.client import ExactClient
from bookbridge.connectors.exact_online.entries import Entries
from bookbridge.connectors.exact_online.mapping import Codes
from bookbridge.connectors.exact_online.problems import problem_of
from bookbridge.connectors.exact_online.relations import Relations
from bookbridge.documents import Document, Problem
from bookbridge.kit import answering
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.contract import Connection, OutstandingKind
from bookbridge.kit.errors import NotAllowedError
from bookbridge.kit.fact_sheet import FactSheet, read_fact_sheet
from bookbridge.kit.joined import JoinedConnector
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.kit.package_settings import Administration, Journal, PackageSettings, Period
from bookbridge.kit.places import following, place

Record = dict[str, Any]
T = TypeVar("T")

_NAME = "Exact Online"
ACTIVE_DIVISION = 1
_CODED = ("ID", "Code", "Description")
_ACCOUNT_FIELDS = (*_CODED, "Type", "IsBlocked", "UseCostcenter", "UseCostunit")
_VAT_FIELDS = (*_CODED, "Type", "Percentage", "VATTransactionType", "Charged", "IsBlocked")
_JOURNAL_FIELDS = (*_CODED, "Type", "AllowVAT", "AllowVariableCurrency", "Currency")
_CONDITION_FIELDS = (*_CODED, "PaymentDays")
_PERIOD_FIELDS = ("ID", "FinYear", "FinPeriod", "StartDate", "EndDate")
_STATUS_FIELDS = ("Journal", "Year", "Period", "Status")
_OPEN_ITEM_FIELDS = (
    "HID",
    "AccountCode",
    "AccountName",
    "Amount",
    "CurrencyCode",
    "DueDate",
    "EntryNumber",
    "InvoiceDate",
    "InvoiceNumber",
    "JournalCode",
    "YourRef",
)
_OPEN_ITEMS: dict[OutstandingKind, str] = {
    "sales": "read/financial/ReceivablesList",
    "purchase": "read/financial/PayablesList",
}


class PackageConnector(JoinedConnector):
    """One division of Exact Online."""

    fact_sheet: ClassVar[FactSheet] = read_fact_sheet(Path(__file__).with_name("fact_sheet.toml"))

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._client = ExactClient(connection, self.fact_sheet)
        self.relations = Relations(self._client, connection.directory, lambda: self._codes)
        self.entries = Entries(self._client, self.relations, lambda: self._codes)

    # --- reading

    def administrations(self) -> Sequence[Administration]:
        """The active divisions that the app may see."""
        fields = ("Code", "Description", "Status")
        current = self._client.current_division()
        divisions = self._client.read_all("system/Divisions", fields, division=current)
        return [
            Administration(code=str(division["Code"]), name=division.get("Description") or str(division["Code"]))
            for division in divisions
            if division.get("Status") in {None, ACTIVE_DIVISION}
        ]

    def package_settings(self) -> PackageSettings:
        """Chart, VAT codes, journals, conditions, cost centres and units, periods, currencies; what the user may not
        read is named in `unknown`."""
        read = _Reader(self._client)
        journals = read.all("journals", "financial/Journals", _JOURNAL_FIELDS, reading.journal)
        return PackageSettings(
            ledger_accounts=read.all(
                "ledger_accounts", "financial/GLAccounts", _ACCOUNT_FIELDS, reading.ledger_account
            ),
            vat_codes=read.all("vat_codes", "vat/VATCodes", _VAT_FIELDS, reading.vat_code),
            journals=journals,
            payment_conditions=read.all(
                "payment_conditions", "cashflow/PaymentConditions", _CONDITION_FIELDS, reading.payment_condition
            ),
            cost_centres=read.all("cost_centres", "hrm/Costcenters", (*_CODED, "Active"), reading.cost_centre),
            cost_units=read.all("cost_units", "hrm/Costunits", _CODED, reading.cost_unit),
            periods=self._periods(read, journals),
            currencies=read.all(
                "currencies", "general/Currencies", ("Code",), lambda found: str(found["Code"]).strip()
            ),
            unknown=tuple(name for name in read.unknown if name in PackageSettings.model_fields),
        )

    def _periods(self, read: "_Reader", journals: tuple[Journal, ...]) -> tuple[Period, ...]:
        # Years long gone are left out: the list has a row for each journal and period. Without it, a refusal tells.
        since_year = self.connection.now().year - 1
        filter = f"Status eq {reading.CLOSED} and Year ge {since_year}"
        rows = read.all("closed_periods", "read/financial/JournalStatusList", _STATUS_FIELDS, dict, filter)
        closed = None if "closed_periods" in read.unknown else reading.ClosedPeriods(rows, since_year)
        make = partial(reading.period, closed=closed, journals=reading.postable(journals))
        return read.all("periods", "financial/FinancialPeriods", _PERIOD_FIELDS, make)

    def outstanding(self, kinds: Sequence[OutstandingKind], after: str | None = None) -> OutstandingPage:
        number, address = place(after)
        kind = kinds[number]
        rows, address = self._client.read_page(_OPEN_ITEMS[kind], _OPEN_ITEM_FIELDS, after=address)
        journals = self.connection.settings.journals if self.connection.settings else ()
        items = answering.understood(_NAME, lambda found: reading.outstanding_items(kind, found, journals), rows)
        return OutstandingPage(items, following(number, address, len(kinds)))

    def booked(self, since: date, until: date, after: str | None = None) -> BookedPage:
        records, kind, following = booked.page(self._client, self._journals, since, until, after)
        return BookedPage(answering.understood(_NAME, partial(booked.entries, kind=kind), records), following)

    def _journals(self) -> Sequence[Journal]:
        settings = self.settings_at_hand
        if "journals" in settings.unknown:
            raise NotAllowedError("the account may not read the journals")
        return settings.journals

    # --- posting

    def refusal(self, words: str, document: Document) -> Problem:
        return problem_of(words, document)

    def forbidden(self, words: str) -> Problem:
        return texts.FORBIDDEN(evidence=words)

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.settings_at_hand)


class _Reader:
    """The lists of a division's settings; the names of those that couldn't be read are in `unknown`."""

    def __init__(self, client: ExactClient) -> None:
        self._client = client
        self._lists = answering.SettingsReader(_NAME)

    @property
    def unknown(self) -> Sequence[str]:
        return self._lists.unknown

    def all(
        self, name: str, resource: str, fields: Sequence[str], make: Callable[[Record], T], filter: str = ""
    ) -> tuple[T, ...]:
        return self._lists.all(name, lambda: self._client.read_all(resource, fields, filter=filter), make)
