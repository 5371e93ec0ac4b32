"""A period, or what one run posted, compared with what the package's books hold: asking for it, and how far it is."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.exchange import comparing
from bookbridge.exchange.comparing import LinesGoneError
from bookbridge.exchange.comparing_texts import LINES_GONE
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import comparison_view
from bookbridge.portal.forms import PeriodForm
from bookbridge.portal.queries.companies import package_name
from bookbridge.portal.views.integrations import found_integration
from bookbridge.portal.views.runs import found_run


@require_POST
@member_page
def compare(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    """Ask for it. A period that makes no sense is named on the page, at its field."""
    integration = found_integration(access, integration_id)
    if not comparing.can_compare(integration):
        raise Http404("the package can't be compared")
    form = PeriodForm(request.POST, timezone.localdate())
    page = reverse("reconciliation", args=(access.organisation.pk, integration_id))
    if form.errors:
        asked = {name: request.POST.get(name, "") for name in ("since", "until")}
        return redirect(f"{page}?{urlencode(asked)}")
    days = form.days()
    if comparing.ask_for(integration, days.since, days.until, access.user):
        messages.success(request, gettext("The comparison has been asked for. This page shows how far it is."))
    else:
        messages.info(request, gettext("This period is already being compared."))
    return redirect(f"{page}{days.query()}#compared")


@require_GET
@member_page
def comparison(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    """The part of the page that changes while it is compared."""
    integration = found_integration(access, integration_id)
    days = PeriodForm(request.GET, timezone.localdate()).days()
    context = {
        "access": access,
        "integration": integration,
        "package": package_name(integration.package),
        "comparisons": comparison_view.of_period(integration, days),
    }
    return _part(request, context)


def _part(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    response = render(request, "portal/parts/comparisons.html", context)
    patch_cache_control(response, no_store=True)
    return response


@require_POST
@member_page
def compare_run(request: HttpRequest, access: Access, run_id: int) -> HttpResponse:
    """Ask for it. Lines that are gone, or going at this moment, are named."""
    run = found_run(access, run_id)
    page = redirect(reverse("run", args=(access.organisation.pk, run_id)) + "#compared")
    if not comparing.can_compare_run(run):
        raise Http404("this run can't be compared")
    try:
        is_new = comparing.ask_for_run(run, access.user)
    except LinesGoneError:
        said = LINES_GONE().explain(get_language() or "en")
        messages.error(request, f"{said.reason} {said.remedy}")
        return page
    if is_new:
        messages.success(request, gettext("The comparison has been asked for. This page shows how far it is."))
    else:
        messages.info(request, gettext("This run is already being compared."))
    return page


@require_GET
@member_page
def run_comparison(request: HttpRequest, access: Access, run_id: int) -> HttpResponse:
    """The part of the run's page that changes while it is compared."""
    run = found_run(access, run_id)
    integration = run.configuration.integration
    context = {
        "access": access,
        "integration": integration,
        "package": package_name(integration.package),
        "comparisons": comparison_view.of_run(run),
    }
    return _part(request, context)
