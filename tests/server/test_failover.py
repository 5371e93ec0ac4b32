"""A database that went on without what it had confirmed: everything is looked up first."""

from django.db import connection

from bookbridge.exchange.models import DatabaseLife
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.models import AuditEntry
from bookbridge.server.failover import look_up_first_in_another_life
from tests.exchange.stage import Stage
from tests.roles import as_the_app


def is_noticed() -> bool:
    with as_the_app():
        return look_up_first_in_another_life()


def test_a_replica_that_took_over_is_noticed_once(stage: Stage):
    assert not is_noticed(), "the first life"
    assert not is_noticed(), "the same life"
    assert Configuration.objects.get().look_up_first_since is None

    DatabaseLife.objects.update(timeline="00000000")
    assert is_noticed()
    marked = Configuration.objects.get()
    assert marked.look_up_first_since is not None
    assert AuditEntry.objects.filter(action="installation.looks_up_first").exists()
    assert not is_noticed()


def test_another_cluster_is_noticed(stage: Stage):
    is_noticed()
    DatabaseLife.objects.update(cluster="1")
    assert is_noticed()


def test_the_life_is_postgresql_s_own_word(stage: Stage):
    is_noticed()
    with connection.cursor() as cursor:
        cursor.execute("SELECT (pg_control_checkpoint()).timeline_id, (pg_control_system()).system_identifier")
        timeline, cluster = cursor.fetchone()
    known = DatabaseLife.objects.get()
    assert (int(known.timeline, 16), int(known.cluster)) == (timeline, cluster)
