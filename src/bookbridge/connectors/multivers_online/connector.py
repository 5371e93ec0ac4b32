"""Multivers Online: the contract, joined from client, mapping, reading, relations and entries."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from bookbridge.connectors.multivers_online import texts
from bookbridge.connectors.multivers_online.client import MultiversClient
from bookbridge.connectors.multivers_online.entries import INVOICES, Entries, NumberTakenError
from bookbridge.connectors.multivers_online.lists import NAME, Lists
from bookbridge.connectors.multivers_online.mapping import Codes
from bookbridge.connectors.multivers_online.problems import problem_of
from bookbridge.connectors.multivers_online.relations import Relations
from bookbridge.documents import Customer, Document, Problem, Supplier
from bookbridge.kit import answering
from bookbridge.kit.booked import BookedPage
from bookbridge.kit.contract import Connection, OutstandingKind, PostingRequest
from bookbridge.kit.errors import UnreachableError
from bookbridge.kit.fact_sheet import FactSheet, read_fact_sheet
from bookbridge.kit.joined import JoinedConnector
from bookbridge.kit.outcomes import Later, Outcome
from bookbridge.kit.outstanding import OutstandingPage
from bookbridge.kit.package_settings import Administration, PackageSettings


class PackageConnector(JoinedConnector):
    """One administration of Multivers Online.

    Options of a configuration: `vat_type_sales` and `vat_type_purchase` (0 goods, 1 services, 2 investments),
    `base_currency` (EUR), `payment_condition` (for invoices and relations without one), `closed_years` (`read`: open
    items of closed fiscal years are read too).
    """

    entries: Entries
    fact_sheet: ClassVar[FactSheet] = read_fact_sheet(Path(__file__).with_name("fact_sheet.toml"))

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._client = MultiversClient(connection, self.fact_sheet)
        self._lists = Lists(self._client)
        self.relations = Relations(self._client, connection.directory)
        self._base_currency = connection.options.get("base_currency") or "EUR"
        self.entries = Entries(self._client, self.relations, lambda: self._codes, self._base_currency)

    # --- reading

    def administrations(self) -> Sequence[Administration]:
        return [
            answering.understood(
                NAME,
                lambda found: Administration(
                    code=str(found["administrationId"]).strip(),
                    name=found.get("description") or str(found["administrationId"]),
                ),
                record,
            )
            for record in self._client.administrations()
        ]

    def package_settings(self) -> PackageSettings:
        return self._lists.settings(self.connection.now().year)

    def outstanding(self, kinds: Sequence[OutstandingKind], after: str | None = None) -> OutstandingPage:
        """A page is what one fiscal year's list tells of one kind: no list is of all years."""
        with_closed = self.connection.options.get("closed_years") == "read"
        years = [year.number for year in self._lists.years() if with_closed or not year.is_closed]
        places = [f"{kind} {year}" for kind in kinds for year in years]
        place = self._place(places, after)
        if place is None:
            return OutstandingPage((), None)
        kind, _, year = places[place].partition(" ")
        items = self._lists.outstanding("sales" if kind == "sales" else "purchase", int(year), years)
        return OutstandingPage(items, _following(places, place))

    def booked(self, since: date, until: date, after: str | None = None) -> BookedPage:
        years = [year.number for year in self._lists.years() if year.touches(since, until)]
        places = [f"{resource} {year}" for resource in (*INVOICES.values(), "FinTrans") for year in years]
        place = self._place(places, after)
        if place is None:
            return BookedPage((), None)
        resource, _, year = places[place].partition(" ")
        entries = self._lists.booked(resource, int(year), since, until, self._base_currency)
        return BookedPage(entries, _following(places, place))

    @staticmethod
    def _place(places: Sequence[str], after: str | None) -> int | None:
        """The number of the page to read; None where there is nothing to read at all."""
        if after is None:
            return 0 if places else None
        if after not in places:
            raise UnreachableError(f"{NAME}'s fiscal years changed while they were being read", may_have_arrived=False)
        return places.index(after)

    # --- posting

    def prepare(self, request: PostingRequest) -> Mapping[str, str]:
        document = request.document
        return {} if isinstance(document, Customer | Supplier) else self.entries.prepare(request, document)

    def refusal(self, words: str, document: Document) -> Problem:
        return problem_of(words, document)

    def forbidden(self, words: str) -> Problem:
        return texts.FORBIDDEN(evidence=words)

    def _post(self, request: PostingRequest) -> Outcome:
        try:
            return super()._post(request)
        except NumberTakenError as error:
            # Definitely not taken: a new number is drawn and stored before the next call.
            return Later(self.connection.now() + timedelta(seconds=error.wait_s), str(error))

    @cached_property
    def _codes(self) -> Codes:
        return Codes(self.settings_at_hand, self.connection.options)


def _following(places: Sequence[str], place: int) -> str | None:
    return places[place + 1] if place + 1 < len(places) else None
