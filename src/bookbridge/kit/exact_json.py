"""JSON in which an amount stays exact: numbers with a point are read as Decimal and Decimals are written as numbers."""

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any


def loads(content: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError where it is none, and for what nobody means by one: NaN, infinities,
    a number that no Decimal holds, brackets without end."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
    except InvalidOperation:
        raise ValueError("a number is out of every range") from None
    except RecursionError:
        raise ValueError("its parts lie too deep in one another") from None


def dumps(value: Any) -> str:
    """The JSON text of a value made of dicts, lists, text, numbers, Decimals, dates and None. Raises TypeError for
    anything else, floats included: an amount is never a float."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(name))}:{dumps(content)}" for name, content in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return json.dumps(value.isoformat())
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON here; amounts are Decimal, never float")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
