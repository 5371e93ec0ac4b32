"""Tables change so that workers of the version before go on beside the new ones: that is the upgrade without a stop.

A change that the old code can't live with is made in two releases: first nobody uses it any more, then it goes.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED

ROOMS = ("organisations", "integrations", "exchange", "portal")
_HARMFUL_SQL = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN)|ALTER\s+COLUMN|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL|TRUNCATE\s+TABLE)\b", re.IGNORECASE
)
_HARMFUL = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.DeleteModel,
    migrations.AlterModelTable,
)

NEW_WORDS_ALONE = {
    ("exchange.0008_fenced_workers", "reason"),
    ("exchange.0011_settlements", "reason"),
    ("exchange.0011_settlements", "state"),
    ("exchange.0018_comparisons", "direction"),
    ("organisations.0009_silent_agents", "kind"),
}
"""Fields whose list of choices has grown, which no column knows."""


def faults(operation: Operation, new_models: set[str]) -> Iterator[str]:
    """What workers of the version before couldn't live with. Tables made by the same migration are unknown to them."""
    model = str(getattr(operation, "model_name", "")).lower()
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from faults(inner, new_models)
    elif model in new_models:
        return
    elif isinstance(operation, _HARMFUL):
        yield f"{operation.describe()}: the version before still uses it; stop using it now, remove it a release later"
    elif isinstance(operation, migrations.AddField):
        field: Any = operation.field
        if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
            yield f"{operation.describe()}: old code inserts rows without it; give it null=True or a db_default"
    elif isinstance(operation, migrations.AlterField) and not operation.field.null:
        yield f"{operation.describe()}: the version before may write what no longer fits; allow it in a comment here"
    elif isinstance(operation, migrations.RunSQL):
        for text in _statements(operation.sql):
            if _HARMFUL_SQL.search(text):
                yield f"SQL that takes away what the version before uses: {text.strip()[:80]}"


def _statements(sql: Any) -> Iterator[str]:
    for each in [sql] if isinstance(sql, str) else sql:
        yield each if isinstance(each, str) else each[0]


def test_every_change_can_be_made_while_the_version_before_works() -> None:
    found = []
    for (room, name), migration in MigrationLoader(None).disk_migrations.items():
        if room not in ROOMS or migration.initial or name.startswith("0001") or name == "0002_initial":
            continue
        made = {
            operation.name.lower()
            for operation in migration.operations
            if isinstance(operation, migrations.CreateModel)
        }
        changes = [
            operation
            for operation in migration.operations
            if (f"{room}.{name}", getattr(operation, "name", "")) not in NEW_WORDS_ALONE
        ]
        found += [f"{room}.{name}: {fault}" for operation in changes for fault in faults(operation, made)]
    assert found == []


def test_the_models_and_the_tables_agree() -> None:
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    assert {room: [m.operations for m in found] for room, found in changes.items() if room in ROOMS} == {}


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("run", "state"),
        migrations.RenameField("run", "state", "status"),
        migrations.DeleteModel("Run"),
        migrations.RunSQL("ALTER TABLE exchange_run DROP COLUMN state"),
        migrations.RunSQL(["SELECT 1", ("alter table exchange_run alter column state set not null", None)]),
        migrations.RunSQL("DROP TABLE exchange_run"),
    ],
)
def test_what_takes_something_away_is_found(operation: Operation) -> None:
    assert list(faults(operation, set()))


def test_a_column_that_old_code_cannot_fill_is_found() -> None:
    from django.db import models

    def added(**settings: Any) -> list[str]:
        return list(faults(migrations.AddField("run", "more", models.CharField(max_length=9, **settings)), set()))

    assert added(default="")
    assert added(null=True) == []
    assert added(default="", db_default="") == []
