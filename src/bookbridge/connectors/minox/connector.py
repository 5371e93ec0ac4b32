"""Minox: the contract, joined from client (talks), mapping and reading (translate), relations and entries."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from bookbridge.connectors.minox import booked, mapping, reading, texts
from bookbridge.connectors.minox.choices import Choices, choices
from bookbridge.connectors.minox.client import MinoxClient
from bookbridge.connectors.minox.codes import Codes
from bookbridge.connectors.minox.entries import Entries
from bookbridge.connectors.minox.problems import problem_of
from bookbridge.connectors.minox.relations import Relations
from bookbridge.documents import Customer, Document, Problem, Supplier
from bookbridge.kit import answering
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.contract import Connection, OutstandingKind, PostingRequest
from bookbridge.kit.errors import CannotMapError, NotAllowedError
from bookbridge.kit.fact_sheet import FactSheet, read_fact_sheet
from bookbridge.kit.joined import JoinedConnector
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.kit.package_settings import Administration, Journal, PackageSettings, Period
from bookbridge.kit.places import following, place

Record = dict[str, Any]

_NAME = "Minox"
_OPEN_ITEMS: dict[OutstandingKind, str] = {"sales": "receivable", "purchase": "payable"}
_STATUS_OPEN = {"status": "open"}
"""What is asked for in the list of open items, by the wiki's own words."""


class PackageConnector(JoinedConnector):
    """One administration of Minox, named `tenant/administration`."""

    fact_sheet: ClassVar[FactSheet] = read_fact_sheet(Path(__file__).with_name("fact_sheet.toml"))

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        pages = connection.options.get("paging") != "none"
        self._client = MinoxClient(connection, self.fact_sheet, pages=pages)
        self.relations = Relations(self._client, connection.directory, lambda: self._codes)
        self.entries = Entries(self._client, self.relations, lambda: self._codes, lambda: self._choices)

    @cached_property
    def _choices(self) -> Choices:
        return choices(self.connection.options)

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.settings_at_hand)

    # --- reading

    def administrations(self) -> Sequence[Administration]:
        """The administrations of every tenant that the account reaches, as `tenant/administration`."""
        tenants = answering.understood(_NAME, reading.tenants, self._client.linked_tenants())
        return [
            answering.understood(_NAME, partial(_administration, tenant), record)
            for tenant in tenants
            for record in self._client.administrations(tenant)
        ]

    def package_settings(self) -> PackageSettings:
        """Chart with each account's VAT, VAT codes, journals, payment terms, cost centres and periods; what the account
        may not read is named in `unknown`."""
        read = answering.SettingsReader(_NAME)
        listed = self._client.read_all
        chosen = self._settled_choices()
        vat_codes = read.all("vat_codes", lambda: listed("vat"), partial(reading.vat_code, choices=chosen))
        journals = read.all(
            "journals", lambda: listed("journal"), lambda held: (reading.journal(held), reading.counterpart(held))
        )
        kinds = reading.account_kinds([counterpart for _, counterpart in journals], vat_codes)
        periods = self._periods(read)
        return PackageSettings(
            ledger_accounts=read.all(
                "ledger_accounts", lambda: listed("ledger_account"), partial(reading.ledger_account, kinds=kinds)
            ),
            vat_codes=vat_codes,
            journals=tuple(journal for journal, _ in journals),
            payment_conditions=read.all(
                "payment_conditions", lambda: listed("payment_term"), reading.payment_condition
            ),
            cost_centres=read.all("cost_centres", lambda: listed("cost_center"), reading.cost_centre),
            periods=periods or (),
            unknown=(*read.unknown, *(["periods"] if periods is None and "periods" not in read.unknown else [])),
        )

    def _settled_choices(self) -> Choices:
        try:
            return self._choices
        except CannotMapError as error:
            raise NotAllowedError(error.problems[0].reason) from None

    def _periods(self, read: answering.SettingsReader) -> tuple[Period, ...] | None:
        """None where they aren't told in a form that we know: then Minox judges."""
        own = self.connection.administration.rpartition("/")[2]
        held = read.all("periods", self._client.administrations, dict)
        record = next((one for one in held if str(one.get("id")) == own), None)
        try:
            return reading.periods(record) if record else None
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def outstanding(self, kinds: Sequence[OutstandingKind], after: str | None = None) -> OutstandingPage:
        number, at = place(after)
        kind = kinds[number]
        records, at = self._client.read_page(_OPEN_ITEMS[kind], _STATUS_OPEN, after=at)
        chosen = self._settled_choices()
        items = answering.understood(_NAME, lambda held: tuple(reading.outstanding_items(kind, held, chosen)), records)
        return OutstandingPage(items, following(number, at, len(kinds)))

    def booked(self, since: date, until: date, after: str | None = None) -> BookedPage:
        journals = self._journals()
        records, following_page = booked.page(self._client, self._years(since, until), after)
        make = partial(booked.entries, journals=journals, since=since, until=until)
        return BookedPage(answering.understood(_NAME, make, records), following_page)

    def _journals(self) -> Sequence[Journal]:
        settings = self.settings_at_hand
        if "journals" in settings.unknown:
            raise NotAllowedError("the account may not read the journals")
        return settings.journals

    def _years(self, since: date, until: date) -> list[int]:
        """The financial years that the days lie in; a year of the calendar where Minox doesn't tell its own."""
        settings = self.connection.settings
        told = {p.year for p in (settings.periods if settings else ()) if p.start <= until and p.end >= since}
        return sorted(told) or list(range(since.year, until.year + 1))

    # --- posting

    def prepare(self, request: PostingRequest) -> Mapping[str, str]:
        """The id of the booking, on record before the call. Relations have a number and need none."""
        if isinstance(request.document, Customer | Supplier):
            return {}
        return {mapping.BATCH_FACT: mapping.batch_id(request)}

    def refusal(self, words: str, document: Document) -> Problem:
        return problem_of(words, document)

    def forbidden(self, words: str) -> Problem:
        return texts.FORBIDDEN(evidence=words)


def _administration(tenant: str, record: Record) -> Administration:
    name = reading.administration_name(record)
    return Administration(code=f"{tenant}/{reading.code(record['id'])}", name=name)
