"""Answers in OData 2's shapes: lists with paging, single objects, errors; as XML when JSON is not asked for."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from bookbridge.connectors.exact_online.simulator.filters import FilterError, Node, holds, parse_filter, properties_in
from bookbridge.connectors.exact_online.simulator.resources import LINES, Resource
from bookbridge.connectors.exact_online.simulator.values import BadRequestError, comparable, render

PAGE_SIZE = 60
UNSUPPORTED_FILTER = "This $filter parameter is not supported for this resource"


@dataclass(frozen=True)
class Query:
    """The query options of a read."""

    filter: Node | None
    select: tuple[str, ...]
    expand: tuple[str, ...]
    order: tuple[tuple[str, bool], ...]
    """Property and whether it descends."""
    top: int | None
    skip_token: str | None
    count: bool


def read_query(resource: Resource, options: "MultiDict[str, str]", mandatory: tuple[str, ...]) -> Query:
    """The options of a call. Raises BadRequestError for what Exact would not take."""
    known = {"$filter", "$select", "$expand", "$orderby", "$top", "$skiptoken", "$inlinecount"}
    for name in options:
        if name.startswith("$") and name not in known:
            raise BadRequestError(f"The query option '{name}' is not supported.")  # composed
    order = tuple(_order(resource, part) for part in _listed(options.get("$orderby")))
    top = options.get("$top")
    if top is not None and not top.isdigit():
        raise BadRequestError(f"Incorrect format for $top argument '{top}'.")
    return Query(
        filter=_filter(resource, options.get("$filter"), mandatory),
        select=tuple(_known(resource, name) for name in _listed(options.get("$select")) if name != "*"),
        expand=tuple(_known(resource, name) for name in _listed(options.get("$expand"))),
        order=order,
        top=None if top is None else int(top),
        skip_token=options.get("$skiptoken"),
        count=options.get("$inlinecount") == "allpages",
    )


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _known(resource: Resource, name: str) -> str:
    if name not in resource.types and name != resource.lines:
        # Composed in the style of WCF Data Services.
        raise BadRequestError(f"Could not find a property named '{name}' on type '{resource.type_name}'.")
    return name


def _order(resource: Resource, part: str) -> tuple[str, bool]:
    name, _, direction = part.partition(" ")
    return _known(resource, name), direction.strip() == "desc"


def _filter(resource: Resource, text: str | None, mandatory: tuple[str, ...]) -> Node | None:
    node = None
    if text:
        try:
            node = parse_filter(text, resource.families)
        except FilterError as error:
            raise BadRequestError(f"{UNSUPPORTED_FILTER}: {error}") from error
    if mandatory and (node is None or not properties_in(node) & set(mandatory)):
        # The first sentence is seen in public; the list of fields after it is composed.
        raise BadRequestError(
            "This endpoint has mandatory filtering applied. Filter on at least one of these fields: "
            + ", ".join(mandatory)
        )
    return node


def matching(resource: Resource, records: list[dict[str, Any]], query: Query) -> list[dict[str, Any]]:
    """The records a filter lets through, in the order asked for."""
    if query.filter is not None:
        node, names = query.filter, properties_in(query.filter)
        records = [record for record in records if holds(node, comparable(resource, record, names))]
    for name, descending in reversed(query.order):
        records = sorted(records, key=_sort_key(resource, name), reverse=descending)
    return records


def _sort_key(resource: Resource, name: str) -> Callable[[dict[str, Any]], tuple[bool, Any]]:
    def key(record: dict[str, Any]) -> tuple[bool, Any]:
        value = comparable(resource, record, [name])[name]
        return (value is not None, value if value is not None else 0)

    return key


@dataclass(frozen=True)
class Presenter:
    """Turns records into answers for one call."""

    request: Request
    address: str
    """The address of the service with the division, without a slash at the end."""
    lines_of: Callable[[Resource, str], list[dict[str, Any]]]

    def page(self, resource: Resource, records: list[dict[str, Any]], query: Query) -> Response:
        """One page of a list, with `__next` when there is more."""
        start = _position_after(resource, records, query.skip_token)
        size = min(PAGE_SIZE, query.top) if query.top is not None else PAGE_SIZE
        shown = records[start : start + size]
        more = start + size < len(records) and (query.top is None or query.top > PAGE_SIZE)
        items = [self._shown(resource, record, query) for record in shown]
        if resource.bare_list and not more:
            return self._answer({"d": items}, items)
        body: dict[str, Any] = {"results": items}
        if query.count:
            body["__count"] = str(len(records))
        if more:
            body["__next"] = self._next(resource, shown[-1], query)
        return self._answer({"d": body}, items)

    def single(
        self, resource: Resource, record: dict[str, Any], query: Query | None = None, status: int = 200
    ) -> Response:
        """One object."""
        item = self._shown(resource, record, query)
        return self._answer({"d": item}, [item], status)

    def nulls(self, resource: Resource) -> Response:
        """What a POST gets without `Prefer: return=representation`."""
        item = dict.fromkeys(resource.types)
        return self._answer({"d": item}, [item], 201)

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """An error in Exact's shape."""
        if self._wants_json():
            body = {"error": {"code": "", "message": {"lang": "", "value": message}}}
            return Response(json.dumps(body), status, headers, content_type="application/json; charset=utf-8")
        text = (
            '<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            f'<code></code><message xml:lang="">{escape(message)}</message></error>'
        )
        return Response(text, status, headers, content_type="application/xml; charset=utf-8")

    def _wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("Accept", "").lower()

    def _next(self, resource: Resource, last: dict[str, Any], query: Query) -> str:
        options = {name: value for name, value in self.request.args.items() if name != "$skiptoken"}
        if query.top is not None:
            options["$top"] = str(query.top - PAGE_SIZE)
        options["$skiptoken"] = _token(resource, last)
        return f"{self.address}/{resource.path}?{urlencode(options, quote_via=quote)}"

    def _shown(self, resource: Resource, record: dict[str, Any], query: Query | None) -> dict[str, Any]:
        select = query.select if query else ()
        names = [name for name in resource.types if not select or name in select]
        uri = f"{self.address}/{resource.path}({_token(resource, record)})"
        item: dict[str, Any] = {"__metadata": {"uri": uri, "type": resource.type_name}}
        item.update({name: render(resource.types[name], record.get(name)) for name in names})
        if resource.lines and (not select or resource.lines in select):
            item[resource.lines] = self._lines(resource, record, uri, query)
        return item

    def _lines(self, resource: Resource, record: dict[str, Any], uri: str, query: Query | None) -> dict[str, Any]:
        assert resource.lines is not None
        if query is None or resource.lines not in query.expand:
            return {"__deferred": {"uri": f"{uri}/{resource.lines}"}}
        lines = LINES[resource.lines]
        return {"results": [self._shown(lines, line, None) for line in self.lines_of(lines, record[resource.key])]}

    def _answer(self, body: Any, items: list[dict[str, Any]], status: int = 200) -> Response:
        if self._wants_json():
            return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
        return Response(_atom(items), status, content_type="application/atom+xml; charset=utf-8")


def _token(resource: Resource, record: dict[str, Any]) -> str:
    if "_token" in record:
        return str(record["_token"])  # A list whose key is not unique on its own.
    value = record.get(resource.key)
    kind = resource.types[resource.key]
    if kind == "guid":
        return f"guid'{value}'"
    return f"'{value}'" if kind == "string" else f"{value}{'L' if kind == 'int64' else ''}"


def _position_after(resource: Resource, records: list[dict[str, Any]], token: str | None) -> int:
    if token is None:
        return 0
    for number, record in enumerate(records):
        if _token(resource, record) == token:
            return number + 1
    raise BadRequestError("The skip token is not valid.")  # composed


def _atom(items: Iterable[dict[str, Any]]) -> str:
    """A small Atom feed: enough for a client to see that it forgot to ask for JSON."""
    entries = "".join(
        "<entry><content type='application/xml'><m:properties>"
        + "".join(
            f"<d:{name}>{escape(str(value))}</d:{name}>" if value is not None else f"<d:{name} m:null='true' />"
            for name, value in item.items()
            if not isinstance(value, dict)
        )
        + "</m:properties></content></entry>"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"'
        f' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">{entries}</feed>'
    )
