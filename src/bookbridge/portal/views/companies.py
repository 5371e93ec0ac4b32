"""The front page, My company, the choice of a company, the installation, the user's own preferences."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, override
from django.views.decorators.http import require_GET, require_http_methods

from bookbridge.organisations import trail
from bookbridge.organisations.access import Access, member_page
from bookbridge.organisations.models import User
from bookbridge.portal.forms import PreferencesForm
from bookbridge.portal.queries import companies
from bookbridge.portal.queries.installation import installation as health_of_all

_SHOWN = 10
"""Integrations that My company shows; all of them are a page of their own."""


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """To where the user's work is."""
    assert isinstance(request.user, User)
    memberships = companies.memberships_of(request.user)
    if len(memberships) == 1:
        return redirect("company", memberships[0].organisation_id)
    if not memberships and request.user.is_operator:
        return redirect("installation")
    return redirect("companies")


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return render(
        request,
        "portal/companies.html",
        {"section": "companies", "memberships": companies.memberships_of(request.user)},
    )


@require_GET
@member_page
def company(request: HttpRequest, access: Access) -> HttpResponse:
    rows = companies.integration_rows(access.organisation)
    attention = [row for row in rows if row.needs_attention]
    context = {
        "section": "company",
        "access": access,
        "rows": rows[:_SHOWN],
        "more": len(rows[_SHOWN:]),
        "attention": attention[:_SHOWN],
        "more_attention": len(attention[_SHOWN:]),
        "members": companies.members_of(access.organisation),
    }
    return render(request, "portal/company.html", context)


@require_GET
def installation(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/installation.html", {"section": "installation", "installation": health_of_all()})


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        before = User.objects.get(pk=request.user.pk)
        with transaction.atomic():
            user = form.save()
            trail.record(None, "user.changed", subject=user, changes=trail.differences(before, user, form.fields))
        with override(user.language):
            messages.success(request, gettext("Your preferences have been saved."))
        return redirect("preferences")
    return render(request, "portal/preferences.html", {"form": form})
