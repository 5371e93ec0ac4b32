"""What Bookbridge can talk to: for people, for scripts, and as the page docs/catalogue.md."""

import json
from collections.abc import Iterator
from typing import Any

import click

from bookbridge.kit import catalogue as known_packages
from bookbridge.kit.fact_sheet import FactSheet

_FIDELITY = {
    "simulated": "checked against our own stand-in, made from what is publicly known",
    "contract": "requests checked against the vendor's published specification, answers by our own stand-in",
    "real": "checked against the real program",
    "live": "checked against the vendor's own servers",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array on standard output.")
@click.option("--markdown", is_flag=True, help="The page docs/catalogue.md.")
def catalogue(as_json: bool, markdown: bool) -> None:
    """List the packages, what each connector can do, its limits, and how that is known."""
    sheets = [known_packages.fact_sheet(package) for package in known_packages.packages()]
    if as_json:
        click.echo(json.dumps([_described(sheet) for sheet in sheets], indent=2, ensure_ascii=False))
    elif markdown:
        click.echo("\n".join(page(sheets)))
    else:
        for sheet in sheets:
            _print(sheet)


def _described(sheet: FactSheet) -> dict[str, Any]:
    whole = sheet.model_dump(mode="json")
    capabilities = whole.pop("capabilities")
    errors = whole.pop("known_errors")
    return {
        **whole,
        **capabilities,
        "known_errors": len(errors),
        "caught_before_sending": sheet.caught_before_sending,
        "knowable_before_sending": sheet.knowable_before_sending,
        "errors": errors,
    }


def _print(sheet: FactSheet) -> None:
    can = sheet.capabilities
    rows = {
        "fidelity": sheet.fidelity,
        "documents": ", ".join(can.documents),
        "updates": ", ".join(can.updates) or "none",
        "outstanding": ", ".join(can.outstanding) or "none",
        "limits": _limits(sheet),
        "known errors": _errors(sheet),
        "evidence": "; ".join(f"{evidence.what} ({evidence.on})" for evidence in sheet.evidence),
        "to confirm": f"{len(sheet.to_confirm)} questions (--json shows them)",
    }
    click.echo(f"{sheet.name} ({sheet.package}), {sheet.vendor}, {sheet.country}")
    for name, value in rows.items():
        click.echo(f"  {name:<14}{value}")
    click.echo()


def _errors(sheet: FactSheet) -> str:
    caught = f"{sheet.caught_before_sending} of the {sheet.knowable_before_sending} that can be known before sending"
    return f"{len(sheet.known_errors)}; caught are {caught}"


def _limits(sheet: FactSheet) -> str:
    limits = sheet.limits
    unit = "credits" if limits.cost_of_change > 1 else "calls"
    parts = [
        f"{limits.calls_per_minute} {unit} a minute" if limits.calls_per_minute else "",
        f"{limits.calls_per_day} {unit} a day" if limits.calls_per_day else "",
        f"{limits.calls_per_window} {unit} in {limits.window_s} seconds" if limits.calls_per_window else "",
        f"{limits.cost_of_change} for a call that changes the books" if limits.cost_of_change > 1 else "",
        f"stops at {limits.errors_per_hour} errors an hour" if limits.errors_per_hour else "",
    ]
    return ", ".join(part for part in parts if part) or "none known"


def page(sheets: list[FactSheet]) -> Iterator[str]:
    """The lines of docs/catalogue.md; a test holds the file to them."""
    yield "# Catalogue"
    yield ""
    yield "Made by `bookbridge catalogue --markdown` from the fact sheets; the portal shows the same under *Packages*."
    yield ""
    yield "| package | proven | carries | outstanding items | errors caught before sending | to confirm |"
    yield "|---|---|---|---|---|---|"
    for sheet in sheets:
        can = sheet.capabilities
        caught = f"{sheet.caught_before_sending} of {sheet.knowable_before_sending}"
        cells = (
            f"[{sheet.name}](#{sheet.package.replace('_', '-')})",
            sheet.fidelity,
            _words(can.documents),
            _words(can.outstanding) or "none",
            caught,
            str(len(sheet.to_confirm)),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield from (f"- **{fidelity}**: {meaning}." for fidelity, meaning in _FIDELITY.items())
    yield "- **caught before sending**: of the package's known errors that a check before sending can know at all."
    for sheet in sheets:
        yield from _section(sheet)


def _section(sheet: FactSheet) -> Iterator[str]:
    yield ""
    yield f'<a id="{sheet.package.replace("_", "-")}"></a>'
    yield ""
    yield f"## {sheet.name}"
    yield ""
    yield f"{sheet.vendor}, {sheet.country}. Limits: {_limits(sheet)}."
    yield ""
    yield f"Reads {', '.join(sheet.reads)}."
    yield f"Sends {', '.join(sheet.sends)}."
    yield ""
    yield "How it was proven:"
    yield ""
    yield from (f"- {evidence.on}: {evidence.what}" for evidence in sheet.evidence)
    if sheet.to_confirm:
        yield ""
        yield "To be confirmed with the vendor, and what Bookbridge does meanwhile:"
        yield ""
        yield from (f"- {open.question} *{open.our_choice}*" for open in sheet.to_confirm)


def _words(kinds: tuple[str, ...]) -> str:
    return ", ".join(kind.replace("_", " ") for kind in kinds)
