"""Correcting rows that could not be read, and deciding that they are not to be sent."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from bookbridge.exchange import repairing_rows
from bookbridge.exchange.models import Line
from bookbridge.exchange.repair import ChangedMeanwhileError
from bookbridge.exchange.repairing_rows import Checked, Sheet
from bookbridge.formats import Cells
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import row_form, row_page
from bookbridge.portal.row_page import Given
from bookbridge.portal.views.repair import given_version, said_of_saving
from bookbridge.portal.views.runs import found_line, line_page
from bookbridge.portal.views.settling import given_reason


@require_POST
@member_page
def save(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    """Keep corrected cells, or show the form again with what is wrong and all that was filled in."""
    line = found_line(access, run_id, line_id)
    rows = row_page.unread(line)
    sheet = rows.sheet() if rows and rows.can_be_corrected else None
    if not isinstance(sheet, Sheet):
        return _too_late(request, access, line)
    cells = row_form.read(sheet, request.POST.dict())
    found = repairing_rows.checked(line, sheet, cells)
    reoffer = "reoffer" in request.POST
    # What the package would refuse may have been put right there since: whoever has seen it may say so.
    if found.read is None or found.doubted not in ("", request.POST.get("accepted")):
        return _form_again(request, access, line, Given(cells, found, reoffer))
    try:
        version = given_version(request)
        repairing_rows.save(line, sheet, cells, found.read, is_ready=reoffer, version=version, user=access.user)
    except ChangedMeanwhileError:
        return _changed_meanwhile(request, access, line, cells, reoffer=reoffer)
    messages.success(request, said_of_saving(is_ready=reoffer))
    return redirect("run", access.organisation.pk, run_id)


@require_POST
@member_page
def leave_out(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    line = found_line(access, run_id, line_id)
    reason, wrong = given_reason(request)
    if wrong:
        settle = {"leave_rows_out": {"reason": reason, "error": wrong}}
        return line_page(request, access, line, settle=settle, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        repairing_rows.leave_out(line, reason, given_version(request), access.user)
    except ChangedMeanwhileError:
        return _too_late(request, access, line)
    messages.success(request, gettext("These rows are not sent."))
    return redirect("line", access.organisation.pk, run_id, line_id)


def _changed_meanwhile(
    request: HttpRequest, access: Access, line: Line, cells: Cells, *, reoffer: bool
) -> HttpResponse:
    """Saved as it stands, the form would undo the other's change: each cell that differs says so."""
    rows = row_page.unread(line)
    sheet = rows.sheet() if rows and rows.can_be_corrected else None
    if not isinstance(sheet, Sheet):
        return _too_late(request, access, line)
    said = gettext("Somebody else has changed this document meanwhile. Look at what it says now, then save yours.")
    errors = {"": [said], **row_form.differences(sheet, cells)}
    return _form_again(request, access, line, Given(cells, Checked(), reoffer, errors))


def _form_again(request: HttpRequest, access: Access, line: Line, given: Given) -> HttpResponse:
    return line_page(request, access, line, rows=given, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _too_late(request: HttpRequest, access: Access, line: Line) -> HttpResponse:
    messages.info(request, gettext("These rows can no longer be corrected here; see what happened since."))
    return redirect("line", access.organisation.pk, line.run_id, line.pk)
