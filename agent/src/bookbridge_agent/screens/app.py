"""The screens as one WSGI application: who may come in, which page answers, and with which headers."""

import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from bookbridge_agent import configuration
from bookbridge_agent.messages import AgentError
from bookbridge_agent.screens import activity, form_page, listing, settings_page
from bookbridge_agent.screens.asking import Asked
from bookbridge_agent.screens.desk import Desk
from bookbridge_agent.screens.doors import COOKIE_LASTS_S
from bookbridge_agent.screens.pages import Pages
from bookbridge_agent.words import LANGUAGES, Words, best_language

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Without a referrer at all browsers would name no origin with a form either.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STATIC = Path(__file__).with_name("static")
_KINDS = {"screens.css": "text/css", "screens.js": "text/javascript", "icon.svg": "image/svg+xml"}
_PAGES: dict[str, Callable[..., Response]] = {
    "/": listing.begin,
    "/synchronisations/": listing.show,
    "/synchronisations/add/": listing.choose_type,
    "/synchronisations/add/<type_>/": form_page.add,
    "/synchronisations/<id_>/": form_page.change,
    "/synchronisations/<id_>/delete/": listing.delete,
    "/synchronisations/<id_>/waiting/": listing.decide,
    "/activity/": activity.show,
    "/settings/": settings_page.show,
    "/settings/starts/": settings_page.switch,
}


class _Asking(Request):
    max_content_length = 256 * 1024
    max_form_memory_size = 128 * 1024
    max_form_parts = 100


class App:
    def __init__(self, desk: Desk, port: int) -> None:
        self._desk = desk
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"bookbridge_agent_{port}"
        """Cookies are shared by all ports of a computer."""
        self._pages = Pages()
        self._map = Map([Rule(path, endpoint=path) for path in _PAGES])

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = _Asking(environ)
        response = self._answer(request)
        response.headers.update(_HEADERS)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        # A page of somebody else's whose name leads to this computer asks under its own name.
        if request.headers.get("Host", "") not in self._hosts:
            return Response("Not here.", 403, mimetype="text/plain")
        try:
            return self._guarded(request)
        except HTTPException as refused:
            return self._refused(request, refused)
        except Exception:
            sys.stderr.write(traceback.format_exc())
            return self._page(request, "trouble.html", 500, what="mistake")

    def _guarded(self, request: Request) -> Response:
        if request.path.startswith("/static/"):
            return _static(request.path.removeprefix("/static/"))
        if request.path.startswith("/open/") and request.method == "GET":
            return self._open(request, request.path.removeprefix("/open/"))
        if not self._desk.doors.is_known(request.cookies.get(self._cookie)):
            return self._page(request, "closed.html", 403)
        if request.method not in ("GET", "HEAD", "POST"):
            raise NotFound
        if request.method == "POST" and not self._is_ours(request):
            return self._page(request, "trouble.html", 403, what="foreign")
        return self._shown(request)

    def _shown(self, request: Request) -> Response:
        found, given = self._map.bind_to_environ(request.environ).match()
        asked = self._asked(request)
        try:
            return _PAGES[found](asked, **given)
        except AgentError as fault:
            return asked.page("trouble.html", 500, what="fault", fault=fault.message)

    def _open(self, request: Request, ticket: str) -> Response:
        """In, with a ticket, and on to an address without it."""
        if not self._desk.doors.use(ticket):
            # The link was followed twice.
            if self._desk.doors.is_known(request.cookies.get(self._cookie)):
                return redirect("/", 303)
            return self._page(request, "closed.html", 403)
        response = redirect("/", 303)
        response.set_cookie(
            self._cookie, self._desk.doors.cookie, max_age=COOKIE_LASTS_S, httponly=True, samesite="Strict"
        )
        return response

    def _is_ours(self, request: Request) -> bool:
        origin = urlsplit(request.headers.get("Origin", ""))
        same = origin.scheme == "http" and origin.netloc == request.headers["Host"]
        return same and self._desk.doors.is_ours(request.form.get("token"))

    def _asked(self, request: Request) -> Asked:
        return Asked(request, self._desk, self._pages, self._words(request))

    def _words(self, request: Request) -> Words:
        try:
            language = configuration.load(self._desk.home).settings.language
        except AgentError:
            language = None
        if language not in LANGUAGES:
            language = best_language([tag for tag, _ in request.accept_languages])
        return Words(language)

    def _page(self, request: Request, template: str, status: int, **values: object) -> Response:
        """One of the pages that show nothing of what is kept."""
        return self._asked(request).page(template, status, is_bare=True, **values)

    def _refused(self, request: Request, refused: HTTPException) -> Response:
        if isinstance(refused, RequestEntityTooLarge):
            return self._page(request, "trouble.html", 413, what="large")
        found = refused.get_response(request.environ)
        if found.status_code in (301, 302, 303, 307, 308):
            return redirect(found.headers["Location"], 308)
        return self._page(request, "trouble.html", found.status_code, what="absent")


def _static(name: str) -> Response:
    if name not in _KINDS:
        raise NotFound
    return Response((_STATIC / name).read_bytes(), mimetype=_KINDS[name])
