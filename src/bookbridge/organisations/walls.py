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
from typing import Any
from uuid import UUID

from django.db import migrations

from bookbridge.organisations import sql

WITHOUT_WALL = {
    "organisations_user": "a person is of no organisation, and is looked up by address before anybody is known",
    "organisations_user_groups": "Django's own, unused: what a user may do stands in memberships",
    "organisations_user_user_permissions": "Django's own, unused: what a user may do stands in memberships",
    "auth_group": "Django's own, unused",
    "auth_group_permissions": "Django's own, unused",
    "auth_permission": "names of models",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "django_session": "under hashes of what browsers hold, of no organisation; needed before log-in",
    "account_emailaddress": "a user's own address, needed before log-in",
    "account_emailconfirmation": "a user's own address, needed before log-in",
    "mfa_authenticator": "a user's own second factor, needed before log-in",
    "usersessions_usersession": "where a user is logged in: of a person and not of an organisation",
    "organisations_shared": "counts of tries at the log-in, needed before anybody is known",
    "integrations_appregistration": "the installation's own registration at a vendor",
    "exchange_workersession": "processes of the installation",
    "exchange_databaselife": "which PostgreSQL the tables are in",
    "procrastinate_jobs": "wakes workers by ids and the keys of files, which hold file names",
    "procrastinate_events": "when jobs began and ended",
    "procrastinate_periodic_defers": "the queue's own clock",
    "procrastinate_workers": "processes of the installation",
}
"""Every table that has no policy, with the reason. A test finds a table that is neither here nor walled."""


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


class _Wall(migrations.RunSQL):
    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        # The foreign keys of a table that this migration makes wait for its end; here they must be there.
        waiting, schema_editor.deferred_sql = schema_editor.deferred_sql, []
        for statement in waiting:
            schema_editor.execute(statement)
        super().database_forwards(app_label, schema_editor, from_state, to_state)


def wall(table: str) -> migrations.RunSQL:
    """The operation of a migration that gives a table with an `organisation_id` its policy.

    Its foreign keys to other walled tables get the organisation in them too, so that a row can't even point at
    another organisation's. (Django takes such a key for none of its own: a later change of that field makes it anew.)
    """
    return _Wall(sql.raise_wall(table), sql.tear_wall_down(table))


def links_of(table: str) -> migrations.RunSQL:
    """The same for foreign keys that a table with a policy got since."""
    return _Wall(sql.links_within_an_organisation(table), migrations.RunSQL.noop)


def across(name: str, arguments: str, returns: str, body: str) -> migrations.RunSQL:
    """The operation that makes a function which looks across tenants, for the app's role alone.

    It returns ids and counts, and for the operator's page the names of companies and integrations; no customer's
    data: the work on what it found is done inside `acting_for`.
    """
    if not name.startswith(sql.ACROSS):
        raise ValueError(f"the name of {name} must begin with {sql.ACROSS}")
    return migrations.RunSQL(sql.make_across(name, arguments, returns, body), f"DROP FUNCTION {name}")
