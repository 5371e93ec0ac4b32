"""Talks with Twinfield's XML web services: the work host, envelopes, answers, credits. Knows no documents.

Facts and their sources: the `sources` of fact_sheet.toml. What stands inside the envelopes is soap.py's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

from bookbridge.connectors.twinfield import soap
from bookbridge.connectors.twinfield.soap import Element
from bookbridge.kit.budgets import MINUTE, LimitSeen
from bookbridge.kit.contract import Connection
from bookbridge.kit.errors import LaterError, NotAllowedError, RefusedError, SignInAgainError, UnreachableError
from bookbridge.kit.fact_sheet import FactSheet
from bookbridge.kit.http import Answer, Body, Headers, HttpRules, PackageHttp

T = TypeVar("T")
Row = dict[str, str]

VALIDATION_PATH: Final = "/auth/authentication/connect/accesstokenvalidation"
VENDORS_DOMAIN: Final = "twinfield.com"
PROCESS_XML: Final = "/webservices/processxml.asmx"
FINDER: Final = "/webservices/finder.asmx"
PERIOD_SERVICE: Final = "/webservices/PeriodService.svc"
ROWS_AT_ONCE: Final = 500
"""The vendor advises 25, which would use up the minute's credits of an uncertified app for one chart of accounts. What
it gives less is asked for again from where it stopped."""
MAX_PAGES = 1000
WAIT_S = 60
"""After a 429 that doesn't say for how long; the credits are a minute's."""
LONGEST_WAIT_S = 3600
TOO_MANY_LINES: Final = 400
"""What a request with too many lines is answered with (fair use policy): the one by which a change is refused."""
NO_REFUSALS: Final = frozenset({425, 499})
"""Statuses of the 4xx that whatever stands before a service gives too when it lost patience or the line: they say
nothing of what the service did."""


class TwinfieldClient:
    """The calls on one office (administration)."""

    def __init__(self, connection: Connection, fact_sheet: FactSheet) -> None:
        self._connection = connection
        self._login = connection.base_address.rstrip("/")
        self.office = connection.administration
        limits = fact_sheet.limits
        # The token stands in the body.
        common = partial(
            HttpRules, package=fact_sheet.package, timeout_s=limits.request_timeout_s, signed=lambda _token: {}
        )
        service = partial(
            common,
            limits_seen=limits_seen,
            token_refused=lambda answer: answer.status == 401 or soap.refuses_the_token(answer.body),
            cost_of_change=limits.cost_of_change,
        )
        self._http = PackageHttp(connection, service(judge=self._judge))
        self._changing = PackageHttp(connection, service(judge=self._judge_change))
        self._sign_in = PackageHttp(connection, common(judge=_judge_sign_in, token_refused=lambda _answer: False))
        self._cluster = ""
        self.questions = 0
        """How many requests of ProcessXml that change nothing have been sent."""

    # --- reading

    def read(self, request: Element, *, endpoint: str, office: str | None = None) -> Element:
        """What ProcessXml answers to a question. Raises the errors of kit.errors; a refusal is one of them."""
        root = self._ask(request, endpoint, office)
        if root.get("result") == "0":
            raise NotAllowedError(_first_words(root))
        return root

    def _ask(self, request: Element, endpoint: str, office: str | None = None) -> Element:
        self.questions += 1
        action = _action("ProcessXmlString")
        body = self._body(request, office)
        answer = self._http.read(self._address(PROCESS_XML), endpoint=endpoint, headers=action, asking=body)
        return _understood(soap.result_of, answer)

    def offices(self) -> list[tuple[str, str]]:
        """Codes and names. This list alone works without a CompanyCode (php-twinfield, OfficeApiConnector)."""
        request = soap.element("list")
        soap.child(request, "type", "offices")
        found = self.read(request, endpoint="offices", office="")
        return [((office.text or "").strip(), office.get("name", "")) for office in found.iterfind("office")]

    def dimension(self, type: str, code: str) -> Element | None:
        """A customer (DEB), supplier (CRD), account or cost centre as Twinfield keeps it."""
        request = soap.element("read")
        for name, value in {"type": "dimensions", "office": self.office, "dimtype": type, "code": code}.items():
            soap.child(request, name, value)
        return self._found(request, f"dimensions/{type}", "code")

    def dimension_type(self, code: str) -> Element:
        """Name and format of a dimension type. It is read by its bare element, unlike all else (vendor's page on
        dimension types; an early php-twinfield asked so too)."""
        request = soap.element("dimensiontype")
        for name, value in {"office": self.office, "code": code}.items():
            soap.child(request, name, value)
        return self.read(request, endpoint="dimensiontype")

    def transaction(self, code: str, number: str) -> Element | None:
        request = soap.element("read")
        for name, value in {"type": "transaction", "office": self.office, "code": code, "number": number}.items():
            soap.child(request, name, value)
        return self._found(request, "transaction", "header/number")

    def vat(self, code: str) -> Element:
        request = soap.element("read")
        for name, value in {"type": "vat", "office": self.office, "code": code}.items():
            soap.child(request, name, value)
        return self.read(request, endpoint="vat")

    def browse(self, code: str, fields: Iterable[str], filters: Mapping[str, tuple[str, str, str]]) -> list[Row]:
        """Every row of a browse. It has no pages: cut by year or period."""
        root = self.read(soap.columns(code, fields, filters), endpoint=f"browse/{code}")
        if root.tag != "browse":
            raise _misunderstood("sent something else than a browse")
        rows = _understood(lambda _content: soap.browsed(root), None)
        if root.get("total", str(len(rows))) != str(len(rows)):
            # A part of the open items would make the rest seem paid.
            raise _misunderstood("sent another number of rows than it says")
        return rows

    def search(self, type: str, **options: str) -> Iterator[list[str]]:
        """Every row that the Finder has of a type."""
        first = 1
        for _page in range(MAX_PAGES):
            rows, total = self._search_page(type, options, first)
            yield from rows
            first += len(rows)
            if first > total:
                return
            if not rows:
                break
        raise _misunderstood(f"sent rows of {type} that lead nowhere")

    def _search_page(self, type: str, options: Mapping[str, str], first: int) -> tuple[list[list[str]], int]:
        body = soap.search_body(type, {"office": self.office, **options}, first, ROWS_AT_ONCE)
        asking = Body(soap.CONTENT_TYPE, lambda token: soap.envelope(body, token, self.office))
        answer = self._http.read(
            self._address(FINDER), endpoint=f"finder/{type}", headers=_action("Search"), asking=asking
        )
        words = _understood(soap.finder_words, answer)
        if words:
            raise NotAllowedError(words)
        return _understood(soap.found_rows, answer)

    def years(self) -> list[int]:
        found = self._periods(None, "int")
        return _understood(lambda _content: [int(year.text or "") for year in found], None)

    def periods(self, year: int) -> list[Row]:
        """Number, EndDate and Open of each period of a year."""
        names = ("Number", "EndDate", "Open")
        return [
            {name: soap.text_of(period, "{*}" + name) for name in names} for period in self._periods(year, "Period")
        ]

    def _periods(self, year: int | None, name: str) -> list[Element]:
        body = soap.period_query(year)
        asking = Body(soap.CONTENT_TYPE, lambda token: soap.period_envelope(body, token, self.office))
        answer = self._http.read(
            self._address(PERIOD_SERVICE), endpoint="periods", headers=_action("PeriodService/Query"), asking=asking
        )
        return soap.children(_understood(soap.parse, answer), name)

    # --- changing

    def change(self, request: Element, *, endpoint: str) -> Element:
        """What ProcessXml answers to a change: its own word for each child. Raises the errors of kit.errors;
        UnreachableError.may_have_arrived tells about a failed line and about an answer that can't be understood. A
        RefusedError says that nothing of the request was taken."""
        answer = self._changing.change(
            "POST",
            self._address(PROCESS_XML),
            self._body(request),
            endpoint=endpoint,
            headers=_action("ProcessXmlString"),
        )
        try:
            return soap.result_of(answer.body)
        except ValueError:
            pass
        raise UnreachableError("Twinfield's answer to a change can't be understood")

    # --- how

    def _found(self, request: Element, endpoint: str, proof: str) -> Element | None:
        root = self._ask(request, endpoint)
        if root.get("result") != "0":
            return root if soap.text_of(root, proof) else None
        if _says_absent(root):
            return None
        raise NotAllowedError(_first_words(root))

    def _body(self, request: Element, office: str | None = None) -> Body:
        body = soap.process_body(request)
        company = self.office if office is None else office
        return Body(soap.CONTENT_TYPE, lambda token: soap.envelope(body, token, company))

    def _address(self, path: str) -> str:
        if not self._cluster:
            self._cluster = self._look_up_cluster()
        return f"{self._cluster}{path}"

    def _look_up_cluster(self) -> str:
        """The host on which the organisation works: it may change, so it is asked for in each run."""
        token = self._connection.tokens.access_token()
        claims = self._claims(token)
        if claims is None:
            renewed = self._connection.tokens.access_token(token)
            claims = self._claims(renewed) if renewed != token else None
        if claims is None:
            raise SignInAgainError("Twinfield does not take the access token any more")
        address = str(claims.get("twf.clusterUrl") or "").rstrip("/")
        if not self._may_have_the_token(address):
            raise _misunderstood("named a work host that is not its own")
        return address

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        """What the login host tells of a token; None when it doesn't take it (status 400; php-twinfield)."""
        address = f"{self._login}{VALIDATION_PATH}?{urlencode({'token': token})}"
        try:
            answer = self._sign_in.read(address, endpoint="accesstokenvalidation")
        except RefusedError:
            return None
        claims = _understood(lambda _content: answer.json(), answer)
        return claims if isinstance(claims, dict) else {}

    def _may_have_the_token(self, address: str) -> bool:
        """Whether a host is one of the vendor's, or the very one that the operator set as the login host."""
        try:
            wanted = urlsplit(address)
            plain = not (wanted.username or wanted.password or wanted.path or wanted.query or wanted.fragment)
            if plain and wanted[:2] == urlsplit(self._login)[:2]:
                return True
            host, port = wanted.hostname or "", wanted.port
        except ValueError:
            return False
        return plain and wanted.scheme == "https" and port in {None, 443} and host.endswith(f".{VENDORS_DOMAIN}")

    def _judge(self, answer: Answer) -> None:
        """Raise what an answer stands for. Functional refusals come with status 200 and are no concern of this."""
        if answer.status == 429:
            raise LaterError(retry_moment(answer.headers, self._connection.now()), "Twinfield's credits are used up")
        fault = soap.fault_in(answer.body)
        if fault is not None:
            if fault.is_the_callers:
                raise RefusedError(fault.words or "SOAP fault", answer.status)
            raise UnreachableError(f"Twinfield reported a fault (status {answer.status})")
        if answer.ok:
            return
        if answer.status == 403:
            raise NotAllowedError("Forbidden")
        if 400 <= answer.status < 500 and answer.status not in NO_REFUSALS:
            raise RefusedError(_page_words(answer) or f"status {answer.status}", answer.status)
        raise UnreachableError(f"Twinfield answered with status {answer.status} and no reason")

    def _judge_change(self, answer: Answer) -> None:
        """As `_judge`, but for a change a status alone is no refusal, unless the vendor says so of it: what was sent is
        looked up before it is sent again."""
        says_why = answer.status in {TOO_MANY_LINES, 429} or soap.fault_in(answer.body) is not None
        if 400 <= answer.status < 500 and not says_why:
            raise UnreachableError(f"Twinfield answered a change with status {answer.status} and no reason")
        self._judge(answer)


def limits_seen(headers: Headers) -> Iterator[LimitSeen]:
    """The credits that an answer tells: of the minute, so far as the vendor's page says."""
    limit, remaining = (_whole(headers.get(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining"))
    if limit is not None or remaining is not None:
        yield LimitSeen(MINUTE, limit, remaining)


def retry_moment(headers: Headers, now: datetime) -> datetime:
    """When to try again after a 429."""
    seconds = _whole(headers.get("Retry-After"))
    waited = WAIT_S if seconds is None else min(max(seconds, 1), LONGEST_WAIT_S)
    return now.astimezone(UTC) + timedelta(seconds=waited)


def _judge_sign_in(answer: Answer) -> None:
    if answer.status in {400, 401, 403}:
        raise RefusedError("the token is not taken", answer.status)
    if not answer.ok:
        raise UnreachableError(f"Twinfield's login host answered with status {answer.status}")


def _action(name: str) -> Mapping[str, str]:
    return {"SOAPAction": f'"{soap.TWINFIELD}{name}"'}


def _understood(make: Callable[[Any], T], answer: Answer | None) -> T:
    try:
        return make(answer.body if answer else b"")
    except (ValueError, TypeError):
        pass
    raise _misunderstood("sent something that can't be understood")


def _misunderstood(what: str) -> UnreachableError:
    # Only reads end here: nothing has changed in the books.
    return UnreachableError(f"Twinfield {what}", may_have_arrived=False)


def _first_words(root: Element) -> str:
    return next((said for node in root.iter() if (said := node.get("msg"))), "refused without a reason")


def _says_absent(root: Element) -> bool:
    """Whether a refusal means that there is no such record, and not that there is no such office: the message then
    stands at the code (recorded in pronamic/wp-twinfield, tests/xml/Dimensions). Where it stands for a transaction is
    not public, so there the words decide."""
    said = [(str(node.tag), node.get("msg", "")) for node in root.iter() if node.get("msg")]
    return bool(said) and all(tag in {"code", "number"} or _is_about_a_transaction(words) for tag, words in said)


def _is_about_a_transaction(words: str) -> bool:
    known = ("transactie", "boeking", "transaction")
    absent = ("bestaat niet", "does not exist", "komt niet voor", "niet gevonden", "not found")
    return any(word in words.lower() for word in known) and any(part in words.lower() for part in absent)


def _page_words(answer: Answer) -> str:
    kind = answer.headers.get("Content-Type", "")
    return answer.body[:300].decode("utf-8", "replace").strip() if kind.startswith("text/plain") else ""


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().isascii() and text.strip().isdigit() else None
