"""bookbridge secrets: bring the secrets in the database under the newest key."""

import json
from typing import Any

import click


@click.group()
def secrets() -> None:
    """Look after the secrets in the database."""


@secrets.command("rotate")
@click.option("--check", is_flag=True, help="Change nothing; say whether an old key is still needed.")
@click.option("--json", "as_json", is_flag=True, help="Print one object a field.")
def rotate(check: bool, as_json: bool) -> None:
    """Encrypt every secret with the first key of BOOKBRIDGE_ENCRYPTION_KEYS.

    1. Put a new key first in the list on every machine, keep the old one, and restart. 2. Run this. 3. Run it with
    --check: when it ends well, the old key can leave the list. It may be broken off and run again at any time.

    Exits with 1 when a secret still needs an old key, or one that isn't listed.
    """
    from bookbridge.server.start import load_django

    load_django()
    from bookbridge.organisations import rotation

    counts = rotation.survey() if check else rotation.rotate()
    for count in counts:
        click.echo(json.dumps(_values(count)) if as_json else _line(count))
    older, unreadable = sum(count.older for count in counts), sum(count.unreadable for count in counts)
    if not as_json:
        click.echo(_verdict(older, unreadable))
    raise SystemExit(1 if older or unreadable else 0)


def _values(count: Any) -> dict[str, Any]:
    return {
        "field": str(count.place),
        "newest_key": count.newest,
        "older_key": count.older,
        "unreadable": count.unreadable,
        "rotated": count.rotated,
    }


def _line(count: Any) -> str:
    rotated = f", {count.rotated} of them just now" if count.rotated else ""
    older = f", {count.older} under an older key" if count.older else ""
    unreadable = f", {count.unreadable} under a key that isn't listed" if count.unreadable else ""
    return f"{count.place}: {count.newest} under the newest key{rotated}{older}{unreadable}"


def _verdict(older: int, unreadable: int) -> str:
    if unreadable:
        return (
            f"{unreadable} secrets can't be read: add the key they were encrypted with at the end of "
            "BOOKBRIDGE_ENCRYPTION_KEYS, or enter them anew."
        )
    if older:
        return f"{older} secrets need an older key: run `bookbridge secrets rotate`."
    return "Every secret is under the newest key: the others in BOOKBRIDGE_ENCRYPTION_KEYS can be dropped."
