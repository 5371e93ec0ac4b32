"""Troubles: what runs left undone and nobody has put right since, by cause. For telling people of a run.

A document that several of the runs failed at counts once, for the latest. One that is offered again at this moment is
on its way and counts for none.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from bookbridge.documents import Problem, rounded
from bookbridge.exchange.issues import CAUSE_OF_PROBLEM, MAIN_PROBLEM, MOST_COUNTED, Cause
from bookbridge.exchange.models import Delivery, OutstandingSnapshot, Run

_LINE = f"""
    line.id, line.run_id, run.configuration_id, line.posting_id, line.amount, line.currency,
    line.document IS NOT NULL AS is_document, {MAIN_PROBLEM}
"""
_TROUBLES = f"""
    WITH failed AS MATERIALIZED (
        (
            SELECT {_LINE}, posting.id IS NOT NULL AS is_held_up
            FROM exchange_line AS line
            JOIN exchange_run AS run ON run.id = line.run_id AND run.organisation_id = line.organisation_id
            LEFT JOIN exchange_posting AS posting
              ON posting.id = line.posting_id AND posting.organisation_id = line.organisation_id
            WHERE line.organisation_id = %(organisation)s AND line.run_id = ANY (%(runs)s)
              AND line.outcome IN ('refused', 'uncertain')
              AND (posting.id IS NULL OR posting.state IN ('refused', 'uncertain'))
              AND NOT EXISTS (
                  SELECT FROM exchange_rowcorrection AS rows
                  WHERE rows.organisation_id = line.organisation_id AND rows.line_id = line.id
                    AND (rows.retried_in_id IS NOT NULL OR rows.reason <> '')
              )
            LIMIT %(most)s
        ) UNION ALL (
            SELECT {_LINE}, false AS is_held_up
            FROM exchange_line AS line
            JOIN exchange_run AS run ON run.id = line.run_id AND run.organisation_id = line.organisation_id
            JOIN exchange_posting AS posting
              ON posting.id = line.posting_id AND posting.organisation_id = line.organisation_id
            WHERE line.organisation_id = %(organisation)s AND line.run_id = ANY (%(changed)s)
              AND line.reason = 'changed_since_posted' AND posting.fingerprint <> line.fingerprint
              AND NOT EXISTS (
                  SELECT FROM exchange_settlement AS settled
                  WHERE settled.organisation_id = line.organisation_id AND settled.posting_id = line.posting_id
                    AND settled.fingerprint = line.fingerprint AND settled.kind = 'left_as_posted'
                    AND NOT EXISTS (
                        SELECT FROM exchange_difference AS since
                        WHERE since.organisation_id = settled.organisation_id
                          AND since.corrects_id = settled.posting_id AND since.booked_at > settled.decided_at
                    )
              )
              -- By a difference entry it is on its way, and refused it is a trouble of that entry's own.
              AND NOT EXISTS (
                  SELECT FROM exchange_difference AS difference
                  WHERE difference.organisation_id = line.organisation_id
                    AND difference.corrects_id = line.posting_id AND difference.fingerprint = line.fingerprint
                    AND difference.state = 'open'
              )
            LIMIT %(most)s
        )
    ), once AS (
        SELECT DISTINCT ON (coalesce(-posting_id, id)) *, {CAUSE_OF_PROBLEM}
        FROM failed WHERE problem IS NOT NULL
        ORDER BY coalesce(-posting_id, id), run_id DESC, id DESC
    )
    SELECT configuration_id, code, field, value, is_document, currency, count(*), sum(amount),
        bool_or(is_held_up), array_agg(DISTINCT run_id), (array_agg(problem ORDER BY id))[1]
    FROM once
    GROUP BY configuration_id, code, field, value, is_document, currency
"""  # noqa: S608 - texts of our own.


@dataclass
class Trouble:
    """One cause. `rows`: parts of files that could not be read; `files`: whole files that were set aside."""

    cause: Cause
    problem: Problem
    documents: int = 0
    rows: int = 0
    files: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    """By currency, the documents' amounts with their signs."""
    runs: set[int] = field(default_factory=set)
    is_held_up: bool = False
    """Whether it is an issue too, which closes with its last document."""


def troubles_of(organisation_id: UUID, runs: Collection[Run]) -> list[Trouble]:
    """What is still wrong with these runs of one organisation, what concerns most documents first."""
    found: dict[Cause, Trouble] = {}
    for trouble in (*_of_lines(organisation_id, runs), *_of_files(organisation_id, runs), *_held(runs)):
        known = found.setdefault(trouble.cause, trouble)
        if known is not trouble:
            _add(known, trouble)
    return sorted(found.values(), key=lambda trouble: (-trouble.documents, -trouble.rows, trouble.cause))


def _add(known: Trouble, more: Trouble) -> None:
    known.documents += more.documents
    known.rows += more.rows
    known.files += more.files
    known.runs |= more.runs
    known.is_held_up |= more.is_held_up
    for currency, amount in more.amounts.items():
        known.amounts[currency] = known.amounts.get(currency, Decimal(0)) + amount


def _of_lines(organisation_id: UUID, runs: Collection[Run]) -> Iterator[Trouble]:
    asked = {
        "organisation": organisation_id,
        "runs": [run.pk for run in runs],
        "changed": [run.pk for run in runs if run.counts.get("held")],
        "most": MOST_COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TROUBLES, asked)
        rows = cursor.fetchall()
    for configuration, code, path, value, is_document, currency, count, amount, is_held_up, ids, problem in rows:
        yield Trouble(
            Cause(configuration, code, path, value),
            Problem.model_validate_json(problem),
            documents=count if is_document else 0,
            rows=0 if is_document else count,
            amounts={} if amount is None else {currency: rounded(amount, currency)},
            runs=set(ids),
            is_held_up=is_held_up,
        )


def _of_files(organisation_id: UUID, runs: Collection[Run]) -> Iterator[Trouble]:
    by_id = {run.pk: run for run in runs if run.counts.get("set_aside")}
    if not by_id:
        return
    aside = Delivery.objects.filter(
        organisation_id=organisation_id, run__in=by_id, state=Delivery.State.SET_ASIDE, problem__isnull=False
    )
    for run_id, told in aside.values_list("run", "problem")[:MOST_COUNTED]:
        yield _of_a_whole(by_id[run_id], told, files=1)


def _held(runs: Collection[Run]) -> Iterator[Trouble]:
    """Readings of outstanding items that still wait for a person. How many would vanish makes no other cause of it."""
    by_id = {run.pk: run for run in runs if run.result == Run.Result.HELD and run.problem}
    if not by_id:
        return
    organisation_id = next(iter(by_id.values())).organisation_id
    waiting = OutstandingSnapshot.objects.filter(
        organisation_id=organisation_id, run__in=by_id, state=OutstandingSnapshot.State.HELD
    )
    for run_id in waiting.values_list("run", flat=True):
        yield _of_a_whole(by_id[run_id], by_id[run_id].problem)


def _of_a_whole(run: Run, told: Any, files: int = 0) -> Trouble:
    problem = Problem.model_validate(told)
    return Trouble(Cause(run.configuration_id, problem.code, "", ""), problem, files=files, runs={run.pk})
