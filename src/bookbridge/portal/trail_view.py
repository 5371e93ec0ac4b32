"""Entries of the audit trail as pages and files show them: who, what, of what, which field from what to what."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from bookbridge.organisations.models import AuditEntry
from bookbridge.organisations.trail import CHANGED
from bookbridge.portal import document_view, row_form, trail_words, words
from bookbridge.portal.queries.trail import Known, LineTrail

_FIRST = ("state", "status", "result")
"""What matters most of an entry."""
_FINGERPRINT = re.compile("[0-9a-f]{64}")
_SHOWN = 12
"""Letters of a fingerprint that a page shows."""


@dataclass(frozen=True, slots=True)
class Change:
    """`is_new`: there was nothing before, so that only the new value is told."""

    name: str
    before: str
    after: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    entry: AuditEntry
    action: str
    who: str
    subject: str
    link: str
    changes: Sequence[Change]


def told(
    entries: Sequence[AuditEntry],
    known: Known,
    organisation_id: UUID,
    own: LineTrail | None = None,
    *,
    in_full: bool = False,
) -> list[Told]:
    """`own`: of a document, with what its lines said and what they were corrected to, where that may be shown.

    `in_full`: with fingerprints to the last letter.
    """
    shown: set[tuple[str, str]] = set()
    return [
        Told(
            entry=entry,
            action=str(words.word(trail_words.ACTION, entry.action)),
            who=who(entry, known),
            subject=_subject(entry, known),
            link=_link(entry, known, organisation_id),
            changes=[_shortened(change, in_full) for change in _changes(entry, own, shown)],
        )
        for entry in entries
    ]


def who(entry: AuditEntry, known: Known) -> str:
    if entry.actor_kind == "user":
        return known.users.get(entry.actor_id) or f"{trail_words.ACTOR['user']} {entry.actor_id}"
    name = str(words.word(trail_words.ACTOR, entry.actor_kind))
    return f"{name} {entry.actor_id}" if entry.actor_id else name


def _subject(entry: AuditEntry, known: Known) -> str:
    kind = str(words.word(trail_words.SUBJECT, entry.subject_kind))
    line = _line(entry, known)
    if line is not None:
        return f"{words.word(words.KIND, line.kind)} {line.identifier}"
    names = {"user": known.users, "delivery": known.files, "integration": known.integrations}
    name = names.get(entry.subject_kind, {}).get(entry.subject_id)
    if name:
        return f"{kind} {name}"
    return kind if entry.subject_kind in ("trail", "organisation") else f"{kind} {entry.subject_id}".strip()


def _line(entry: AuditEntry, known: Known) -> Any:
    return {"posting": known.postings, "line": known.lines}.get(entry.subject_kind, {}).get(entry.subject_id)


def _link(entry: AuditEntry, known: Known, organisation_id: UUID) -> str:
    line = _line(entry, known)
    if line is not None:
        return reverse("line", args=(organisation_id, line.run_id, line.pk))
    if entry.subject_kind == "run" and entry.subject_id.isascii() and entry.subject_id.isdigit():
        return reverse("run", args=(organisation_id, int(entry.subject_id)))
    if entry.subject_kind == "integration" and entry.subject_id in known.integrations:
        return reverse("integration", args=(organisation_id, entry.subject_id))
    return ""


@dataclass(frozen=True, slots=True)
class Verification:
    """When the chain was last verified in the portal, from which entry to which, and what was wrong with one."""

    moment: datetime
    first: int
    last: int
    fault: str
    entry: int | None


def verification(entry: AuditEntry) -> Verification:
    said = {name: after for name, (_before, after) in json.loads(entry.changes).items()}
    fault = str(words.word(trail_words.FAULT, said["fault"])) if said["fault"] else ""
    return Verification(entry.moment, said["first"], said["last"], fault, said.get("entry"))


def _changes(entry: AuditEntry, own: LineTrail | None, shown: set[tuple[str, str]]) -> Iterator[Change]:
    """A corrected document's fields are told from what is kept of it: its entry holds their names alone."""
    pairs = json.loads(entry.changes)
    line = entry.subject_id
    if own and entry.action == "line.corrected" and line in own.corrected:
        before, after = own.corrected[line]
        for path in _paths(pairs.pop("fields", None)):
            name = document_view.field_name(path)
            yield _change(name, (line, path), _said(before, path), _said(after, path), shown)
    if own and entry.action == "row.corrected" and line in own.rows:
        for path in _paths(pairs.pop("cells", None)):
            # A cell that says what the source does was changed back since.
            before, after = own.rows[line].get(path, ("", gettext("changed again later")))
            empty = gettext("empty")
            yield _change(row_form.cell_name(path), (line, path), before or empty, after or empty, shown)
    for name in sorted(pairs, key=lambda name: (name not in _FIRST, name)):
        before, after = pairs[name]
        if before is not None or after is not None:
            yield Change(_field(name), _value(name, before), _value(name, after), is_new=before in (None, ""))


def _shortened(change: Change, in_full: bool) -> Change:
    if in_full or not _FINGERPRINT.fullmatch(change.after):
        return change
    return replace(change, before=change.before[:_SHOWN], after=f"{change.after[:_SHOWN]}…")


def _paths(change: Sequence[Any] | None) -> list[str]:
    """The fields or cells that an entry names."""
    return [path for path in str(change[1] if change else "").split(", ") if path]


def _change(name: str, what: tuple[str, str], before: str, after: str, shown: set[tuple[str, str]]) -> Change:
    """Newest entries come first: of a field that was changed again later, only that time knows what it said."""
    if what in shown:
        return Change(name, "", gettext("changed again later"), is_new=True)
    shown.add(what)
    return Change(name, before, after)


def _said(document: dict[str, Any], path: str) -> str:
    value = document_view.value_at(document, path)
    if isinstance(value, list | dict):
        return "…"
    text = document_view.shown_text(path.rpartition(".")[2], value, str(document.get("currency") or ""))
    return text or gettext("empty")


def _field(name: str) -> str:
    """`mappings.vat_codes.H` is "VAT codes H"."""
    first, *more = name.split(".")
    if first in ("mappings", "layouts", "options") and more:
        return " ".join([str(words.word(trail_words.FIELD, more[0])), *more[1:]])
    return " ".join([str(words.word(trail_words.FIELD, first)), *more])


def _value(name: str, value: Any) -> str:
    if name == "cells":
        return ", ".join(row_form.cell_name(path) for path in str(value or "").split(", "))
    if name == "fields":
        return ", ".join(document_view.field_name(path) for path in str(value or "").split(", "))
    if str(value) in trail_words.VALUE.get(name, {}):
        return str(trail_words.VALUE[name][str(value)])
    if value is None or value in ("", CHANGED):
        return gettext("not shown") if value else gettext("empty")
    if isinstance(value, bool):
        return str(words.VALUE["bool", str(value)])
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict | list) else str(value)
