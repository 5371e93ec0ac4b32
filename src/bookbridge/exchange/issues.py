"""Issues: what holds documents up, grouped by cause across the runs of an organisation.

Nothing is stored: an issue is what the latest lines of refused and uncertain postings have in common, so it closes by
itself the moment the last of them is posted or settled.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from bookbridge.documents import Problem, rounded
from bookbridge.exchange.models import Line
from bookbridge.integrations.models import Configuration

MOST_COUNTED = 5_000
"""Documents that are looked at in one go, a tenth of a second; beyond it the counts say "at least"."""
MOST_AT_ONCE = 1_000
"""Documents of a cause that are repaired together."""
MAIN_PROBLEM = """
    COALESCE(jsonb_path_query_first(line.problems, '$[*] ? (@.severity == "error")'), line.problems -> 0) AS problem
"""
"""Of a line's problems the one that it is told by."""
CAUSE_OF_PROBLEM = """
    regexp_replace(COALESCE(problem ->> 'field', ''), '\\.[0-9]+\\.', '.') AS field,
    COALESCE(problem ->> 'value', '') AS value, problem ->> 'code' AS code
"""
_GROUPED = f"""
    WITH held AS MATERIALIZED (
        SELECT posting.id, posting.configuration_id, posting.created_at, posting.problems -> 0 AS problem
        FROM exchange_posting AS posting
        WHERE posting.organisation_id = %(organisation)s AND posting.configuration_id = ANY (%(configurations)s)
          AND posting.state IN ('refused', 'uncertain')
        LIMIT %(most)s
    ), latest AS (
        SELECT held.configuration_id, held.created_at, line.id, line.outcome, line.amount, line.currency,
               line.concluded_at,
               -- What was left out has no problem of its own; that it is to be sent after all stands in its posting.
               CASE WHEN line.reason = 'left_out' THEN held.problem ELSE line.problem END AS problem
        FROM held
        CROSS JOIN LATERAL (
            SELECT line.id, line.run_id, line.outcome, line.reason, line.amount, line.currency, line.concluded_at,
                   {MAIN_PROBLEM}
            FROM exchange_line AS line
            WHERE line.organisation_id = %(organisation)s AND line.posting_id = held.id
            -- Not by the id alone: PostgreSQL would walk through all lines backwards to find a posting's last.
            ORDER BY line.run_id DESC, line.id DESC
            LIMIT 1
        ) AS line
        -- One that is offered again at this moment is on its way.
        WHERE line.outcome IN ('refused', 'uncertain') OR line.reason = 'left_out'
    ), named AS (
        SELECT *, {CAUSE_OF_PROBLEM}
        FROM latest
        WHERE problem IS NOT NULL
    )
    SELECT configuration_id, code, field, value, outcome, currency, count(*), sum(amount), min(concluded_at),
           (array_agg(problem ORDER BY id))[1], (array_agg(id ORDER BY id))[1:%(lines)s], min(created_at),
           (SELECT count(*) FROM held)
    FROM named
    GROUP BY configuration_id, code, field, value, outcome, currency
"""  # noqa: S608 - texts of our own.


class Cause(NamedTuple):
    """What documents fail for. `field` is a path without the line's number (`lines.vat_code`); empty: none is named."""

    configuration: int
    code: str
    field: str
    value: str

    @property
    def key(self) -> str:
        """Names the cause in an address."""
        return sha256("\0".join(map(str, self)).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The last part of its field: `vat_code`."""
        return self.field.rpartition(".")[2]


@dataclass
class Issue:
    """A cause with all that it holds up. `problem`: one of them, for its words."""

    cause: Cause
    problem: Problem
    since: datetime | None = None
    documents: int = 0
    uncertain: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    """By currency, the documents' amounts with their signs."""
    line_ids: list[int] = field(default_factory=list)
    """The latest lines of its documents, the oldest first: all, or one more than can be repaired at once."""
    open_since: datetime | None = None
    """When the first of its documents was offered for the first time."""


@dataclass(frozen=True)
class Open:
    """The issues of some configurations, those that hold up most documents first. `is_all`: none was left uncounted."""

    issues: Sequence[Issue]
    is_all: bool = True

    @property
    def documents(self) -> int:
        return sum(issue.documents for issue in self.issues)


def open_issues(organisation_id: UUID, configurations: Collection[int]) -> Open:
    asked = {
        "organisation": organisation_id,
        "configurations": list(configurations),
        "most": MOST_COUNTED,
        "lines": MOST_AT_ONCE + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GROUPED, asked)
        rows = cursor.fetchall()
    found: dict[Cause, Issue] = {}
    for configuration, code, path, value, *rest in rows:
        outcome, currency, count, amount, since, problem, ids, offered, _looked_at = rest
        cause = Cause(configuration, code, path, value)
        issue = found.setdefault(cause, Issue(cause, Problem.model_validate_json(problem)))
        issue.documents += count
        issue.uncertain += count if outcome == Line.Outcome.UNCERTAIN else 0
        issue.since = min(filter(None, (issue.since, since)), default=None)
        issue.open_since = min(filter(None, (issue.open_since, offered)), default=None)
        issue.line_ids = sorted([*issue.line_ids, *ids])[: MOST_AT_ONCE + 1]
        if amount is not None:
            issue.amounts[currency] = issue.amounts.get(currency, Decimal(0)) + rounded(amount, currency)
    issues = sorted(found.values(), key=lambda issue: (-issue.documents, issue.cause))
    return Open(issues, is_all=not rows or rows[0][-1] < MOST_COUNTED)


def lines_of(configuration: Configuration, issue: Issue, most: int) -> list[Line]:
    """The latest lines of the documents that it holds up there, the oldest first."""
    lines = Line.objects.filter(organisation_id=configuration.organisation_id, pk__in=issue.line_ids[:most])
    # Joined to the configurations, PostgreSQL begins with all of their runs: it can't know how few these lines are in.
    with_run = lines.select_related("posting", "run", "correction").defer("raw", "rows", "posting__document")
    found = [line for line in with_run.order_by("pk") if line.run.configuration_id == configuration.pk]
    for line in found:
        line.run.configuration = configuration
    return found
