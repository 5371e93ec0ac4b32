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
from bookbridge.connectors.twinfield.mapping import DIMENSION_TYPES
from bookbridge.kit.answering import SettingsReader, understood
from bookbridge.kit.contract import Directory
from bookbridge.kit.errors import NotAllowedError, UnreachableError
from bookbridge.kit.package_settings import (
    AccountKind,
    CostCentre,
    CostUnit,
    Journal,
    PackageSettings,
    Period,
    RelationRules,
)

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
        rules = tuple(self._relation_rules())
        kinds = _kinds(facts.values(), rules)
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
            relation_rules=rules,
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

    def _relation_rules(self) -> Iterable[RelationRules]:
        for kind, type in DIMENSION_TYPES.items():
            try:
                master = self._client.dimension(type, type)
            except NotAllowedError:
                master = None
            # Where it can't be read, Twinfield itself refuses a line on the account.
            account = reading.control_account(master) if master is not None else None
            yield RelationRules(kind=kind, number_format=self._mask(type), control_account=account or None)

    def _mask(self, type: str) -> str | None:
        """The format of a dimension type. Whatever stops this one question, that Twinfield may not know, stops nothing
        else: without an answer it is Twinfield that refuses a code."""
        try:
            return reading.mask(self._client.dimension_type(type))
        except (NotAllowedError, UnreachableError):
            return None

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


def _kinds(facts: Iterable[str], rules: Iterable[RelationRules]) -> dict[str, AccountKind]:
    kinds: dict[str, AccountKind] = dict.fromkeys(reading.vat_accounts(facts), "vat")
    control: dict[str, AccountKind] = {"customer": "customer_control", "supplier": "supplier_control"}
    return kinds | {rule.control_account: control[rule.kind] for rule in rules if rule.control_account}


def _cost_centre(row: Sequence[str]) -> CostCentre:
    return CostCentre(code=row[0].strip(), name=row[1])


def _cost_unit(row: Sequence[str]) -> CostUnit:
    return CostUnit(code=row[0].strip(), name=row[1])
