"""The register of the suite's cases. A module of cases fills it when it is imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from bookbridge.documents import DOCUMENT_KINDS, DocumentKind
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.conformance.stage import Codes
from bookbridge.kit.fact_sheet import FactSheet

Applies = Callable[[FactSheet, Codes], str]
"""Why a case is not for a package, from what its fact sheet says it can't; empty when it is."""


@dataclass(frozen=True, slots=True)
class Case:
    """One promise. `run` raises AssertionError, with what it saw, when the connector doesn't keep it."""

    name: str
    promise: str
    run: Callable[[Rig], None]
    not_for: Applies
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings of the simulator for this case."""


CASES: dict[str, Case] = {}


def case(
    *kinds: DocumentKind,
    outstanding: bool = False,
    compare: bool = False,
    oauth: bool = False,
    code: str | None = None,
    **settings: object,
) -> Callable[[Callable[[Rig], None]], Callable[[Rig], None]]:
    """Register a function as a case; its docstring is the promise.

    `kinds` are the documents it needs, `code` a code of the stage that a package may lack, `oauth` that it lets us in
    by OAuth2.
    """

    def register(run: Callable[[Rig], None]) -> Callable[[Rig], None]:
        _add(Case(run.__name__, _promise(run), run, _needs(kinds, outstanding, code, compare, oauth), settings))
        return run

    return register


class KindCase(Protocol):
    """A function that is one case for each kind of document."""

    __name__: str
    __doc__: str | None

    def __call__(self, rig: Rig, kind: DocumentKind) -> None: ...


def each_kind(*kinds: DocumentKind) -> Callable[[KindCase], None]:
    """Register a function as one case for each kind of document (all kinds when none is named)."""

    def register(run: KindCase) -> None:
        for kind in kinds or DOCUMENT_KINDS:
            name = f"{run.__name__}_{kind}"
            _add(Case(name, _promise(run), partial(run, kind=kind), _needs((kind,), False, None)))

    return register


def _add(case: Case) -> None:
    if case.name in CASES:
        raise ValueError(f"two cases are called {case.name}")
    CASES[case.name] = case


def _promise(run: Callable[..., None] | KindCase) -> str:
    if not run.__doc__:
        raise ValueError(f"the case {run.__name__} makes no promise")
    return " ".join(run.__doc__.split())


def _needs(
    kinds: tuple[DocumentKind, ...], outstanding: bool, code: str | None, compare: bool = False, oauth: bool = False
) -> Applies:
    def not_for(sheet: FactSheet, codes: Codes) -> str:
        for kind in kinds:
            if kind not in sheet.capabilities.documents:
                return f"the fact sheet does not list {kind}"
        if outstanding and "sales" not in sheet.capabilities.outstanding:
            return "the fact sheet lists no outstanding sales items"
        if compare and not sheet.capabilities.compare:
            return "the fact sheet says that the books can't be compared"
        if oauth and sheet.oauth is None:
            return "the package lets us in by a key, which doesn't expire"
        if code and getattr(codes, code) is None:
            return f"the package has no {code.replace('_', ' ')}"
        return ""

    return not_for
