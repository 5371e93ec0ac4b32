"""What the page of a line shows of rows that could not be read: what became of them, and the form for whoever may."""

from dataclasses import dataclass
from typing import Any

from bookbridge.exchange import repair, repairing_rows
from bookbridge.exchange.models import Line, RowCorrection
from bookbridge.exchange.repairing_rows import Checked, Hindrance, Sheet
from bookbridge.formats import Cells
from bookbridge.portal import row_form
from bookbridge.portal.queries import runs
from bookbridge.portal.repair_form import Errors


@dataclass(frozen=True)
class Unread:
    """A line of rows that could not be read. `before`: the decision about the same rows that came another time."""

    line: Line
    kept: RowCorrection | None
    before: RowCorrection | None

    @property
    def can_be_corrected(self) -> bool:
        return repairing_rows.can_be_corrected(self.line, self.kept, self.before)

    def sheet(self) -> Sheet | Hindrance:
        return repairing_rows.sheet_of(self.line, self.kept)


@dataclass(frozen=True)
class Given:
    """A form that could not be kept: what was filled in and what is wrong with it."""

    cells: Cells
    found: Checked
    reoffer: bool
    errors: Errors | None = None


def unread(line: Line) -> Unread | None:
    """None for a line of anything else."""
    if not repairing_rows.is_unread(line):
        return None
    return Unread(line, repairing_rows.correction_of(line), repairing_rows.same_before(line))


def context(line: Line, *, may_repair: bool, given: Given | None = None) -> dict[str, Any]:
    """For the page's template."""
    rows = unread(line)
    if rows is None:
        return {}
    told: dict[str, Any] = {
        "row_correction": rows.kept,
        "offered_line": runs.latest_line(rows.kept.posting) if rows.kept else None,
        "rows_before": rows.before,
        "before_line": runs.latest_line(rows.before.posting) if rows.before else None,
        "leaves_rows": may_repair and repairing_rows.can_be_left_out(line, rows.kept),
    }
    if not may_repair or not rows.can_be_corrected:
        return told
    sheet = rows.sheet()
    if not isinstance(sheet, Sheet):
        return {**told, "hindrance": sheet}
    return {**told, **_form(rows, sheet, given)}


def _form(rows: Unread, sheet: Sheet, given: Given | None) -> dict[str, Any]:
    if given is None:
        found = repairing_rows.checked(rows.line, sheet, sheet.cells)
        given = Given(sheet.cells, found, reoffer=rows.kept is None or rows.kept.is_ready)
    problems = (*given.found.problems, *given.found.doubts)
    errors = row_form.errors_of(sheet, problems) if given.errors is None else given.errors
    form = row_form.make(sheet, given.cells, repair.known_settings(rows.line), errors)
    if form is None:
        return {"hindrance": "too_long"}
    return {"rows_form": form, "reoffer": given.reoffer, "doubted": given.found.doubted}
