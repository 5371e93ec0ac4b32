"""The settings of an office, read within the credits of a minute.

An app that isn't certified has 25 credits a minute for each customer (fair use policy), and each VAT code is a read of
its own. So what was read of one is remembered for the day: a reading that the credits stopped goes on where it was.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from bookbridge.connectors.twinfield import reading
from bookbridge.connectors.twinfield.client import TwinfieldClient
from bookbridge.connectors.twinfield.entries import NAME
from bookbridge.kit.answering import SettingsReader, understood
from bookbridge.kit.contract import Directory
from bookbridge.kit.errors import NotAllowedError
from bookbridge.kit.package_settings import AccountKind, CostCentre, CostUnit, Journal, PackageSettings, Period

YEARS_BACK: Final = 3
"""Years before the current one whose periods are read: a call each."""
_REMEMBERED: Final = "vat_code"
_LONGEST_REMEMBERED: Final = 200


class OfficeSettings:
    """Reads the settings of one office. Raises the errors of kit.errors."""

    def __init__(self, client: TwinfieldClient, directory: Directory, now: Callable[[], datetime]) -> None:
        self._client = client
        self._directory = directory
        self._now = now
        self._lists = SettingsReader(NAME)

    def read(self) -> PackageSettings:
        read, client = self._lists, self._client
        vat_rows = read.all("vat_codes", lambda: client.search("VAT"), list)
        facts = {row[0]: fact for row in vat_rows if (fact := self._vat_facts(row[0])) is not None}
        kinds = self._kinds(facts.values())
        return PackageSettings(
            ledger_accounts=read.all("ledger_accounts", self._accounts, lambda row: reading.ledger_account(row, kinds)),
            vat_codes=tuple(
                understood(NAME, lambda found: reading.vat_code(found, facts[found[0]]), row)
                for row in vat_rows
                if row[0] in facts
            ),
            journals=self.journals(),
            payment_conditions=reading.payment_conditions(),
            cost_centres=read.all("cost_centres", lambda: client.search("DIM", dimtype="KPL"), _cost_centre),
            cost_units=read.all("cost_units", lambda: client.search("DIM", dimtype="PRJ"), _cost_unit),
            periods=self.periods(),
            currencies=read.all("currencies", lambda: client.search("CUR"), lambda row: row[0].strip()),
            books_on_control_accounts=True,
            unknown=tuple(dict.fromkeys(read.unknown)),
        )

    def journals(self) -> tuple[Journal, ...]:
        """The daybooks of the categories that documents go to; the Finder tells the category by being asked for it."""
        found: list[Journal] = []
        for category, kind in reading.CATEGORIES.items():
            search = partial(self._client.search, "TRS", category=category)
            found += self._lists.all("journals", search, partial(reading.journal, kind=kind))
        return tuple(found)

    def periods(self, years: Iterable[int] | None = None) -> tuple[Period, ...]:
        """The periods of the years asked for, so far as there are such; of the last ones when none are named."""
        since = self._now().year - YEARS_BACK
        try:
            there = sorted(year for year in self._client.years() if (year >= since if years is None else year in years))
            read = [
                understood(NAME, partial(reading.year_of_periods, year), self._client.periods(year)) for year in there
            ]
        except NotAllowedError:
            self._lists.unknown.append("periods")
            return ()
        return reading.joined_years(read)

    def _accounts(self) -> Iterable[list[str]]:
        # The chart is in two dimension types; one alone is half of it.
        for type in ("BAS", "PNL"):
            yield from self._client.search("DIM", dimtype=type, includehidden="1")

    def _kinds(self, facts: Iterable[str]) -> dict[str, AccountKind]:
        kinds: dict[str, AccountKind] = dict.fromkeys(reading.vat_accounts(facts), "vat")
        for type, kind in _MASTERS:
            try:
                master = self._client.dimension(type, type)
            except NotAllowedError:
                master = None
            # Where it can't be read, Twinfield itself refuses a line on the account.
            if master is not None and reading.control_account(master):
                kinds[reading.control_account(master)] = kind
        return kinds

    def _vat_facts(self, code: str) -> str | None:
        today = self._now().date()
        day, _, remembered = (self._directory.get(_REMEMBERED, code) or "").partition(" ")
        if day == today.isoformat() and remembered.count("|") == 3:
            return remembered
        try:
            record = self._client.vat(code)
        except NotAllowedError:
            self._lists.unknown.append("vat_codes")
            return None
        fact = understood(NAME, lambda found: reading.vat_facts(found, today), record)
        remembering = f"{today.isoformat()} {fact}"
        if len(remembering) <= _LONGEST_REMEMBERED:
            self._directory.put(_REMEMBERED, code, remembering)
        return fact


# A dimension type has a master with its own name as code, of which new relations take their settings (php-twinfield's
# list of debtors shows it; support.coachview.net calls it so).
_MASTERS: Final[tuple[tuple[str, AccountKind], ...]] = (("DEB", "customer_control"), ("CRD", "supplier_control"))


def _cost_centre(row: Sequence[str]) -> CostCentre:
    return CostCentre(code=row[0].strip(), name=row[1])


def _cost_unit(row: Sequence[str]) -> CostUnit:
    return CostUnit(code=row[0].strip(), name=row[1])
