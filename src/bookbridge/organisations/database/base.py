"""The connection that keeps PostgreSQL told for whom its thread works (see `walls.py`).

What PostgreSQL was told last is remembered for each connection, and forgotten whenever it may no longer stand: on a
new connection, after a savepoint or transaction was rolled back in which it was told.
"""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from bookbridge.organisations import sql, walls


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._told: walls.Acting | None = None
        self._told_in_transaction = False
        # A cursor that is kept from one tenant to the next is told again at each statement.
        self.execute_wrappers.append(self._tell_and_execute)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._told = None
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        self._tell()
        return super().create_cursor(name)

    def _commit(self) -> None:
        self._forget_what_was_told_in_transaction()
        super()._commit()

    def _rollback(self) -> None:
        self._forget_what_was_told_in_transaction()
        super()._rollback()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        self._forget_what_was_told_in_transaction()

    def _forget_what_was_told_in_transaction(self) -> None:
        # At a commit too: PostgreSQL rolls back without a word what had failed before it.
        if self._told_in_transaction:
            self._told, self._told_in_transaction = None, False

    def _tell_and_execute(self, execute: Callable[..., Any], query: Any, params: Any, many: bool, context: Any) -> Any:
        self._tell()
        return execute(query, params, many, context)

    def _tell(self) -> None:
        if self.connection is None:
            return
        wanted = walls.acting()
        status = self.connection.info.transaction_status
        if status == TransactionStatus.IDLE:
            # A transaction that ended without Django, such as psycopg's own.
            self._forget_what_was_told_in_transaction()
        if wanted == self._told or status == TransactionStatus.INERROR:
            return
        self._told = None
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(sql.ACT, [str(wanted.organisation or ""), str(wanted.user or "")])
        self._told_in_transaction = self.connection.info.transaction_status != TransactionStatus.IDLE
        self._told = wanted
