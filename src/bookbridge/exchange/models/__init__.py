"""The lasting truth of the exchange: deliveries, runs, lines, postings and attempts.

A posting says that a document must exist once in a package; it never expires. A line says what happened to one document
in one run and is never changed after its run has ended. The queue only wakes workers: these tables decide.
"""

from bookbridge.exchange.models.decided import Correction, Difference, RowCorrection, Settlement
from bookbridge.exchange.models.postings import Attempt, Line, Posting
from bookbridge.exchange.models.read import Comparison, OutstandingSnapshot, Reading
from bookbridge.exchange.models.runs import DatabaseLife, Delivery, Run, WorkerSession

__all__ = [
    "Attempt",
    "Comparison",
    "Correction",
    "DatabaseLife",
    "Delivery",
    "Difference",
    "Line",
    "OutstandingSnapshot",
    "Posting",
    "Reading",
    "RowCorrection",
    "Run",
    "Settlement",
    "WorkerSession",
]
