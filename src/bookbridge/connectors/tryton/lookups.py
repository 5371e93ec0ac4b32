"""Ids of what documents name and Tryton's settings don't list: looked up once, and kept in the engine's directory."""

from datetime import date
from typing import Any

from bookbridge.connectors.tryton import texts
from bookbridge.connectors.tryton.client import TrytonClient
from bookbridge.connectors.tryton.mapping import CompanyCurrency
from bookbridge.kit.contract import Directory
from bookbridge.kit.errors import CannotMapError, NotAllowedError

CATEGORIES = {"customer": "Customer", "supplier": "Supplier"}
"""A party of Tryton is neither; ours are put in these categories, which Tryton gets when it hasn't got them."""
BANK_FIELD = "bank_accounts"


class Lookups:
    """The lookups of one company."""

    def __init__(self, client: TrytonClient, directory: Directory, company: str) -> None:
        self._client = client
        self._directory = directory
        self._company = company

    @property
    def company(self) -> int:
        return int(self._company)

    def home(self) -> CompanyCurrency:
        """The company's own currency. Raises the errors of kit.errors."""
        kept = self._directory.get("company_currency", self._company)
        if kept is None:
            found = self._client.read_some(
                "company.company", [["id", "=", self.company]], ("currency", "currency.code"), 1
            )
            if not found:
                raise NotAllowedError("the user of the key does not see the company in Tryton")
            kept = f"{found[0]['currency']['id']} {found[0]['currency']['code']}"
            self._directory.put("company_currency", self._company, kept)
        id, code = kept.split()
        return CompanyCurrency(int(id), code)

    def currency(self, code: str) -> int:
        """Raises CannotMapError when Tryton hasn't got it."""
        found = self._known("currency", code, "currency.currency", [["code", "=", code]])
        if found is None:
            raise CannotMapError((texts.CODE_UNKNOWN(field="currency", value=code),))
        return found

    def country(self, code: str) -> int | None:
        return self._known("country", code, "country.country", [["code", "=", code.upper()]])

    def period(self, day: date) -> int:
        """The standard period of a day. Raises CannotMapError where there is none."""
        domain: list[Any] = [["start_date", "<=", day], ["end_date", ">=", day], ["type", "=", "standard"]]
        company = ["fiscalyear.company", "=", self.company]
        found = self._known("period", day.isoformat(), "account.period", [*domain, company])
        if found is None:
            raise CannotMapError((texts.PERIOD_MISSING(field="entry_date", value=day.isoformat()),))
        return found

    def control_account(self, name: str) -> int | None:
        """The company's account_receivable or account_payable, for parties without one of their own."""
        kept = self._directory.get("default_account", name)
        if kept is None:
            field = f"default_{name}"
            found = self._client.read_some("account.configuration", [], (field,), 1)
            id = found[0].get(field) if found else None
            if not id:
                return None
            kept = str(id)
            self._directory.put("default_account", name, kept)
        return int(kept)

    def category(self, role: str) -> int:
        """The category of a role; made when there is none."""
        name = CATEGORIES[role]
        found = self._known("category", role, "party.category", [["name", "=", name], ["parent", "=", None]])
        if found is None:
            found = int(self._client.create("party.category", {"name": name}, ("id",))["id"])
            self._directory.put("category", role, str(found))
        return found

    def keeps_bank_accounts(self) -> bool:
        """Whether Tryton's module for bank accounts is activated: without it a party has no such field."""
        kept = self._directory.get("module", "bank")
        if kept is None:
            domain = [["name", "=", "bank"], ["state", "=", "activated"]]
            kept = "yes" if self._client.read_some("ir.module", domain, ("id",), 1) else "no"
            self._directory.put("module", "bank", kept)
        return kept == "yes"

    def _known(self, kind: str, code: str, model: str, domain: list[Any]) -> int | None:
        kept = self._directory.get(kind, code)
        if kept is not None:
            return int(kept)
        found = self._client.read_some(model, domain, ("id",), 1)
        if not found:
            return None
        self._directory.put(kind, code, str(found[0]["id"]))
        return int(found[0]["id"])
