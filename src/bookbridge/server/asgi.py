"""What `bookbridge serve` runs: the drop box for S3 clients, the portal for everybody else."""

import asyncio
import atexit
import os
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bookbridge.server.asgi_portal import WsgiBridge
from bookbridge.storage.places import DROP_BOX_BUCKET

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BUCKET_PATH = f"/{DROP_BOX_BUCKET}"


class Application(Protocol):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def close(self) -> None: ...


class Front:
    """Sends each request where it belongs. The drop box's code is loaded with its first request: most have no agent."""

    def __init__(self, portal: WsgiBridge, make_drop_box: Callable[[], Application]) -> None:
        self._portal = portal
        self._make_drop_box = make_drop_box
        self._drop_box: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and is_for_drop_box(scope):
            self._drop_box = self._drop_box or self._make_drop_box()
            await self._drop_box(scope, receive, send)
        elif scope["type"] == "http":
            await self._portal(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                for application in (self._drop_box, self._portal):
                    if application is not None:
                        await asyncio.to_thread(application.close)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def is_for_drop_box(scope: Scope) -> bool:
    """By the bucket's name, or by a signature: a client that asks for another bucket must get S3's own answer."""
    path = scope["path"]
    if path == BUCKET_PATH or path.startswith(f"{BUCKET_PATH}/"):
        return True
    query = scope["query_string"]
    signed = any(name == b"authorization" and value.startswith(b"AWS") for name, value in scope["headers"])
    return signed or b"X-Amz-Algorithm=" in query or b"AWSAccessKeyId=" in query


def load_application(threads: int) -> Front:
    """For the server's process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookbridge.server.settings")
    from django.core.wsgi import get_wsgi_application

    from bookbridge.server import telemetry

    atexit.register(telemetry.start("serve"))

    def make_drop_box() -> Application:
        from django.conf import settings

        from bookbridge.server.asgi_drop_box import AsgiDropBox
        from bookbridge.server.drop_box import HouseAnswers

        answers = HouseAnswers()
        return AsgiDropBox(answers, at_once=settings.ENVIRONMENT.dropbox_at_once, on_close=answers.close)

    def is_logged_in(cookies: str) -> bool:
        from django.db import close_old_connections

        from bookbridge.portal.account import sessions

        # As Django does around a page.
        close_old_connections()
        try:
            return sessions.is_logged_in(cookies)
        finally:
            close_old_connections()

    portal = get_wsgi_application()
    from bookbridge.server.loading import load_pages

    load_pages()
    return Front(WsgiBridge(portal, threads, is_logged_in=is_logged_in), make_drop_box)
