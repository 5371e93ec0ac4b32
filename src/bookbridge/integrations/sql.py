"""The SQL of this room that Django's query language can't say."""

from django.db import connection


def commit_without_waiting_for_the_disk() -> None:
    """For this transaction only: a call count lost in a crash does no harm, waiting for the disk at each call would."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO OFF")
