"""Deciding on outstanding items that are held."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from bookbridge.documents import Problem
from bookbridge.exchange import outstanding
from bookbridge.exchange.models import OutstandingSnapshot
from bookbridge.organisations.access import Access, member_page
from bookbridge.organisations.models import User
from bookbridge.storage import StorageError


@require_POST
@member_page
def agree(request: HttpRequest, access: Access, snapshot_id: int) -> HttpResponse:
    said = gettext("The outstanding items have been written.")
    return _decide(request, access, snapshot_id, outstanding.agree, said)


@require_POST
@member_page
def refuse(request: HttpRequest, access: Access, snapshot_id: int) -> HttpResponse:
    said = gettext("The held outstanding items have been refused; the file stays as it was.")
    return _decide(request, access, snapshot_id, outstanding.refuse, said)


def _decide(
    request: HttpRequest,
    access: Access,
    snapshot_id: int,
    decide: Callable[[OutstandingSnapshot, User], Problem | None],
    said: str,
) -> HttpResponse:
    snapshot = OutstandingSnapshot.objects.filter(organisation=access.organisation, pk=snapshot_id).first()
    if snapshot is None:
        raise Http404("no such snapshot")
    try:
        problem = decide(snapshot, access.user)
    except outstanding.DecisionTooLateError:
        messages.info(request, gettext("Someone has already decided on these outstanding items."))
    except StorageError:
        messages.error(request, gettext("The storage can't be reached just now. Try again in a moment."))
    else:
        if problem is None:
            messages.success(request, said)
        else:
            told = problem.explain(get_language() or "en")
            messages.error(request, f"{told.reason} {told.remedy}")
    return redirect("run", access.organisation.pk, snapshot.run_id)
