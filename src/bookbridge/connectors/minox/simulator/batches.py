"""Bookings: a batch of lines under an id that the caller chose, with the VAT that Minox adds by its own settings.

Every batch is in balance in the end, or it isn't taken.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bookbridge.connectors.minox.simulator import seed
from bookbridge.connectors.minox.simulator.lines import UUID4, Line, LineChecks, party, signed
from bookbridge.connectors.minox.simulator.settings import MinoxSimulatorSettings
from bookbridge.connectors.minox.simulator.texts import NotThereError, RefusalError
from bookbridge.kit.simulation import SimulatorStore

CENT = Decimal("0.01")
Batch = dict[str, Any]
"""`lines` as they were sent, with the numbers they got; `vat`: amounts by line; `added`: what Minox booked besides."""


class Batches:
    """The bookings of one administration."""

    def __init__(self, store: SimulatorStore, administration: str, settings: MinoxSimulatorSettings) -> None:
        self._store = store
        self._administration = administration
        self._settings = settings

    def all(self) -> list[Batch]:
        return self._store.all("batch", self._administration)

    def one(self, id: str) -> Batch:
        found = self._store.get("batch", self._administration, id)
        if found is None:
            raise NotThereError(id)
        return found

    def put(self, id: str, body: Any) -> Batch:
        """Make the booking, or overwrite the one of this id. Raises RefusalError."""
        if self._settings.uuid4_only and not UUID4.fullmatch(id):
            raise RefusalError("batch_id", id)
        lines = LineChecks(self.lookup, self._settings).read(body)
        self._number(id, lines)
        vat = self._vat(lines)
        added = self._added(lines, vat)
        batch = {"id": id, "lines": lines, "vat": vat, "added": added, "within": self._settings.vat_booking == "within"}
        left = ledger_sum(batch)
        if left:
            added.append(self._difference(left))
        self.keep(batch)
        return batch

    def keep(self, batch: Batch) -> None:
        if self._store.get("batch", self._administration, batch["id"]) is None:
            self._store.add("batch", self._administration, batch["id"], batch)
        else:
            self._store.put("batch", self._administration, batch["id"], batch)

    def remove(self, id: str) -> None:
        self.one(id)
        self._store.remove("batch", self._administration, id=id)

    def lookup(self, resource: str, id: object) -> dict[str, Any] | None:
        """A record of the administration."""
        if resource == "administration":
            return seed.administration(self._administration)
        return self._store.get(resource, self._administration, str(id))

    def journal_type(self, batch: Batch) -> str:
        journal = self.lookup("journal", batch["lines"][0]["journal"]["id"])
        return str(journal["type"]) if journal else ""

    # --- numbers

    def _number(self, id: str, lines: list[Line]) -> None:
        first = lines[0]
        journal = self.lookup("journal", first["journal"]["id"])
        assert journal is not None
        others = [batch for batch in self.all() if batch["id"] != id]
        series = (first["journal"]["id"], first["period"]["fiscal_year"])
        used = [
            batch["lines"][0]["entry_number"]
            for batch in others
            if (batch["lines"][0]["journal"]["id"], batch["lines"][0]["period"]["fiscal_year"]) == series
        ]
        number = first.get("entry_number")
        if number is not None and not journal["free_entry_number_input"]:
            raise RefusalError("entry_not_free", number)
        if number in used and self._settings.duplicate_entry == "refuse":
            raise RefusalError("entry_in_use", number)
        number = number or max(used, default=0) + 1
        for line in lines:
            line["entry_number"] = number
        if journal["type"] in {"sales", "purchase"}:
            self._number_invoice(lines, others)

    def _number_invoice(self, lines: list[Line], others: list[Batch]) -> None:
        for line in lines:
            on = party(line)
            if line.get("invoice_number") is None:
                if self._settings.without_invoice_number == "refuse":
                    raise RefusalError("invoice_missing")
            elif on and self._settings.duplicate_invoice == "refuse":
                held = {(party(other), other.get("invoice_number")) for batch in others for other in batch["lines"]}
                if (on, line["invoice_number"]) in held:
                    raise RefusalError("invoice_in_use", line["invoice_number"])
        if any(line.get("invoice_number") is None for line in lines):
            number = self._store.next_number(f"invoice:{self._administration}", 90_000_001)
            for line in lines:
                line["invoice_number"] = number

    # --- VAT

    def _vat(self, lines: list[Line]) -> dict[str, str]:
        """The VAT of each line, by its position, counted like the line: debit positive."""
        if self._settings.vat_booking == "own_lines":
            return {}
        journal = self.lookup("journal", lines[0]["journal"]["id"])
        by_itself = journal is not None and (
            journal["type"] in {"sales", "purchase"} or self._settings.vat_in_memorials
        )
        codes = {position: self._code(line, by_itself=by_itself) for position, line in enumerate(lines)}
        found = {
            str(position): str(self._amount(lines[position], code))
            for position, code in codes.items()
            if code is not None
        }
        if self._settings.vat_per == "code":
            self._round_per_code(lines, codes, found)
        return found

    def _code(self, line: Line, *, by_itself: bool) -> dict[str, Any] | None:
        if party(line):
            return None
        given = (line.get("vat") or {}).get("id")
        account = self.lookup("ledger_account", line["account"]["id"])
        own = (account["vat"] or {}).get("id") if account and by_itself else None
        return self.lookup("vat", given or own) if given or own else None

    def _amount(self, line: Line, code: dict[str, Any]) -> Decimal:
        given = (line.get("vat") or {}).get("amount")
        if given is not None:
            return Decimal(given) * (1 if signed(line) >= 0 else -1)
        return self._computed(signed(line), code)

    def _computed(self, amount: Decimal, code: dict[str, Any]) -> Decimal:
        rate = Decimal(code["percentage"])
        of = 100 + rate if self._settings.vat_booking == "within" and "verlegd" not in code["type"] else Decimal(100)
        return (amount * rate / of).quantize(CENT, rounding=ROUND_HALF_UP)

    def _round_per_code(
        self, lines: list[Line], codes: dict[int, dict[str, Any] | None], found: dict[str, str]
    ) -> None:
        for id in {code["id"] for code in codes.values() if code}:
            free = [
                position
                for position, code in codes.items()
                if code and code["id"] == id and (lines[position].get("vat") or {}).get("amount") is None
            ]
            if not free:
                continue
            total = sum((signed(lines[position]) for position in free), Decimal(0))
            code = codes[free[0]]
            assert code is not None
            rest = self._computed(total, code) - sum((Decimal(found[str(p)]) for p in free[1:]), Decimal(0))
            found[str(free[0])] = str(rest)

    def _added(self, lines: list[Line], vat: dict[str, str]) -> list[Line]:
        added = []
        for position, amount in vat.items():
            line = lines[int(position)]
            code = self._code(line, by_itself=True)
            assert code is not None
            if not Decimal(amount):
                continue
            added.append(_posting(code["ledger_account_id"], Decimal(amount), code["description"]))
            if "verlegd" in code["type"]:
                added.append(_posting(code["ledger_account_id"], -Decimal(amount), code["description"]))
                vat[position] = "0.00"
        return added

    def _difference(self, left: Decimal) -> Line:
        if self._settings.unbalanced == "refuse":
            raise RefusalError("not_balanced", abs(left))
        return _posting(seed.DIFFERENCES, -left, "Boekingsverschil")


def ledger_sum(batch: Batch) -> Decimal:
    """What the ledger's side of a batch adds up to, which must be nil."""
    total = sum((signed(line) for line in [*batch["lines"], *batch["added"]]), Decimal(0))
    # VAT within a line's amount is taken off its account.
    taken = sum((Decimal(amount) for amount in batch["vat"].values()), Decimal(0)) if batch["within"] else Decimal(0)
    return total - taken


def _posting(account: object, amount: Decimal, description: str) -> Line:
    return {
        "account": {"id": str(account), "scheme": "MINOX", "type": "ledger_account"},
        "debit": str(max(amount, Decimal(0))),
        "credit": str(max(-amount, Decimal(0))),
        "description": description,
    }
