"""The drop box of an integration: what an agent needs to know, and its access keys."""

from base64 import b64encode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bookbridge.exchange import agent_signs
from bookbridge.integrations import access_keys
from bookbridge.integrations.agents import NEWEST_VERSION
from bookbridge.integrations.models import AccessKey, Agent, Integration
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal.agents_view import shown_agents
from bookbridge.portal.forms import AccessKeyForm
from bookbridge.portal.views.integrations import found_integration, frame
from bookbridge.storage import StorageError
from bookbridge.storage.dropbox import connection_code
from bookbridge.storage.places import DROP_BOX_BUCKET, DROP_BOX_REGION, inbox_prefix, outbox_key

REVOKED_SHOWN = 20


@require_GET
@member_page
def drop_box(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    return _page(request, access, found_integration(access, integration_id), AccessKeyForm())


def _page(request: HttpRequest, access: Access, integration: Integration, form: AccessKeyForm) -> HttpResponse:
    keys = AccessKey.objects.filter(organisation=access.organisation, integration=integration)
    context = {
        **_frame(access, integration),
        "keys": keys.filter(revoked_at=None).select_related("created_by").order_by("-created_at"),
        "revoked": keys.exclude(revoked_at=None).order_by("-revoked_at")[:REVOKED_SHOWN],
        "agents": shown_agents(integration),
        "newest_agent": NEWEST_VERSION,
        "form": form,
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "portal/drop_box.html", context, status=status)


def _frame(access: Access, integration: Integration) -> dict[str, object]:
    """What every page of the drop box shows."""
    inbox = inbox_prefix(access.organisation.pk, integration.pk)
    return {
        **frame(access, integration, "drop_box"),
        "address": settings.ENVIRONMENT.public_url,
        "bucket": DROP_BOX_BUCKET,
        "region": DROP_BOX_REGION,
        "inbox": f"{inbox}/",
        "outbox": outbox_key(access.organisation.pk, integration.pk, "x").rpartition("/")[0] + "/",
    }


@require_POST
@never_cache
@member_page
def make_access_key(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    """Make a key and show its secret, on this page and never again."""
    integration = found_integration(access, integration_id)
    form = AccessKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, access, integration, form)
    key, secret = access_keys.make(integration, form.cleaned_data["label"], access.user)
    code = connection_code.written(
        endpoint=settings.ENVIRONMENT.public_url,
        company=access.organisation.pk,
        integration=integration.pk,
        access_key=key.key_id,
        secret=secret,
        name=integration.name,
    )
    context = {
        **_frame(access, integration),
        "key": key,
        "secret": secret,
        "code": code,
        # The file is in the page itself: no address could give the secret once more, and nothing is sent back for it.
        "file": f"data:text/plain;base64,{b64encode(code.encode()).decode()}",
        "file_name": f"bookbridge-{key.key_id}.txt",
    }
    return render(request, "portal/access_key_made.html", context)


@require_POST
@member_page
def forget_agent(request: HttpRequest, access: Access, integration_id: UUID, agent_id: int) -> HttpResponse:
    """Take a PC off the list that is there no more."""
    integration = found_integration(access, integration_id)
    agent = Agent.objects.filter(organisation=access.organisation, integration=integration, pk=agent_id).first()
    if agent is None:
        raise Http404("no such agent")
    try:
        agent_signs.forget(agent)
    except StorageError:
        messages.error(request, gettext("The storage can't be reached just now. Try again in a moment."))
    else:
        said = gettext("%(name)s is forgotten. Should its agent still run, it comes back by itself.")
        messages.success(request, said % {"name": agent.name})
    return redirect("drop_box", access.organisation.pk, integration_id)


@require_http_methods(["GET", "POST"])
@member_page
def revoke_access_key(request: HttpRequest, access: Access, integration_id: UUID, access_key_id: int) -> HttpResponse:
    """Ask first; then the key is good for nothing."""
    integration = found_integration(access, integration_id)
    key = AccessKey.objects.filter(
        organisation=access.organisation, integration=integration, pk=access_key_id, revoked_at=None
    ).first()
    if key is None:
        raise Http404("no such access key")
    if request.method == "POST":
        access_keys.revoke(key, access.user)
        said = gettext("The access key %(label)s has been revoked. What used it can't reach the drop box any more.")
        messages.success(request, said % {"label": key.label})
        return redirect("drop_box", access.organisation.pk, integration_id)
    return render(request, "portal/access_key_revoke.html", {**_frame(access, integration), "key": key})
