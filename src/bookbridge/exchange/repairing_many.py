"""Repairing many documents at once that fail for one cause: one code for another, or offered again as they are.

What will come of it is worked out first and shown; it is worked out again when it is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from bookbridge.documents import Document, Problem, document_from_json
from bookbridge.exchange import repair
from bookbridge.exchange.issues import MOST_AT_ONCE, Cause, Issue, Open, lines_of, open_issues
from bookbridge.exchange.mapping import LISTS, Mappings, codes_at, mapped, replaced
from bookbridge.exchange.models import Line
from bookbridge.exchange.preflight import SettingsIndex, check
from bookbridge.integrations.changing import set_mapping
from bookbridge.integrations.connecting import known_package_settings
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.models import User

AS_THEY_ARE, IN_THESE, BY_MAPPING = "as_they_are", "in_these", "by_mapping"


@dataclass(frozen=True)
class Change:
    """What is to be done. `target`: the code of the package that is to stand where the faulty one does."""

    way: str
    target: str = ""


@dataclass(frozen=True)
class Planned:
    """One document as it would be offered, and what would still be wrong with it as far as is known."""

    line: Line
    document: Document
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Plan:
    """`mapping`: the codes of the source that would be mapped, each with what it is mapped to now (empty: nothing)."""

    planned: Sequence[Planned] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    more: bool = False
    """There are more documents than are done at once."""

    @property
    def good(self) -> Sequence[Planned]:
        return [each for each in self.planned if not each.problems]

    @property
    def still_wrong(self) -> Sequence[Planned]:
        return [each for each in self.planned if each.problems]


def list_of(cause: Cause) -> str:
    """The package's list that the faulty code is one of; empty when no code can stand for another there."""
    return LISTS.get(cause.name, "") if cause.value else ""


def held_up_by(configuration: Configuration, name: str) -> Open:
    """The issues whose faulty code is one of that list, as the source gives it.

    A code that others are mapped to is left out: it may be one of the package's, and which of the source's stands
    behind it only the documents tell.
    """
    found = open_issues(configuration.organisation_id, [configuration.pk])
    targets = set(configuration.mappings.get(name, {}).values())
    issues = [each for each in found.issues if list_of(each.cause) == name and each.cause.value not in targets]
    return Open(issues, found.is_all)


def plan(configuration: Configuration, issue: Issue, change: Change) -> Plan:
    """What would come of it, by the package's settings as they were read last."""
    cause = issue.cause
    lines = lines_of(configuration, issue, MOST_AT_ONCE)
    # They are the latest of their documents.
    repairable = [line for line in lines if repair.is_not_booked(line)]
    contents = repair.contents_of(repairable)
    found = [(line, document_from_json(contents[line.pk])) for line in repairable]
    name, mappings = list_of(cause), configuration.mappings
    now = mappings.get(name, {})

    def is_wrong(code: str) -> bool:
        return bool(now.get(code, code) == cause.value)

    mapping: dict[str, str] = {}
    if change.way == BY_MAPPING:
        wrong = {code for _, document in found for code in codes_at(document, cause.field) if is_wrong(code)}
        mapping = {code: now.get(code, "") for code in sorted(wrong)}
        mappings = {**mappings, name: {**now, **dict.fromkeys(mapping, change.target)}}
    elif change.way == IN_THESE:
        found = [(line, replaced(document, cause.field, is_wrong, change.target)) for line, document in found]
    problems = _checks(configuration, mappings) if change.way != AS_THEY_ARE else _nothing_known
    planned = [Planned(line, document, problems(document)) for line, document in found]
    return Plan(planned, mapping, more=len(issue.line_ids) > MOST_AT_ONCE)


def apply(configuration: Configuration, issue: Issue, change: Change, user: User) -> int:
    """Keep a correction, ready to be offered, for each document that would be right then; returns how many.

    The mapping is kept with them. Raises changing.ChangedMeanwhileError and TooManyCodesError.
    """
    with transaction.atomic():
        planned = plan(configuration, issue, change)
        if not planned.good:
            return 0
        for code, was in planned.mapping.items():
            set_mapping(configuration, list_of(issue.cause), code, change.target, user, was=was)
        return repair.save_many([(each.line, each.document) for each in planned.good], user)


def _checks(configuration: Configuration, mappings: Mappings) -> Callable[[Document], Sequence[Problem]]:
    settings = known_package_settings(configuration)
    if settings is None:
        return _nothing_known
    index = SettingsIndex(settings)
    return lambda document: [
        problem for problem in check(mapped(document, mappings), index) if problem.severity == "error"
    ]


def _nothing_known(_document: Document) -> Sequence[Problem]:
    """What a person put right in the package is seen when it is offered: the settings are read anew for that."""
    return ()
