"""Who may do what in an organisation, and where a visitor without a session goes."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import RequestFactory

from bookbridge.organisations.access import BOOKKEEPER, OWNER, VIEWER, Role, log_in_first, organisation_for
from bookbridge.organisations.models import User
from tests import factories


def request_of(user: Any, method: str = "get", path: str = "/x/?y=1", **headers: str) -> HttpRequest:
    request: HttpRequest = getattr(RequestFactory(headers=headers), method)(path)
    request.user = user
    return request


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "needed", "allowed"),
    [
        (VIEWER, VIEWER, True),
        (VIEWER, BOOKKEEPER, False),
        (VIEWER, OWNER, False),
        (BOOKKEEPER, VIEWER, True),
        (BOOKKEEPER, BOOKKEEPER, True),
        (BOOKKEEPER, OWNER, False),
        (OWNER, VIEWER, True),
        (OWNER, BOOKKEEPER, True),
        (OWNER, OWNER, True),
    ],
)
def test_a_role_holds_what_the_lower_ones_hold(role: Role, needed: Role, allowed: bool) -> None:
    company = factories.organisation()
    request = request_of(factories.member(company, role))
    if allowed:
        access = organisation_for(request, company.pk, needed)
        assert access.organisation == company
        assert access.role == role
    else:
        with pytest.raises(PermissionDenied):
            organisation_for(request, company.pk, needed)


@pytest.mark.django_db
def test_a_foreign_company_looks_like_none() -> None:
    own, foreign = factories.organisation(), factories.organisation("Hotel De Linde")
    member = factories.member(own)
    nobody: list[Any] = [member, AnonymousUser(), factories.user(is_operator=True)]
    for user in nobody:
        with pytest.raises(Http404) as about_foreign:
            organisation_for(request_of(user), foreign.pk)
        with pytest.raises(Http404) as about_none:
            organisation_for(request_of(user), factories.uuid4())
        assert str(about_foreign.value) == str(about_none.value)


@pytest.mark.parametrize(
    ("request_", "target"),
    [
        (request_of(AnonymousUser()), "/accounts/login/?next=/x/%3Fy%3D1"),
        (
            request_of(AnonymousUser(), "post", referer="http://testserver/page/?a=b"),
            "/accounts/login/?next=/page/%3Fa%3Db",
        ),
        (request_of(AnonymousUser(), "post", referer="http://evil.example/"), "/accounts/login/?next=/"),
        (request_of(AnonymousUser(), "post"), "/accounts/login/?next=/"),
    ],
)
def test_after_logging_in_the_user_is_where_the_session_was_lost(request_: HttpRequest, target: str) -> None:
    assert log_in_first(request_)["Location"] == target


@pytest.mark.django_db
def test_a_member_is_named_by_name_or_address() -> None:
    assert str(User(email="a@example.org", name="Anna")) == "Anna"
    assert str(User(email="a@example.org")) == "a@example.org"
