"""bookbridge retention"""

from typing import Any

import click

FOR_EVER = "forever"
SHORTEST_FILES, SHORTEST_LINES = 7, 30
"""Days: shorter, and what came in last week could no longer be looked into."""


class _Days(click.ParamType):
    """A number of days, or for ever."""

    name = "DAYS"

    def __init__(self, shortest: int) -> None:
        self._shortest = shortest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == FOR_EVER:
            return None
        if not str(value).isdigit() or not self._shortest <= int(value) <= 36_500:
            self.fail(f"give {FOR_EVER} or a number of days from {self._shortest} to 36500", param, ctx)
        return int(value)


@click.command()
@click.argument("organisation")
@click.option("--files", type=_Days(SHORTEST_FILES), help="Days to keep originals in the archive, or forever.")
@click.option(
    "--lines", type=_Days(SHORTEST_LINES), help="Days to keep lines of ended runs and old readings, or forever."
)
@click.pass_context
def retention(context: click.Context, organisation: str, files: int | None, lines: int | None) -> None:
    """Set how long ORGANISATION (its id) keeps files and lines; without options, show it.

    Workers forget in small lots. Postings, runs with their counts and reconciliation, and the audit trail are kept for
    ever: they are what keeps a document from being posted twice.
    """
    from bookbridge.server.start import load_django

    load_django()
    from django.db import transaction

    from bookbridge.organisations import trail
    from bookbridge.organisations.walls import acting_for

    given = {"keep_files_days": ("files", files), "keep_lines_days": ("lines", lines)}
    asked = {
        field: days
        for field, (option, days) in given.items()
        if context.get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE
    }
    home = _home(organisation)
    with acting_for(home), transaction.atomic():
        found = _found(organisation, home)
        changes = {
            field: [getattr(found, field), days] for field, days in asked.items() if getattr(found, field) != days
        }
        for field, days in asked.items():
            setattr(found, field, days)
        if changes:
            found.save(update_fields=list(changes))
            trail.record(found.pk, "organisation.changed", subject=found, changes=changes)
    click.echo(f"Files: {_told(found.keep_files_days)}. Lines: {_told(found.keep_lines_days)}.")


def _told(days: int | None) -> str:
    return "kept for ever" if days is None else f"kept for {days} days"


def _home(organisation: str) -> Any:
    from uuid import UUID

    try:
        return UUID(organisation)
    except ValueError:
        raise _no_such(organisation) from None


def _found(text: str, organisation_id: Any) -> Any:
    from bookbridge.organisations.models import Organisation

    found = Organisation.objects.filter(pk=organisation_id).first()
    if found is None:
        raise _no_such(text)
    return found


def _no_such(text: str) -> click.ClickException:
    return click.ClickException(f"there is no organisation {text}; its id was printed when it was added")
