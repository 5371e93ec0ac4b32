"""Records as Minox shows them: amounts are numbers, a batch tells the VAT that was added in one of several ways."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from bookbridge.connectors.minox.simulator.batches import Batch
from bookbridge.connectors.minox.simulator.settings import MinoxSimulatorSettings

_AMOUNTS: Final = ("debit", "credit", "total", "paid", "balance")


def numbers(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its amounts as numbers."""
    shown = {name: Decimal(value) if name in _AMOUNTS else value for name, value in record.items()}
    for name, amount in (("vat", "amount"), ("currency", "exchange_rate")):
        inside = shown.get(name)
        if isinstance(inside, dict) and inside.get(amount) is not None:
            shown[name] = {**inside, amount: Decimal(inside[amount])}
    return shown


def batch_lines(batch: Batch, settings: MinoxSimulatorSettings) -> list[dict[str, Any]]:
    """The lines of a batch that is read."""
    lines = [numbers(line) for line in batch["lines"]]
    if settings.batch_shows_vat == "amounts":
        for position, amount in batch["vat"].items():
            line = lines[int(position)]
            line["vat"] = {**(line.get("vat") or {}), "amount": abs(Decimal(amount))}
    if settings.batch_shows_vat == "lines":
        lines += [numbers({**_head(batch), **line}) for line in batch["added"]]
    return lines


def transaction_lines(batch: Batch, settings: MinoxSimulatorSettings) -> Iterator[dict[str, Any]]:
    """The lines of a batch as the ledger of a year shows them."""
    tells = {"transaction_line_batch": {"id": batch["id"]}} if settings.lines_tell_batch else {}
    for line in [*batch["lines"], *({**_head(batch), **added} for added in batch["added"])]:
        yield {**numbers(line), **tells}


def _head(batch: Batch) -> dict[str, Any]:
    names = ("journal", "period", "document_date", "entry_number", "invoice_number", "currency")
    return {name: batch["lines"][0][name] for name in names if batch["lines"][0].get(name) is not None}
