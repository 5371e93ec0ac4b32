"""The proof that nothing was lost: of a run and of a period, as a page, as CSV and as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from bookbridge.exchange.models import Run
from bookbridge.exchange.periods import Period, of_integration
from bookbridge.integrations.models import Integration
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import comparison_view, pdf, periods, sheets
from bookbridge.portal.downloads import download
from bookbridge.portal.exports import csv_download
from bookbridge.portal.forms import PeriodForm
from bookbridge.portal.periods import Days
from bookbridge.portal.queries.counting import (
    ReconciliationRow,
    reconciliation_of,
    reconciliation_of_period,
    totals_of,
)
from bookbridge.portal.templatetags.bookbridge import count
from bookbridge.portal.views.integrations import found_integration, frame
from bookbridge.portal.views.runs import found_run


@dataclass(frozen=True, slots=True)
class _Asked:
    integration: Integration
    form: PeriodForm
    days: Days

    def period(self) -> Period:
        return of_integration(self.integration, *self.days.moments())

    def name(self, ending: str) -> str:
        its = slugify(self.integration.name, allow_unicode=True)
        return f"{gettext('reconciliation')}-{its}-{self.days.since}-{self.days.until}.{ending}"


def _asked(request: HttpRequest, access: Access, integration_id: UUID) -> _Asked:
    form = PeriodForm(request.GET, timezone.localdate())
    return _Asked(found_integration(access, integration_id), form, form.days())


@require_GET
@member_page
def reconciliation(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    asked = _asked(request, access, integration_id)
    period = asked.period()
    rows = reconciliation_of_period(period)
    today = timezone.localdate()
    context = {
        **frame(access, asked.integration, "reconciliation"),
        "form": asked.form,
        "days": asked.days,
        "quick": [
            (gettext("This month"), periods.this_month(today)),
            (gettext("Last month"), periods.last_month(today)),
            (gettext("This year"), periods.this_year(today)),
            (gettext("Last year"), periods.last_year(today)),
        ],
        "period": period,
        "rows": rows,
        "totals": totals_of(rows),
        "shows_waiting": any(row.waiting for row in rows),
        "has_difference": any(row.difference for row in rows),
        "notes": _notes(period),
        "comparisons": comparison_view.of_period(asked.integration, asked.days),
    }
    return render(request, "portal/reconciliation.html", context)


def _notes(period: Period) -> list[str]:
    """How the period was counted, and what is particular about this one."""
    notes = [
        gettext(
            "Everything that came in by file in this period is counted once, under what has become of it by now: "
            "a document that was refused and posted by a retry is posted, in whichever run that was."
        ),
        gettext(
            "A document that was exported more than once counts with what the source said last; one that was booked "
            "before this period counts as skipped. Rows that could not be read count each time they come, "
            "until somebody corrects and offers them."
        ),
        gettext("Customers, suppliers and rows without a readable amount have nothing to add up."),
    ]
    if period.changed:
        said = ngettext(
            "%(number)s document came with other content after it had been posted. It counts twice: as posted, and as "
            "skipped with what the source says now, which is not in the books.",
            "%(number)s documents came with other content after they had been posted. They count twice: as posted, and "
            "as skipped with what the source says now, which is not in the books.",
            period.changed,
        )
        notes.append(said % {"number": count(period.changed)})
    if period.runs_as_ended:
        said = ngettext(
            "The lines of %(number)s run are no longer kept. It is counted as it ended, without what happened later.",
            "The lines of %(number)s runs are no longer kept. They are counted as they ended, without what happened "
            "later, and a document in two of them counts twice.",
            period.runs_as_ended,
        )
        notes.append(said % {"number": count(period.runs_as_ended)})
    if period.runs_open:
        said = ngettext(
            "%(number)s run has not ended yet; the numbers still move.",
            "%(number)s runs have not ended yet; the numbers still move.",
            period.runs_open,
        )
        notes.append(said % {"number": count(period.runs_open)})
    return notes


@require_GET
@member_page
def reconciliation_csv(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponseBase:
    asked = _asked(request, access, integration_id)
    if asked.form.errors:
        return _back(request, access, integration_id)
    return _csv(asked.name("csv"), reconciliation_of_period(asked.period()))


@require_GET
@member_page
def reconciliation_pdf(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponseBase:
    asked = _asked(request, access, integration_id)
    if asked.form.errors:
        return _back(request, access, integration_id)
    period = asked.period()
    sheet = sheets.of_period(asked.integration, asked.days, period, _notes(period))
    return _pdf(asked.name("pdf"), sheet)


@require_GET
@member_page
def run_reconciliation_csv(_request: HttpRequest, access: Access, run_id: int) -> HttpResponseBase:
    run = _reconciled(access, run_id)
    return _csv(f"{gettext('reconciliation')}-{run.pk}.csv", reconciliation_of(run))


@require_GET
@member_page
def run_reconciliation_pdf(_request: HttpRequest, access: Access, run_id: int) -> HttpResponseBase:
    run = _reconciled(access, run_id)
    return _pdf(f"{gettext('reconciliation')}-{run.pk}.pdf", sheets.of_run(run))


def _reconciled(access: Access, run_id: int) -> Run:
    run = found_run(access, run_id)
    if not run.reconciliation:
        raise Http404("this run has no reconciliation, or not yet")
    return run


def _back(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    """To the page, which says at its field what is wrong with the period."""
    page = reverse("reconciliation", args=(access.organisation.pk, integration_id))
    return redirect(f"{page}?{request.GET.urlencode()}")


def _csv(name: str, rows: Sequence[ReconciliationRow]) -> HttpResponseBase:
    return csv_download(name, sheets.csv_header(), sheets.csv_rows(rows))


def _pdf(name: str, sheet: sheets.Sheet) -> HttpResponseBase:
    content = pdf.written(sheet, timezone.now())
    response = download([content], name, "application/pdf")
    response["Content-Length"] = str(len(content))
    return response
