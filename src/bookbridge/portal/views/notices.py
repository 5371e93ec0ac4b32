"""Which mails a user gets, for each company that the user belongs to."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from bookbridge.organisations import notices
from bookbridge.organisations.access import Access, member_page
from bookbridge.organisations.models import User
from bookbridge.portal.forms import NoticesForm
from bookbridge.portal.queries import companies


@require_GET
def notices_page(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return _page(request, request.user)


def _page(request: HttpRequest, user: User, faulty: tuple[int, NoticesForm] | None = None) -> HttpResponse:
    """`faulty`: the form of a membership that could not be kept."""
    rows = [
        (member, faulty[1] if faulty and faulty[0] == member.pk else NoticesForm.of(member))
        for member in companies.memberships_of(user)
    ]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faulty else HTTPStatus.OK
    return render(request, "portal/notices.html", {"rows": rows}, status=status)


@require_POST
@member_page
def save_notices(request: HttpRequest, access: Access) -> HttpResponse:
    own = companies.memberships_of(access.user)
    member = next((each for each in own if each.organisation_id == access.organisation.pk), None)
    if member is None:
        raise Http404("no longer a member")
    form = NoticesForm.of(member, request.POST)
    if not form.is_valid():
        return _page(request, access.user, (member.pk, form))
    notices.choose(member, form.wishes())
    messages.success(request, gettext("Saved: %(company)s.") % {"company": access.organisation.name})
    return redirect("notices")
