"""/healthz, /readyz and /metrics: answered before anything else, so without sessions, host names or log-in.

Everybody may ask whether the process lives and whether it is ready. Which part is wrong, and the numbers, are for those
who watch: with the token of the settings, or from an address of the settings (this machine, unless set). A request that
came through a proxy shows the proxy's address, so it needs the token.
"""

import ipaddress
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import exposition

from bookbridge.server import metrics
from bookbridge.server.readiness import Readiness

PATHS = ("/healthz", "/readyz", "/metrics")
_PROXY_HEADERS = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP")
_PROXY_PREFIX = "HTTP_X_FORWARDED"


class ProbesMiddleware:
    """The first of all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._readiness = Readiness()
        metrics.start()
        metrics.serve_tables()
        self._pages = {"/healthz": _health, "/readyz": self._ready, "/metrics": _metrics}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = self._pages.get(request.path_info)
        if page is None:
            return self._get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = page(request)
        response["Cache-Control"] = "no-store"
        return response

    def _ready(self, request: HttpRequest) -> HttpResponse:
        parts = self._readiness.parts()
        ready = not any(part.wrong for part in parts)
        told: dict[str, Any] = {"ready": ready}
        if may_watch(request):
            told["parts"] = {part.name: part.wrong or "well" for part in parts}
        return JsonResponse(told, status=200 if ready else 503)


def _health(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"alive": True})


def _metrics(request: HttpRequest) -> HttpResponse:
    if not may_watch(request):
        # Like an address that isn't there: whoever may not read it need not know that it is.
        return HttpResponse(status=404)
    accepted = request.META.get("HTTP_ACCEPT", "")
    write, content_type = exposition.choose_encoder(accepted)
    return HttpResponse(write(metrics.REGISTRY), content_type=content_type)


def may_watch(request: HttpRequest) -> bool:
    """Whether this request may see what is wrong and how much is done."""
    environment = settings.ENVIRONMENT
    scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if environment.monitoring_token and scheme.lower() == "bearer":
        return secrets.compare_digest(given.strip().encode(), environment.monitoring_token.encode())
    if any(name in request.META for name in _PROXY_HEADERS) or any(map(_is_forwarding, request.META)):
        return False
    try:
        caller = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
        caller = getattr(caller, "ipv4_mapped", None) or caller
    except ValueError:
        return False
    return any(caller.version == each.version and caller in each for each in environment.monitoring_addresses)


def _is_forwarding(name: str) -> bool:
    return name.startswith(_PROXY_PREFIX)
