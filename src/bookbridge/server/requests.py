"""Every request has an id, on each of its log lines and in its answer, and one line of its own at the end.

That line names the view, never the address: addresses hold names of files, searched words and codes of sign-ins.
"""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from bookbridge.kit import watching

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_log = structlog.get_logger("bookbridge.request")


class RequestMiddleware:
    """A proxy's id is kept when it is well-formed; it names the request in both logs and decides nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if _WELL_FORMED.fullmatch(given) else uuid4().hex
        started = time.monotonic()
        with (
            structlog.contextvars.bound_contextvars(request=request_id),
            watching.part("request", method=request.method, view="none", status=500) as facts,
        ):
            response = self._get_response(request)
            facts |= {"view": _view(request), "status": response.status_code}
            _log.info(
                "request",
                method=request.method,
                view=facts["view"],
                status=response.status_code,
                milliseconds=round((time.monotonic() - started) * 1000),
                **_organisation(request),
            )
        structlog.contextvars.unbind_contextvars("organisation")
        response[HEADER] = request_id
        return response

    def process_view(self, request: HttpRequest, _view: object, _arguments: object, _named: object) -> None:
        """From here on it is known whose data is asked for; what the view logs says so too."""
        structlog.contextvars.bind_contextvars(**_organisation(request))


def _view(request: HttpRequest) -> str:
    found = request.resolver_match
    return (found.view_name or "unnamed") if found else "none"


def _organisation(request: HttpRequest) -> dict[str, str]:
    """As the address names it; whether the user may see it is the view's to decide."""
    asked = request.resolver_match.kwargs.get("organisation_id") if request.resolver_match else None
    return {"organisation": str(asked)} if asked else {}
