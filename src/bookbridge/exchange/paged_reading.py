"""Reading the package a page at a time. What was read is kept with the run whenever the reading has to stop, so that it
goes on from there after any wait, in whichever worker."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from django.db import transaction

from bookbridge.exchange.models import Reading, Run
from bookbridge.exchange.passing import HandOverError
from bookbridge.exchange.workers import Claim
from bookbridge.integrations.storable import storable_values
from bookbridge.kit.errors import MovedError, PackageError, RefusedError, UnreachableError


class Page(Protocol):
    @property
    def following(self) -> str | None: ...


P = TypeVar("P", bound=Page)


class Gathered(ABC, Generic[P]):
    """What the pages have said so far."""

    @abstractmethod
    def take(self, page: P) -> None: ...

    @abstractmethod
    def stored(self) -> dict[str, Any]:
        """As JSON."""

    @abstractmethod
    def restore(self, stored: dict[str, Any]) -> bool:
        """Go on from what `stored` gave; False, with nothing taken over, when that is out of date."""

    @abstractmethod
    def clear(self) -> None: ...


class _Place:
    """How far the pages have been read. `is_anew`: they have been begun a second time."""

    def __init__(self, after: str | None = None, seen: tuple[str, ...] = (), *, is_anew: bool = False) -> None:
        self.after = after
        self.seen = set(seen)
        self.is_anew = is_anew
        self.is_last = False

    def move(self, following: str | None) -> None:
        """Raises UnreachableError for pages that lead in a circle."""
        mark = hashlib.sha256((following or "").encode()).hexdigest()[:16]
        if mark in self.seen:
            raise UnreachableError("the package's pages lead in a circle", may_have_arrived=False)
        self.seen.add(mark)
        self.after, self.is_last = following, following is None

    def stored(self) -> dict[str, Any]:
        return {"after": self.after, "seen": sorted(self.seen), "is_anew": self.is_anew}


def read_all(run: Run, claim: Claim, gathered: Gathered[P], page: Callable[[str | None], P]) -> None:
    """Gather every page. `page` gives the one after a place. Raises kit.errors and HandOverError, with what was read on
    record, and what `gathered` raises."""
    place = _known(run, gathered) or _Place()
    try:
        while not place.is_last:
            claim.check()
            if claim.worker.is_handing_over:
                raise HandOverError
            try:
                read = page(place.after)
            except MovedError:
                place = _Place()
                gathered.clear()
                raise
            except RefusedError:
                if place.after is None or place.is_anew:
                    # There is nothing to go on from.
                    forget(run)
                    raise
                # The place where it stopped may be gone from the books.
                place = _Place(is_anew=True)
                gathered.clear()
            else:
                gathered.take(read)
                place.move(read.following)
    except RefusedError:
        raise
    except (PackageError, HandOverError):
        _keep(run, claim, {"place": place.stored(), "gathered": gathered.stored()})
        raise


def forget(run: Run) -> None:
    """Keep nothing more of what was read."""
    Reading.objects.filter(organisation_id=run.organisation_id, run=run).delete()


def _known(run: Run, gathered: Gathered[Any]) -> _Place | None:
    kept = Reading.objects.filter(organisation_id=run.organisation_id, run=run).values_list("content", flat=True)
    content = kept.first()
    if content is None or not gathered.restore(content["gathered"]):
        return None
    return _Place(**content["place"])


def _keep(run: Run, claim: Claim, content: dict[str, Any]) -> None:
    """Changes nothing once another worker has the run."""
    own = Run.objects.filter(organisation_id=run.organisation_id, pk=run.pk, claim=claim.token)
    with transaction.atomic():
        if own.select_for_update().exists():
            Reading.objects.update_or_create(
                run=run, defaults={"organisation_id": run.organisation_id, "content": storable_values(content)}
            )
