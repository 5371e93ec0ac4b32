"""The list of integrations, one integration, its inbox and outbox."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.integrations.agents import NEWEST_VERSION
from bookbridge.integrations.models import Integration
from bookbridge.organisations import trail
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import boxes
from bookbridge.portal.agents_view import shown_agents
from bookbridge.portal.downloads import attachment
from bookbridge.portal.forms import InboxForm
from bookbridge.portal.queries import companies, runs
from bookbridge.portal.queries.configurations import configurations_of
from bookbridge.storage import StorageError


@require_GET
@member_page
def integrations(request: HttpRequest, access: Access) -> HttpResponse:
    rows = companies.integration_rows(access.organisation)
    return render(request, "portal/integrations.html", {"section": "integrations", "access": access, "rows": rows})


def found_integration(access: Access, integration_id: UUID) -> Integration:
    """An integration of this organisation; Http404 for any other."""
    found = Integration.objects.filter(organisation=access.organisation, pk=integration_id).first()
    if found is None:
        raise Http404("no such integration")
    found.organisation = access.organisation
    return found


def frame(access: Access, integration: Integration, tab: str) -> dict[str, Any]:
    """What every page of an integration shows; `tab` is the one that it is under."""
    package = companies.package_name(integration.package)
    return {"access": access, "integration": integration, "package": package, "tab": tab}


@require_GET
@member_page
def integration(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    return _integration_page(request, access, integration_id, InboxForm())


def _integration_page(request: HttpRequest, access: Access, integration_id: UUID, form: InboxForm) -> HttpResponse:
    rows = companies.integration_rows(access.organisation, only=integration_id)
    if not rows:
        raise Http404("no such integration")
    shown = rows[0].integration
    configurations = list(configurations_of(shown))
    context = {
        **frame(access, shown, "overview"),
        "row": rows[0],
        "configurations": configurations,
        # What the page's head would ask once more.
        "configurations_of_integration": configurations,
        "held": [(snapshot, runs.vanishing(snapshot)) for snapshot in rows[0].held],
        "inbox": boxes.inbox(shown),
        "outbox": boxes.outbox(shown),
        "agents": shown_agents(shown),
        "newest_agent": NEWEST_VERSION,
        "form": form,
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "portal/integration.html", context, status=status)


@require_POST
@member_page
def upload(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    """Put the user's files in the inbox, where the next look at it takes them in."""
    target = found_integration(access, integration_id)
    form = InboxForm(request.POST, request.FILES)
    if not form.is_valid():
        return _integration_page(request, access, integration_id, form)
    files = form.cleaned_data["files"]
    try:
        for file in files:
            told = {"file": (None, trail.digest(boxes.drop(target, file))), "size": (None, file.size)}
            trail.record(access.organisation.pk, "file.uploaded", subject=target, changes=told)
    except StorageError:
        form.add_error("files", gettext("The storage can't be reached just now. Try again in a moment."))
        return _integration_page(request, access, integration_id, form)
    said = ngettext(
        "%(count)d file is in the inbox and will be taken in shortly.",
        "%(count)d files are in the inbox and will be taken in shortly.",
        len(files),
    )
    messages.success(request, said % {"count": len(files)})
    return redirect("integration", access.organisation.pk, integration_id)


@require_GET
@member_page
def outbox_file(_request: HttpRequest, access: Access, integration_id: UUID, name: str) -> HttpResponseBase:
    key = boxes.outbox_file_key(found_integration(access, integration_id), name)
    return attachment(key, name)
