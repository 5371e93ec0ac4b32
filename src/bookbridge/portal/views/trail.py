"""Who changed what: of a company, of an integration, of a document."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.integrations.models import Integration
from bookbridge.organisations import trail, trail_chain
from bookbridge.organisations.access import Access, member_page
from bookbridge.organisations.trail_reading import Wanted, every
from bookbridge.organisations.walls import acting_for
from bookbridge.portal import trail_view, trail_words
from bookbridge.portal.addresses import filtered_address, older_link
from bookbridge.portal.exports import csv_download
from bookbridge.portal.forms import TrailForm
from bookbridge.portal.queries import trail as queries
from bookbridge.portal.queries.companies import members_of
from bookbridge.portal.templatetags.bookbridge import count
from bookbridge.portal.views.integrations import found_integration, frame
from bookbridge.portal.views.runs import found_line

VERIFIED_AT_ONCE = 10_000
"""Entries that are verified within a request: well under a second."""
_VERIFIED_AGAIN_AFTER = timedelta(minutes=1)


@require_GET
@member_page
def company_trail(request: HttpRequest, access: Access) -> HttpResponse:
    form = _form(request, access)
    context = _page(request, access, form, form.wanted())
    verified = queries.last_verified(access.organisation)
    context |= {"verified": verified and trail_view.verification(verified), "at_once": VERIFIED_AT_ONCE}
    return render(request, "portal/trail.html", context)


@require_GET
@member_page
def integration_trail(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    shown = found_integration(access, integration_id)
    form = _form(request, access)
    context = _page(request, access, form, form.wanted(queries.of_integration(shown)))
    context |= frame(access, shown, "trail")
    return render(request, "portal/trail.html", context)


@require_GET
@member_page
def line_trail(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    line = found_line(access, run_id, line_id)
    own = queries.of_line(line)
    page = queries.entries(access.organisation, Wanted(subjects=own.subjects), request.GET.get("before", ""))
    known = queries.known(access.organisation, page.rows)
    context = {
        "access": access,
        "run": line.run,
        "integration": line.run.configuration.integration,
        "line": line,
        "page": page,
        "rows": trail_view.told(page.rows, known, access.organisation.pk, own),
        "older": older_link(request, page.older),
        "first_page": filtered_address(request),
    }
    return render(request, "portal/line_trail.html", context)


def _form(request: HttpRequest, access: Access) -> TrailForm:
    return TrailForm(request.GET, {str(each.user_id): str(each.user) for each in members_of(access.organisation)})


def _page(request: HttpRequest, access: Access, form: TrailForm, wanted: Wanted) -> dict[str, Any]:
    page = queries.entries(access.organisation, wanted, request.GET.get("before", ""))
    known = queries.known(access.organisation, page.rows, form.people)
    return {
        "access": access,
        "form": form,
        "filtered": form.is_filtered,
        "page": page,
        "rows": trail_view.told(page.rows, known, access.organisation.pk),
        "older": older_link(request, page.older),
        "first_page": filtered_address(request),
    }


@require_GET
@member_page
def company_trail_csv(request: HttpRequest, access: Access) -> HttpResponseBase:
    return _csv(access, _form(request, access).wanted(), access.organisation.name)


@require_GET
@member_page
def integration_trail_csv(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponseBase:
    shown: Integration = found_integration(access, integration_id)
    return _csv(access, _form(request, access).wanted(queries.of_integration(shown)), shown.name)


def _csv(access: Access, wanted: Wanted, of: str) -> HttpResponseBase:
    header = [
        *(gettext("Number"), gettext("Date and time"), gettext("Who"), gettext("Address"), gettext("What")),
        *(gettext("Action"), gettext("Of what"), gettext("Field"), gettext("Before"), gettext("After")),
    ]
    name = f"{gettext('trail')}-{slugify(of, allow_unicode=True)}-{timezone.localdate()}.csv"
    return csv_download(name, header, _csv_rows(access, wanted))


def _csv_rows(access: Access, wanted: Wanted) -> Iterator[list[Any]]:
    """A row for each field that changed, while the file is being sent: long after the page's own moment."""
    for entries in every(access.organisation.pk, wanted):
        with acting_for(access.organisation.pk):
            known = queries.known(access.organisation, entries)
            rows = trail_view.told(entries, known, access.organisation.pk, in_full=True)
        for row in rows:
            entry = row.entry
            first = [entry.sequence, entry.moment, row.who, entry.origin, row.action, entry.action, row.subject]
            for change in row.changes:
                yield [*first, change.name, "" if change.is_new else change.before, change.after]
            if not row.changes:
                yield [*first, "", "", ""]


@require_POST
@member_page
def verify(request: HttpRequest, access: Access) -> HttpResponse:
    """Prove the newest entries, as many as a request has time for, and write down that it was done."""
    back = redirect("trail", access.organisation.pk)
    last = queries.last_verified(access.organisation)
    if last is not None and timezone.now() - last.moment < _VERIFIED_AGAIN_AFTER:
        messages.info(request, gettext("The trail was verified within the last minute."))
        return back
    verdict = trail_chain.verify_end(access.organisation.pk, VERIFIED_AT_ONCE)
    fault = verdict.fault
    found = {
        "first": (None, verdict.first),
        "last": (None, verdict.entries),
        "fault": (None, fault.kind if fault else ""),
        **({"entry": (None, fault.sequence)} if fault else {}),
    }
    trail.record(access.organisation.pk, queries.VERIFIED, subject=("trail", access.organisation.pk), changes=found)
    if fault is None:
        said = gettext("The entries %(first)s to %(last)s are whole: nobody has changed, removed or added any.")
        messages.success(request, said % {"first": count(verdict.first), "last": count(verdict.entries)})
    else:
        said = gettext("The trail is not whole: entry %(number)s was %(what)s. Tell the operator of this installation.")
        messages.error(request, said % {"number": count(fault.sequence), "what": trail_words.FAULT[fault.kind]})
    return back
