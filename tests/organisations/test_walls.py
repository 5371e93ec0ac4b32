"""For whom a thread works, as PostgreSQL knows it at each statement."""

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from bookbridge.organisations import sql
from bookbridge.organisations.walls import acting_as, acting_for, acting_for_nobody

A, B = UUID(int=1), UUID(int=2)
_TOLD = "SELECT current_setting('bookbridge.organisation', true), current_setting('bookbridge.user', true)"


def told() -> tuple[str, str]:
    """What PostgreSQL knows, asked of it."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLD)
        organisation, user = cursor.fetchone()
    return organisation or "", user or ""


def boom(expected: tuple[str, str] | None = None) -> None:
    """Break off, after a look at what PostgreSQL knows."""
    assert expected is None or told() == expected
    raise ZeroDivisionError


@pytest.mark.django_db
def test_nobody_is_set_before_between_and_after() -> None:
    assert told() == ("", "")
    with acting_for(A):
        assert told() == (str(A), "")
    assert told() == ("", "")
    with acting_as(7):
        assert told() == ("", "7")
    assert told() == ("", "")


@pytest.mark.django_db
def test_they_nest_and_what_stood_before_comes_back() -> None:
    with acting_as(7), acting_for(A):
        with acting_for(B):
            assert told() == (str(B), "7")
        with acting_for_nobody():
            assert told() == ("", "")
        with pytest.raises(ZeroDivisionError), acting_for(B):
            boom()
        assert told() == (str(A), "7")


@pytest.mark.django_db
def test_only_an_organisations_uuid_is_taken() -> None:
    with pytest.raises(TypeError), acting_for(str(A)):  # type: ignore[arg-type]
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [None, A])
def test_after_a_rolled_back_transaction(before: UUID | None) -> None:
    """PostgreSQL takes back with a transaction what was set in it."""
    with acting_for(before) if before else acting_for_nobody():
        told()
        with pytest.raises(ZeroDivisionError), transaction.atomic(), acting_for(B):
            boom(expected=(str(B), ""))
        with acting_for(B):
            assert told() == (str(B), "")
        assert told() == (str(before or ""), "")


@pytest.mark.django_db(transaction=True)
def test_after_a_rolled_back_savepoint() -> None:
    with transaction.atomic(), acting_for(A):
        told()
        with pytest.raises(ZeroDivisionError), transaction.atomic(), acting_for(B):
            boom(expected=(str(B), ""))
        assert told() == (str(A), "")
        with acting_for(B):
            assert told() == (str(B), "")


@pytest.mark.django_db(transaction=True)
def test_after_a_statement_failed_and_the_transaction_was_lost_in_silence() -> None:
    with transaction.atomic():
        with acting_for(B):
            told()
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        with acting_for(A):
            pass
    with acting_for(B):
        assert told() == (str(B), "")
    assert told() == ("", "")


@pytest.mark.django_db(transaction=True)
def test_in_a_transaction_of_psycopg_itself() -> None:
    connection.ensure_connection()
    with connection.connection.transaction(force_rollback=True), acting_for(B):
        assert told() == (str(B), "")
    with acting_for(B):
        assert told() == (str(B), "")


@pytest.mark.django_db(transaction=True)
def test_on_a_connection_that_took_the_place_of_a_lost_one() -> None:
    with acting_for(A):
        told()
        connection.close()
        assert told() == (str(A), "")
        with connection.cursor() as cursor, pytest.raises(DatabaseError):
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.close_if_unusable_or_obsolete()
        assert told() == (str(A), "")


@pytest.mark.django_db
def test_a_cursor_that_is_kept_from_one_tenant_to_the_next() -> None:
    with connection.cursor() as cursor:
        for organisation in (A, B, A):
            with acting_for(organisation):
                cursor.execute(_TOLD)
                assert cursor.fetchone()[0] == str(organisation)


@pytest.mark.django_db(transaction=True)
def test_a_new_thread_begins_with_nobody() -> None:
    found = []

    def ask() -> None:
        found.append(told())
        connection.close()

    with acting_for(A):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert found == [("", "")]


@pytest.mark.django_db
def test_a_wish_costs_one_statement_and_none_when_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    statements: list[object] = []
    real = psycopg.Cursor.execute

    def noted(cursor: psycopg.Cursor, query: Any, *arguments: Any, **named: Any) -> Any:
        statements.append(query)
        return real(cursor, query, *arguments, **named)

    told()
    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    for _ in range(3):
        with acting_for(A):
            pass
    assert statements == []
    for _ in range(3):
        with acting_for(A):
            told()
            told()
    assert statements == [sql.ACT, *[_TOLD] * 6]
