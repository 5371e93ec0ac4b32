"""From the source's codes to the package's, by the lists of a configuration. A code without an entry stays as it is."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bookbridge.documents import Document, Invoice, JournalEntry

_LINE_FIELDS = {
    "ledger_account": "ledger_accounts",
    "vat_code": "vat_codes",
    "cost_centre": "cost_centres",
    "cost_unit": "cost_units",
}
_HEAD_FIELDS = {
    "journal": "journals",
    "payment_condition": "payment_conditions",
    "ledger_account": "ledger_accounts",
}

LISTS = {**_LINE_FIELDS, **_HEAD_FIELDS}
"""Field → the list of codes that it is one of."""

Mappings = Mapping[str, Mapping[str, str]]


def mapped(document: Document, mappings: Mappings) -> Document:
    """The document in the package's codes."""
    changes = _changes(document, _HEAD_FIELDS, mappings)
    if isinstance(document, Invoice | JournalEntry):
        changes["lines"] = tuple(
            line.model_copy(update=_changes(line, _LINE_FIELDS, mappings)) for line in document.lines
        )
    return document.model_copy(update=changes)


def _changes(record: Any, fields: Mapping[str, str], mappings: Mappings) -> dict[str, Any]:
    changes = {}
    for field, name in fields.items():
        code = getattr(record, field, None)
        target = mappings.get(name, {}).get(code) if code is not None else None
        if target is not None:
            changes[field] = target
    return changes


def codes_at(document: Document, path: str) -> Iterator[str]:
    """The codes of a field of the document (`journal`) or of its lines (`lines.vat_code`)."""
    name = path.removeprefix("lines.")
    records = getattr(document, "lines", ()) if name != path else (document,)
    for record in records:
        code = getattr(record, name, None)
        if code is not None:
            yield code


def replaced(document: Document, path: str, is_wrong: Callable[[str], bool], target: str) -> Document:
    """The document with another code wherever the one at that path is wrong."""
    name = path.removeprefix("lines.")
    if name == path:
        return _replaced(document, name, is_wrong, target)
    lines = tuple(_replaced(line, name, is_wrong, target) for line in getattr(document, "lines", ()))
    return document.model_copy(update={"lines": lines})


def _replaced(record: Any, name: str, is_wrong: Callable[[str], bool], target: str) -> Any:
    code = getattr(record, name, None)
    return record.model_copy(update={name: target}) if code is not None and is_wrong(code) else record
