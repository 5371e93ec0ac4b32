"""Long, broken and refused uploads against the real server."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.server.drop_box.served import BUCKET, OWNER, PASSWORD, Agent, Served

MEGABYTE = 1024 * 1024


def wait_until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def put_address(agent: Agent, name: str) -> str:
    client = agent.boto3(signature_version="s3v4")
    address: str = client.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": agent.inbox(name)})
    return address


@contextlib.contextmanager
def half_an_upload(agent: Agent, name: str, announced: int, sent: int) -> Iterator[socket.socket]:
    """A client that announces more than it sends, and stays on the line."""
    parts = urlsplit(put_address(agent, name))
    with socket.create_connection((parts.hostname, parts.port)) as line:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {announced}\r\n\r\n"
        line.sendall(head.encode() + bytes(sent))
        yield line


def test_a_long_upload_needs_no_memory_to_speak_of(server: Served):
    size, block = 160 * MEGABYTE, os.urandom(MEGABYTE)
    httpx.put(put_address(server.agent, "warm-up.csv"), content=bytes(20 * MEGABYTE))
    before, peak = server.memory(), 0

    def blocks() -> Iterator[bytes]:
        nonlocal peak
        for number in range(size // MEGABYTE):
            peak = max(peak, server.memory() if number % 8 == 0 else 0)
            yield block

    headers = {"Content-Length": str(size)}
    assert (
        httpx.put(put_address(server.agent, "long.csv"), content=blocks(), headers=headers, timeout=120).status_code
        == 200
    )
    assert server.files()[server.agent.inbox("long.csv")] == size
    assert peak - before < 40 * MEGABYTE, f"{(peak - before) / MEGABYTE:.0f} MB for {size / MEGABYTE:.0f} MB"


def test_a_line_that_is_cut_leaves_nothing(server: Served):
    with half_an_upload(server.agent, "cut.csv", 10 * MEGABYTE, 3 * MEGABYTE):
        wait_until(lambda: any("/uploads/" in name for name in server.files()), "the upload did not begin")
        assert server.agent.inbox("cut.csv") not in server.files()
    wait_until(lambda: server.files() == {}, f"left behind: {server.files()}")


def test_clients_that_hang_keep_nobody_else_from_the_server(server: Served):
    """Half of the places is one company's; the other half, and the portal, stay free."""
    hanging = 8
    with contextlib.ExitStack() as stack:
        for number in range(hanging):
            stack.enter_context(half_an_upload(server.agent, f"{number}.csv", 1000, 10))
        wait_until(lambda: len(server.files()) == hanging, "the uploads did not begin")
        refused = httpx.put(put_address(server.agent, "more.csv"), content=b"x")
        assert (refused.status_code, "SlowDown" in refused.text) == (503, True)
        assert httpx.put(put_address(server.neighbour, "a.csv"), content=b"x").status_code == 200
        assert httpx.get(f"{server.agent.address}/accounts/login/").status_code == 200
    wait_until(lambda: list(server.files()) == [server.neighbour.inbox("a.csv")], f"left behind: {server.files()}")
    wait_until(
        lambda: httpx.put(put_address(server.agent, "more.csv"), content=b"x").status_code == 200, "no place came free"
    )


def test_a_refused_upload_is_not_asked_for_and_its_line_is_closed(server: Served):
    """The client may leave the body out, or send it after all: it must not be taken for the next request."""
    parts = urlsplit(put_address(server.agent, "a.csv"))
    with socket.create_connection((parts.hostname, parts.port)) as line:
        wrong = parts.query.replace("X-Amz-Signature=", "X-Amz-Signature=0")[:-1]
        line.sendall(
            f"PUT {parts.path}?{wrong} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 5\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        said = b""
        while block := line.recv(65536):
            said += block
    assert said.startswith(b"HTTP/1.1 403")
    assert b"100 Continue" not in said
    assert b"connection: close" in said.lower()
    assert b"SignatureDoesNotMatch" in said


@pytest.mark.parametrize("size", [10, 300_000, 4 * MEGABYTE])
@pytest.mark.parametrize("code", ["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"])
def test_a_refused_upload_of_any_size_hears_why(server: Served, size: int, code: str):
    """Without "Expect" the client is still sending when it is refused, and reads the answer all the same."""
    agent = server.agent
    wrong = {
        "AccessDenied": replace(agent, home=server.neighbour.home),
        "SignatureDoesNotMatch": replace(agent, secret="a-wrong-secret"),
        "InvalidAccessKeyId": replace(agent, key=f"BB{uuid4().hex[:18].upper()}"),
    }
    address = put_address(wrong[code], "a.csv")
    for _ in range(3):
        said = httpx.put(address, content=bytes(size))
        assert (said.status_code, code in said.text) == (403, True)
    assert server.files() == {}


@pytest.mark.parametrize("expects", [True, False])
def test_a_wrong_secret_is_told_to_a_client_whatever_it_sends(server: Served, expects: bool):
    client = replace(server.agent, secret="a-wrong-secret").boto3()

    def without_expect(request: Any, **_: object) -> None:
        del request.headers["Expect"]

    if not expects:
        client.meta.events.register("before-send.s3.PutObject", without_expect)
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket=BUCKET, Key=server.agent.inbox("a.csv"), Body=bytes(4 * MEGABYTE))
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_a_refused_client_that_sends_everything_before_it_reads_hears_why(server: Served):
    parts = urlsplit(put_address(replace(server.agent, secret="a-wrong-secret"), "a.csv"))
    head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {7 * MEGABYTE}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), 60) as line:
        line.sendall(head.encode() + bytes(7 * MEGABYTE))
        said = b""
        while b"</Error>" not in said and (block := line.recv(65536)):
            said += block
    assert b"SignatureDoesNotMatch" in said


def test_a_body_without_a_size_is_refused(server: Served):
    def blocks() -> Iterator[bytes]:
        yield b"0;001\r\n"

    said = httpx.put(put_address(server.agent, "a.csv"), content=blocks())
    assert (said.status_code, "MissingContentLength" in said.text) == (411, True)
    assert server.files() == {}


def test_the_portal_is_the_same_behind_the_new_front(server: Served):
    """Pages, their files and refusals come through whole."""
    with httpx.Client(base_url=server.agent.address, follow_redirects=True) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "no-store" not in page.headers.get("cache-control", "") or page.text
        style = client.get("/static/portal/bookbridge.css")
        assert (style.status_code, style.headers["content-type"].partition(";")[0]) == (200, "text/css")
        assert len(style.content) == int(style.headers["content-length"])
        assert client.head("/accounts/login/").content == b""
        assert client.post("/accounts/login/", data={"login": "x"}).status_code == 403, "no token of a form"
        assert client.get("/no/such/page").status_code == 404
        assert client.get("/bookbridges").status_code == 404
        assert client.get("/", headers={"host": "elsewhere.example.org"}).status_code == 400


def test_the_portal_takes_large_files_from_whoever_is_logged_in_alone(server: Served):
    company, integration = server.agent.home.split("/")
    address = f"/companies/{company}/integrations/{integration}/inbox"
    file = {"files": ("large.csv", bytes(5 * MEGABYTE))}
    with httpx.Client(base_url=server.agent.address, cookies={"sessionid": "made-up"}) as stranger:
        said = stranger.post(address, files=file)
        assert (said.status_code, "Log in" in said.text) == (401, True)
        said = stranger.post("/accounts/login/", content=bytes(MEGABYTE))
        assert (said.status_code, "larger than" in said.text) == (413, True)
    with httpx.Client(base_url=server.agent.address) as anna:
        anna.get("/accounts/login/")
        form = {"login": OWNER, "password": PASSWORD, "csrfmiddlewaretoken": anna.cookies["csrftoken"]}
        assert anna.post("/accounts/login/", data=form).status_code == 302
        said = anna.post(address, files=file, data={"csrfmiddlewaretoken": anna.cookies["csrftoken"]})
        assert (said.status_code, said.headers.get("location")) == (302, address.removesuffix("inbox"))
    assert list(server.files().values()) == [5 * MEGABYTE]
