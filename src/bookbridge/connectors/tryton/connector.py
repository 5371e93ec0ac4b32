"""Tryton: the contract, joined from client (talks), mapping and reading (translate), relations and entries."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from bookbridge.connectors.tryton import booked, reading, texts
from bookbridge.connectors.tryton.client import TrytonClient
from bookbridge.connectors.tryton.entries import Entries
from bookbridge.connectors.tryton.lookups import Lookups
from bookbridge.connectors.tryton.mapping import Codes
from bookbridge.connectors.tryton.problems import problem_of
from bookbridge.connectors.tryton.relations import Relations
from bookbridge.documents import Document, OutstandingItem, Problem
from bookbridge.kit import answering
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.contract import Connection, OutstandingKind
from bookbridge.kit.errors import NotAllowedError
from bookbridge.kit.fact_sheet import FactSheet, read_fact_sheet
from bookbridge.kit.joined import JoinedConnector
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.kit.package_settings import Administration, PackageSettings
from bookbridge.kit.places import following, place

Record = dict[str, Any]

_NAME = "Tryton"
_ACCOUNT = ("code", "name", "closed", "type.receivable", "type.payable", "type.revenue", "type.expense", "type.debt")
_TAX = ("name", "description", "rate", "group.kind", "invoice_account", "credit_note_account")
_CHILD = ("childs.rate", "childs.invoice_account", "childs.credit_note_account")
_PERIOD = ("start_date", "end_date", "state", "fiscalyear.name")
_PARTY = ("party.code", "party.name")
_OPEN_INVOICE = (
    "number",
    "reference",
    "comment",
    "invoice_date",
    "total_amount",
    "amount_to_pay",
    "currency.code",
    "journal.code",
    "lines_to_pay.maturity_date",
    *_PARTY,
)
_OPEN_LINE = (
    "debit",
    "credit",
    "amount_second_currency",
    "second_currency.code",
    "maturity_date",
    "description",
    "move.number",
    "move.date",
    "move.description",
    "move.journal.code",
    *_PARTY,
)
_SIDE: dict[OutstandingKind, tuple[str, str]] = {"sales": ("out", "receivable"), "purchase": ("in", "payable")}


@dataclass(frozen=True, slots=True)
class _OpenList:
    kind: OutstandingKind
    model: str
    domain: Sequence[Any]
    fields: Sequence[str]
    make: Callable[[Record], OutstandingItem]


class PackageConnector(JoinedConnector):
    """One company of a Tryton database."""

    fact_sheet: ClassVar[FactSheet] = read_fact_sheet(Path(__file__).with_name("fact_sheet.toml"))

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._client = TrytonClient(connection, self.fact_sheet)
        self._lookups = Lookups(self._client, connection.directory, connection.administration)
        self.relations = Relations(self._client, connection.directory, self._lookups, lambda: self._codes)
        self.entries = Entries(self._client, self.relations, self._lookups, lambda: self._codes, connection.now)

    # --- reading

    def administrations(self) -> Sequence[Administration]:
        """The companies of the database. They have no code: their id is the code."""
        found = self._client.read_all("company.company", [], ("party.name",))
        return [
            answering.understood(
                _NAME, lambda one: Administration(code=str(one["id"]), name=one["party"]["name"]), company
            )
            for company in found
        ]

    def package_settings(self) -> PackageSettings:
        """Chart, taxes, journals, payment terms, periods and currencies; what the user may not read is named in
        `unknown`. Tryton has no cost centres but by a module of its own."""
        lists = answering.SettingsReader(_NAME)
        ours = ["company", "=", self._lookups.company]

        def read(model: str, domain: Sequence[Any], fields: Sequence[str]) -> Callable[[], Iterable[Record]]:
            return lambda: self._client.read_all(model, domain, fields)

        taxes = lists.all("vat_codes", read("account.tax", [ours, ["parent", "=", None]], (*_TAX, *_CHILD)), dict)
        vat_accounts = reading.tax_accounts(taxes)
        accounts = lists.all(
            "ledger_accounts",
            read("account.account", [ours, ["code", "!=", None], ["code", "!=", ""]], _ACCOUNT),
            lambda record: reading.ledger_account(record, vat_accounts),
        )
        named = [["code", "!=", None], ["code", "!=", ""]]
        periods = lists.all(
            "periods",
            read("account.period", [["fiscalyear.company", "=", ours[2]], ["type", "=", "standard"]], _PERIOD),
            dict,
        )
        terms = read("account.invoice.payment_term", [], ("name",))
        return PackageSettings(
            ledger_accounts=reading.without_doubles(accounts),
            vat_codes=reading.without_doubles(answering.understood(_NAME, _vat_codes, taxes)),
            journals=reading.without_doubles(
                lists.all("journals", read("account.journal", named, ("code", "name", "type")), reading.journal)
            ),
            payment_conditions=reading.without_doubles(
                lists.all("payment_conditions", terms, reading.payment_condition)
            ),
            periods=answering.understood(_NAME, partial(reading.periods, series=self._invoice_series()), periods),
            currencies=lists.all(
                "currencies", read("currency.currency", [], ("code",)), lambda record: str(record["code"])
            ),
            unknown=tuple(lists.unknown),
        )

    def _invoice_series(self) -> list[Record] | None:
        """None where the user may not read them: then it is Tryton that says which are missing."""
        ours = [["company", "=", self._lookups.company]]
        try:
            return list(self._client.read_all("account.fiscalyear.invoice_sequence", ours, ("fiscalyear", "period")))
        except NotAllowedError:
            return None

    def outstanding(self, kinds: Sequence[OutstandingKind], after: str | None = None) -> OutstandingPage:
        lists = [each for kind in kinds for each in self._open_lists(kind)]
        number, last = place(after)
        chosen = lists[number]
        records, next_id = self._client.read_page(chosen.model, chosen.domain, chosen.fields, int(last or 0))
        items = [answering.understood(_NAME, chosen.make, record) for record in records]
        page = following(number, None if next_id is None else str(next_id), len(lists))
        # Paid up, and Tryton's worker has not told the invoice yet.
        return OutstandingPage(tuple(item for item in items if item.open_amount), page)

    def _open_lists(self, kind: OutstandingKind) -> tuple[_OpenList, _OpenList]:
        side, account = _SIDE[kind]
        ours = ["company", "=", self._lookups.company]
        invoices = [ours, ["type", "=", side], ["state", "=", "posted"]]
        lines = [
            ["move.company", *ours[1:]],
            ["move.state", "=", "posted"],
            [f"account.type.{account}", "=", True],
            ["reconciliation", "=", None],
            ["party", "!=", None],
            # An invoice's own lines, and payments that are linked to one, are in what is open of the invoice.
            ["OR", ["move.origin", "=", None], ["move.origin", "not like", "account.invoice,%"]],
            ["invoice_payment", "=", None],
        ]
        home = self._lookups.home().code
        return (
            _OpenList(kind, "account.invoice", invoices, _OPEN_INVOICE, partial(reading.open_invoice, kind)),
            _OpenList(kind, "account.move.line", lines, _OPEN_LINE, partial(reading.open_line, kind, home=home)),
        )

    def booked(self, since: date, until: date, after: str | None = None) -> BookedPage:
        return answering.understood(
            _NAME, lambda place: booked.page(self._client, self._lookups.company, since, until, place), after
        )

    # --- posting

    def refusal(self, words: str, document: Document) -> Problem:
        return problem_of(words, document)

    def forbidden(self, words: str) -> Problem:
        return texts.FORBIDDEN(evidence=words)

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.settings_at_hand)


def _vat_codes(records: Sequence[Record]) -> list[Any]:
    return [reading.vat_code(record) for record in records]
