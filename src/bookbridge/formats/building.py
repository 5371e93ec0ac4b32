"""What the builder of entries is made of: readers and places of columns, and models made without a second check."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeVar

from pydantic import BaseModel

from bookbridge.documents import Document, Problem

_T = TypeVar("_T")
_Model = TypeVar("_Model", bound=BaseModel)

_MOST_KNOWN = 8192

Reader = Callable[[str], Any]


def optional(reader: Callable[[str], _T], blank: _T | None = None) -> Callable[[str], _T | None]:
    """The reader for a field that may be blank, with what a blank one says."""

    def read(text: str) -> _T | None:
        return reader(text) if text and not text.isspace() else blank

    return read


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file, the field of the model that it fills, and how it is read."""

    name: str
    field: str
    read: Reader
    filled: Reader | None = None
    """How it is read where it isn't blank, when `read` only adds what a blank field says."""
    varies: bool = False
    """Whether nearly every row says something else here, so that remembering what it said is of no use. A blank field
    of such a column leaves the model's blank as it is."""


class Columns:
    """Several columns read into one dictionary of a model's fields, as quick as a million rows need it.

    What rows say alike is read once: the columns that don't vary are remembered together, by their texts.
    """

    def __init__(self, places: "Places", blank: Mapping[str, Any], columns: Sequence[Column]) -> None:
        self.columns = columns
        """In the order in which their problems are told."""
        self.blank = {**blank, **{column.field: None for column in columns if column.field not in blank}}
        alike = [column for column in columns if not column.varies]
        self._alike = [(column.field, column.read) for column in alike]
        self._texts_of = itemgetter(*(places[column.name] for column in alike))
        varying = [column for column in columns if column.varies]
        self._varying = [(column.field, places[column.name], column.filled or column.read) for column in varying]
        self._known: dict[tuple[str, ...], dict[str, Any]] = {}

    def read(self, fields: Sequence[str]) -> dict[str, Any]:
        """A dictionary of the caller's own. Raises Unreadable without saying which column it is."""
        texts = self._texts_of(fields)
        known = self._known.get(texts)
        values = (self._remember(texts) if known is None else known).copy()
        for name, place, read in self._varying:
            if text := fields[place]:
                values[name] = read(text)
        return values

    def _remember(self, texts: tuple[str, ...]) -> dict[str, Any]:
        values = self.blank.copy()
        for (name, read), text in zip(self._alike, texts, strict=True):
            values[name] = read(text)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[texts] = values
        return values


def maker(model: type[_Model]) -> Callable[[dict[str, Any]], _Model]:
    """What makes the frozen model of all its fields without validating again what the caller made sure of.

    As model_construct does, without its loop: reading a million lines spends most of its time here otherwise. A test
    holds that the result equals the validated.
    """
    filled = set(model.model_fields)

    def make(values: dict[str, Any]) -> _Model:
        made = _new(model)
        _set_values(made, values)
        _set_filled(made, filled)
        _set_extra(made, None)
        _set_private(made, None)
        return made

    return make


_new = object.__new__
# What `object.__setattr__` finds by name each time, past the model's own refusal to be changed.
_set_values = BaseModel.__dict__["__dict__"].__set__
_set_filled, _set_extra, _set_private = (
    BaseModel.__dict__[slot].__set__
    for slot in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


@dataclass(slots=True)
class Built:
    """What became of the rows of an entry."""

    document: Document | None = None
    errors: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    line_rows: list[int] = field(default_factory=list)
    dropped_rows: list[int] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        (self.errors if problem.severity == "error" else self.notices).append(problem)


class Places(dict[str, int]):
    """Where each column stands. One that the layout lacks is the blank field that closes each row (see fmuta6)."""

    def __init__(self, layout: Sequence[str]) -> None:
        super().__init__((name, place) for place, name in enumerate(layout))
        self._beyond = len(layout)

    def __missing__(self, column: str) -> int:
        return self._beyond
