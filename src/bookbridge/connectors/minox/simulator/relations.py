"""Customers and suppliers of an administration: two kinds of records with numbers of their own."""

import json
from decimal import Decimal
from typing import Any

from bookbridge.connectors.minox.simulator.settings import MinoxSimulatorSettings
from bookbridge.connectors.minox.simulator.texts import NotThereError, RefusalError
from bookbridge.kit import exact_json
from bookbridge.kit.simulation import Narrowing, SimulatorStore

SHARED = frozenset(
    {
        "id",
        "externalid",
        "is_one_time",
        "addresses",
        "search",
        "language",
        "vat",
        "currency",
        "payment_term",
        "chamber_of_commerce",
        "bank_accounts",
        "aggregation",
        "blocked",
        "memo",
        "custom_fields",
    }
)
OWN = {
    "customer": frozenset({"sales", "block_sending_reminders", "block_collection"}),
    "supplier": frozenset({"block_automatic_payments", "default_payment_reference"}),
}


class Relations:
    """One kind of them in one administration."""

    def __init__(self, store: SimulatorStore, kind: str, administration: str, settings: MinoxSimulatorSettings) -> None:
        self._store = store
        self._kind = kind
        self._administration = administration
        self._settings = settings

    @staticmethod
    def shown(record: dict[str, Any]) -> dict[str, Any]:
        """The record with its amount as a number."""
        sales = record.get("sales")
        if not sales or "credit_limit" not in sales:
            return record
        return {**record, "sales": {**sales, "credit_limit": Decimal(sales["credit_limit"])}}

    def all(self) -> list[dict[str, Any]]:
        return self._store.all(self._kind, self._administration)

    def one(self, id: str) -> dict[str, Any]:
        found = self._store.get(self._kind, self._administration, id)
        if found is None:
            raise NotThereError(id)
        return found

    def by_external_id(self, external_id: str) -> dict[str, Any]:
        found = self._store.all(self._kind, self._administration, Narrowing(reference=external_id))
        if not found:
            raise NotThereError(external_id)
        return found[0]

    def by_email(self, email: str) -> dict[str, Any]:
        for record in self.all():
            for address in record.get("addresses") or []:
                if any(mail.get("email_address") == email for mail in address.get("email_addresses") or []):
                    return record
        raise NotThereError(email)

    def add(self, sent: dict[str, Any]) -> dict[str, Any]:
        body = self._kept(sent)
        id = body.get("id") or self._next_id()
        if self._store.get(self._kind, self._administration, str(id)) is not None:
            raise RefusalError(f"{self._kind}_exists", id)
        record = {"blocked": {"active": False}, **body, "id": id}
        self._check_name(record)
        reference = record.get("externalid")
        self._store.add(self._kind, self._administration, str(id), record, reference=reference)
        return record

    def change(self, id: str, sent: dict[str, Any]) -> dict[str, Any]:
        record = self.one(id)
        body = self._kept(sent)
        for name, value in body.items():
            inside = isinstance(value, dict) and isinstance(record.get(name), dict)
            record[name] = {**record[name], **value} if inside and self._settings.patch == "merge" else value
        self._check_name(record)
        self._store.put(self._kind, self._administration, id, record, reference=record.get("externalid"))
        return record

    def _kept(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The body as it is kept: an amount is text there. Raises RefusalError."""
        body: dict[str, Any] = json.loads(exact_json.dumps(sent), parse_float=str)
        sales = body.get("sales")
        if sales and "credit_limit" in sales:
            sales["credit_limit"] = str(sales["credit_limit"])
        unknown = sorted(set(body) - SHARED - OWN[self._kind])
        if unknown:
            raise RefusalError("unknown_field", unknown[0])
        if "id" in body and (not isinstance(body["id"], int) or isinstance(body["id"], bool)):
            raise RefusalError("body", "id")
        term = (body.get("payment_term") or {}).get("id")
        if term is not None and self._store.get("payment_term", self._administration, str(term)) is None:
            raise RefusalError("payment_term_unknown", term)
        return body

    def _check_name(self, record: dict[str, Any]) -> None:
        addresses = record.get("addresses") or []
        if not any(isinstance(address, dict) and address.get("name") for address in addresses):
            raise RefusalError("name_missing")

    def _next_id(self) -> int:
        return max((int(record["id"]) for record in self.all()), default=0) + 1
