"""The books of one simulated office: dimensions and transactions as records, and what is looked up in them."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bookbridge.connectors.twinfield.simulator.seed import CONTROL, CURRENCIES
from bookbridge.kit.simulation import SimulatorClock, SimulatorStore

Record = dict[str, Any]
CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


class Books:
    """One office."""

    def __init__(self, store: SimulatorStore, office: str, clock: SimulatorClock) -> None:
        self.store = store
        self.office = office
        self.clock = clock

    # --- dimensions

    def dimension(self, type: str, code: str) -> Record | None:
        return self.store.get("dimension", self.office, f"{type}/{code}")

    def account(self, code: str) -> Record | None:
        return self.dimension("BAS", code) or self.dimension("PNL", code)

    def dimensions(self, type: str) -> list[Record]:
        return [found for found in self.store.all("dimension", self.office) if found["type"] == type]

    def keep_dimension(self, data: Record) -> None:
        key = f"{data['type']}/{data['code']}"
        if self.store.get("dimension", self.office, key) is None:
            self.store.add("dimension", self.office, key, data, code=key)
        else:
            self.store.put("dimension", self.office, key, data, code=key)

    # --- what transactions need

    def daybook(self, code: str) -> Record | None:
        return self.store.by_code("daybook", self.office, code)

    def vat(self, code: str) -> Record | None:
        return self.store.by_code("vat", self.office, code)

    def vat_accounts(self) -> set[str]:
        return {account for one in self.store.all("vat", self.office) for account, _share in one["accounts"]}

    def period(self, text: str) -> Record | None:
        return self.store.by_code("period", self.office, text)

    def period_of(self, day: date) -> str:
        """The period in whose days a date lies; where there is none, how it would be called."""
        for period in self.store.all("period", self.office):
            end = date.fromisoformat(period["end"])
            if end.replace(day=1) <= day <= end:
                return f"{period['year']}/{period['number']:02}"
        return f"{day.year}/{day.month:02}"

    def rate(self, currency: str) -> Decimal | None:
        return Decimal(CURRENCIES[currency]) if currency in CURRENCIES else None

    # --- transactions

    def transactions(self) -> list[Record]:
        return self.store.all("transaction", self.office)

    def transaction(self, code: str, number: str) -> Record | None:
        return self.store.get("transaction", self.office, f"{code}/{number}")

    def next_number(self, code: str, year: int) -> str:
        return str(self.store.next_number(f"{self.office}:{code}:{year}", year * 100_000 + 1))

    def keep_transaction(self, data: Record, *, is_new: bool) -> None:
        key = f"{data['code']}/{data['number']}"
        if is_new:
            self.store.add("transaction", self.office, key, data, code=key)
        else:
            self.store.put("transaction", self.office, key, data, code=key)

    def lines_of(self, relation_type: str) -> Iterator[tuple[Record, Record]]:
        """Each line that is on a relation of a type, with its transaction."""
        for transaction in self.transactions():
            for line in transaction["lines"]:
                if line["dim1"] == CONTROL[relation_type] and line.get("dim2"):
                    yield transaction, line


def signed(line: Record, name: str = "value") -> Decimal:
    """A line's amount, positive on debit."""
    amount = Decimal(line[name])
    return -amount if line["debitcredit"] == "credit" else amount
