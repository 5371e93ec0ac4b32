"""bookbridge migrate"""

import click


@click.command()
def migrate() -> None:
    """Bring the tables of the database up to date."""
    from bookbridge.server.start import load_django

    load_django(migrated=True)
    click.echo("The tables are up to date.")
