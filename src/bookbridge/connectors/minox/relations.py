"""Customers and suppliers in Minox: two kinds of records, each with a number that is the source's own.

A customer and a supplier of one number are two records, so an external id says which kind it is: `customer/4711`.
"""

from collections.abc import Callable
from typing import Any

from bookbridge.connectors.minox import mapping, relation_bodies, texts
from bookbridge.connectors.minox.client import MinoxClient
from bookbridge.connectors.minox.codes import Codes
from bookbridge.documents import Customer, Relation, Supplier
from bookbridge.kit.contract import Directory, RelationKind
from bookbridge.kit.errors import (
    CannotMapError,
    LaterError,
    NotAllowedError,
    RefusedError,
    SignInAgainError,
    UnreachableError,
)
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Outcome, Posted

Record = dict[str, Any]


class Relations:
    """The relations of one administration."""

    def __init__(self, client: MinoxClient, directory: Directory, codes: Callable[[], Codes]) -> None:
        self._client = client
        self._directory = directory
        self._codes = codes

    def find(self, kind: RelationKind, number: str) -> str | None:
        """The external id of a relation; remembered for the next run. A number that Minox can't have is nobody's."""
        try:
            record = self._read(kind, number)
        except CannotMapError:
            record = None
        if record is None:
            self._directory.forget(kind, number)
            return None
        external_id = _external_id(kind, record["id"])
        self._directory.put(kind, number, external_id)
        return external_id

    def needed(self, kind: RelationKind, number: str, field: str) -> str:
        """The external id as it is remembered, else as `find` finds it. Raises CannotMapError when there is no such
        relation."""
        mapping.relation_id(number, field)
        found = self._directory.get(kind, number) or self.find(kind, number)
        if found is None:
            raise CannotMapError((texts.RELATION_UNKNOWN(field=field, value=number),))
        return found

    def forget(self, kind: RelationKind, number: str) -> None:
        self._directory.forget(kind, number)

    def post(self, relation: Customer | Supplier) -> Outcome:
        """Make the relation, or change what is given and differs. Safe to repeat."""
        existing = self._read(relation.kind, relation.number)
        if existing is None:
            self._check_key(relation)
            try:
                return self._create(relation)
            except RefusedError:
                # It may have come to be since it was looked for; what the refusal says isn't known.
                existing = self._read(relation.kind, relation.number)
                if existing is None:
                    raise
        return self._adapt(relation, existing)

    def update(self, relation: Customer | Supplier, external_id: str) -> Outcome:
        """Change the relation with this id. Raises RefusedError when Minox no longer has it."""
        existing = self._client.read_one(relation.kind, external_id.rpartition("/")[2])
        if existing is None:
            raise RefusedError(f"{relation.kind} {relation.number}: not found", 404)
        return self._adapt(relation, existing)

    def look_up(self, relation: Customer | Supplier) -> Found | Absent:
        """Found when the relation is there as given. One that isn't yet counts as absent: posting again makes no second
        one, since the number is Minox' own, but completes what was left undone."""
        record = self._read(relation.kind, relation.number)
        if record is None:
            return Absent(f"{relation.kind} {relation.number}")
        if relation_bodies.changes(relation, record, self._codes()):
            return Absent(f"{relation.kind} {relation.number}: there, but not as given")
        return Found(_external_id(relation.kind, record["id"]), relation.number)

    def _create(self, relation: Customer | Supplier) -> Outcome:
        body = relation_bodies.new_body(relation, self._codes())
        told, words = self._client.create(relation.kind, body)
        if not told:
            self._check_made(relation, words)
        return self._done(relation, told.get("id", body["id"]), made=True)

    def _check_made(self, relation: Customer | Supplier, words: str) -> None:
        """An answer without a record: whether it was done is seen in the books. Raises RefusedError when it wasn't, in
        the answer's words, and UnreachableError without any."""
        try:
            held = self._read(relation.kind, relation.number)
        except (LaterError, SignInAgainError, NotAllowedError, UnreachableError):
            raise UnreachableError("Minox answered, but what became of the relation can't be read") from None
        if held is not None and not relation_bodies.changes(relation, held, self._codes()):
            return
        if words:
            raise RefusedError(words, 200)
        raise UnreachableError("Minox answered, but the relation isn't there as given")

    def _adapt(self, relation: Customer | Supplier, existing: Record) -> Outcome:
        body = relation_bodies.changes(relation, existing, self._codes())
        if body:
            told, words = self._client.change(relation.kind, str(existing["id"]), body)
            if not told:
                self._check_made(relation, words)
        return self._done(relation, existing["id"], made=bool(body))

    def _done(self, relation: Customer | Supplier, id: object, *, made: bool) -> Outcome:
        external_id = _external_id(relation.kind, id)
        self._directory.put(relation.kind, relation.number, external_id)
        unkept = relation_bodies.fields_not_kept(relation)
        if unkept:
            notice = texts.FIELDS_NOT_KEPT(field=unkept[0], names=", ".join(unkept))
            return Posted(external_id, relation.number, (notice,))
        return Posted(external_id, relation.number) if made else AlreadyThere(external_id, relation.number)

    def _check_key(self, relation: Relation) -> None:
        """Our number as somebody else's external key: two relations of one source number would be one too many."""
        kind = "customer" if isinstance(relation, Customer) else "supplier"
        other = self._client.read_one(kind, "by_externalid", relation.number)
        if other is not None and str(other.get("externalid")) == relation.number:
            raise CannotMapError(
                (texts.KEY_ELSEWHERE(field="number", value=relation.number, other=str(other.get("id"))),)
            )

    def _read(self, kind: RelationKind, number: str) -> Record | None:
        record = self._client.read_one(kind, str(mapping.relation_id(number, "number")))
        return record if record is not None and record.get("id") is not None else None


def _external_id(kind: RelationKind, id: object) -> str:
    return f"{kind}/{id}"
