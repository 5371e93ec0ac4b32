"""What the builder of entries is made of: readers and places of columns, and models made without a second check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from bookbridge.documents import Document, Problem
from bookbridge.formats.values import read_code

_T = TypeVar("_T")
_Model = TypeVar("_Model", bound=BaseModel)

cached_code = lru_cache(maxsize=8192)(read_code)
Readers = list[tuple[int, str, Callable[[str], Any]]]


def optional(reader: Callable[[str], _T]) -> Callable[[str], _T | None]:
    """The reader for a field that may be blank."""

    @lru_cache(maxsize=8192)
    def read(text: str) -> _T | None:
        return reader(text) if text and not text.isspace() else None

    return read


def unchecked(model: type[_Model], values: dict[str, Any], filled: set[str]) -> _Model:
    """The frozen model without validating again what the caller made sure of (as model_construct, without its loop).

    Reading a million lines spends most of its time here otherwise; a test holds that the result equals the validated.
    """
    made = model.__new__(model)
    put = object.__setattr__
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", filled)
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made


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
