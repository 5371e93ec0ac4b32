"""What an integration exchanged: its history and its files."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bookbridge.organisations.access import Access, member_page
from bookbridge.portal.addresses import filtered_address, older_link
from bookbridge.portal.downloads import attachment
from bookbridge.portal.forms import HistoryForm
from bookbridge.portal.queries import runs
from bookbridge.portal.queries.days import last_days
from bookbridge.portal.views.integrations import found_integration, frame


@require_GET
@member_page
def history(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    shown = found_integration(access, integration_id)
    form = HistoryForm(request.GET)
    wanted = form.wanted()
    page = runs.history(shown, wanted, request.GET.get("before", ""))
    context = {
        **frame(access, shown, "history"),
        "form": form,
        "filtered": not wanted.is_empty,
        "page": page,
        "days": last_days(shown) if page.is_first and wanted.is_empty else None,
        "older": older_link(request, page.older),
        "first_page": filtered_address(request),
    }
    return render(request, "portal/history.html", context)


@require_GET
@member_page
def files(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    shown = found_integration(access, integration_id)
    page = runs.files(shown, request.GET.get("before", ""))
    context = {
        **frame(access, shown, "files"),
        "page": page,
        "older": older_link(request, page.older),
        "first_page": filtered_address(request),
    }
    return render(request, "portal/files.html", context)


@require_GET
@member_page
def original(_request: HttpRequest, access: Access, delivery_id: int) -> HttpResponseBase:
    """The file as it came in."""
    delivery = runs.delivery_of(access.organisation, delivery_id)
    if delivery is None or not delivery.archive_key:
        raise Http404("no such file, or no longer kept")
    return attachment(delivery.archive_key, delivery.file_name)
