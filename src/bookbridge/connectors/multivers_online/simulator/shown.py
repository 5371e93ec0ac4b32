"""How the simulator writes its records: camelCase JSON with exact numbers, and dates in the form of the settings."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from bookbridge.connectors.multivers_online.simulator.settings import MultiversSimulatorSettings
from bookbridge.kit import exact_json

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_AMOUNT = re.compile(r"amount|balance|percentage|exchangeRate|quantity", re.IGNORECASE)


def answer(value: Any, status: int = 200) -> Response:
    content = exact_json.dumps(value)
    return Response(content, status=status, content_type="application/json; charset=utf-8")


def record(found: Mapping[str, Any], settings: MultiversSimulatorSettings) -> dict[str, Any]:
    """A record as it goes out: nothing of our own, amounts as numbers, dates as the settings say."""
    return {name: _value(name, value, settings) for name, value in found.items() if not name.startswith("_")}


def named(rows: list[dict[str, Any]], settings: MultiversSimulatorSettings) -> list[dict[str, Any]]:
    """A list of names and values."""
    if settings.nvl_capitals:
        return [{"Name": row["name"], "Value": row["value"]} for row in rows]
    return [{"name": row["name"], "value": row["value"]} for row in rows]


def page(rows: list[dict[str, Any]], request: Request, settings: MultiversSimulatorSettings) -> list[dict[str, Any]]:
    """What $top and $skip leave of a list."""
    if settings.paging == "ignored":
        return rows
    skip, top = int(request.args.get("$skip", "0")), int(request.args.get("$top", "1000000"))
    wanted = request.args.get("$orderby")
    if wanted:
        rows = sorted(rows, key=lambda row: [(row.get(name) is not None, row.get(name)) for name in wanted.split(",")])
    elif settings.order == "as_asked":
        rows = rows[skip:] + rows[:skip]
    return rows[skip : skip + min(top, settings.page_cap or top)]


def _value(name: str, value: Any, settings: MultiversSimulatorSettings) -> Any:
    if isinstance(value, list):
        return [record(each, settings) if isinstance(each, dict) else each for each in value]
    if isinstance(value, str) and name.lower().endswith("date"):
        return _day(value, settings.dates)
    if isinstance(value, str) and _AMOUNT.search(name):
        return Decimal(value)
    return value


def _day(text: str, form: str) -> str:
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    year, month, day = found.groups()
    if form == "iso":
        return f"{text}T00:00:00"
    return f"{day}-{month}-{year}" if form == "dd-MM-yyyy" else f"{int(day)}-{int(month)}-{year}"
