"""Issues: what holds documents up, by cause, and repairing all documents of one cause at once."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.exchange import repair, repairing_many
from bookbridge.exchange.issues import MOST_AT_ONCE, Issue, Open, lines_of, open_issues
from bookbridge.exchange.repairing_many import AS_THEY_ARE, BY_MAPPING, IN_THESE, Change
from bookbridge.integrations.changing import LONGEST_CODE, ChangedMeanwhileError, TooManyCodesError
from bookbridge.integrations.connecting import known_package_settings
from bookbridge.integrations.models import Configuration, Integration
from bookbridge.organisations.access import Access, member_page
from bookbridge.portal.queries.configurations import configurations_of
from bookbridge.portal.repair_form import entries_of
from bookbridge.portal.settings_forms import check_code, list_of
from bookbridge.portal.views.integrations import found_integration, frame

LINES_SHOWN = 100
PLANNED_SHOWN = 20


@dataclass(frozen=True)
class _Asked:
    """What the form says, read; `error` belongs to the code."""

    change: Change | None = None
    target: str = ""
    way: str = BY_MAPPING
    error: str = ""


@require_GET
@member_page
def issues(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    shown = found_integration(access, integration_id)
    configurations = list(configurations_of(shown))
    ready = repair.ready_counts(configurations)
    context = {
        **frame(access, shown, "issues"),
        "open": _open(shown, configurations),
        "configurations": {each.pk: each for each in configurations},
        "several": len(configurations) > 1,
        "ready": [(each, ready[each.pk]) for each in configurations if each.pk in ready],
    }
    return render(request, "portal/issues.html", context)


@require_GET
@member_page
def issue(request: HttpRequest, access: Access, integration_id: UUID, issue_key: str) -> HttpResponse:
    """A cause with its documents; with what would come of a correction when the form asks for that."""
    shown = found_integration(access, integration_id)
    found, configuration = _found(shown, issue_key)
    asked = _asked(request.GET.dict(), found, configuration) if "way" in request.GET else None
    return _issue_page(request, access, found, configuration, asked)


def _issue_page(
    request: HttpRequest, access: Access, found: Issue, configuration: Configuration, asked: _Asked | None
) -> HttpResponse:
    name = repairing_many.list_of(found.cause)
    settings = known_package_settings(configuration) if name else None
    plan = repairing_many.plan(configuration, found, asked.change) if asked and asked.change else None
    context = {
        **frame(access, configuration.integration, "issues"),
        "issue": found,
        "text": found.problem.explain(request.LANGUAGE_CODE or "en"),
        "configuration": configuration,
        "lines": lines_of(configuration, found, LINES_SHOWN),
        "list_name": name,
        "entries": entries_of(settings, name) if settings else (),
        "asked": asked,
        "plan": plan,
        "shown_good": plan.good[:PLANNED_SHOWN] if plan else (),
        "shown_wrong": plan.still_wrong[:PLANNED_SHOWN] if plan else (),
        "most": MOST_AT_ONCE,
    }
    return render(
        request,
        "portal/issue.html",
        context,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked and asked.error else HTTPStatus.OK,
    )


@require_POST
@member_page
def apply(request: HttpRequest, access: Access, integration_id: UUID, issue_key: str) -> HttpResponse:
    """Keep the correction for every document that it puts right; they wait for Retry."""
    shown = found_integration(access, integration_id)
    found, configuration = _found(shown, issue_key)
    asked = _asked(request.POST.dict(), found, configuration)
    if asked.change is None:
        return _issue_page(request, access, found, configuration, asked)
    try:
        count = repairing_many.apply(configuration, found, asked.change, access.user)
    except ChangedMeanwhileError:
        messages.info(request, gettext("Somebody else has changed this mapping meanwhile. Look at what it says now."))
        return redirect("issue", access.organisation.pk, shown.pk, issue_key)
    except TooManyCodesError:
        messages.error(request, gettext("There are too many mappings in this list. Remove some that are not used."))
        return redirect("issue", access.organisation.pk, shown.pk, issue_key)
    if not count:
        messages.info(request, gettext("Nothing was changed: no document would be right then."))
        return redirect("issue", access.organisation.pk, shown.pk, issue_key)
    said = ngettext(
        "%(count)s document is ready to be offered again.", "%(count)s documents are ready to be offered again.", count
    )
    messages.success(request, said % {"count": count})
    return redirect("issues", access.organisation.pk, shown.pk)


def _asked(given: dict[str, str], found: Issue, configuration: Configuration) -> _Asked:
    """The change that was asked for, or what is wrong with the code."""
    way, target = given.get("way", ""), given.get("target", "").strip()
    if way == AS_THEY_ARE:
        return _Asked(Change(AS_THEY_ARE), way=way)
    name = repairing_many.list_of(found.cause)
    if way not in (BY_MAPPING, IN_THESE) or not name or not target or len(target) > LONGEST_CODE:
        return _Asked(target=target, error=gettext("Choose the code that is to be used instead."))
    try:
        check_code(target, list_of(known_package_settings(configuration), name))
    except ValidationError as error:
        return _Asked(target=target, way=way, error=" ".join(error.messages))
    return _Asked(Change(way, target), target, way)


def _found(integration: Integration, key: str) -> tuple[Issue, Configuration]:
    """Http404 where there is no such issue: it may have closed by itself."""
    configurations = {each.pk: each for each in configurations_of(integration)}
    found = next((each for each in _open(integration, configurations.values()).issues if each.cause.key == key), None)
    if found is None:
        raise Http404("no such issue; it may be solved")
    return found, configurations[found.cause.configuration]


def _open(integration: Integration, configurations: Any) -> Open:
    return open_issues(integration.organisation_id, [each.pk for each in configurations])
