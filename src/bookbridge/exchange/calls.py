"""The calls that a run makes, each in a thread of the flight: what they are named by, and what they do there."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bookbridge.exchange.drafting import Draft
from bookbridge.exchange.models import Line
from bookbridge.exchange.posting import Start
from bookbridge.exchange.relations import RelationName
from bookbridge.kit.contract import Connector, PostingRequest
from bookbridge.kit.errors import ClaimLostError
from bookbridge.kit.outcomes import LookUp, Outcome, Unclear

_log = structlog.get_logger("bookbridge.sending")
_BUG = "an unexpected error in Bookbridge; see the log"


@dataclass(frozen=True)
class Send:
    """Documents of one call, whose attempts are written down."""

    batch: tuple[tuple[Draft, Start], ...]

    def make(self, connector: Connector) -> Sequence[Outcome]:
        """The connector's outcomes. Whatever else it does is our bug: unclear, and it stops no neighbour."""
        first = self.batch[0][0]
        try:
            if first.action == "update":
                return [connector.update(first.request(), first.posting.external_id)]
            outcomes = connector.post([draft.request() for draft, _ in self.batch])
            if len(outcomes) != len(self.batch):
                raise AssertionError(f"{len(outcomes)} outcomes for {len(self.batch)} documents")
        except ClaimLostError:
            raise
        except Exception:
            _log.exception("connector_bug", package=connector.fact_sheet.package)
            return self.unclear(_BUG)
        return outcomes

    def unclear(self, reason: str) -> Sequence[Outcome]:
        return [Unclear(reason)] * len(self.batch)


@dataclass(frozen=True)
class LookUpOf:
    """The search for a document whose sending had no clear answer."""

    line: Line
    request: PostingRequest

    def make(self, connector: Connector) -> LookUp:
        try:
            return connector.find(self.request)
        except Exception:
            _log.exception("connector_bug", package=connector.fact_sheet.package)
            return Unclear(_BUG)


@dataclass(frozen=True)
class RelationQuestion:
    """Whether the package has a relation."""

    name: RelationName

    def make(self, connector: Connector) -> bool:
        kind, number, _ = self.name
        return connector.find_relation(kind, number) is not None


@dataclass(frozen=True)
class Preparation:
    """The facts that must be on record before a document is sent."""

    draft: Draft

    def make(self, connector: Connector) -> dict[str, str]:
        return dict(connector.prepare(self.draft.request()))


Call = Send | LookUpOf | RelationQuestion | Preparation


def start_of(draft: Draft) -> Start:
    """What is written down before a draft is sent."""
    return Start(
        draft.posting, draft.line.pk, draft.line.fingerprint, draft.action, draft.prepared, draft.sent, draft.series
    )


def go_together(first: Draft, other: Draft, so_many: int, most: int) -> bool:
    """Whether a draft may be the next one of a call that has so many."""
    return so_many < most and first.action == other.action == "post" and first.line.kind == other.line.kind
