"""What a person reads when the storage refuses, by what it answers to each kind of request."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bookbridge_agent.box import Box
from bookbridge_agent.messages import ENGLISH, AgentError
from tests.agent.desk import Desk


def xml(code: str) -> bytes:
    said = f"<Code>{code}</Code><Message>Said of AKIASECRET</Message>"
    return f'<?xml version="1.0"?><Error>{said}</Error>'.encode()


@contextmanager
def answering(status: int, body: bytes = b"", announced: int | None = None, conditions: int = 0) -> Iterator[str]:
    """A storage with one answer; with more announced than comes when it is cut, and maybe another to conditions."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(conditions if conditions and "if-none-match" in self.headers else status)
            self.send_header("Content-Length", str(len(body) if announced is None else announced))
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Thu, 26 Nov 2026 04:30:51 GMT")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    for verb in ("GET", "PUT", "HEAD", "POST", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


REFUSALS = [
    (403, "InvalidAccessKeyId", "wrong_key"),
    (403, "SignatureDoesNotMatch", "wrong_secret"),
    (403, "AccessDenied", "access_denied"),
    (403, "RequestTimeTooSkewed", "wrong_clock"),
    (404, "NoSuchBucket", "wrong_bucket"),
    (400, "AuthorizationHeaderMalformed", "wrong_region"),
    (500, "InternalError", "storage_failed"),
    (503, "SlowDown", "storage_failed"),
]


@pytest.mark.parametrize(("status", "code", "told"), REFUSALS)
def test_each_refusal_has_words_of_its_own_when_checked_and_when_sent(
    tmp_path: Path, status: int, code: str, told: str
) -> None:
    with answering(status, xml(code)) as endpoint:
        desk = Desk(tmp_path, endpoint)
        with pytest.raises(AgentError) as checked:
            Box(desk.of, "s").check()
        desk.write("fmuta6.csv", b"a\n")
        work = desk.once()
    assert [checked.value.message.code, *(each.code for each in work.state.troubles())] == [told, told]
    assert "SECRET" not in f"{checked.value} {work.state.told()}"
    assert len(desk.waiting()) == 1


def test_a_refused_name_keeps_no_other_file_waiting(tmp_path: Path) -> None:
    with answering(400, xml("InvalidArgument")) as endpoint:
        desk = Desk(tmp_path, endpoint)
        desk.write("fmuta6.csv", b"a\n")
        desk.write("debitr.csv", b"a\n")
        troubles = [each.code for each in desk.once().state.troubles()]
    assert troubles[:2] == ["name_refused", "name_refused"]


def test_a_storage_that_is_away_is_told_and_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    desk.write("fmuta6.csv", b"a\n")
    assert desk.troubles() == ["unreachable"]
    desk.write("fmuta6.csv", b"the next one, over the last\n")
    assert desk.troubles() == ["unreachable"]
    assert sorted(path.read_bytes() for path in desk.waiting()) == [b"a\n", b"the next one, over the last\n"]


def test_a_storage_that_knows_no_conditions_is_asked_first(tmp_path: Path) -> None:
    with answering(404, xml("NoSuchKey"), conditions=501) as endpoint:
        desk = Desk(tmp_path, endpoint)
        box = Box(desk.of, "s")
        with pytest.raises(AgentError) as put:
            box.create("a", b"a", "0")
    assert put.value.message.values["reason"] == "NoSuchKey", "the second try, without a condition, was answered"


def test_half_an_answer_is_written_nowhere(tmp_path: Path) -> None:
    with answering(200, b"half of it", announced=1000) as endpoint:
        desk = Desk(tmp_path, endpoint, sales_output=tmp_path / "dbopen.csv")
        (tmp_path / "dbopen.csv").write_bytes(b"the last whole one")
        assert desk.troubles() != []
    assert (tmp_path / "dbopen.csv").read_bytes() == b"the last whole one"
    assert list(tmp_path.glob(".*")) == []


def test_an_answer_that_is_no_storages_at_all_is_told(tmp_path: Path) -> None:
    with answering(404, b"<html>Not found</html>") as endpoint:
        desk = Desk(tmp_path, endpoint)
        desk.write("fmuta6.csv", b"a\n")
        assert desk.troubles() != []
    assert len(desk.waiting()) == 1


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("endpoint", "http://[::", "no_address"),
        ("endpoint", "http://a:99999", "no_address"),
        ("endpoint", "https://books.example.org/a b", "no_address"),
        ("access_key", "a\nb", "no_word"),
        ("region", "eu west", "no_word"),
        ("bucket", "é", "no_word"),
    ],
)
def test_what_the_storages_library_dies_of_is_refused_before(tmp_path: Path, field: str, value: str, code: str) -> None:
    with pytest.raises(AgentError) as refused:
        Desk(tmp_path, "http://127.0.0.1:9").set(**{field: value})
    assert refused.value.message.code == code


def test_what_it_dies_of_all_the_same_ends_no_thread(tmp_path: Path) -> None:
    of = Desk(tmp_path, "http://127.0.0.1:9").of
    object.__setattr__(of, "bucket", "é b")
    with pytest.raises(AgentError) as told:
        Box(of, "x").check()
    assert told.value.message.code == "mistake"
    with pytest.raises(AgentError) as told:
        Box(of, "x", "no proxy")
    assert told.value.message.code == "no_proxy"


def test_every_message_can_be_said() -> None:
    import string

    for code, sentence in ENGLISH.items():
        fields = [name for _, name, _, _ in string.Formatter().parse(sentence) if name]
        assert str(AgentError(code, **dict.fromkeys(fields, "x")))
