"""Every call of every connector, with time-outs, limits, a token, and a clear word on what may have come.

The lines themselves are `outgoing`'s: the one way out.

A request that changes the books is sent again only when it is certain that the first never arrived. Nothing that could
be a secret or a person's data (tokens, query values, bodies) gets into a log line or an exception.
"""

import logging
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx
import stamina
import structlog

from bookbridge.kit import exact_json, outgoing, watching
from bookbridge.kit.budgets import LimitSeen
from bookbridge.kit.contract import Connection, Writing
from bookbridge.kit.errors import AddressRefusedError, NotAllowedError, SignInAgainError, UnreachableError

MAX_ANSWER_BYTES = 32_000_000
CONNECT_TIMEOUT_S = 10.0
ATTEMPTS = 3
DEADLINES_PER_ANSWER = 4
"""A slow answer that keeps trickling is given up after this many times the time-out."""

_GZIP = 16 + zlib.MAX_WBITS
_NOT_UNPACKED = "the answer can't be unpacked"

# At their own levels these two write whole addresses, query values included, and answer headers.
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)

_NEVER_ARRIVED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_log = structlog.get_logger("bookbridge.package_calls")

Headers = httpx.Headers
"""The headers of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a package answered."""

    status: int
    headers: Headers
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body; amounts are Decimal. Raises ValueError when it is no JSON."""
        return exact_json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries. Some packages want the access token in there: then `content` makes it of the token."""

    content_type: str
    content: bytes | Callable[[str], bytes] = field(repr=False)

    def bytes_with(self, token: str) -> bytes:
        return self.content(token) if callable(self.content) else self.content


def json_body(value: Any) -> Body:
    """A value as JSON; Decimal amounts are written exactly."""
    return Body("application/json", exact_json.dumps(value).encode())


def bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def is_unauthorised(answer: Answer) -> bool:
    return answer.status == 401


@dataclass(frozen=True, slots=True)
class HttpRules:
    """What differs between packages.

    `judge` raises the error that an answer stands for, or returns when the answer is a plain success.
    `limits_seen` reads the limits that an answer tells. `guarded` are the statuses that the package's error guard
    counts. `signed` gives the headers by which a call shows its token; `token_refused` tells whether an answer says
    that the token isn't taken. A call that changes the books takes `cost_of_change` of the call budget, any other one.
    """

    package: str
    timeout_s: float
    judge: Callable[[Answer], None]
    limits_seen: Callable[[Headers], Iterable[LimitSeen]] = lambda _headers: ()
    guarded: frozenset[int] = frozenset()
    headers: Mapping[str, str] | None = None
    signed: Callable[[str], Mapping[str, str]] = bearer
    token_refused: Callable[[Answer], bool] = is_unauthorised
    cost_of_change: int = 1


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: str
    endpoint: str
    headers: Mapping[str, str]
    body: Body | None
    changes: bool


class PackageHttp:
    """The calls of one connector with one Connection."""

    def __init__(self, connection: Connection, rules: HttpRules) -> None:
        self._connection = connection
        self._rules = rules
        self._timeout_s = connection.request_timeout_s or rules.timeout_s

    def read(
        self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None, asking: Body | None = None
    ) -> Answer:
        """A call that changes nothing; repeated, at most three times in all, after any kind of failed line.

        `asking`: the question, where a package wants it in the body of a POST. `endpoint` is the name under which
        errors are counted. Raises the errors of kit.errors and what `judge` raises; UnreachableError says that nothing
        has been done, since a read does nothing.
        """
        reason = ""
        try:
            method = "GET" if asking is None else "POST"
            return self._send(_Call(method, url, endpoint, headers or {}, asking, changes=False))
        except UnreachableError as error:
            reason = error.reason
        raise UnreachableError(reason, may_have_arrived=False)

    def change(
        self, method: str, url: str, body: Any, *, endpoint: str, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A call that changes the books; repeated only when it certainly didn't arrive. `body` goes as JSON,
        unless it is a Body.

        Raises the errors of kit.errors (UnreachableError tells whether it may have arrived) and what `judge` raises.
        """
        carried = body if isinstance(body, Body) else json_body(body)
        return self._send(_Call(method, url, endpoint, headers or {}, carried, changes=True))

    def _send(self, call: _Call) -> Answer:
        def may_repeat(error: Exception) -> bool:
            return isinstance(error, UnreachableError) and not (call.changes and error.may_have_arrived)

        for attempt in stamina.retry_context(
            on=may_repeat, attempts=ATTEMPTS, timeout=None, wait_initial=0.1, wait_max=2.0, wait_jitter=0.2
        ):
            with attempt:
                return self._signed_in(call)
        raise AssertionError("stamina raises the last error")

    def _signed_in(self, call: _Call) -> Answer:
        token = self._token()
        answer = self._once(call, token)
        if self._rules.token_refused(answer):
            # Another worker may have renewed it meanwhile. Anything else means that the access was withdrawn.
            renewed = self._token(refused=token)
            if renewed == token:
                raise SignInAgainError("the package does not take the access token any more")
            answer = self._once(call, renewed)
            if self._rules.token_refused(answer):
                raise SignInAgainError("the package does not take a new access token")
        if _gave_up(answer.status):
            raise UnreachableError(f"the answer has status {answer.status}: somebody on the way gave up")
        self._rules.judge(answer)
        return answer

    def _token(self, refused: str | None = None) -> str:
        # What goes wrong here goes wrong before the call: the document has not been sent, nor is it to blame.
        try:
            return self._connection.tokens.access_token(refused)
        except UnreachableError as error:
            failure: Exception = UnreachableError(error.reason, may_have_arrived=False)
        except NotAllowedError as error:
            failure = SignInAgainError(str(error))
        raise failure

    def _once(self, call: _Call, token: str) -> Answer:
        budget = self._connection.budget
        budget.check_endpoint(call.endpoint)
        budget.take(self._rules.cost_of_change if call.changes else 1)
        typed = {"Content-Type": call.body.content_type} if call.body else {}
        headers = {**(self._rules.headers or {}), **typed, **call.headers, **self._rules.signed(token)}
        content = call.body.bytes_with(token) if call.body else None
        if call.changes:
            self._connection.check_claim()
        started = time.monotonic()
        writing = self._connection.writing if call.changes else None
        with watching.part("package_call", package=self._rules.package, method=call.method, status=0) as facts:
            answer, failure = exchange(call.method, call.url, headers, content, self._timeout_s, writing=writing)
            facts["status"] = answer.status if answer else 0
        self._log(call, answer.status if answer else None, failure, started)
        if failure is not None:
            raise failure
        assert answer is not None
        for seen in self._rules.limits_seen(answer.headers):
            budget.learn(seen)
        if answer.status in self._rules.guarded:
            budget.count_error(call.endpoint)
        return answer

    def _log(
        self, call: _Call, status: int | None, failure: UnreachableError | AddressRefusedError | None, started: float
    ) -> None:
        _log.debug(
            "package_call",
            package=self._rules.package,
            method=call.method,
            path=urlsplit(call.url).path,
            status=status,
            failure=failure.reason if failure else None,
            milliseconds=round((time.monotonic() - started) * 1000),
        )


def exchange(
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes | None,
    timeout_s: float,
    *,
    writing: Writing | None = None,
) -> tuple[Answer | None, UnreachableError | AddressRefusedError | None]:
    """One request over the line: its answer, or why there is none. Follows no redirect, keeps no cookie.

    `writing` watches over its bytes; the ClaimLostError that it raises comes through, and then nothing has been sent
    that a package could act on.
    """
    timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
    client = outgoing.client()
    # The error is returned, so that no exception chain carries httpx's request with its token.
    try:
        request = client.build_request(method, url, headers=dict(headers), content=content, timeout=timeout)
        if writing is not None:
            request.extensions["trace"] = _watched_by(writing)
        response = client.send(request, stream=True)
        try:
            body = _body(response, time.monotonic() + DEADLINES_PER_ANSWER * timeout_s)
        finally:
            response.close()
    except AddressRefusedError as error:
        return None, AddressRefusedError(error.not_before, error.reason, error.host)
    except _NEVER_ARRIVED as error:
        return None, UnreachableError(_words(error), may_have_arrived=False)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        return None, UnreachableError(_words(error), may_have_arrived=True)
    finally:
        if writing is not None:
            writing.done()
    if isinstance(body, UnreachableError):
        return None, body
    return Answer(response.status_code, response.headers, body), None


def _gave_up(status: int) -> bool:
    """Whether the answer is that of a gateway or of a server out of breath, whatever its words: the package may be at
    work on the call still. A status 500 is the package's own: what it began is over by then."""
    return status == HTTPStatus.REQUEST_TIMEOUT or status > HTTPStatus.INTERNAL_SERVER_ERROR


def _watched_by(writing: Writing) -> Callable[[str, Mapping[str, Any]], None]:
    """What httpcore tells of a request on its way, handed on: nothing lies between this and the writing itself."""

    def happened(event: str, _about: Mapping[str, Any]) -> None:
        # Without its body a request can't be acted on, so the check before the body is the one that counts.
        if event in ("http11.send_request_headers.started", "http11.send_request_body.started"):
            writing.about_to()
        elif event == "http11.send_request_body.complete":
            writing.done()

    return happened


def _body(response: httpx.Response, deadline: float) -> bytes | UnreachableError:
    """The body, unpacked by us: httpx obeys any number of packings, and hands over in one piece what they swell to."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip"):
        return _not_taken("the answer is packed in a way that we didn't ask for")
    unpacked = zlib.decompressobj(_GZIP) if packing == "gzip" else None
    kept = bytearray()
    is_whole = True
    for part in response.iter_raw():
        try:
            kept += unpacked.decompress(part, MAX_ANSWER_BYTES + 1 - len(kept)) if unpacked else part
        except zlib.error:
            return _not_taken(_NOT_UNPACKED)
        if len(kept) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            return _not_taken("the answer is larger or slower than we accept")
        if unpacked and unpacked.unused_data:
            return _not_taken(_NOT_UNPACKED)
        is_whole = unpacked is None or unpacked.eof
    return bytes(kept) if is_whole else _not_taken(_NOT_UNPACKED)


def _not_taken(reason: str) -> UnreachableError:
    return UnreachableError(reason, may_have_arrived=True)


_WORDS: dict[type[Exception], str] = {
    httpx.ConnectError: "the package can't be reached (no connection)",
    httpx.ConnectTimeout: "the package can't be reached (no connection in time)",
    httpx.PoolTimeout: "no free line to the package",
    httpx.ReadTimeout: "the package didn't answer in time",
    httpx.ReadError: "the line was cut before the answer",
    httpx.RemoteProtocolError: "the line was cut before the answer",
}


def _words(error: Exception) -> str:
    return _WORDS.get(type(error), f"the line failed ({type(error).__name__})")
