"""Every table is walled or named with the reason why not; no row can point across a wall; few functions look across."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from bookbridge.organisations.walls import WITHOUT_WALL

pytestmark = pytest.mark.django_db

_TABLES = """
    SELECT held.relname, held.relrowsecurity, EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = held.oid AND attname = 'organisation_id' AND NOT attisdropped
    ) FROM pg_class AS held WHERE held.relnamespace = 'public'::regnamespace AND held.relkind IN ('r', 'p')
"""
_OTHER_RELATIONS = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'p', 'i', 'I', 'S', 'c')
"""
_POLICIES = (
    "SELECT tablename, policyname, cmd, permissive, qual, with_check FROM pg_policies WHERE schemaname = 'public'"
)
_LINKS = """
    SELECT held.conname, array(
        SELECT attname::text FROM pg_attribute WHERE attrelid = held.conrelid AND attnum = ANY (held.conkey)
    ) FROM pg_constraint AS held
    JOIN pg_class AS own ON own.oid = held.conrelid AND own.relrowsecurity
    JOIN pg_class AS target ON target.oid = held.confrelid AND target.relrowsecurity
    WHERE held.contype = 'f'
"""
_WITH_THE_OWNERS_RIGHTS = """
    SELECT proname::text, proconfig, has_function_privilege('pg_monitor', oid, 'EXECUTE'),
           pg_get_function_result(oid)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
"""


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def walled() -> set[str]:
    return {name for name, is_walled, _ in rows(_TABLES) if is_walled}


def test_every_table_is_walled_or_named_with_a_reason() -> None:
    """A table that fails here: give it `walls.wall()` in its migration, or a line in WITHOUT_WALL."""
    assert {name for name, _, _ in rows(_TABLES)} == walled() | set(WITHOUT_WALL)
    assert walled() & set(WITHOUT_WALL) == set()
    assert all(WITHOUT_WALL.values())
    assert rows(_OTHER_RELATIONS) == []  # A view would read with its owner's rights.


def test_every_table_of_an_organisation_is_walled() -> None:
    assert {name for name, _, of_an_organisation in rows(_TABLES) if of_an_organisation} <= walled()
    models = {model._meta.db_table: {field.name for field in model._meta.fields} for model in apps.get_models()}
    assert {table for table, fields in models.items() if "organisation" in fields} <= walled()


def test_a_policy_holds_for_reading_and_writing_and_asks_once_a_query() -> None:
    found = {(table, name): rest for table, name, *rest in rows(_POLICIES)}
    assert {table for table, name in found if name == "own_organisation"} == walled()
    for (_, name), (command, permissive, using, with_check) in found.items():
        assert permissive == "PERMISSIVE"
        if name == "own_organisation":
            assert command == "ALL"
            assert with_check == using
            assert "( SELECT (NULLIF(current_setting('bookbridge.organisation'" in using
        else:
            assert (name, command, with_check) == ("own_user", "SELECT", None)
    assert {table for table, name in found if name == "own_user"} == {
        "organisations_membership",
        "organisations_organisation",
    }


def test_no_row_can_point_at_one_of_another_organisation() -> None:
    """PostgreSQL looks behind the wall to check a foreign key; so the organisation is part of it."""
    across = [name for name, columns in rows(_LINKS) if "organisation_id" not in columns]
    assert across == []


def test_what_looks_across_the_walls_is_pinned_down_and_returns_no_customers_data() -> None:
    for name, settings, others_may_call, result in rows(_WITH_THE_OWNERS_RIGHTS):
        assert settings == ["search_path=pg_catalog, public, pg_temp"], name
        assert not others_may_call, name
        if name.startswith("across_"):
            assert set(result.replace("TABLE(", "").replace("SETOF ", "").rstrip(")").replace(",", "").split()) <= {
                *("uuid", "bigint", "text", "timestamp", "with", "time", "zone"),
                *("organisation", "configuration", "integration", "authorisation", "posting", "run", "active"),
                *("since", "until", "agent"),
                *("person", "kind", "about", "told"),
                *("name", "labels", "jsonb", "value", "double", "precision"),
                *("what", "number", "members", "integrations", "runs", "last_run_at"),
                *("id", "administration", "window_name", "used", "allowed", "closed_until"),
            }, name
        else:
            assert name in {"bookbridge_audit_append"}
