"""A period compared with what the package's books hold: asking for it, and how far it is."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.exchange import comparing
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import comparison_view
from bookbridge.portal.forms import PeriodForm
from bookbridge.portal.queries.companies import package_name
from bookbridge.portal.views.integrations import found_integration


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
        "days": days,
        "comparisons": comparison_view.of_period(integration, days),
    }
    response = render(request, "portal/parts/comparisons.html", context)
    patch_cache_control(response, no_store=True)
    return response
