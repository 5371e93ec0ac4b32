"""What Bookbridge can talk to, and how far each connector is proven: the fact sheets, for everybody who may log in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bookbridge.kit import catalogue


@require_GET
def packages(request: HttpRequest) -> HttpResponse:
    sheets = [catalogue.fact_sheet(package) for package in catalogue.packages()]
    return render(request, "portal/packages.html", {"section": "packages", "sheets": sheets})


@require_GET
def package(request: HttpRequest, package: str) -> HttpResponse:
    try:
        sheet = catalogue.fact_sheet(package)
    except catalogue.UnknownPackageError as error:
        raise Http404(str(error)) from error
    return render(request, "portal/package.html", {"section": "packages", "sheet": sheet})
