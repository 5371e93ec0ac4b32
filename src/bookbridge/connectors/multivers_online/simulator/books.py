"""One administration's books: lookups, checks, numbering and the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bookbridge.connectors.multivers_online.simulator import seed
from bookbridge.connectors.multivers_online.simulator.settings import MultiversSimulatorSettings
from bookbridge.connectors.multivers_online.simulator.texts import RefusedError
from bookbridge.kit.simulation import CodeInUseError, Narrowing, SimulatorClock, SimulatorStore

Record = dict[str, Any]
CENT = Decimal("0.01")
LAST_NUMBER = 9999


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def required(fields: Mapping[str, Any], name: str) -> Any:
    """A field that must be filled. Raises RefusedError."""
    value = fields.get(name)
    if value is None or value in ("", []):
        raise RefusedError("missing", field=name)
    return value


def limited(fields: Mapping[str, Any], rooms: Mapping[str, int]) -> None:
    """Raises RefusedError for a text that is longer than its field."""
    for name, room in rooms.items():
        if len(str(fields.get(name) or "")) > room:
            raise RefusedError("too_long", field=name, room=room)


def day_of(fields: Mapping[str, Any], name: str) -> date:
    """A date as the JsonAndXml guide writes it, or in ISO form. Raises RefusedError."""
    text = str(required(fields, name))
    for form in ("%d-%m-%Y", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - dates carry no zone here.
        except ValueError:
            continue
    raise RefusedError("bad_date", field=name)


@dataclass(frozen=True)
class Books:
    """The books of one administration."""

    store: SimulatorStore
    database: str
    settings: MultiversSimulatorSettings
    clock: SimulatorClock

    # --- lookups and checks

    def all(self, kind: str, reference: str | None = None) -> list[Record]:
        narrowing = Narrowing(reference=reference) if reference is not None else None
        return self.store.all(kind, self.database, narrowing)

    def get(self, kind: str, id: object) -> Record | None:
        return self.store.get(kind, self.database, str(id))

    def known(self, kind: str, id: object, refusal: str, **parts: object) -> Record:
        """A record that must be there. Raises RefusedError."""
        found = self.get(kind, id)
        if found is None:
            raise RefusedError(refusal, **parts)
        return found

    def check_period(self, year: Any, period: Any) -> None:
        """Raises RefusedError for a year or period that isn't there or is closed."""
        self.known("fiscal_year", year, "year_unknown", year=year)
        if year in self.settings.closed_years:
            raise RefusedError("year_closed", year=year)
        found = self.known("period", f"{year}/{period}", "period_unknown", year=year, period=period)
        if found["closed"]:
            raise RefusedError("period_closed", year=year, period=period)

    def journal(self, code: str, *types: int) -> Record:
        """A journal of a type. Raises RefusedError."""
        found = self.known("journal", code, "journal_unknown", journal=code)
        if types and found["journalType"] not in types:
            raise RefusedError("journal_unfit", journal=code)
        return found

    def check_line(self, line: Mapping[str, Any], year: int) -> None:
        """Raises RefusedError for a ledger account, cost centre, cost unit or VAT code that can't be used."""
        limited(line, {"description": 30, "accountId": 8, "costCentreId": 8, "costUnitId": 8})
        code = required(line, "accountId")
        account = self.known("account", f"{year}/{code}", "account_unknown", account=code, year=year)
        if account["blocked"]:
            raise RefusedError("account_blocked", account=code)
        if account["accountTypeId"] in {seed.DEBTORS, seed.CREDITORS, seed.VAT}:
            raise RefusedError("account_unfit", account=code)
        if account["costCentreIdRequired"] and not line.get("costCentreId"):
            raise RefusedError("cost_centre_missing", account=code)
        for field, kind in (("costCentreId", "cost_centre"), ("costUnitId", "cost_unit")):
            if line.get(field):
                self.known(kind, line[field], f"{kind}_unknown", code=line[field])
        if line.get("vatCodeId") is not None:
            self.known("vat_code", line["vatCodeId"], "vat_unknown", code=line["vatCodeId"])

    def percentage(self, vat_code_id: object) -> Decimal:
        return Decimal(self.known("vat_code", vat_code_id, "vat_unknown", code=vat_code_id)["vatPercentage"])

    # --- numbering

    def next_number(self, year: int, journal: str) -> int:
        """The number after the last one in use; by another reading, one that nobody was told before."""
        used = [record["transactionId"] for record in self.all("transaction", f"{year}/{journal}")]
        number = max(used, default=0) + 1
        if self.settings.draw_reserves:
            name = f"drawn:{self.database}:{year}:{journal}"
            number = max(number, int(self.store.note(name) or 0) + 1)
            self.store.set_note(name, str(number))
        return number

    def take_number(self, year: int, journal: str, number: Any, day: date, description: str) -> None:
        """Raises RefusedError for a number that is in use or out of range."""
        if not isinstance(number, int) or not 0 <= number <= LAST_NUMBER:
            raise RefusedError("range")
        entry = {"transactionId": number, "transactionDate": day.isoformat(), "description": description}
        try:
            self.store.add(
                "transaction", self.database, f"{year}/{journal}/{number}", entry, reference=f"{year}/{journal}"
            )
        except CodeInUseError as error:
            raise RefusedError("number_taken", number=number, journal=journal) from error

    # --- the ledger

    def write(self, place: str, account: str, amount: Decimal, line: Mapping[str, Any]) -> None:
        """One ledger line, debit positive, in the base currency, of the entry at a place (year/journal/number)."""
        year, journal, number = place.split("/")
        record = {
            "accountId": account,
            "debitAmount": str(max(amount, Decimal(0))),
            "creditAmount": str(max(-amount, Decimal(0))),
            "journalId": journal,
            "journalTransaction": int(number),
            "fiscalYear": int(year),
            **line,
        }
        count = self.store.next_number(f"line:{self.database}")
        self.store.add("line", self.database, str(count), record, reference=place)

    def lines(self, place: str) -> list[Record]:
        return self.all("line", place)
