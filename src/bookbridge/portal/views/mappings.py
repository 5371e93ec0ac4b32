"""One list of mappings of a configuration: the source's codes and the package's for them."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.exchange import repairing_many
from bookbridge.integrations import changing
from bookbridge.integrations.changing import LONGEST_CODE, ChangedMeanwhileError, TooManyCodesError
from bookbridge.integrations.configuring import MAPPED_LISTS
from bookbridge.integrations.connecting import known_package_settings
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal.settings_forms import MappingForm
from bookbridge.portal.views.settings import found_configuration, frame_of

CODES_A_PAGE = 200


def _found(access: Access, integration_id: UUID, configuration_id: int, kind: str) -> Configuration:
    configuration = found_configuration(access, integration_id, configuration_id)
    if kind not in MAPPED_LISTS:
        raise Http404("no such list of codes")
    return configuration


@require_GET
@member_page
def mappings(
    request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int, kind: str
) -> HttpResponse:
    configuration = _found(access, integration_id, configuration_id, kind)
    source = request.GET.get("change", "")[:LONGEST_CODE]
    target = changing.mapped_to(configuration, kind, source)
    shown = {"source": source, "target": target, "was": target}
    form = MappingForm(kind=kind, package=known_package_settings(configuration), initial=shown)
    return _page(request, access, configuration, kind, form)


def _page(
    request: HttpRequest, access: Access, configuration: Configuration, kind: str, form: MappingForm
) -> HttpResponse:
    mapped = configuration.mappings.get(kind, {})
    pairs = sorted(mapped.items())
    text, after = request.GET.get("text", "").strip(), request.GET.get("after", "")
    wanted = [(ours, theirs) for ours, theirs in pairs if text.lower() in f"{ours}\n{theirs}".lower()]
    rest = [pair for pair in wanted if pair[0] > after]
    names = {entry.code: entry.name for entry in form.entries or ()}
    held_up = repairing_many.held_up_by(configuration, kind)
    context = {
        **frame_of(access, configuration),
        "kind": kind,
        "form": form,
        "changes": form["was"].value() or "",
        "pairs": [(ours, theirs, names.get(theirs), theirs in names) for ours, theirs in rest[:CODES_A_PAGE]],
        "total": len(pairs),
        "searches": len(pairs) > CODES_A_PAGE or bool(text),
        "text": text,
        "more": _query(text, rest[CODES_A_PAGE - 1][0]) if len(rest) > CODES_A_PAGE else "",
        "is_known": form.entries is not None,
        "held_up": [(issue, mapped.get(issue.cause.value)) for issue in held_up.issues],
        "is_all": held_up.is_all,
    }
    return render(
        request,
        "portal/mappings.html",
        context,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


def _query(text: str, after: str) -> str:
    query = QueryDict(mutable=True)
    query.update({"text": text, "after": after})
    return f"?{query.urlencode()}"


@require_POST
@member_page
def save_mapping(
    request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int, kind: str
) -> HttpResponse:
    configuration = _found(access, integration_id, configuration_id, kind)
    form = MappingForm(request.POST, kind=kind, package=known_package_settings(configuration))
    if form.is_valid():
        given = form.cleaned_data
        try:
            changing.set_mapping(configuration, kind, given["source"], given["target"], access.user, was=given["was"])
        except ChangedMeanwhileError as error:
            form.say_what_it_says_now(error.now)
        except TooManyCodesError:
            form.add_error("source", gettext("This list is full. Remove what is no longer used."))
        else:
            said = gettext("%(source)s is now sent as %(target)s, from the next run on.")
            messages.success(request, said % {"source": given["source"], "target": given["target"]})
            return redirect("mappings", access.organisation.pk, integration_id, configuration_id, kind)
    configuration.refresh_from_db(fields=["mappings"])
    return _page(request, access, configuration, kind, form)


@require_POST
@member_page
def remove_mapping(
    request: HttpRequest, access: Access, integration_id: UUID, configuration_id: int, kind: str
) -> HttpResponse:
    configuration = _found(access, integration_id, configuration_id, kind)
    source, was = request.POST.get("source", ""), request.POST.get("was", "")
    if not changing.mapped_to(configuration, kind, source):
        messages.info(request, gettext("This mapping is gone already. Somebody may have been faster."))
    else:
        try:
            changing.set_mapping(configuration, kind, source, "", access.user, was=was)
        except ChangedMeanwhileError as error:
            said = gettext("Nothing was removed: somebody else has mapped %(source)s to %(target)s meanwhile.")
            messages.warning(request, said % {"source": source, "target": error.now or "–"})
        else:
            said = gettext("The mapping of %(source)s has been removed: the code is sent as it is.")
            messages.success(request, said % {"source": source})
    return redirect("mappings", access.organisation.pk, integration_id, configuration_id, kind)
