"""What a case expects, with a sentence that says what came instead."""

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from bookbridge.documents import Document, DocumentKind, Problem, document_to_json
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.conformance.stage import HeldRecord
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Later, Posted, Refused, SignInAgain, Unclear

T = TypeVar("T", Absent, AlreadyThere, Found, Later, Posted, Refused, SignInAgain, Unclear)


def expect(kind: type[T], outcome: object) -> T:
    """The outcome, which must be of this kind."""
    assert isinstance(outcome, kind), f"expected {kind.__name__}, came {outcome}"
    return outcome


def posted_or_there(outcome: object) -> str:
    """The external id of a document that is in the books now."""
    assert isinstance(outcome, Posted | AlreadyThere), f"expected it in the books, came {outcome}"
    assert outcome.external_id, "an outcome without an external id can't be found again"
    return outcome.external_id


def only(rig: Rig, kind: DocumentKind) -> HeldRecord:
    """The one record of a kind."""
    held = rig.held(kind)
    assert len(held) == 1, f"expected one {kind} in the books, there are {len(held)}"
    return held[0]


def none(rig: Rig, kind: DocumentKind) -> None:
    held = rig.held(kind)
    assert not held, f"expected no {kind} in the books, there are {len(held)}"


def total(record: HeldRecord, amount: str, currency: str = "EUR") -> None:
    assert record.total == Decimal(amount), f"expected a total of {amount}, the books have {record.total}"
    assert record.currency == currency, f"expected {currency}, the books have {record.currency}"


def refused_at(outcome: object, document: Document, field: str | None) -> Problem:
    """The first problem of a refusal; with a field (when given), and complete for the person who reads it."""
    problem = expect(Refused, outcome).problems[0]
    complete(problem)
    if field is not None:
        assert problem.field == field, f"expected the problem at {field}, it is at {problem.field}: {problem}"
    if problem.field is not None:
        assert has_field(document, problem.field), f"the document has no field {problem.field}"
    return problem


def complete(problem: Problem) -> None:
    """A problem says why and what to do, in every language."""
    for language in ("en", "nl", "fr"):
        words = problem.explain(language)
        assert words.reason, f"{problem.code} gives no reason in {language}"
        assert words.remedy, f"{problem.code} gives no remedy in {language}"
    assert len({words.reason for words in problem.explanations.values()}) == len(problem.explanations), (
        f"{problem.code} says the same in two languages"
    )


def has_field(document: Document, path: str) -> bool:
    """Whether a path such as lines.0.vat_code is one of the document's."""
    place: object = document
    for part in path.split("."):
        if part.isdigit():
            if not isinstance(place, tuple) or int(part) >= len(place):
                return False
            place = place[int(part)]
        elif part in getattr(type(place), "model_fields", {}):
            place = getattr(place, part)
        else:
            return False
    return True


def soon_after(moment: datetime, expected: datetime, within_s: float) -> None:
    apart = abs((moment - expected).total_seconds())
    assert moment.tzinfo is not None, "a moment without a time zone"
    assert apart <= within_s, f"expected {expected}, came {moment}"


def personal_texts(document: Document) -> list[str]:
    """The texts of a document that say something of a person."""
    content = document_to_json(document)
    names = ("name", "email", "bank_account", "address_line_1", "phone", "vat_number", "description")
    return [content[name] for name in names if name in content]
