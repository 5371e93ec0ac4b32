"""bookbridge doctor"""

import json
from dataclasses import asdict

import click

_SIGNS = {"well": "ok   ", "warning": "look ", "wrong": "WRONG"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def doctor(as_json: bool) -> None:
    """Look at this installation and name what is wrong, with the remedy.

    Ends with 1 when something is wrong; what is only worth a look ends with 0.
    """
    from bookbridge.server.embedded_postgres import EmbeddedPostgresError
    from bookbridge.server.start import load_django

    try:
        load_django(migrated=False)
    except EmbeddedPostgresError as error:
        raise click.ClickException(f"the embedded PostgreSQL can't start: {error}") from None
    from bookbridge.server.doctor import examine

    findings = examine()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(f"{_SIGNS[finding.state]}  {finding.subject}: {finding.what}")
            if finding.remedy:
                click.echo(f"       → {finding.remedy}")
    raise SystemExit(1 if any(finding.state == "wrong" for finding in findings) else 0)
