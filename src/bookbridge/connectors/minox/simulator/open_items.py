"""Open items: what the bookings and payments of one relation and one invoice number add up to."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox.simulator.batches import Batch, Batches
from bookbridge.connectors.minox.simulator.lines import Line, party, signed
from bookbridge.connectors.minox.simulator.settings import MinoxSimulatorSettings
from bookbridge.kit.simulation import ControlError, SimulatorStore

Item = dict[str, Any]
SIDES: Final = {"receivable": "customer", "payable": "supplier"}
UNMATCHED: Final = 0
"""The invoice number of a payment that is linked to no invoice."""


class OpenItems:
    """Both lists of one administration."""

    def __init__(
        self, store: SimulatorStore, administration: str, batches: Batches, settings: MinoxSimulatorSettings
    ) -> None:
        self._store = store
        self._administration = administration
        self._batches = batches
        self._settings = settings

    def all(self, side: str) -> list[Item]:
        """Every item of a side, settled ones too; amounts as text."""
        items: dict[tuple[str, int], Item] = {}
        for batch in self._batches.all():
            for line in _of(batch, SIDES[side]):
                self._add(items, side, line)
        for payment in self._store.all("payment", self._administration):
            if payment["side"] == side:
                self._pay(items, side, payment)
        return [self._shown(item) for item in items.values()]

    def open(self, side: str) -> list[Item]:
        return [item for item in self.all(side) if Decimal(item["balance"])]

    def pay(self, side: str, account: str, invoice: int, amount: Decimal) -> None:
        """Book a payment. Raises ControlError for a relation that isn't there."""
        if self._batches.lookup(SIDES[side], account) is None:
            raise ControlError(f"There is no {SIDES[side]} {account}.")
        number = self._store.next_number("payment")
        payment = {"side": side, "account": account, "invoice": invoice, "amount": str(amount), "number": number}
        self._store.add("payment", self._administration, str(number), payment)

    def _add(self, items: dict[tuple[str, int], Item], side: str, line: Line) -> None:
        on = party(line)
        number = line.get("invoice_number")
        if on is None or number is None:
            return
        item = self._item(items, side, on[1], number)
        item["total"] += signed(line) * (1 if side == "receivable" else -1)
        item["invoice_date"] = item["invoice_date"] or line["document_date"]
        item["due_date"] = item["due_date"] or line.get("due_date")
        item["currency"] = item["currency"] or line.get("currency")

    def _pay(self, items: dict[tuple[str, int], Item], side: str, payment: dict[str, Any]) -> None:
        number = payment["invoice"] or -payment["number"]
        item = self._item(items, side, payment["account"], number)
        item["paid"] += Decimal(payment["amount"])

    def _item(self, items: dict[tuple[str, int], Item], side: str, account: str, number: int) -> Item:
        empty = {"total": Decimal(0), "paid": Decimal(0), "invoice_date": None, "due_date": None, "currency": None}
        return items.setdefault((account, number), {"side": side, "account": account, "number": number, **empty})

    def _shown(self, item: Item) -> Item:
        sign = self._settings.payable_sign if item["side"] == "payable" else 1
        relation = self._batches.lookup(SIDES[item["side"]], item["account"]) or {}
        name = next((address.get("name") for address in relation.get("addresses") or []), None)
        return {
            "type": item["side"],
            "account_id": int(item["account"]),
            "account": {"id": item["account"], "scheme": "MINOX", "type": SIDES[item["side"]], "description": name},
            "invoice_number": max(item["number"], UNMATCHED),
            "invoice_date": _stamp(item["invoice_date"]),
            "due_date": _stamp(item["due_date"]),
            "total": str(sign * item["total"]),
            "paid": str(sign * item["paid"]),
            "balance": str(sign * (item["total"] - item["paid"])),
            "blocked": 0,
            "currency": item["currency"] or {"id": "EUR"},
            "document_id": None,
        }


def _of(batch: Batch, kind: str) -> Iterator[Line]:
    for line in batch["lines"]:
        on = party(line)
        if on is not None and on[0] == kind:
            yield line


def _stamp(day: str | None) -> str | None:
    return f"{day}T00:00:00.000Z" if day else None
