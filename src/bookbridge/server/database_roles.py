"""The two roles at PostgreSQL: the owner of the tables changes them, the app's role works under their policies.

Policies don't bind who owns a table, a superuser, or a role with BYPASSRLS. So neither `serve` nor `worker` nor a
command runs as one of these, and the app's role has the rights it needs and no others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg import sql

from bookbridge.organisations.walls import WITHOUT_WALL

READ_ONLY = frozenset(
    {
        "django_migrations",
        # Written by bookbridge_audit_append() alone, which runs with its owner's rights.
        "organisations_auditentry",
        "organisations_audithead",
    }
)
"""Tables that the app's role may read and not write. Of all others it may read, add, change and delete rows."""

REMEDY = (
    "Make a role for the app (CREATE ROLE bookbridge_app LOGIN PASSWORD '…'), give its address in DATABASE_URL and "
    "the one of the tables' owner in DATABASE_OWNER_URL, then run `bookbridge migrate`; see docs/settings.md."
)

_OURS = "(SELECT relowner FROM pg_class WHERE oid = to_regclass('public.django_migrations'))"
_FAULTS = f"""
    SELECT current_user, rolsuper, rolbypassrls, rolcreaterole,
           coalesce(pg_has_role(current_user, {_OURS}, 'MEMBER'), false),
           rolreplication OR EXISTS (
               SELECT FROM pg_roles AS other
               WHERE (other.rolsuper OR other.rolbypassrls OR other.rolreplication)
                 AND pg_has_role(current_user, other.oid, 'MEMBER'))
    FROM pg_roles WHERE rolname = current_user
"""  # noqa: S608 - a text of our own.
_RIGHTS = f"""
    SELECT relname::text, relkind = 'S',
           array(SELECT wanted FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES',
                 'TRIGGER']) AS wanted WHERE relkind <> 'S' AND has_table_privilege(%(app)s, oid, wanted)
                 UNION ALL SELECT 'USAGE' WHERE relkind = 'S' AND has_sequence_privilege(%(app)s, oid, 'USAGE'))
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') AND relowner = {_OURS}
"""  # noqa: S608
_CLOSED_FUNCTIONS = f"""
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proowner = {_OURS}
      AND NOT has_function_privilege(%(app)s, oid, 'EXECUTE')
"""  # noqa: S608
_WITHOUT_WALL = f"""
    SELECT relname::text FROM pg_class AS held
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relowner = {_OURS}
      AND NOT relname = ANY (%(named)s)
      AND NOT (relrowsecurity AND EXISTS (
          SELECT FROM pg_policy WHERE polrelid = held.oid AND polname = 'own_organisation'))
"""  # noqa: S608
_TOO_MUCH = """
    SELECT has_schema_privilege(%(app)s, 'public', 'CREATE'),
           has_database_privilege(%(app)s, current_database(), 'TEMPORARY')
"""


def faults() -> list[str]:
    """Why the walls wouldn't hold for the role of this connection, a sentence each; none when they do."""
    name, is_superuser, bypasses, makes_roles, owns, becomes_more = _rows(_FAULTS)[0]
    found = {
        "is a superuser": is_superuser,
        "has BYPASSRLS": bypasses,
        "may make roles, and so become another one": makes_roles and not is_superuser,
        "owns the tables": owns and not is_superuser,
        "may replicate, or become a role that no policy binds": becomes_more and not (is_superuser or bypasses),
    }
    return [
        f"The role {name} of DATABASE_URL {what}: no wall between companies stops it." for what in found if found[what]
    ]


def role_of_this_connection() -> str:
    name: str = _rows("SELECT current_user")[0][0]
    return name


def lacking(app: str) -> list[str]:
    """What the app's role must be able to use and can't."""
    tables = [name for name, is_sequence, has in _rows(_RIGHTS, app=app) if _wanted(name, is_sequence) - set(has)]
    return tables + [name for (name,) in _rows(_CLOSED_FUNCTIONS, app=app)]


def too_much(app: str) -> list[str]:
    """What the app's role can do to our tables, or in this database, and shouldn't."""
    found = [
        f"{', '.join(sorted(set(has) - _wanted(name, is_sequence)))} on {name}"
        for name, is_sequence, has in _rows(_RIGHTS, app=app)
        if set(has) - _wanted(name, is_sequence)
    ]
    may_create, may_make_temporary = _rows(_TOO_MUCH, app=app)[0]
    return found + ["CREATE in the schema"] * may_create + ["temporary tables"] * may_make_temporary


def tables_without_wall() -> list[str]:
    """Tables of ours whose rows everybody sees, though they are not named as such."""
    return [name for (name,) in _rows(_WITHOUT_WALL, named=list(WITHOUT_WALL))]


def give_rights(app: str) -> None:
    """Give the app's role what it needs and take what it doesn't. For the owner's connection."""
    role, database = sql.Identifier(app), sql.Identifier(connection.settings_dict["NAME"])
    _run("GRANT USAGE ON SCHEMA public TO {}", role)
    for name, is_sequence, has in _rows(_RIGHTS, app=app):
        wanted, relation = _wanted(name, is_sequence), sql.Identifier(name)
        kind = sql.SQL("SEQUENCE" if is_sequence else "TABLE")
        for right in sorted(wanted - set(has)):
            _run("GRANT {} ON {} {} TO {}", sql.SQL(right), kind, relation, role)
        for right in sorted(set(has) - wanted):
            _run("REVOKE {} ON {} {} FROM PUBLIC, {}", sql.SQL(right), kind, relation, role)
    for (name,) in _rows(_CLOSED_FUNCTIONS, app=app):
        _run("GRANT EXECUTE ON FUNCTION {} TO {}", sql.SQL(name), role)
    _run("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {}", role)
    _run("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC, {}", database, role)


@contextmanager
def as_owner(settings: dict[str, Any]) -> Iterator[None]:
    """Have this thread's connection be the owner's, of the same database."""
    connection.close()
    app = connection.settings_dict
    connection.settings_dict = {**app, **settings, "NAME": app["NAME"]}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = app


def _wanted(name: str, is_sequence: bool) -> set[str]:
    if is_sequence:
        return {"USAGE"}
    return {"SELECT"} if name in READ_ONLY else {"SELECT", "INSERT", "UPDATE", "DELETE"}


def _run(statement: str, *parts: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*parts))  # type: ignore[arg-type]


def _rows(statement: str, **values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
