"""The walls between tenants: for whom this thread works, and the policy that makes PostgreSQL hold it to that.

Each table with customer data has a policy: a row is there only for who acts for its organisation. Nobody set, nothing
seen. `acting_for` and `acting_as` only note the wish; `database/base.py` tells PostgreSQL before the next statement,
so that a wish costs at most one short statement, and none when nothing is asked under it.

A thread begins with nobody: whoever starts one enters `acting_for` in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import migrations

from bookbridge.organisations import sql


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom a thread works: an organisation, a user, both or neither."""

    organisation: UUID | None = None
    user: int | None = None


NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def acting() -> Acting:
    """For whom this thread works now."""
    return _acting.get()


@contextmanager
def acting_for(organisation_id: UUID) -> Iterator[None]:
    """Within it, the rows of this organisation are there to read and change, and those of no other one."""
    if not isinstance(organisation_id, UUID):
        raise TypeError(f"acting_for needs the UUID of an organisation, not {organisation_id!r}")
    with _wish(replace(_acting.get(), organisation=organisation_id)):
        yield


@contextmanager
def acting_as(user_id: int) -> Iterator[None]:
    """Within it, the user's own memberships and their organisations can be read too: for "my companies"."""
    with _wish(replace(_acting.get(), user=int(user_id))):
        yield


@contextmanager
def acting_for_nobody() -> Iterator[None]:
    """Within it, no customer's data is there."""
    with _wish(NOBODY):
        yield


@contextmanager
def _wish(wanted: Acting) -> Iterator[None]:
    before = _acting.set(wanted)
    try:
        yield
    finally:
        _acting.reset(before)


def wall(table: str) -> migrations.RunSQL:
    """The operation of a migration that gives a table with an `organisation_id` its policy."""
    return migrations.RunSQL(sql.raise_wall(table), sql.tear_wall_down(table))
