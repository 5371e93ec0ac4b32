"""Customers and suppliers in Exact Online: one record (crm/Accounts) with one code serves both roles."""

from collections.abc import Callable
from typing import Any

from bookbridge.connectors.exact_online import mapping, texts
from bookbridge.connectors.exact_online.client import ExactClient, guid_literal, text_literal
from bookbridge.connectors.exact_online.mapping import Codes
from bookbridge.connectors.exact_online.problems import already_exists
from bookbridge.documents import Customer, Problem, Relation, Supplier
from bookbridge.kit.contract import Directory, RelationKind
from bookbridge.kit.errors import CannotMapError, RefusedError
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted

Record = dict[str, Any]

ACCOUNTS = "crm/Accounts"
BANK_ACCOUNTS = "crm/BankAccounts"
FIELDS = (
    "ID",
    "Code",
    "Status",
    "IsSupplier",
    *mapping.SHARED_FIELDS.values(),
    *mapping.CUSTOMER_FIELDS.values(),
    *mapping.SUPPLIER_FIELDS.values(),
)


class Relations:
    """The relations of one division."""

    def __init__(self, client: ExactClient, directory: Directory, codes: Callable[[], Codes]) -> None:
        self._client = client
        self._directory = directory
        self._codes = codes

    def find(self, kind: RelationKind, number: str) -> str | None:
        """The id of a relation that has the role; remembered for the next run."""
        record = self._read(number)
        if record is None or not _fits(kind, record):
            self._directory.forget(kind, number)
            return None
        self._directory.put(kind, number, record["ID"])
        return str(record["ID"])

    def known(self, kind: RelationKind, number: str) -> str | None:
        """The id as it is remembered, else as `find` finds it."""
        return self._directory.get(kind, number) or self.find(kind, number)

    def needed(self, kind: RelationKind, number: str, field: str) -> str:
        """Like `known`. Raises CannotMapError when there is no such relation."""
        guid = self.known(kind, number)
        if guid is None:
            raise CannotMapError((texts.RELATION_UNKNOWN(field=field, value=number),))
        return guid

    def forget(self, kind: RelationKind, number: str) -> None:
        self._directory.forget(kind, number)

    def post(self, relation: Customer | Supplier) -> Outcome:
        """Make the relation, or change what is given and differs. Safe to repeat."""
        existing = self._read(relation.number)
        if existing is None:
            try:
                return self._create(relation)
            except RefusedError as error:
                existing = self._read(relation.number) if already_exists(error.words) else None
                if existing is None:
                    raise
        return self._adapt(relation, existing)

    def update(self, relation: Customer | Supplier, guid: str) -> Outcome:
        """Change the relation with this id. Raises RefusedError when Exact no longer has it."""
        existing = self._client.read_one(ACCOUNTS, FIELDS, guid=guid)
        if existing is None:
            raise RefusedError(f"Ongeldige referentie: Relatie {relation.number}", 404)
        return self._adapt(relation, existing)

    def look_up(self, relation: Customer | Supplier) -> Found | Absent:
        """Found when the relation is there as given. One that isn't yet counts as absent: posting again makes no second
        one, since Exact keeps codes unique, but completes what a cut line or a dead worker left undone."""
        record = self._read(relation.number)
        if record is None:
            return Absent(f"{ACCOUNTS} by code {relation.number}")
        if mapping.relation_changes(relation, record, self._codes()).body:
            return Absent(f"{ACCOUNTS} by code {relation.number}: there, but not as given")
        if self._lacks_bank_account(relation, record["ID"]):
            return Absent(f"{ACCOUNTS} by code {relation.number}: there, but without the bank account")
        return Found(record["ID"], str(record["Code"]).strip())

    def _create(self, relation: Customer | Supplier) -> Outcome:
        record = self._client.create(ACCOUNTS, mapping.relation_body(relation, self._codes()))
        guid = record.get("ID") or self.find(relation.kind, relation.number)
        return self._done(relation, str(guid), made=True, notices=())

    def _adapt(self, relation: Customer | Supplier, existing: Record) -> Outcome:
        changes = mapping.relation_changes(relation, existing, self._codes())
        if changes.body:
            self._client.change(ACCOUNTS, existing["ID"], changes.body)
        notices: list[Problem] = []
        if changes.role_added and changes.kept:
            notices.append(texts.ROLE_ADDED(field="number", value=relation.number))
        elif changes.kept:
            names = ", ".join(changes.kept)
            notices.append(texts.SHARED_DETAILS_KEPT(field=changes.kept[0], value=relation.number, names=names))
        return self._done(relation, existing["ID"], made=bool(changes.body), notices=tuple(notices))

    def _done(self, relation: Customer | Supplier, guid: str, *, made: bool, notices: tuple[Problem, ...]) -> Outcome:
        self._directory.put(relation.kind, relation.number, guid)
        bank_account = self._add_bank_account(relation, guid)
        unkept = mapping.fields_not_kept(relation)
        if unkept:
            notices += (texts.FIELDS_NOT_KEPT(field=unkept[0], names=", ".join(unkept)),)
        if isinstance(bank_account, Problem):
            notices += (bank_account,)
        if made or notices or bank_account:
            return Posted(guid, relation.number, notices)
        return AlreadyThere(guid, relation.number)

    def _add_bank_account(self, relation: Relation, guid: str) -> Problem | bool:
        """Whether one was added; a Problem when Exact refused it. The relation itself is in the books by now."""
        if not self._lacks_bank_account(relation, guid):
            return False
        try:
            self._client.create(BANK_ACCOUNTS, {"Account": guid, "BankAccount": _compact(relation.bank_account)})
        except RefusedError as error:
            return texts.BANK_ACCOUNT_REFUSED(
                field="bank_account", value=relation.bank_account, evidence=error.words, words=error.words[:300]
            )
        return True

    def _lacks_bank_account(self, relation: Relation, guid: str) -> bool:
        if relation.bank_account is None:
            return False
        held = self._client.read_all(BANK_ACCOUNTS, ("ID", "BankAccount"), filter=f"Account eq {guid_literal(guid)}")
        return _compact(relation.bank_account) not in {_compact(account.get("BankAccount")) for account in held}

    def _read(self, number: str) -> Record | None:
        # Codes are kept padded with spaces in front (reference of crm/Accounts).
        filter = f"trim(Code) eq {text_literal(number.strip())}"
        return next(iter(self._client.read_all(ACCOUNTS, FIELDS, filter=filter)), None)


def _fits(kind: RelationKind, record: Record) -> bool:
    return record.get("Status") == "C" if kind == "customer" else record.get("IsSupplier") is True


def _compact(account: str | None) -> str:
    return "".join((account or "").split()).upper()
