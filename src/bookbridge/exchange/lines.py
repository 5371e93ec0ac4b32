"""What is written on the line of a document: built as values, written many at a time."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from bookbridge.documents import (
    DOCUMENT_KINDS,
    Document,
    Invoice,
    JournalEntry,
    Money,
    Problem,
    SourceRef,
    identifier_of,
    money_of,
    rounded,
)
from bookbridge.exchange import sending_texts, telling
from bookbridge.exchange.models import Line, Posting
from bookbridge.formats import locate
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.kit.outcomes import AlreadyThere, Later, Outcome, Posted, Refused, SignInAgain
from bookbridge.organisations import trail

_LARGEST_AMOUNT = 10**15


@dataclass(frozen=True)
class LineChange:
    """What happened to a document. `refused`: its posting, which was never sent and is refused with the line."""

    line: Line
    outcome: str
    reason: str
    problems: list[dict[str, Any]]
    number: str
    refused: Posting | None = None


def told(
    line: Line,
    outcome: str,
    *,
    reason: str = Line.Reason.NONE,
    problems: Sequence[Problem] = (),
    number: str = "",
    keep: bool = False,
    refused: Posting | None = None,
) -> LineChange:
    """What to write on a line. The reader's notices stay with it; `keep` is for notices of the package."""
    notices = [problem for problem in line.problems if problem.get("severity") != "error"]
    new = [storable_values(_placed(line, problem).model_dump(mode="json")) for problem in problems]
    kept = [*notices, *new] if keep else [*new, *notices]
    return LineChange(line, outcome, reason, kept, storable(number, 60), refused)


def values_of(change: LineChange, run_id: int) -> dict[str, Any]:
    """The row of `queries.write_down` for a line that needed no call."""
    row = change.refused
    told = None
    if row is not None:
        refused = copy(row)
        refused.state = Posting.State.REFUSED
        told = trail.as_values(telling.outcome(refused, row.state, run_id=run_id))
    return {
        "line": change.line.pk,
        "outcome": change.outcome,
        "reason": change.reason,
        "problems": change.problems,
        "number": change.number,
        "refused": row and row.pk,
        "seen": row and row.attempt,
        "told": told,
    }


def facts_of(document: Document) -> dict[str, Any]:
    """What a line says of its document beside the content itself."""
    return {
        "phase": DOCUMENT_KINDS.index(document.kind),
        "kind": document.kind,
        "identifier": storable(identifier_of(document), 80),
        "journal": storable(document.journal) if isinstance(document, Invoice | JournalEntry) else "",
        **counted(_money(document)),
    }


def counted(money: Money | None) -> dict[str, Any]:
    """The amount that reconciliation counts, as a line's values."""
    if money is None:
        return {}
    # Beyond this no document is ever accepted; a reject may hold any number.
    countable = abs(money.amount) < _LARGEST_AMOUNT
    return {"currency": money.currency, "amount": rounded(money.amount, money.currency) if countable else None}


def _money(document: Document) -> Money | None:
    try:
        return money_of(document)
    except ValueError:
        # A journal entry of possible amounts whose turnover no book could hold.
        return None


def _placed(line: Line, problem: Problem) -> Problem:
    """The problem with the place in the file that its field came from."""
    if problem.source is not None or line.delivery is None:
        return problem
    if problem.field is None:
        source = SourceRef(file=line.delivery.file_name, row=line.rows[0] if line.rows else None)
    else:
        source = locate(line.delivery.format, problem.field, tuple(line.rows), line.delivery.file_name)
    return problem.model_copy(update={"source": source})


def already_posted(line: Line, *, by_this_run: bool) -> LineChange:
    """Posted before, or by this very run, which broke off before it could say so on the line."""
    assert line.posting is not None
    if by_this_run:
        return told(line, Line.Outcome.POSTED, number=line.posting.external_number)
    return skipped(line, Line.Reason.ALREADY_POSTED)


def skipped(line: Line, reason: str) -> LineChange:
    assert line.posting is not None
    return told(line, Line.Outcome.SKIPPED, reason=reason, number=line.posting.external_number)


def answered(line: Line, action: str, outcome: Outcome) -> LineChange | None:
    """What an answer means for the line; None leaves it waiting."""
    if isinstance(outcome, Posted):
        return told(line, Line.Outcome.POSTED, number=outcome.external_number, problems=outcome.notices, keep=True)
    if isinstance(outcome, AlreadyThere):
        return told(line, Line.Outcome.POSTED, reason=Line.Reason.ALREADY_THERE, number=outcome.external_number)
    if isinstance(outcome, Refused):
        return told(line, Line.Outcome.REFUSED, problems=outcome.problems)
    if isinstance(outcome, Later | SignInAgain) or action == "update":
        return None
    return told(line, Line.Outcome.UNCERTAIN, problems=[sending_texts.BEING_LOOKED_UP(evidence=outcome.reason)])
