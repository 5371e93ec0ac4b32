"""The layout of one format: which profile, what a site lays over it, and how the last file would be read by it."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.formats import FORMATS
from bookbridge.integrations import changing
from bookbridge.integrations.changing import ChangedMeanwhileError
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal import layout_preview
from bookbridge.portal.settings_forms import LayoutForm
from bookbridge.portal.views.settings import found_configuration, frame_of


def _found(access: Access, integration_id: UUID, configuration_id: int, format_name: str) -> Configuration:
    configuration = found_configuration(access, integration_id, configuration_id)
    if format_name not in FORMATS:
        raise Http404("no such format")
    return configuration


def _form(configuration: Configuration, format_name: str, data: object = None) -> LayoutForm:
    return LayoutForm(data, format_name=format_name, layout=configuration.layouts.get(format_name))


@require_GET
@member_page
def layout(
    request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int, format_name: str
) -> HttpResponse:
    """The layout that holds, and how the last file is read by it."""
    configuration = _found(access, integration_id, configuration_id, format_name)
    kept = _form(configuration, format_name)
    trial = _form(configuration, format_name, kept.initial)
    return _page(request, access, configuration, format_name, form=kept, trial=trial)


def _page(
    request: HttpRequest,
    access: Access,
    configuration: Configuration,
    format_name: str,
    *,
    form: LayoutForm,
    trial: LayoutForm,
    status: int = 200,
) -> HttpResponse:
    """`trial`: whose choice the preview shows."""
    context = {
        **frame_of(access, configuration),
        "format": format_name,
        "form": form,
        **_preview(configuration, trial),
    }
    return render(request, "portal/layout.html", context, status=status)


def _preview(configuration: Configuration, trial: LayoutForm) -> dict[str, object]:
    if not trial.is_valid() or trial.loaded is None:
        return {"preview": None, "faulty": [said for errors in trial.errors.values() for said in errors]}
    return {"preview": layout_preview.of(configuration, trial.loaded), "profile": trial.loaded}


@require_POST
@member_page
def layout_preview_of(
    request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int, format_name: str
) -> HttpResponse:
    """The same for a choice that isn't kept: the whole page, or its preview alone while the choice changes."""
    configuration = _found(access, integration_id, configuration_id, format_name)
    form = _form(configuration, format_name, request.POST)
    if request.headers.get("HX-Request") == "true":
        context = {"access": access, "format": format_name, **_preview(configuration, form)}
        return render(request, "portal/parts/layout_preview.html", context)
    return _page(request, access, configuration, format_name, form=form, trial=form)


@require_POST
@member_page
def save_layout(
    request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int, format_name: str
) -> HttpResponse:
    configuration = _found(access, integration_id, configuration_id, format_name)
    form = _form(configuration, format_name, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            changing.set_layout(
                configuration, format_name, given["profile"], given["adjustments"], access.user, was=given["seen"]
            )
        except ChangedMeanwhileError as error:
            form.say_what_it_says_now(error.now)
        else:
            messages.success(request, gettext("Saved. It holds for files that are taken in from now on."))
            return redirect("settings", access.organisation.pk, integration_id)
    trial = _form(configuration, format_name, request.POST)
    return _page(
        request, access, configuration, format_name, form=form, trial=trial, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )
