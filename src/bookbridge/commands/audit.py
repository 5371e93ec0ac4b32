"""bookbridge audit: show the audit trail, note where it ends, and prove that nobody changed it."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import click

_INSTALLATION = "installation"
_chain_option = click.option(
    "--organisation", "chain", help="The id of an organisation, or “installation”; without it: every chain."
)


@click.group()
def audit() -> None:
    """Show the audit trail, note where it ends, prove that it is whole."""


@audit.command("verify")
@_chain_option
@click.option(
    "--heads",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file that `bookbridge audit head` wrote earlier: these ends must still be there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one object a chain.")
def verify(chain: str | None, heads: Path | None, as_json: bool) -> None:
    """Read every chain from its beginning and name its first changed, removed, inserted or moved entry.

    Exits with 1 when there is one. Whoever owns the tables could write a whole chain anew: note the heads elsewhere
    now and then, and give them by --heads.
    """
    _load()
    from bookbridge.organisations import trail_chain

    noted = _noted(heads) if heads else {}
    known = trail_chain.chains()
    known += [organisation_id for organisation_id in noted if organisation_id not in known]
    faults = 0
    for organisation_id in [_one_of(known, chain)] if chain else known:
        verdict = trail_chain.verify(organisation_id, noted.get(organisation_id))
        faults += verdict.fault is not None
        click.echo(json.dumps(_verdict_values(verdict)) if as_json else _verdict_line(verdict))
    raise SystemExit(1 if faults else 0)


@audit.command("head")
@_chain_option
def head(chain: str | None) -> None:
    """Print where each chain ends now, one a line. Keep it elsewhere; `bookbridge audit verify --heads` takes it."""
    _load()
    from bookbridge.organisations import trail_chain

    known = trail_chain.chains()
    for organisation_id in [_one_of(known, chain)] if chain else known:
        click.echo(f"{organisation_id or _INSTALLATION} {trail_chain.head_of(organisation_id)}")


@audit.command("show")
@_chain_option
@click.option("--subject", help="KIND or KIND:ID, such as configuration:12.")
@click.option("--action", help="An action or its beginning, such as posting.")
@click.option("--last", default=100, show_default=True, help="How many entries, counted from the end.")
@click.option("--json", "as_json", is_flag=True, help="Print one object an entry.")
def show(chain: str | None, subject: str | None, action: str | None, last: int, as_json: bool) -> None:
    """Print the latest entries of one chain, the oldest first."""
    _load()
    from bookbridge.organisations import trail_chain
    from bookbridge.organisations.models import User
    from bookbridge.organisations.trail_reading import entries

    rows = entries(_one_of(trail_chain.chains(), chain or _INSTALLATION), subject=subject, action=action, last=last)
    names = User.objects.in_bulk({int(row.actor_id) for row in rows if row.actor_kind == "user"})
    for row in rows:
        who = str(names.get(int(row.actor_id), f"user {row.actor_id}")) if row.actor_kind == "user" else row.actor_kind
        click.echo(json.dumps(_entry_values(row, who)) if as_json else _entry_line(row, who))


def _load() -> None:
    from bookbridge.server.start import load_django

    load_django()


def _chain(text: str) -> UUID | None:
    if text == _INSTALLATION:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise click.ClickException(f"{text} is no organisation's id; `bookbridge audit head` lists them") from None


def _one_of(known: list[UUID | None], text: str) -> UUID | None:
    found = _chain(text)
    if found not in known:
        raise click.ClickException(f"there is no audit trail of {text}; `bookbridge audit head` lists them")
    return found


def _noted(path: Path) -> dict[UUID | None, dict[int, bytes]]:
    noted: dict[UUID | None, dict[int, bytes]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            chain, written = line.split()
            count, digest = written.split(":")
            if int(count):
                noted.setdefault(_chain(chain), {})[int(count)] = bytes.fromhex(digest)
        except ValueError:
            raise click.ClickException(
                f"{path}, line {number}: give lines as `bookbridge audit head` prints them"
            ) from None
    return noted


def _verdict_values(verdict: Any) -> dict[str, Any]:
    fault = verdict.fault
    return {
        "organisation": str(verdict.organisation_id) if verdict.organisation_id else None,
        "entries": verdict.entries,
        "head": str(verdict.head),
        "fault": {"kind": fault.kind, "sequence": fault.sequence, "what": fault.what} if fault else None,
    }


def _verdict_line(verdict: Any) -> str:
    chain = verdict.organisation_id or _INSTALLATION
    if verdict.fault:
        return f"WRONG {chain}: entry {verdict.fault.sequence} was {verdict.fault.kind}: {verdict.fault.what}"
    return f"ok    {chain}: {verdict.entries} entries, head {verdict.head}"


def _entry_values(row: Any, who: str) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "moment": row.moment.isoformat(),
        "actor": row.actor_kind,
        "actor_id": row.actor_id,
        "who": who,
        "origin": row.origin,
        "action": row.action,
        "subject": f"{row.subject_kind}:{row.subject_id}",
        "changes": json.loads(row.changes),
    }


def _entry_line(row: Any, who: str) -> str:
    told = "; ".join(f"{name}: {old!r} → {new!r}" for name, (old, new) in json.loads(row.changes).items())
    origin = f" from {row.origin}" if row.origin else ""
    subject = f"{row.subject_kind}:{row.subject_id}"
    return (
        f"{row.sequence:>7}  {row.moment:%Y-%m-%d %H:%M:%S}  {row.action}  {subject}  by {who}{origin}  {told}".rstrip()
    )
