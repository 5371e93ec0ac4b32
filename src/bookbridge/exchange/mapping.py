"""From the source's codes to the package's, by the lists of a configuration. A code without an entry stays as it is."""

from collections.abc import Mapping
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
