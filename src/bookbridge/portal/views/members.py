"""The members of a company: who they are, inviting, changing a role, taking access away."""

from http import HTTPStatus

from allauth.core import ratelimit
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bookbridge.organisations import members
from bookbridge.organisations.access import Access, member_page
from bookbridge.organisations.models import Membership
from bookbridge.portal.account import mails
from bookbridge.portal.forms import InvitationForm, RoleForm
from bookbridge.portal.queries import companies


@require_GET
@member_page
def members_page(request: HttpRequest, access: Access) -> HttpResponse:
    return _page(request, access, InvitationForm())


def _page(request: HttpRequest, access: Access, form: InvitationForm) -> HttpResponse:
    context = {
        "section": "company",
        "access": access,
        "members": companies.members_of(access.organisation),
        "roles": Membership.Role.values,
        "form": form,
    }
    return render(
        request,
        "portal/members.html",
        context,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


@require_POST
@member_page
def invite(request: HttpRequest, access: Access) -> HttpResponse:
    """Give somebody a role, and mail them how they get in."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, access, form)
    if not ratelimit.consume(request, action="invitation", key=str(access.organisation.pk)):
        form.add_error("email", gettext("That were many invitations within an hour. Try again later."))
        return _page(request, access, form)
    try:
        user = members.invite(access.organisation, form.cleaned_data["email"], form.cleaned_data["role"])
    except members.AlreadyMemberError:
        form.add_error("email", gettext("Whoever has this address is a member already."))
        return _page(request, access, form)
    except members.ClosedAccountError:
        form.add_error("email", gettext("This account is closed. The operator of this installation can open it."))
        return _page(request, access, form)
    mails.ask_for_invitation(user, access.organisation, access.user)
    messages.success(request, gettext("%(email)s gets a mail.") % {"email": user.email})
    return redirect("members", access.organisation.pk)


@require_POST
@member_page
def change_member(request: HttpRequest, access: Access, membership_id: int) -> HttpResponse:
    _found(access, membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose a role from the list."))
        return redirect("members", access.organisation.pk)
    try:
        members.set_role(access.organisation, membership_id, form.cleaned_data["role"])
    except members.NoMemberError:
        raise Http404("no such member") from None
    except members.LastOwnerError:
        messages.error(request, gettext("A company needs an owner. Make somebody else an owner first."))
    else:
        messages.success(request, gettext("The role has been changed."))
    return _back(access)


@require_http_methods(["GET", "POST"])
@member_page
def remove_member(request: HttpRequest, access: Access, membership_id: int) -> HttpResponse:
    """Ask first; then the person's next request is refused."""
    member = _found(access, membership_id)
    if request.method == "GET":
        return render(request, "portal/member_remove.html", {"section": "company", "access": access, "member": member})
    try:
        members.remove(access.organisation, membership_id)
    except members.NoMemberError:
        raise Http404("no such member") from None
    except members.LastOwnerError:
        messages.error(request, gettext("A company needs an owner. Make somebody else an owner first."))
    else:
        messages.success(request, gettext("%(name)s has no access any more.") % {"name": member.user})
    return _back(access)


def _found(access: Access, membership_id: int) -> Membership:
    member = next((each for each in companies.members_of(access.organisation) if each.pk == membership_id), None)
    if member is None:
        raise Http404("no such member")
    return member


def _back(access: Access) -> HttpResponse:
    """To the members; whoever is none any more, to the own companies."""
    mine = Membership.objects.filter(organisation=access.organisation, user=access.user).exists()
    return redirect("members", access.organisation.pk) if mine else redirect("companies")
