"""Settling a document that failed without offering it again: it is left out, or the package has it already."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from bookbridge.exchange import differences, settling
from bookbridge.exchange.models import Line
from bookbridge.exchange.repair import ChangedMeanwhileError
from bookbridge.exchange.settling import LONGEST_REASON, Claimed
from bookbridge.kit.outcomes import Absent, Found, Later, SignInAgain
from bookbridge.organisations.access import Access, member_page
from bookbridge.organisations.models import User
from bookbridge.portal import changed_page
from bookbridge.portal.queries.companies import package_name
from bookbridge.portal.templatetags.bookbridge import field_names, plain_moment
from bookbridge.portal.views.runs import found_line, line_page

_LONGEST_NUMBER = 60


@require_POST
@member_page
def leave_out(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    line = found_line(access, run_id, line_id)
    return _decide(request, access, line, settling.leave_out, gettext("This document is not sent."))


@require_POST
@member_page
def send_after_all(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    line = found_line(access, run_id, line_id)
    said = gettext("It can be corrected and offered again now.")
    return _decide(request, access, line, settling.send_after_all, said)


@require_POST
@member_page
def leave_as_posted(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    line = found_line(access, run_id, line_id)
    return _decide(request, access, line, settling.leave_as_posted, gettext("The books stay as they are."))


@require_POST
@member_page
def book_difference(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    """Have the entry that the page showed booked in a new run."""
    line = found_line(access, run_id, line_id)
    reason, wrong = given_reason(request)
    if wrong:
        settle = {"book_difference": {"reason": reason, "error": wrong}}
        return line_page(request, access, line, settle=settle, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        text, seen = changed_page.text_of(line), request.POST.get("seen", "")
        run = differences.book(line, text, reason, access.user, seen=seen)
    except ChangedMeanwhileError:
        return _too_late(request, access, line)
    messages.success(request, gettext("The difference is booked in this run."))
    return redirect("run", access.organisation.pk, run.pk)


def _decide(
    request: HttpRequest, access: Access, line: Line, decide: Callable[[Line, str, User], None], said: str
) -> HttpResponse:
    reason, wrong = given_reason(request)
    if wrong:
        settle = {decide.__name__: {"reason": reason, "error": wrong}}
        return line_page(request, access, line, settle=settle, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        decide(line, reason, access.user)
    except ChangedMeanwhileError:
        return _too_late(request, access, line)
    messages.success(request, said)
    return redirect("line", access.organisation.pk, line.run_id, line.pk)


@require_POST
@member_page
def already_there(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    """Believe that the package has it once the package says so; else show the form again with what it said."""
    line = found_line(access, run_id, line_id)
    number = request.POST.get("number", "").strip()
    reason, wrong = given_reason(request)
    form: dict[str, Any] = {"number": number, "reason": reason, "error": wrong}
    if not number:
        form["number_error"] = gettext("Fill in the number that the package has it under.")
    elif len(number) > _LONGEST_NUMBER:
        form["number_error"] = gettext("At most 60 characters.")
    elif not wrong:
        try:
            accepted = request.POST.get("accepted")
            claimed = settling.already_there(line, number, reason, access.user, accepted=accepted)
        except ChangedMeanwhileError:
            return _too_late(request, access, line)
        if claimed.is_settled:
            messages.success(request, gettext("Found in the package. The document counts as posted."))
            return redirect("line", access.organisation.pk, line.run_id, line.pk)
        form |= _answer(claimed, package_name(line.run.configuration.integration.package))
    return line_page(request, access, line, settle={"already_there": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _answer(claimed: Claimed, package: str) -> dict[str, str]:
    """What the package said, at the field where it belongs."""
    found = claimed.look_up
    if claimed.other is not None:
        return {"number_error": gettext("That entry is the booking of another document of yours.")}
    if isinstance(found, Found):
        differences = settling.differences_of(found)
        told = gettext("%(package)s has it, but it differs in: %(fields)s. Compare both before you accept it.")
        return {"general": told % {"package": package, "fields": field_names(differences)}, "differences": differences}
    if isinstance(found, Absent):
        told = gettext("%(package)s has no such document under this number. Look at journal, year and number there.")
        return {"number_error": told % {"package": package}}
    if isinstance(found, Later):
        told = gettext("%(package)s can be asked again from %(moment)s. Nothing has changed.")
        return {"general": told % {"package": package, "moment": plain_moment(found.not_before)}}
    if isinstance(found, SignInAgain):
        return {"general": gettext("The account must sign in again before the package can be asked.")}
    told = gettext("%(package)s gave no clear answer: %(words)s")
    return {"general": told % {"package": package, "words": found.reason}}


def given_reason(request: HttpRequest) -> tuple[str, str]:
    """What was filled in, and what is wrong with it."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        return reason, gettext("Say why, for whoever looks at this later.")
    if len(reason) > LONGEST_REASON:
        return reason, gettext("At most 500 characters.")
    return reason, ""


def _too_late(request: HttpRequest, access: Access, line: Line) -> HttpResponse:
    messages.info(request, gettext("Something has happened to this document meanwhile; see below what."))
    return redirect("line", access.organisation.pk, line.run_id, line.pk)
