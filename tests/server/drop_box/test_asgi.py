"""The two halves behind the server: time-outs, limits, and bodies that break off. Without a server, to set the pace."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from bookbridge.server import asgi_portal
from bookbridge.server.asgi import Front, is_for_drop_box
from bookbridge.server.asgi_drop_box import AsgiDropBox
from bookbridge.server.asgi_portal import WsgiBridge
from bookbridge.server.incoming import Pace
from bookbridge.storage.dropbox.errors import BodyBrokenError, S3Error
from bookbridge.storage.dropbox.request import Answer, Request
from tests.coroutines import run

NEVER = object()
"""In a script of what the server receives: nothing more comes."""


def scope(method: str = "PUT", path: str = "/bookbridge/a", **headers: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "client": ("192.0.2.7", "1234"),
        "server": ("127.0.0.1", "8000"),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


def body(block: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": block, "more_body": more}


class Hold:
    """In a script: the client is waited for, and says no more until it is told to."""

    def __init__(self) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()


async def conversation(application: Any, about: dict[str, Any], script: Iterable[Any]) -> list[dict[str, Any]]:
    """Everything that the application sends while it receives what the script says."""
    sent: list[dict[str, Any]] = []
    coming = iter(script)

    async def receive() -> dict[str, Any]:
        message = next(coming, NEVER)
        if isinstance(message, Hold):
            message.reached.set()
            await message.go_on.wait()
            message = next(coming, NEVER)
        if message is NEVER:
            await asyncio.Event().wait()
        return message  # type: ignore[return-value]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await asyncio.wait_for(application(about, receive, send), 20)
    return sent


def talk(application: Any, about: dict[str, Any], script: Iterable[Any]) -> list[dict[str, Any]]:
    return run(conversation(application, about, script))


def drop_box(answer: Callable[[Request], Answer], **pace: float) -> AsgiDropBox:
    return AsgiDropBox(answer, at_once=1, pace=Pace(**pace))  # type: ignore[arg-type]


def reading(request: Request) -> Answer:
    try:
        return Answer(200, {}, b"".join(request.read()))
    except S3Error as error:
        return Answer(error.status, {}, error.code.encode())


def test_a_body_comes_through_in_whatever_pieces():
    sent = talk(drop_box(reading), scope(), [body(b"ab", more=True), body(b"", more=True), body(b"c")])
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"abc")


def test_a_client_that_says_nothing_is_let_go():
    sent = talk(drop_box(reading, idle_s=0.05), scope(content_length="9"), [body(b"ab", more=True), NEVER])
    assert (sent[0]["status"], sent[1]["body"]) == (400, b"RequestTimeout")
    assert (b"connection", b"close") in sent[0]["headers"]


def test_a_client_that_drips_is_let_go():
    drops = [body(b"a", more=True)] * 100
    sent = talk(drop_box(reading, grace_s=0, slowest=10**9), scope(content_length="999"), drops)
    assert sent[1]["body"] == b"RequestTimeout"


def test_a_line_that_is_cut_is_nobodys_answer():
    seen: list[str] = []

    def answer(request: Request) -> Answer:
        try:
            return reading(request)
        except BodyBrokenError:
            seen.append("cut")
            raise

    assert talk(drop_box(answer), scope(), [body(b"ab", more=True), {"type": "http.disconnect"}]) == []
    assert seen == ["cut"]


def test_more_at_once_than_there_are_places_are_told_to_slow_down():
    free, entered = threading.Event(), threading.Event()

    def answer(_: Request) -> Answer:
        entered.set()
        free.wait(10)
        return Answer(200, {}, b"done")

    box, sent = drop_box(answer), {"first": [], "second": []}

    async def both() -> None:
        async def receive() -> dict[str, Any]:
            return body(b"")

        def sending(which: str) -> Any:
            async def send(message: dict[str, Any]) -> None:
                sent[which].append(message)

            return send

        first = asyncio.create_task(box(scope(), receive, sending("first")))
        await asyncio.to_thread(entered.wait, 10)
        await box(scope(), receive, sending("second"))
        free.set()
        await first

    run(both())
    assert [messages[0]["status"] for messages in sent.values()] == [200, 503]
    assert b"SlowDown" in sent["second"][1]["body"]
    assert (b"x-content-type-options", b"nosniff") in sent["second"][0]["headers"]
    assert talk(box, scope(), [body(b"")])[0]["status"] == 200, "the place is free again"


def test_who_is_refused_and_then_says_nothing_keeps_no_place():
    """Anybody can be refused: as many of them as there are places would otherwise close the drop box."""
    box = drop_box(lambda request: Answer(403 if request.path.endswith(b"wrong") else 200, {}, b"said"))
    hold = Hold()

    async def both() -> list[list[dict[str, Any]]]:
        wrong = scope(path="/bookbridge/wrong", content_length="9")
        hanging = asyncio.create_task(conversation(box, wrong, [hold, body(b"x" * 9)]))
        await asyncio.wait_for(hold.reached.wait(), 10)
        right = await conversation(box, scope(), [body(b"")])
        hold.go_on.set()
        return [right, await hanging]

    assert [sent[0]["status"] for sent in run(both())] == [200, 403]


def test_a_streamed_answer_ends_when_its_client_leaves():
    given = []

    def blocks() -> Any:
        for number in range(1000):
            given.append(number)
            yield b"x"

    gone = [body(b""), {"type": "http.disconnect"}]
    box = drop_box(lambda request: Answer(200, {}, blocks(), 1000))
    talk(box, scope("GET"), gone)
    assert len(given) < 1000


def pages(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [("X-Length", environ["CONTENT_LENGTH"]), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [
        environ["PATH_INFO"].encode("latin-1"),
        environ["wsgi.input"].read(),
        environ.get("HTTP_COOKIE", "").encode(),
    ]


def test_the_portal_gets_a_whole_request_and_gives_every_header():
    about = scope("POST", "/é", cookie="x=1")
    about["headers"] += [(b"cookie", b"y=2"), (b"x_forwarded_for", b"192.0.2.1")]
    sent = talk(WsgiBridge(pages, 1), about, [body(b"ab", more=True), body(b"c")])
    assert b"".join(message.get("body", b"") for message in sent) == "/éabcx=1; y=2".encode()
    assert sent[0]["headers"] == [(b"x-length", b"3"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


INBOX = f"/companies/{UUID(int=1)}/integrations/{UUID(int=2)}/inbox"
LARGE = [body(b"a" * 60, more=True), body(b"a" * 60)]


def portal(application: Any = pages, **options: Any) -> WsgiBridge:
    return WsgiBridge(application, 1, is_logged_in=lambda cookies: cookies == "sessionid=anna", **options)


def unused(*_: Any) -> Any:
    raise AssertionError("a thread was given to it")


@pytest.mark.parametrize(
    ("script", "pace", "status"),
    [
        ([body(b"ab", more=True), NEVER], Pace(idle_s=0.05), 408),
        ([body(b"a", more=True)] * 40, Pace(grace_s=0, slowest=10**9), 408),
        (LARGE, Pace(), 413),
        ([*LARGE[:1], body(b"a" * 60, more=True), {"type": "http.disconnect"}], Pace(), 413),
        ([body(b"ab", more=True), {"type": "http.disconnect"}], Pace(), None),
    ],
)
def test_the_portal_is_not_kept_busy_by_a_body(
    monkeypatch: pytest.MonkeyPatch, script: list[Any], pace: Pace, status: int | None
):
    monkeypatch.setattr(asgi_portal, "SMALL_BODY", 100)
    sent = talk(portal(unused, pace=pace), scope("POST", "/", cookie="sessionid=anna"), script)
    assert (sent[0]["status"] if sent else None) == status
    assert not sent or (b"connection", b"close") in sent[0]["headers"]
    assert not sent or b"request" in sent[1]["body"], "it says why"


@pytest.mark.parametrize(
    ("method", "path", "cookie", "largest", "status"),
    [
        ("POST", INBOX, "sessionid=anna", 200, 200),
        ("POST", INBOX, "sessionid=anna", 110, 413),
        ("POST", INBOX, "sessionid=made-up", 200, 401),
        ("POST", INBOX, "", 200, 401),
        ("PUT", INBOX, "sessionid=anna", 200, 413),
        ("POST", f"{INBOX}/more", "sessionid=anna", 200, 413),
        ("POST", "/accounts/login/", "sessionid=anna", 200, 413),
    ],
)
def test_a_large_body_is_for_an_inbox_and_from_somebody_who_is_logged_in(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, cookie: str, largest: int, status: int
):
    monkeypatch.setattr(asgi_portal, "SMALL_BODY", 100)
    monkeypatch.setattr(asgi_portal, "LARGEST_BODY", largest)
    assert talk(portal(), scope(method, path, cookie=cookie), LARGE)[0]["status"] == status
    assert talk(portal(), scope(method, path, cookie=cookie), LARGE[1:])[0]["status"] == 200, "a small one passes"


def test_only_so_many_large_bodies_are_received_at_once(monkeypatch: pytest.MonkeyPatch):
    """Their number bounds the disk they take; small ones are served all the same."""
    monkeypatch.setattr(asgi_portal, "SMALL_BODY", 100)
    bridge, about, hold = portal(large_at_once=1), scope("POST", INBOX, cookie="sessionid=anna"), Hold()

    async def three() -> list[list[dict[str, Any]]]:
        script = [body(b"a" * 120, more=True), hold, body(b"a")]
        first = asyncio.create_task(conversation(bridge, about, script))
        await asyncio.wait_for(hold.reached.wait(), 10)
        others = [await conversation(bridge, about, script) for script in (LARGE, LARGE[1:])]
        hold.go_on.set()
        return [*others, await first]

    said = run(three())
    assert [sent[0]["status"] for sent in said] == [503, 200, 200]
    assert (b"retry-after", b"30") in said[0][0]["headers"]
    assert talk(bridge, about, LARGE)[0]["status"] == 200, "the place is free again"


def test_the_inbox_of_the_portal_takes_large_bodies():
    address = reverse("upload", args=[UUID(int=1), UUID(int=2)])
    assert asgi_portal.UPLOAD_PATH.fullmatch(address)
    assert address == INBOX


def test_an_application_that_fails_ends_its_answer():
    closed = []

    class Pages:
        def __iter__(self) -> Any:
            yield b"half"
            raise RuntimeError("broken")

        def close(self) -> None:
            closed.append(1)

    def broken(_: Any, start: Any) -> Any:
        start("200 OK", [("Content-Length", "100")])
        return Pages()

    with pytest.raises(RuntimeError):
        talk(WsgiBridge(broken, 1), scope("GET", "/"), [body(b"")])
    assert closed == [1]


@pytest.mark.parametrize(
    ("path", "query", "headers", "ours"),
    [
        ("/bookbridge", b"", [], True),
        ("/bookbridge/", b"", [], True),
        ("/bookbridge/a/b", b"", [], True),
        ("/bookbridges", b"", [], False),
        ("/", b"", [], False),
        ("/", b"", [(b"authorization", b"AWS4-HMAC-SHA256 x")], True),
        ("/other/key", b"", [(b"authorization", b"AWS x:y")], True),
        ("/other/key", b"X-Amz-Algorithm=AWS4-HMAC-SHA256", [], True),
        ("/companies/", b"q=AWS4", [(b"authorization", b"Basic x")], False),
    ],
)
def test_where_a_request_belongs(path: str, query: bytes, headers: list[tuple[bytes, bytes]], ours: bool):
    assert is_for_drop_box({"path": path, "query_string": query, "headers": headers}) is ours


def test_the_drop_box_is_made_with_its_first_request():
    made = []

    def make() -> Any:
        made.append(1)
        return drop_box(reading)

    front = Front(WsgiBridge(pages, 1), make)
    talk(front, scope("GET", "/"), [body(b"")])
    assert made == []
    for _ in range(2):
        talk(front, scope(), [body(b"")])
    assert made == [1]
    said = talk(front, {"type": "lifespan"}, [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    assert [message["type"] for message in said] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
