"""What a run that waits would book, before anything is sent."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bookbridge.exchange.dry_run import would_be
from bookbridge.integrations.connecting import known_package_settings
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal.addresses import filtered_address, older_link
from bookbridge.portal.queries import counting, waiting
from bookbridge.portal.queries.companies import package_name
from bookbridge.portal.views.runs import found_run


@require_GET
@member_page
def dry_run(request: HttpRequest, access: Access, run_id: int) -> HttpResponse:
    run = found_run(access, run_id)
    page = waiting.waiting_lines(run, request.GET.get("before", ""))
    settings = known_package_settings(run.configuration)
    integration = run.configuration.integration
    context = {
        "access": access,
        "run": run,
        "row": counting.run_row(run),
        "integration": integration,
        "package": package_name(integration.package),
        "documents": would_be(page.rows, run.configuration, settings),
        "is_checked": settings is not None,
        "page": page,
        "older": older_link(request, page.older),
        "first_page": filtered_address(request),
    }
    return render(request, "portal/dry_run.html", context)
