"""The form of rows that could not be read: each cell under its column's name, a faulty one with the reason.

Inputs are named by row and column of the file (`57.entry_date`). What a user didn't touch keeps its content to the
letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import get_language, gettext

from bookbridge.documents import Problem
from bookbridge.exchange.repairing_rows import Sheet, path_of
from bookbridge.formats import Cells
from bookbridge.kit.package_settings import PackageSettings
from bookbridge.portal.document_view import anchor_of, column_label
from bookbridge.portal.repair_form import LONGEST, Box, Errors, lists_of

MOST_CELLS = 4_000
"""A form of more is of no use to a person, and slow in a browser."""
_LISTS = {
    "gl_account": "ledger_accounts",
    "vat_code": "vat_codes",
    "journal_no": "journals",
    "cost_centre": "cost_centres",
    "cost_unit": "cost_units",
}
"""Column → the package's list that it is one of."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row of the file. `more`: cells of columns that are blank in every row. `reasons`: what is wrong with it."""

    number: int
    boxes: Sequence[Box]
    more: Sequence[Box]
    reasons: Sequence[str] = ()

    @property
    def anchor(self) -> str:
        return anchor_of(str(self.number))


@dataclass(frozen=True, slots=True)
class RowForm:
    """`general`: errors that belong to no row."""

    rows: Sequence[FormRow]
    lists: Mapping[str, Sequence[tuple[str, str]]]
    general: Sequence[str] = field(default=())

    @property
    def first_faulty(self) -> str:
        """The cell that is to have the focus; empty when none is wrong."""
        boxes = (box for row in self.rows for box in (*row.boxes, *row.more))
        return next((box.path for box in boxes if box.reasons), "")


def make(sheet: Sheet, cells: Cells, settings: PackageSettings | None, errors: Errors) -> RowForm | None:
    """The form with these cells; None when there are more of them than a form can have."""
    columns = sheet.columns
    faulty = {path.partition(".")[2] for path in errors}
    used = [any(row[place].strip() for row in cells) or column in faulty for place, column in enumerate(columns)]
    with_blank = len(cells) * len(columns) <= MOST_CELLS
    if not with_blank and len(cells) * sum(used) > MOST_CELLS:
        return None
    rows = []
    for number, row in zip(sheet.rows, cells, strict=True):
        boxes = [_box(number, column, cell, errors) for column, cell in zip(columns, row, strict=True)]
        rows.append(
            FormRow(
                number,
                [box for box, is_used in zip(boxes, used, strict=True) if is_used],
                [box for box, is_used in zip(boxes, used, strict=True) if with_blank and not is_used],
                errors.get(path_of(number, None), ()),
            )
        )
    return RowForm(rows, lists_of(settings), errors.get("", ()))


def _box(row: int, column: str, cell: str, errors: Errors) -> Box:
    path = path_of(row, column)
    return Box(path, column_label(column), cell, list=_LISTS.get(column, ""), reasons=errors.get(path, ()))


def cell_name(path: str) -> str:
    """A cell's path in the user's words: `57.entry_date` is "Date, row 57"."""
    row, _, column = path.partition(".")
    return gettext("%(column)s, row %(row)s") % {"column": column_label(column), "row": row}


def read(sheet: Sheet, given: Mapping[str, str]) -> Cells:
    """The cells with what was filled in."""
    return [
        [_filled(cell, given.get(path_of(row, column))) for column, cell in zip(sheet.columns, cells, strict=True)]
        for row, cells in zip(sheet.rows, sheet.cells, strict=True)
    ]


def _filled(cell: str, given: str | None) -> str:
    # A browser takes line ends out of what it is given to show.
    return cell if given is None or _one_line(given) == _one_line(cell) else given[: LONGEST + 1]


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def errors_of(sheet: Sheet, problems: Iterable[Problem]) -> Errors:
    """Why cells are wrong, by their paths; by their row where no column is named, else by nothing."""
    errors: Errors = {}
    for problem in problems:
        row = problem.source.row if problem.source and problem.source.row in sheet.rows else None
        column = problem.source.column if row is not None and problem.source else None
        path = path_of(row, column if column in sheet.columns else None)
        reason = problem.explain(get_language() or "en").reason
        if reason not in errors.setdefault(path, []):
            errors[path].append(reason)
    return errors


def differences(sheet: Sheet, cells: Cells) -> Errors:
    """What the rows say now, at each cell where somebody filled in something else."""
    found: Errors = {}
    for row, now, mine in zip(sheet.rows, sheet.cells, cells, strict=True):
        for column, cell, other in zip(sheet.columns, now, mine, strict=True):
            if cell != other:
                found[path_of(row, column)] = [gettext("It says now: %(value)s") % {"value": cell or "–"}]
    return found
