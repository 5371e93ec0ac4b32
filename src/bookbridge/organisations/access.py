"""Who may see and do what. Every request is admitted here, so that a foreign organisation can't be told from none.

Which address needs which role stands in `bookbridge.server.roles`, and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from bookbridge.organisations.models import Membership, Organisation, User
from bookbridge.organisations.walls import acting_as, acting_for

Role = Membership.Role
_RANK = {Role.VIEWER: 1, Role.BOOKKEEPER: 2, Role.OWNER: 3}

VIEWER, BOOKKEEPER, OWNER = Role.VIEWER, Role.BOOKKEEPER, Role.OWNER
ANYONE, LOGGED_IN, OPERATOR = "anyone", "logged in", "operator"


@dataclass(frozen=True, slots=True)
class Access:
    """What the user of a request may do in one organisation."""

    user: User
    organisation: Organisation
    role: Role

    def has(self, role: Role) -> bool:
        return _RANK[self.role] >= _RANK[role]

    @property
    def may_repair(self) -> bool:
        return self.has(BOOKKEEPER)

    @property
    def may_set_up(self) -> bool:
        return self.has(OWNER)


def organisation_for(request: HttpRequest, organisation_id: UUID, needed: Role = VIEWER) -> Access:
    """The user's access to an organisation.

    Raises Http404 for a foreign and an unknown organisation alike, and PermissionDenied when the user belongs to it
    but the role doesn't suffice. Being an operator gives no access to any organisation's data.
    """
    user = request.user
    membership = None
    if user.is_authenticated:
        with acting_as(user.pk):
            own = Membership.objects.select_related("organisation")
            membership = own.filter(organisation_id=organisation_id, user_id=user.pk).first()
    if membership is None or not isinstance(user, User):
        raise Http404("no such organisation")
    access = Access(user=user, organisation=membership.organisation, role=Role(membership.role))
    if not access.has(needed):
        raise PermissionDenied(f"this needs the role {needed}")
    return access


def log_in_first(request: HttpRequest) -> HttpResponse:
    """To the log-in page and, after it, back to the page where the user was.

    A form or a piece of a page can't be the goal of a redirect, so the page it was on is.
    """
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = redirect_to_login(_own_page(request, "HX-Current-URL"))["Location"]
        return response
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    return redirect_to_login(_own_page(request, "Referer"))


def _own_page(request: HttpRequest, header: str) -> str:
    """The path and query of the page named in a header, the front page when it is not one of ours."""
    address = request.headers.get(header, "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return "/"
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


View = Callable[..., HttpResponse]


def admit(request: HttpRequest, needed: str, organisation_id: UUID | None) -> HttpResponse | None:
    """Let a request pass (None), or send its user to log in.

    An address that needs a role in an organisation leaves the user's Access on the request. Raises Http404 and
    PermissionDenied as `organisation_for` does; who is no operator can't tell that an operator's page exists.
    """
    if needed == ANYONE:
        return None
    if not request.user.is_authenticated:
        return log_in_first(request)
    if needed == LOGGED_IN:
        return None
    if needed == OPERATOR:
        if not getattr(request.user, "is_operator", False):
            raise Http404("no such page")
        return None
    if organisation_id is None:
        raise LookupError(f"an address that needs the role {needed} names no organisation")
    request.access = organisation_for(request, organisation_id, Role(needed))  # type: ignore[attr-defined]
    return None


def member_page(view: Callable[Concatenate[HttpRequest, Access, ...], HttpResponse]) -> View:
    """A page of one organisation: the view gets the Access of the admitted request in place of `organisation_id`."""

    @wraps(view)
    def with_access(request: HttpRequest, organisation_id: UUID, **kwargs: Any) -> HttpResponse:
        access: Access | None = getattr(request, "access", None)
        if access is None or access.organisation.pk != organisation_id:
            raise PermissionDenied("this request was not admitted to the organisation")
        with acting_for(access.organisation.pk):
            return view(request, access, **kwargs)

    return with_access
