"""Notices that PostgreSQL went on without something that it had confirmed, before anything is sent.

A replica that was behind took over, or a copy came back by other means than `bookbridge restore`: what was sent since
is unknown to the tables, and they look sound. PostgreSQL itself tells: a cluster has a number, and each time that it
goes on from a copy its log begins another timeline. Then everything is looked up first, as after a restore.
"""

import structlog
from django.db import connection, transaction

from bookbridge.exchange import sql
from bookbridge.exchange.models import DatabaseLife
from bookbridge.server import restoring

_NOW = "SELECT (pg_control_system()).system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8)"
_log = structlog.get_logger("bookbridge.worker")


def look_up_first_in_another_life() -> bool:
    """Before a worker begins. Whether this is another life of the database than the tables were last worked on in."""
    with transaction.atomic():
        sql.wait_for_lock("life of the database")
        with connection.cursor() as cursor:
            cursor.execute(_NOW)
            cluster, timeline = cursor.fetchone()
        known = DatabaseLife.objects.first()
        if known is None:
            DatabaseLife.objects.create(cluster=cluster, timeline=timeline)
            return False
        if (known.cluster, known.timeline) == (cluster, timeline):
            return False
        restoring.mark()
        DatabaseLife.objects.update(cluster=cluster, timeline=timeline)
    _log.warning("another_life_of_the_database", was=f"{known.cluster}/{known.timeline}", now=f"{cluster}/{timeline}")
    return True
