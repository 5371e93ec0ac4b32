"""Run details with live progress, the lines and one line."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from bookbridge.exchange import repair, settling
from bookbridge.exchange.models import Line, Run
from bookbridge.exchange.progress import still_needed
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import changed_page, comparison_view, document_view, repair_form, row_page
from bookbridge.portal.addresses import filtered_address, older_link
from bookbridge.portal.queries import counting, runs
from bookbridge.portal.queries.companies import package_name
from bookbridge.portal.repair_form import Errors
from bookbridge.portal.row_page import Given

_LONGEST_SEARCH = 80
_WORTH_A_WORD = timedelta(minutes=1)


def found_run(access: Access, run_id: int) -> Run:
    """A run of this organisation; Http404 for any other."""
    run = runs.run_of(access.organisation, run_id)
    if run is None:
        raise Http404("no such run")
    return run


@require_GET
@member_page
def run(request: HttpRequest, access: Access, run_id: int) -> HttpResponse:
    shown = found_run(access, run_id)
    row = counting.run_row(shown)
    only_failed = "failed" in request.GET if "shown" in request.GET else row.counts.failed > 0
    text = request.GET.get("text", "").strip()[:_LONGEST_SEARCH]
    page = runs.lines(
        shown,
        only_failed=only_failed,
        with_changed=row.counts.changed > 0,
        text=text,
        cursor=request.GET.get("before", ""),
    )
    integration = shown.configuration.integration
    context = {
        **_summary(access, row),
        "integration": integration,
        "package": package_name(integration.package),
        "deliveries": runs.deliveries_of(shown),
        "page": page,
        "older": f"{link}#lines" if (link := older_link(request, page.older)) else "",
        "first_page": f"{filtered_address(request)}#lines",
        "only_failed": only_failed,
        "text": text,
        "comparisons": comparison_view.of_run(shown),
    }
    return render(request, "portal/run.html", context)


def _summary(access: Access, row: counting.RunRow) -> dict[str, object]:
    reconciliation = counting.reconciliation_of(row.run)
    snapshot = runs.snapshot_of(row.run) if row.run.direction == Run.Direction.IN else None
    return {
        "access": access,
        "run": row.run,
        "row": row,
        "is_live": row.run.state != Run.State.ENDED,
        "still_needed": _still_needed(row),
        "problem": row.run.shown_problem,
        "reconciliation": reconciliation,
        "totals": row.totals,
        "snapshot": snapshot,
        "comparison": runs.comparison_of(row.run) if row.run.direction == Run.Direction.COMPARE else None,
        "ready": repair.ready(row.run) if row.run.direction == Run.Direction.OUT else 0,
        "vanishing": runs.vanishing(snapshot) if snapshot and snapshot.state == "held" else [],
    }


def _still_needed(row: counting.RunRow) -> timedelta | None:
    """What a person would wait for; a short time isn't worth a word."""
    if row.run.direction != Run.Direction.OUT or row.run.state == Run.State.ENDED or not row.counts.waiting:
        return None
    needed = still_needed(row.run, row.counts.waiting)
    return needed if needed >= _WORTH_A_WORD else None


@require_GET
@member_page
def progress(request: HttpRequest, access: Access, run_id: int) -> HttpResponse:
    """The part of the run's page that changes while it works. At the end the whole page is loaded once more."""
    row = counting.run_row(found_run(access, run_id))
    context = _summary(access, row)
    response = render(request, "portal/parts/progress.html", context)
    patch_cache_control(response, no_store=True)
    if not context["is_live"]:
        response["HX-Refresh"] = "true"
    return response


def found_line(access: Access, run_id: int, line_id: int) -> Line:
    """A line of a run of this organisation; Http404 for any other."""
    line = runs.line_of(found_run(access, run_id), line_id)
    if line is None:
        raise Http404("no such line")
    return line


@require_GET
@member_page
def line(request: HttpRequest, access: Access, run_id: int, line_id: int) -> HttpResponse:
    return line_page(request, access, found_line(access, run_id, line_id))


def line_page(
    request: HttpRequest,
    access: Access,
    shown: Line,
    *,
    given: Mapping[str, str] | None = None,
    errors: Errors | None = None,
    settle: Mapping[str, Any] | None = None,
    rows: Given | None = None,
    status: int = 200,
) -> HttpResponse:
    """A line, with the form to correct it for whoever may. `given` and `errors`: a form that could not be kept;
    `settle`: one that settles it another way; `rows`: one of rows that could not be read."""
    integration = shown.run.configuration.integration
    problems = shown.shown_problems
    others = runs.other_lines(shown)
    context = {
        "access": access,
        "run": shown.run,
        "integration": integration,
        "package": package_name(integration.package),
        "line": shown,
        "problems": document_view.explained(problems, request.LANGUAGE_CODE or "en"),
        "document": document_view.shown_document(shown.document, problems),
        "source": document_view.source_rows(shown, problems),
        "attempts": runs.attempts_of(shown.posting),
        "others": others,
        "posted_later": next(
            (other for other in others if other.outcome == "posted" and other.run_id > shown.run_id), None
        ),
        "settled": settling.latest(shown.posting),
        "settle": settle,
        **changed_page.context(shown, may_repair=access.may_repair),
        **_repair(access, shown, given, errors),
        **row_page.context(shown, may_repair=access.may_repair, given=rows),
    }
    return render(request, "portal/line.html", context, status=status)


def _repair(access: Access, shown: Line, given: Mapping[str, str] | None, errors: Errors | None) -> dict[str, object]:
    """The form, for whoever may repair a line that can be."""
    kept = repair.correction_of(shown)
    if not access.may_repair:
        return {"correction": kept}
    if settling.can_be_taken_up(shown):
        return {"correction": kept, "takes_up": True}
    if not repair.can_be_repaired(shown):
        return {"correction": kept}
    reasons = document_view.reasons(shown.shown_problems) if errors is None else errors
    form = repair_form.make(repair.content_of(shown), repair.known_settings(shown), reasons, given)
    reoffer = "reoffer" in given if given is not None else kept is None or kept.is_ready
    return {
        "correction": kept,
        "form": form,
        "reoffer": reoffer,
        "settles": True,
        "can_be_searched": settling.can_be_searched(shown),
    }
