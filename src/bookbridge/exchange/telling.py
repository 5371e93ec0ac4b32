"""What the exchange tells the audit trail: files, runs, outcomes of postings, decisions on outstanding items.

Of a document it tells ids, states and the fingerprint of its content, never the content. A line that changed nothing,
such as one that was posted before, has no entry of its own: the counts of its run tell of it.
"""

from collections.abc import Sequence
from typing import Any

from bookbridge.exchange.models import (
    Comparison,
    Delivery,
    Difference,
    Line,
    OutstandingSnapshot,
    Posting,
    RowCorrection,
    Run,
    Settlement,
)
from bookbridge.organisations import trail
from bookbridge.organisations.trail import Actor, Entry


def outcome(posting: Posting, was: str, *, run_id: int | None, how: str = "") -> Entry:
    """A posting's state has changed from `was` to what the row says now. `how`: the outcome's own word.

    For `trail.record_many`: all documents that are concluded in one transaction, as its last statement.
    """
    changes: dict[str, tuple[Any, Any]] = {
        "state": (was, posting.state),
        "run": (None, run_id),
        "fingerprint": (None, posting.fingerprint),
    }
    if how:
        changes["how"] = (None, how)
    if posting.state == Posting.State.POSTED:
        changes |= {
            "external_id": (None, posting.external_id),
            "external_number": (None, posting.external_number),
        }
    return Entry(f"posting.{posting.state}", ("posting", posting.pk), changes)


def run_ended(run: Run, result: str, counts: dict[str, int]) -> None:
    """Of a run that brings in outstanding items its snapshot tells."""
    changes = {name: (None, number) for name, number in counts.items() if number}
    trail.record(run.organisation_id, "run.ended", subject=run, changes={"result": ("", result), **changes})


def run_asked_for(run: Run) -> None:
    changes = {"trigger": (None, run.trigger), "configuration": (None, run.configuration_id)}
    trail.record(run.organisation_id, "run.asked_for", subject=run, changes=changes)


def comparison_asked(comparison: Comparison) -> None:
    changes = {
        "since": (None, comparison.since.isoformat()),
        "until": (None, comparison.until.isoformat()),
        "configuration": (None, comparison.configuration_id),
        **({"run": (None, comparison.about_id)} if comparison.about_id else {}),
    }
    trail.record(comparison.organisation_id, "comparison.asked", subject=comparison.run, changes=changes)


def lines_corrected(corrected: Sequence[tuple[Line, list[str]]], *, is_ready: bool) -> None:
    """Which fields of lines a person changed; what they said stands in the corrections."""
    entries = [
        Entry(
            "line.corrected",
            ("line", line.pk),
            {
                "fields": (None, ", ".join(fields)[:2000]),
                "ready": (None, is_ready),
                "posting": (None, line.posting_id),
            },
        )
        for line, fields in corrected
    ]
    if corrected:
        trail.record_many(corrected[0][0].organisation_id, entries)


def rows_corrected(corrected: RowCorrection, line: Line) -> None:
    """Which cells of rows a person changed; what they said stands in the correction."""
    changes = {"cells": (None, ", ".join(corrected.changes)[:2000]), "ready": (None, corrected.is_ready)}
    trail.record(line.organisation_id, "row.corrected", subject=("line", line.pk), changes=changes)


def rows_left_out(line: Line) -> None:
    """That rows are not to be sent. Why stands in the correction."""
    trail.record(line.organisation_id, "row.left_out", subject=("line", line.pk), changes={"ready": (None, False)})


def settled(settlement: Settlement) -> None:
    """What a person decided about a document. Why stands in the settlement: people write what they like."""
    changes = {
        "line": (None, settlement.line_id),
        "settlement": (None, settlement.pk),
        "number": (None, settlement.number),
        "differences": (None, settlement.differences),
    }
    subject = ("posting", settlement.posting_id)
    trail.record(settlement.organisation_id, f"document.{settlement.kind}", subject=subject, changes=changes)


def difference_asked(difference: Difference, run: Run) -> None:
    """A person has what a source changed booked beside the first entry. Why stands in the difference."""
    changes = {
        "line": (None, difference.line_id),
        "difference": (None, difference.pk),
        "booked_by": (None, difference.posting_id),
        "run": (None, run.pk),
        "fingerprint": (difference.from_fingerprint, difference.fingerprint),
    }
    subject = ("posting", difference.corrects_id)
    trail.record(difference.organisation_id, "document.difference", subject=subject, changes=changes)


def files_received(deliveries: list[Delivery], run: Run) -> None:
    """File names stay out: they hold what people like."""
    trail.record_many(
        run.organisation_id,
        [
            Entry(
                "file.received",
                ("delivery", delivery.pk),
                {
                    "file": (None, trail.digest(delivery.inbox_key)),
                    "run": (None, run.pk),
                    "sha256": (None, delivery.sha256),
                    "size": (None, delivery.size),
                    "repeats": (None, delivery.repeats_id),
                },
            )
            for delivery in deliveries
        ],
    )


def file_read(delivery: Delivery) -> None:
    """A file was taken in or set aside."""
    changes: dict[str, tuple[Any, Any]] = {"state": (Delivery.State.WAITING, delivery.state)}
    if delivery.problem:
        changes["problem"] = (None, delivery.problem["code"])
    else:
        changes |= {"profile": (None, delivery.profile), "rows": (None, delivery.rows)}
    trail.record(delivery.organisation_id, f"file.{delivery.state}", subject=("delivery", delivery.pk), changes=changes)


def snapshot_state(snapshot: OutstandingSnapshot, was: str | None, *, actor: Actor | None = None) -> None:
    """A reading of outstanding items was written, held or discarded; by a person when it had been held."""
    changes = {
        "state": (was, snapshot.state),
        "items": (None, snapshot.item_count),
        "vanished": (None, snapshot.vanished),
        "run": (None, snapshot.run_id),
    }
    action = f"outstanding.{snapshot.state}"
    trail.record(snapshot.organisation_id, action, subject=("snapshot", snapshot.pk), changes=changes, actor=actor)
