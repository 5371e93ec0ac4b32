"""bookbridge migrate"""

import click


@click.command()
def migrate() -> None:
    """Bring the tables of the database up to date, and the rights of the app's role with them.

    DATABASE_OWNER_URL names the role that owns the tables, DATABASE_URL the one that the app works as.
    """
    from bookbridge.server.start import bring_up_to_date, load_django

    load_django(migrated=False)
    bring_up_to_date(in_any_case=True)
    click.echo("The tables are up to date.")
