"""Values between Exact's JSON, the store (text only: no amount is ever a float there), and a filter."""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from bookbridge.connectors.exact_online.simulator.resources import FAMILIES, Resource

ACCOUNT_CODE_WIDTH = 18
"""Codes of accounts are padded with spaces in front (reference of crm/Accounts)."""
VAT_CODE_WIDTH = 3
"""VAT codes carry spaces behind: '2  ' (github.com/ossobv/exactonline, issue 18)."""
_INTEGERS = {
    "byte": (0, 255),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
_EDM = {"guid": "Guid", "string": "String", "boolean": "Boolean", "datetime": "DateTime", "double": "Double"}
_MILLISECONDS = re.compile(r"/Date\((-?\d+)\)/")


class BadRequestError(Exception):
    """A call that cannot be read: Exact answers 400 with this text."""


def unknown_property(name: str, type_name: str) -> BadRequestError:
    """The refusal of a property that the entity does not have (text seen in public issue trackers)."""
    return BadRequestError(
        f"Error processing request stream. The property name '{name}' specified for type '{type_name}' is not valid."
    )


def read_body(resource: Resource, body: Any, line_resource: Resource | None = None) -> dict[str, Any]:
    """The properties of a sent object as the store keeps them. Raises BadRequestError.

    Read-only properties are left out without a word, as OData services do.
    """
    if not isinstance(body, dict):
        raise BadRequestError("Error processing request stream. The request should be a valid JSON object.")
    kept: dict[str, Any] = {}
    for name, value in body.items():
        if name == "__metadata":
            continue
        if line_resource is not None and name == resource.lines:
            kept[name] = [read_body(line_resource, line) for line in _list_of(name, value)]
        elif name not in resource.types:
            raise unknown_property(name, resource.type_name)
        elif name in resource.writable:
            kept[name] = _read(name, resource.types[name], value)
    return kept


def _list_of(name: str, value: Any) -> list[Any]:
    listed = value.get("results") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise _unconvertible(name, "Collection")
    return listed


def _unconvertible(name: str, type_name: str) -> BadRequestError:
    # Composed in the style of WCF Data Services, on which the API is built.
    return BadRequestError(
        "Error processing request stream. Error encountered in converting the value from request payload for property"
        f" '{name}' to type 'Edm.{type_name}', which is the property's expected type."
    )


def _read(name: str, kind: str, value: Any) -> Any:
    if value is None:
        return None
    try:
        return _READERS[kind](value)
    except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
        raise _unconvertible(name, _EDM.get(kind, kind.capitalize())) from error


def _read_exactly(wanted: type, value: Any) -> Any:
    if not isinstance(value, wanted):
        raise TypeError(f"{value!r} is no {wanted.__name__}")
    return value


def _read_integer(kind: str, value: Any) -> int:
    low, high = _INTEGERS[kind]
    number = int(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise ValueError(f"{value!r} is no {kind}")
    return number


def _read_number(value: Any) -> str:
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("not finite")
    return format(number, "f")


def _read_moment(value: str) -> str:
    found = _MILLISECONDS.fullmatch(value)
    if found:
        return datetime.fromtimestamp(int(found[1]) / 1000, tz=UTC).replace(tzinfo=None).isoformat()
    return datetime.fromisoformat(value).replace(tzinfo=None).isoformat()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "guid": lambda value: str(uuid.UUID(value)),
    "datetime": _read_moment,
    "double": _read_number,
    "string": partial(_read_exactly, str),
    "boolean": partial(_read_exactly, bool),
    **{kind: partial(_read_integer, kind) for kind in _INTEGERS},
}


def render(kind: str, value: Any) -> Any:
    """A stored value as Exact's JSON shows it."""
    if value is None:
        return None
    if kind == "datetime":
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
        return f"/Date({int(moment.timestamp() * 1000)})/"
    if kind == "double":
        return float(value)  # house: allow float (Edm.Double is a float on the wire; exact JSON is made elsewhere)
    # OData 2.0 JSON format, section 4: Int64 is written as text.
    return str(value) if kind == "int64" else value


def comparable(resource: Resource, record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """These properties of a stored record with values that a filter can compare."""
    shown: dict[str, Any] = {}
    for name in names:
        kind, value = resource.types[name], record.get(name)
        if value is None:
            shown[name] = None
        elif FAMILIES[kind] == "number":
            shown[name] = Decimal(str(value))
        else:
            shown[name] = datetime.fromisoformat(value) if kind == "datetime" else value
    return shown


def pad_account_code(code: str) -> str:
    """An account's code as Exact keeps it."""
    return code.strip().rjust(ACCOUNT_CODE_WIDTH)


def pad_vat_code(code: str) -> str:
    """A VAT code as Exact keeps it."""
    return code.strip().ljust(VAT_CODE_WIDTH)
