"""One division's books: what is looked up in them, and how relations are kept."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bookbridge.connectors.exact_online.simulator.texts import BusinessRefusalError
from bookbridge.connectors.exact_online.simulator.values import pad_account_code, pad_vat_code
from bookbridge.kit.simulation import CodeInUseError, SimulatorClock, SimulatorStore

CENT = Decimal("0.01")
USER_ID = "5f0c1a52-9d0e-4c11-8a0d-3c1b2a4d5e6f"
USER_NAME = "Demo Boekhouder"
FIRST_ACCOUNT_CODE = 10001
DEFAULT_PAYMENT_CONDITION = "30"
"""Used when neither the entry nor the account names one."""


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def required(fields: Mapping[str, Any], name: str) -> Any:
    """A field that must be filled. Raises BusinessRefusalError."""
    value = fields.get(name)
    if value is None or value in ("", []):
        raise BusinessRefusalError("mandatory", field=name)
    return value


class NotThereError(Exception):
    """There is no record with this id."""


@dataclass(frozen=True)
class Books:
    """The books of one division."""

    store: SimulatorStore
    division: int
    clock: SimulatorClock

    @property
    def administration(self) -> str:
        """The division as the store's key."""
        return str(self.division)

    def now_text(self) -> str:
        """This moment as the store keeps it."""
        return self.clock.now().replace(tzinfo=None, microsecond=0).isoformat()

    def stamps(self) -> dict[str, Any]:
        """The fields that say who made a record and when."""
        now = self.now_text()
        who = {"CreatorFullName": USER_NAME, "Creator": USER_ID, "Modifier": USER_ID, "ModifierFullName": USER_NAME}
        return {"Created": now, "Modified": now, "Division": self.division, **who}

    # --- lookups

    def by_id(self, kind: str, target: str, id: str) -> dict[str, Any]:
        """A record by its guid. Raises BusinessRefusalError naming the target."""
        found = self.store.get(kind, self.administration, id)
        if found is None:
            raise BusinessRefusalError("bad_reference", target=target)
        return found

    def journal(self, code: str, journal_type: int) -> dict[str, Any]:
        """A journal of a type, by its code. Raises BusinessRefusalError."""
        journal = self.store.by_code("journal", self.administration, code.strip())
        if journal is None:
            raise BusinessRefusalError("bad_reference", target="Journals")
        if journal["Type"] != journal_type:
            raise BusinessRefusalError("wrong_journal")
        if journal.get("_blocked"):
            raise BusinessRefusalError("blocked_journal")
        return journal

    def gl_account(self, id: str) -> dict[str, Any]:
        """A ledger account that may be booked on. Raises BusinessRefusalError."""
        account = self.by_id("gl_account", "GLAccounts", id)
        if account["IsBlocked"]:
            raise BusinessRefusalError("blocked_gl_account")
        return account

    def gl_account_of_type(self, account_type: int) -> dict[str, Any]:
        """The first ledger account of a type: the control account of debtors (20) or creditors (22)."""
        accounts = self.store.all("gl_account", self.administration)
        return next(account for account in accounts if account["Type"] == account_type)

    def vat_code(self, code: str | None, side: str | None) -> dict[str, Any] | None:
        """A VAT code for sales (S), purchases (P) or either (none). Raises BusinessRefusalError."""
        if not code or not code.strip():
            return None
        found = self.store.by_code("vat_code", self.administration, code.strip())
        if found is None:
            raise BusinessRefusalError("bad_reference", target="VATCodes")
        if found["IsBlocked"] or (side and found["VATTransactionType"] not in {"B", side}):
            raise BusinessRefusalError("vat_not_allowed")
        return found

    def check_period(self, journal_code: str, year: int, period: int) -> None:
        """Raises BusinessRefusalError for a period that does not exist or is closed for a journal."""
        found = self.store.by_code("period", self.administration, f"{year}/{period}")
        if found is None:
            raise BusinessRefusalError("unknown_year")
        if found["_closed"] or journal_code in found["_closed_journals"]:
            raise BusinessRefusalError("period_closed", year=year, period=period)

    def check_dimensions(self, line: Mapping[str, Any], gl_account: Mapping[str, Any]) -> None:
        """Raises BusinessRefusalError for a cost centre or unit that is missing, unknown or not for this account."""
        for field, kind, use, problem in (
            ("CostCenter", "cost_center", "UseCostcenter", "cost_center"),
            ("CostUnit", "cost_unit", "UseCostunit", "cost_unit"),
        ):
            code = (line.get(field) or "").strip()
            if not code and gl_account[use] == 1:
                raise BusinessRefusalError("mandatory", field=field)
            known = code and self.store.by_code(kind, self.administration, code) is not None
            if code and (not known or gl_account[use] == 2):
                raise BusinessRefusalError(problem)

    def rate(self, currency: str, given: str | None) -> Decimal:
        """Units of the division's currency for one of this one. Raises BusinessRefusalError."""
        found = self.store.by_code("currency", self.administration, currency)
        if found is None:
            raise BusinessRefusalError("bad_reference", target="Currencies")
        return Decimal(given) if given else Decimal(found["_rate"])

    def payment_condition(self, code: str | None) -> dict[str, Any]:
        """A payment condition by code, or the default one. Raises BusinessRefusalError."""
        wanted = (code or DEFAULT_PAYMENT_CONDITION).strip()
        found = self.store.by_code("payment_condition", self.administration, wanted)
        if found is None:
            raise BusinessRefusalError("bad_reference", target="PaymentConditions")
        return found

    def entry_number(self, kind: str, journal_code: str, year: int, given: int | None) -> int:
        """The number of a new entry: the given one, or the next free one of the journal."""
        if given is not None:
            return given
        while True:
            start = (year % 100) * 1_000_000 + int(journal_code) * 10_000 + 1
            number = self.store.next_number(f"{self.division}:{journal_code}:{year}", start)
            if self.store.by_code(kind, self.administration, f"{journal_code}/{number}") is None:
                return number

    def keep(self, kind: str, id: str, data: dict[str, Any], *, code: str | None, reference: str | None) -> None:
        """Keep a new entry. Raises BusinessRefusalError when its number is in use in the journal."""
        try:
            self.store.add(kind, self.administration, id, data, code=code, reference=reference)
        except CodeInUseError as error:
            raise BusinessRefusalError("number_in_use") from error

    # --- relations

    def add_account(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Make a customer or supplier. Raises BusinessRefusalError."""
        required(fields, "Name")
        account = {"ID": str(uuid.uuid4()), **_NEW_ACCOUNT, **fields, **self.stamps()}
        account["Code"] = pad_account_code(fields.get("Code") or self._free_account_code())
        self._complete_account(account)
        try:
            self.store.add("account", self.administration, account["ID"], account, code=account["Code"].strip())
        except CodeInUseError as error:
            raise BusinessRefusalError("exists") from error
        return account

    def change_account(self, id: str, fields: dict[str, Any]) -> None:
        """Change a customer or supplier. Raises BusinessRefusalError, NotThereError."""
        old = self.store.get("account", self.administration, id)
        if old is None:
            raise NotThereError(id)
        stamps = self.stamps()
        account = {**old, **fields, "Modified": stamps["Modified"]}
        required(account, "Name")
        account["Code"] = pad_account_code(account["Code"] or old["Code"])
        self._complete_account(account)
        try:
            self.store.put("account", self.administration, id, account, code=account["Code"].strip())
        except CodeInUseError as error:
            raise BusinessRefusalError("exists") from error

    def _free_account_code(self) -> str:
        while True:
            code = str(self.store.next_number(f"{self.division}:account", FIRST_ACCOUNT_CODE))
            if self.store.by_code("account", self.administration, code) is None:
                return code

    def _complete_account(self, account: dict[str, Any]) -> None:
        for side in ("Sales", "Purchase"):
            if account.get(f"PaymentCondition{side}"):
                condition = self.payment_condition(account[f"PaymentCondition{side}"])
                account[f"PaymentCondition{side}Description"] = condition["Description"]
            vat_code = self.vat_code(account.get(f"{side}VATCode"), None)
            if vat_code is not None:
                account[f"{side}VATCode"] = pad_vat_code(vat_code["Code"])
                account[f"{side}VATCodeDescription"] = vat_code["Description"]
            if account.get(f"{side}Currency"):
                self.rate(account[f"{side}Currency"], None)
            if account.get(f"GLAccount{side}"):
                self.by_id("gl_account", "GLAccounts", account[f"GLAccount{side}"])
        for name in ("GLAR", "GLAP"):
            if account.get(name):
                self.by_id("gl_account", "GLAccounts", account[name])
        account["IsSales"] = account.get("Status") == "C"
        account["IsPurchase"] = bool(account.get("IsSupplier"))

    def add_bank_account(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Give an account a bank account; the first one becomes the main one. Raises BusinessRefusalError."""
        owner = self.by_id("account", "Accounts", required(fields, "Account"))
        required(fields, "BankAccount")
        others = [b for b in self.store.all("bank_account", self.administration) if b["Account"] == owner["ID"]]
        bank_account = {
            "ID": str(uuid.uuid4()),
            **fields,
            **self.stamps(),
            "AccountName": owner["Name"],
            "IBAN": fields["BankAccount"],
            "Type": "A",
            "Main": bool(fields.get("Main")) or not others,
        }
        self.store.add(
            "bank_account", self.administration, bank_account["ID"], bank_account, reference=bank_account["Account"]
        )
        if bank_account["Main"]:
            for other in others:
                self.store.put(
                    "bank_account", self.administration, other["ID"], {**other, "Main": False}, reference=owner["ID"]
                )
        return bank_account


_NEW_ACCOUNT: dict[str, Any] = {"Blocked": False, "IsSupplier": False, "IsBank": False, "Type": "A", "Status": None}


def due_date(invoice_date: str, condition: Mapping[str, Any]) -> str:
    """Month ends first, then days: the order in the reference of cashflow/PaymentConditions."""
    day = datetime.fromisoformat(invoice_date)
    months = condition["PaymentEndOfMonths"]
    if months:
        # The reference's example: 17 January with two month ends is due 31 March, so its own month does not count.
        index = day.year * 12 + day.month - 1 + months + 1
        day = datetime(index // 12, index % 12 + 1, 1) - timedelta(days=1)  # noqa: DTZ001 - dates carry no zone here.
    return (day + timedelta(days=condition["PaymentDays"])).isoformat()


def date_or_today(books: Books, given: str | None) -> str:
    """A date field, or today at midnight."""
    return given or f"{books.now_text()[:10]}T00:00:00"
