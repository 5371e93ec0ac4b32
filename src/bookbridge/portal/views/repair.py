"""Correcting a line that failed, and offering what is corrected again."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from bookbridge.documents import Document
from bookbridge.exchange import repair
from bookbridge.exchange.models import Line, Run
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import repair_form
from bookbridge.portal.repair_form import Errors
from bookbridge.portal.templatetags.bookbridge import explained
from bookbridge.portal.views.runs import found_line, found_run, line_page
from bookbridge.portal.views.settings import found_configuration


@require_POST
@member_page
def save(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    """Keep a correction, or show the form again with what is wrong and all that was filled in."""
    line = found_line(access, run_id, line_id)
    if not repair.can_be_repaired(line):
        messages.info(request, gettext("This document can no longer be corrected here; see what happened since."))
        return redirect("line", access.organisation.pk, run_id, line_id)
    before = repair.content_of(line)
    content, errors = repair_form.read(before, request.POST.dict())
    document, wrong = repair_form.validated(content) if not errors else (None, {})
    errors |= wrong
    if document is not None:
        errors |= _problems(line, document, repair.changed_fields(before, content))
    if document is None or errors:
        return _form_again(request, access, line, errors)
    is_ready = "reoffer" in request.POST
    try:
        repair.save(line, document, is_ready=is_ready, version=given_version(request), user=access.user)
    except repair.ChangedMeanwhileError:
        changed = gettext(
            "Somebody else has changed this document meanwhile. Look at what it says now, then save yours."
        )
        # Saved as it stands, the form would undo the other's change: each field that differs says so.
        errors = {"": [changed], **repair_form.differences(repair.content_of(line), request.POST.dict())}
        return _form_again(request, access, line, errors)
    messages.success(request, said_of_saving(is_ready=is_ready))
    return redirect("run", access.organisation.pk, run_id)


def given_version(request: HttpRequest) -> int:
    """Of the correction that the page showed; 0 for none."""
    version = request.POST.get("version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0


def said_of_saving(*, is_ready: bool) -> str:
    if is_ready:
        return gettext("Saved, and ready to be offered again.")
    return gettext("Saved. It is offered again once Re-offer is checked.")


def _form_again(request: HttpRequest, access: Access, line: Line, errors: Errors) -> HttpResponse:
    """With all that was filled in, and what is wrong with it."""
    given, status = request.POST.dict(), HTTPStatus.UNPROCESSABLE_ENTITY
    return line_page(request, access, line, given=given, errors=errors, status=status)


def _problems(line: Line, document: Document, changed: list[str]) -> Errors:
    """What is wrong with the fields that were changed. What was wrong before may be right in the package by now."""
    errors: Errors = {}
    for problem in repair.problems_of(line, document, repair.known_settings(line)):
        path = problem.field or ""
        if path in changed or (path == "lines" and any(name.startswith("lines.") for name in changed)):
            told = explained(problem)
            errors.setdefault(path, []).append(f"{told.reason} {told.remedy}")
    return errors


@require_POST
@member_page
def retry(request: HttpRequest, access: Access, run_id: int) -> HttpResponse:
    """Offer everything of a run that is ready in a new one."""
    again = repair.retry(found_run(access, run_id), access.user)
    return _offered(request, access, again) or redirect("run", access.organisation.pk, run_id)


@require_POST
@member_page
def retry_all(request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int) -> HttpResponse:
    """Offer everything of a configuration that is ready, from whatever run, in a new one."""
    again = repair.retry_all(found_configuration(access, integration_id, configuration_id), access.user)
    return _offered(request, access, again) or redirect("issues", access.organisation.pk, integration_id)


def _offered(request: HttpRequest, access: Access, again: Run | None) -> HttpResponse | None:
    """To the new run; None, and a word to the user, when nothing was offered."""
    if again is None:
        messages.info(request, gettext("Nothing is ready to be offered again. Somebody may have been faster."))
        return None
    count = again.lines.count()
    said = ngettext("%(count)s document is offered again.", "%(count)s documents are offered again.", count)
    messages.success(request, said % {"count": count})
    return redirect("run", access.organisation.pk, again.pk)
