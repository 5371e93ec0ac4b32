"""bookbridge read: what a file holds, document by document, without a database."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from bookbridge.documents import (
    OutstandingItem,
    Problem,
    document_to_json,
    fingerprint,
    identifier_of,
    money_of,
    posting_key,
)
from bookbridge.formats import (
    FORMATS,
    Profile,
    ProfileError,
    Reject,
    SourceDocument,
    SourceItem,
    Summary,
    load_profile,
    profile_names,
    read_documents,
    read_outstanding,
)

UNREADABLE = 2
Result = SourceDocument | SourceItem | Reject


@click.command()
@click.argument("format", metavar=f"[{'|'.join(FORMATS)}]")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--profile", "profile_name", help="Layout profile; without it the format's default.")
@click.option("--adjust", type=click.Path(path_type=Path), help="TOML file with settings laid over the profile.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def read(format: str, file: Path, profile_name: str | None, adjust: Path | None, as_json: bool) -> None:
    """Show the documents and rejects that FILE holds.

    Ends with 0 when all is well, 1 when something was rejected, 2 when the file can't be read.
    """
    try:
        profile = _profile(format, profile_name, adjust)
        with file.open("rb") as stream:
            summary = Summary(file_name=file.name)
            show = _JsonOutput() if as_json else _TextOutput()
            for result in _results(stream, profile, file.name):
                summary.add(result)
                show.result(result)
            show.summary(summary)
            sys.stdout.flush()
    except BrokenPipeError:
        _end_quietly()
    except ProfileError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename or file}: {error.strerror or error}")
    sys.exit(1 if summary.rejects and not summary.nothing_to_book else 0)


def _profile(format: str, name: str | None, adjust: Path | None) -> Profile:
    names = profile_names(format)
    adjustments = ""
    if adjust is not None:
        try:
            adjustments = adjust.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ProfileError(f"{adjust}: a TOML file is UTF-8 text, this one is not") from error
    profile = load_profile(name or names[0], adjustments)
    if profile.format != format:
        raise ProfileError(f"profile {profile.name} is for {profile.format}; for {format} choose {', '.join(names)}")
    return profile


def _results(stream: BinaryIO, profile: Profile, file_name: str) -> Iterator[Result]:
    # Reads a first byte so that a folder or a broken disk is told before any output.
    stream.read(1)
    stream.seek(0)
    if profile.format == "dbopen":
        return iter(read_outstanding(stream, profile, file_name))
    return iter(read_documents(stream, profile, file_name))


def _refuse(message: str) -> None:
    click.echo(f"Error: {message}", err=True)
    sys.exit(UNREADABLE)


def _end_quietly() -> None:
    """The reader of our output has seen enough (`| head`): the interpreter must not complain when it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


class _JsonOutput:
    def result(self, result: Result) -> None:
        if isinstance(result, Reject):
            self._line(_reject_json(result))
        elif isinstance(result, SourceItem):
            self._line(_item_json(result))
        else:
            self._line(_document_json(result))

    def summary(self, summary: Summary) -> None:
        self._line(
            {
                "type": "summary",
                "rows": summary.rows,
                "documents": summary.documents,
                "rejects": summary.rejects,
                "totals": summary.totals,
                "reject_totals": summary.reject_totals,
                "notices": [_problem_json(problem) for problem in summary.notices],
            }
        )

    def _line(self, content: dict[str, Any]) -> None:
        click.echo(json.dumps(content, ensure_ascii=True))


def _document_json(result: SourceDocument) -> dict[str, Any]:
    document = result.document
    return {
        "type": "document",
        "position": result.position,
        "rows": result.rows,
        "kind": document.kind,
        "key": posting_key(document),
        "fingerprint": fingerprint(document),
        "document": document_to_json(document),
        "notices": [_problem_json(problem) for problem in result.notices],
    }


def _item_json(result: SourceItem) -> dict[str, Any]:
    item = result.item
    return {
        "type": "document",
        "position": result.position,
        "rows": result.rows,
        "kind": f"outstanding_{item.kind}",
        "key": item.external_id,
        "document": item.model_dump(mode="json", exclude_none=True),
        "notices": [_problem_json(problem) for problem in result.notices],
    }


def _reject_json(result: Reject) -> dict[str, Any]:
    money = result.money
    return {
        "type": "reject",
        "position": result.position,
        "rows": result.rows,
        "row_count": result.row_count,
        "whole_file": result.whole_file,
        "kind": result.kind,
        "identifier": result.identifier,
        "journal": result.journal,
        "money": None if money is None else {"amount": str(money.amount), "currency": money.currency},
        "raw": result.raw,
        "problems": [_problem_json(problem) for problem in result.problems],
    }


def _problem_json(problem: Problem) -> dict[str, Any]:
    source = problem.source
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": source.file if source else None,
        "row": source.row if source else None,
        "column": source.column if source else None,
        "value": problem.value,
        "reason": problem.reason,
        "remedy": problem.remedy,
    }


class _TextOutput:
    """A table of documents; rejects and notices below the line they belong to."""

    def __init__(self) -> None:
        self._line("row", "kind", "number", "date", "relation", "amount")

    def _line(self, *cells: str) -> None:
        row, kind, number, date, relation, amount = (_printable(cell) for cell in cells)
        click.echo(f"{row:>7}  {kind:<20} {number:<16} {date:<10} {relation:<24.24} {amount:>20}".rstrip())

    def result(self, result: Result) -> None:
        row = str(result.rows[0]) if result.rows else ""
        problems: tuple[Problem, ...]
        if isinstance(result, Reject):
            problems = result.problems
            what = "nothing to book" if result.is_notice else "REJECTED"
            money = "" if result.money is None else str(result.money)
            self._line(row, what, result.identifier, "", result.kind or "", money)
        elif isinstance(result, SourceItem):
            problems = result.notices
            self._item(row, result.item)
        else:
            problems = result.notices
            document = result.document
            owed = money_of(document)
            day = getattr(document, "entry_date", None)
            relation = getattr(document, "relation_number", None) or getattr(document, "name", None) or ""
            kind, number = document.kind.replace("_", " "), identifier_of(document)
            self._line(row, kind, number, str(day or ""), relation, "" if owed is None else str(owed))
        for problem in problems:
            self._problem(problem)

    def _item(self, row: str, item: OutstandingItem) -> None:
        amount = f"{item.open_amount} {item.currency}"
        number, relation = item.invoice_number or "", item.relation_number or ""
        self._line(row, f"open {item.kind}", number, str(item.invoice_date or ""), relation, amount)

    def _problem(self, problem: Problem) -> None:
        source = problem.source
        place = [] if source is None else [source.file]
        if source is not None and source.row is not None:
            place.append(f"row {source.row}")
        if source is not None and source.column is not None:
            place.append(f"column {source.column}")
        value = f" [{problem.value}]" if problem.value else ""
        click.echo(_printable(f"{'':9}{problem.severity}: {', '.join(place)}{value}"))
        click.echo(_printable(f"{'':11}{problem.reason}"))
        click.echo(_printable(f"{'':11}→ {problem.remedy}"))

    def summary(self, summary: Summary) -> None:
        for problem in summary.notices:
            self._problem(problem)
        amounts = ", ".join(f"{amount} {currency}" for currency, amount in summary.totals.items())
        click.echo(f"\n{summary.rows} rows: {summary.documents} documents, {summary.rejects} rejects")
        click.echo(f"documents come to {amounts or 'nothing'}")
        rejected = ", ".join(f"{amount} {currency}" for currency, amount in summary.reject_totals.items())
        if rejected:
            click.echo(f"rejects come to {rejected}")


def _printable(text: str) -> str:
    """A file's content must not steer the terminal, nor fail on one that lacks a letter."""
    safe = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    encoding = sys.stdout.encoding or "utf-8"
    return safe.encode(encoding, "replace").decode(encoding)
