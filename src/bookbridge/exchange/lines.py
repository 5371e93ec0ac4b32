"""What is written on the line of a document: built as values, written many at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bookbridge.documents import Problem, SourceRef
from bookbridge.exchange import queries, telling
from bookbridge.exchange.models import Line, Posting, Run
from bookbridge.formats import locate
from bookbridge.integrations.storable import storable, storable_values
from bookbridge.organisations.trail import Entry


@dataclass(frozen=True)
class LineChange:
    """What happened to a document. `refused`: its pending posting, which is refused with the line."""

    line: Line
    outcome: str
    reason: str
    problems: str
    number: str
    refused: Posting | None = None

    @property
    def attempt_seen(self) -> UUID | None:
        return self.refused.attempt if self.refused else None


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
    return LineChange(line, outcome, reason, json.dumps(kept), storable(number, 60), refused)


def write(run: Run, changes: Sequence[LineChange]) -> list[Entry]:
    """Write down what needed no call; what the trail must know of it.

    A line that has an outcome, or whose run has ended, stays as it is.
    """
    if not changes:
        return []
    refused = queries.write_lines(
        {
            "organisation": run.organisation_id,
            "run": run.pk,
            "lines": [change.line.pk for change in changes],
            "line_outcomes": [change.outcome for change in changes],
            "reasons": [change.reason for change in changes],
            "line_problems": [change.problems for change in changes],
            "numbers": [change.number for change in changes],
            "refused": [change.refused.pk if change.refused else None for change in changes],
            "seen": [change.attempt_seen for change in changes],
        }
    )
    entries = []
    for change in changes:
        if change.refused is not None and change.refused.pk in refused:
            change.refused.state = Posting.State.REFUSED
            entries.append(telling.outcome(change.refused, Posting.State.PENDING, run_id=run.pk))
    return entries


def _placed(line: Line, problem: Problem) -> Problem:
    """The problem with the place in the file that its field came from."""
    if problem.source is not None or line.delivery is None:
        return problem
    if problem.field is None:
        source = SourceRef(file=line.delivery.file_name, row=line.rows[0] if line.rows else None)
    else:
        source = locate(line.delivery.format, problem.field, tuple(line.rows), line.delivery.file_name)
    return problem.model_copy(update={"source": source})
