"""The settings of an integration: the schedule of outstanding items, pausing and resuming."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.exchange import outstanding, pausing
from bookbridge.formats import FORMATS, profile_names
from bookbridge.integrations import watching
from bookbridge.integrations.changing import ChangedMeanwhileError
from bookbridge.integrations.configuring import MAPPED_LISTS
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal.queries.configurations import configurations_of
from bookbridge.portal.settings_forms import AgentSilenceForm, PauseForm, ScheduleForm, SilenceForm
from bookbridge.portal.views.integrations import found_integration, frame


@require_GET
@member_page
def settings(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    return _page(request, access, integration_id)


def found_configuration(access: Access, integration_id: UUID, configuration_id: int) -> Configuration:
    """A configuration of this organisation and integration; Http404 for any other."""
    found = (
        Configuration.objects.select_related("integration", "paused_by")
        .filter(organisation=access.organisation, integration=integration_id, pk=configuration_id)
        .first()
    )
    if found is None:
        raise Http404("no such configuration")
    return found


def frame_of(access: Access, configuration: Configuration) -> dict[str, Any]:
    """What every page of one configuration's settings shows."""
    return {**frame(access, configuration.integration, "settings"), "configuration": configuration}


def _page(
    request: HttpRequest,
    access: Access,
    integration_id: UUID,
    faulty: tuple[int, ScheduleForm | PauseForm] | None = None,
    silence: SilenceForm | None = None,
) -> HttpResponse:
    """`faulty`: the form of a configuration that could not be kept, `silence`: one of the integration's own."""
    integration = found_integration(access, integration_id)
    is_of_agents = isinstance(silence, AgentSilenceForm)
    context = {
        **frame(access, integration, "settings"),
        "rows": [_shown(configuration, faulty) for configuration in configurations_of(integration)],
        "silence": SilenceForm.of(integration) if silence is None or is_of_agents else silence,
        "agent_silence": silence if is_of_agents else AgentSilenceForm.of(integration),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faulty or silence else HTTPStatus.OK
    return render(request, "portal/settings.html", context, status=status)


def _shown(configuration: Configuration, faulty: tuple[int, ScheduleForm | PauseForm] | None) -> dict[str, Any]:
    form = faulty[1] if faulty and faulty[0] == configuration.pk else None
    return {
        "configuration": configuration,
        "schedule": form if isinstance(form, ScheduleForm) else ScheduleForm.of(configuration),
        "pause": form if isinstance(form, PauseForm) else PauseForm(auto_id=f"id_{configuration.pk}_%s"),
        "mappings": [(name, len(configuration.mappings.get(name, {}))) for name in MAPPED_LISTS],
        "layouts": [
            (name, configuration.layouts.get(name, {}).get("profile", profile_names(name)[0])) for name in FORMATS
        ],
    }


@require_POST
@member_page
def save_schedule(request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int) -> HttpResponse:
    configuration = found_configuration(access, integration_id, configuration_id)
    form = ScheduleForm.of(configuration, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            outstanding.set_schedule(
                configuration,
                interval_min=given["interval"],
                hold_share=given["share"],
                user=access.user,
                was=given["seen"],
            )
        except ChangedMeanwhileError as error:
            form.say_what_it_says_now(error.now)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("settings", access.organisation.pk, integration_id)
    return _page(request, access, integration_id, (configuration.pk, form))


@require_POST
@member_page
def save_silence(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    integration = found_integration(access, integration_id)
    form = SilenceForm.of(integration, request.POST)
    if _is_kept(integration, form, watching.FILES):
        messages.success(request, gettext("Saved."))
        return redirect("settings", access.organisation.pk, integration_id)
    return _page(request, access, integration_id, silence=form)


@require_POST
@member_page
def save_agent_silence(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    integration = found_integration(access, integration_id)
    form = AgentSilenceForm.of(integration, request.POST)
    if _is_kept(integration, form, watching.AGENTS):
        messages.success(request, gettext("Saved."))
        return redirect("settings", access.organisation.pk, integration_id)
    return _page(request, access, integration_id, silence=form)


def _is_kept(integration: Integration, form: SilenceForm, of: str) -> bool:
    """False when the form says why not."""
    if not form.is_valid():
        return False
    try:
        watching.set_silent_after(integration, form.cleaned_data["hours"], was=form.cleaned_data["seen"], of=of)
    except ChangedMeanwhileError as error:
        form.say_what_it_says_now(error.now)
        return False
    return True


@require_POST
@member_page
def pause(request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int) -> HttpResponse:
    configuration = found_configuration(access, integration_id, configuration_id)
    form = PauseForm(request.POST, auto_id=f"id_{configuration.pk}_%s")
    if not form.is_valid():
        return _page(request, access, integration_id, (configuration.pk, form))
    if pausing.pause(configuration, access.user, form.cleaned_data["note"]):
        said = gettext("%(name)s is paused. What was just being sent comes to its end; nothing else begins.")
        messages.success(request, said % {"name": configuration.name})
    else:
        messages.info(request, gettext("Somebody else had paused it already."))
    return redirect("settings", access.organisation.pk, integration_id)


@require_POST
@member_page
def resume(request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int) -> HttpResponse:
    configuration = found_configuration(access, integration_id, configuration_id)
    if pausing.resume(configuration, access.user):
        said = gettext("%(name)s has been resumed. What waited goes on now.")
        messages.success(request, said % {"name": configuration.name})
    else:
        messages.info(request, gettext("It isn’t paused. Somebody may have been faster."))
    return redirect("settings", access.organisation.pk, integration_id)
