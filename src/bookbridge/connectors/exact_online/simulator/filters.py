"""The `$filter` language of OData 2 as far as Exact Online is known to use it: a tokeniser, a parser, an evaluator.

Source of the grammar: OData 2.0 URI conventions, section 4.5. Functions: the ones integrators use against Exact
(trim, tolower, toupper, startswith, endswith, substringof). Everything else is refused, as Exact does.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


class FilterError(Exception):
    """A filter that cannot be read or is not supported."""


@dataclass(frozen=True)
class Literal:
    """A fixed value and its family: text, guid, moment, number, truth or null."""

    value: Any
    family: str


@dataclass(frozen=True)
class Property:
    """A property of the record."""

    name: str
    family: str


@dataclass(frozen=True)
class Call:
    """A function over operands."""

    name: str
    arguments: tuple["Operand", ...]

    @property
    def family(self) -> str:
        """The family of the result."""
        return _FUNCTIONS[self.name].result


Operand = Literal | Property | Call


@dataclass(frozen=True)
class Compare:
    """left operator right."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True)
class Joined:
    """and / or / not."""

    operator: str
    parts: tuple["Node", ...]


Node = Compare | Joined | Call


@dataclass(frozen=True)
class _Function:
    arguments: tuple[str, ...]
    result: str
    run: Callable[..., Any]


_FUNCTIONS: Mapping[str, _Function] = {
    "trim": _Function(("text",), "text", lambda text: text.strip()),
    "tolower": _Function(("text",), "text", lambda text: text.lower()),
    "toupper": _Function(("text",), "text", lambda text: text.upper()),
    "startswith": _Function(("text", "text"), "truth", lambda text, start: text.startswith(start)),
    "endswith": _Function(("text", "text"), "truth", lambda text, end: text.endswith(end)),
    # OData 2 gives the part first, then the text it is looked for in.
    "substringof": _Function(("text", "text"), "truth", lambda part, text: part in text),
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "gt": lambda left, right: bool(left > right),
    "ge": lambda left, right: bool(left >= right),
    "lt": lambda left, right: bool(left < right),
    "le": lambda left, right: bool(left <= right),
}
_TOKEN = re.compile(
    r"\s*(?:(?P<typed>guid|datetime)'(?P<inside>[^']*)'"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>-?\d+(?:\.\d+)?)[LlMmDdFf]?(?![\w.])"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>[(),]))"
)


def parse_filter(text: str, families: Mapping[str, str]) -> Node:
    """Read a filter over properties with these families. Raises FilterError with a text for the caller."""
    parser = _Parser(list(_tokens(text)), families)
    node = parser.any_of()
    if parser.peek() is not None:
        raise FilterError(f"Syntax error at '{parser.peek()}'.")
    return node


def holds(node: Node, record: Mapping[str, Any]) -> bool:
    """Whether the filter is true for a record, whose values are already in their families' Python types."""
    match node:
        case Joined("and", parts):
            return all(holds(part, record) for part in parts)
        case Joined("or", parts):
            return any(holds(part, record) for part in parts)
        case Joined(_, parts):
            return not holds(parts[0], record)
        case Compare(operator, left, right):
            return _compare(operator, _value(left, record), _value(right, record))
        case Call():
            return bool(_value(node, record))


def equalities(node: Node) -> dict[str, Any]:
    """Properties that must equal a value for the filter to hold; used to look up by index."""
    match node:
        case Joined("and", parts):
            return {name: value for part in parts for name, value in equalities(part).items()}
        case Compare("eq", left, right):
            for one, other in ((left, right), (right, left)):
                bare = one.arguments[0] if isinstance(one, Call) and one.name == "trim" else one
                if isinstance(bare, Property) and isinstance(other, Literal) and other.value is not None:
                    return {bare.name: other.value}
    return {}


def properties_in(node: Node | Operand) -> set[str]:
    """Every property the filter speaks of."""
    match node:
        case Property(name, _):
            return {name}
        case Call(_, arguments):
            return {name for argument in arguments for name in properties_in(argument)}
        case Compare(_, left, right):
            return properties_in(left) | properties_in(right)
        case Joined(_, parts):
            return {name for part in parts for name in properties_in(part)}
    return set()


def _compare(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return {"eq": left is right, "ne": left is not right}.get(operator, False)
    if isinstance(left, str) and isinstance(right, str):
        # SQL Server, on which Exact runs, does not see spaces at the end.
        left, right = left.rstrip(" "), right.rstrip(" ")
    return _COMPARISONS[operator](left, right)


def _value(operand: Operand, record: Mapping[str, Any]) -> Any:
    match operand:
        case Literal(value, _):
            return value
        case Property(name, _):
            return record.get(name)
        case Call(name, arguments):
            values = [_value(argument, record) for argument in arguments]
            return None if None in values else _FUNCTIONS[name].run(*values)


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FilterError(f"Syntax error at position {at}.")
        at = found.end()
        if found["typed"]:
            yield found["typed"], found["inside"]
        elif found["text"]:
            yield "text", found["text"][1:-1].replace("''", "'")
        else:
            kind = "number" if found["number"] else "word" if found["word"] else "sign"
            yield kind, found[kind]


class _Parser:
    def __init__(self, tokens: list[tuple[str, Any]], families: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._families = families
        self._at = 0

    def peek(self) -> Any:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else None

    def _next(self) -> tuple[str, Any]:
        if self._at >= len(self._tokens):
            raise FilterError("Expression expected at the end.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str, *values: str) -> str | None:
        if self._at < len(self._tokens):
            found, value = self._tokens[self._at]
            if found == kind and value in values:
                self._at += 1
                return str(value)
        return None

    def _expect(self, sign: str) -> None:
        if self._take("sign", sign) is None:
            raise FilterError(f"'{sign}' expected.")

    def any_of(self) -> Node:
        parts = [self._all_of()]
        while self._take("word", "or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def _all_of(self) -> Node:
        parts = [self._one()]
        while self._take("word", "and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def _one(self) -> Node:
        if self._take("word", "not"):
            return Joined("not", (self._one(),))
        if self._take("sign", "("):
            node = self.any_of()
            self._expect(")")
            return node
        left = self._operand()
        operator = self._take("word", *_COMPARISONS)
        if operator is None:
            if isinstance(left, Call) and left.family == "truth":
                return left
            raise FilterError("Comparison expected.")
        right = self._operand()
        if "null" not in (left.family, right.family) and left.family != right.family:
            raise FilterError(
                f"Operator '{operator}' incompatible with operand types {left.family} and {right.family}."
            )
        return Compare(operator, left, right)

    def _operand(self) -> Operand:
        kind, value = self._next()
        if kind == "sign":
            raise FilterError(f"Unexpected '{value}'.")
        if kind != "word":
            return _literal(kind, value)
        if value in {"true", "false"}:
            return Literal(value == "true", "truth")
        if value == "null":
            return Literal(None, "null")
        if self._take("sign", "("):
            return self._call(value)
        if value not in self._families:
            raise FilterError(f"No property '{value}' exists.")
        return Property(value, self._families[value])

    def _call(self, name: str) -> Call:
        if name not in _FUNCTIONS:
            raise FilterError(f"Unknown function '{name}'.")
        arguments = [self._operand()]
        while self._take("sign", ","):
            arguments.append(self._operand())
        self._expect(")")
        if tuple(argument.family for argument in arguments) != _FUNCTIONS[name].arguments:
            raise FilterError(f"No applicable function '{name}' with these arguments.")
        return Call(name, tuple(arguments))


def _literal(kind: str, value: str) -> Literal:
    try:
        if kind == "guid":
            return Literal(str(uuid.UUID(value)), "guid")
        if kind == "datetime":
            return Literal(datetime.fromisoformat(value).replace(tzinfo=None), "moment")
    except ValueError as error:
        raise FilterError(f"Unrecognized '{kind}' literal '{value}'.") from error
    return Literal(Decimal(value), "number") if kind == "number" else Literal(value, "text")
