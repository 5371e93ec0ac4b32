"""The audit trail: who changed, decided or found what, in the same transaction as the thing itself.

    trail.record(organisation_id, "configuration.changed", subject=configuration, changes={"is_active": (True, False)})

Record as the last step of a transaction: the chain of an organisation is locked from here to its end. An entry is never
changed, so it holds no secret and no person's data: of such fields it says "changed", and of people their ids.
"""

import getpass
import json
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import models
from django.http import HttpRequest, HttpResponse

from bookbridge.organisations import queries
from bookbridge.organisations.client_address import client_address
from bookbridge.organisations.secrets import EncryptedTextField

CHANGED = "changed"
"""Stands for a value that the trail must not hold."""
_SECRET = re.compile(
    r"(?i)(^|[_.])(password|secret|token|tokens|cookie|authorization|authorisation_code|key_secret)$|_secret"
)
_PERSONAL = frozenset({"email", "iban", "phone"})
_LONGEST_VALUE = 500

Subject = models.Model | tuple[str, object]
Changes = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a user by id, the worker, a command, a visitor who hasn't logged in."""

    kind: str
    id: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded; without an actor it is the request's user, or this process."""

    action: str
    subject: Subject
    changes: Changes | None = None
    actor: Actor | None = None


WORKER = Actor("worker")
_process = Actor("system")
_request: ContextVar[HttpRequest | None] = ContextVar("trail_request", default=None)


def record(
    organisation_id: UUID | None,
    action: str,
    *,
    subject: Subject,
    changes: Changes | None = None,
    actor: Actor | None = None,
) -> None:
    """Add one entry to the chain of an organisation; None: to the installation's own."""
    record_many(organisation_id, [Entry(action, subject, changes, actor)])


def record_many(organisation_id: UUID | None, entries: Iterable[Entry]) -> None:
    """Add entries in one statement, however many there are. Without any, nothing is asked of the database."""
    told = [as_values(entry) for entry in entries]
    if told:
        queries.append_to_trail(organisation_id, json.dumps(told))


def digest(text: str) -> str:
    """Stands for a name that the trail must not hold, such as a file's, so that its entries are found together."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def differences(before: models.Model | None, after: models.Model, fields: Iterable[str] = ()) -> dict[str, list[Any]]:
    """What differs between two states of a row, as `changes`; `before` is None for a new one."""
    names = set(fields)
    hidden = {"password", *getattr(after, "personal_fields", ())}
    found: dict[str, list[Any]] = {}
    for field in after._meta.concrete_fields:
        if field.primary_key or (names and field.name not in names):
            continue
        old, new = (None if before is None else getattr(before, field.attname)), getattr(after, field.attname)
        if old == new or (before is None and new in (None, "", {}, [])):
            continue
        if isinstance(field, EncryptedTextField) or field.name in hidden:
            found[field.name] = [CHANGED, CHANGED]
        else:
            found |= _by_part(field.name, old, new)
    return found


def _by_part(name: str, old: Any, new: Any) -> dict[str, list[Any]]:
    """Settings kept as JSON are told part by part, so that one code in a thousand can be found."""
    if not isinstance(new, dict) or not isinstance(old, dict | None):
        return {name: [old, new]}
    found: dict[str, list[Any]] = {}
    for part in sorted({*(old or {}), *new}):
        before, after = (old or {}).get(part), new.get(part)
        if before != after:
            found |= _by_part(f"{name}.{part}", before, after)
    return found


@contextmanager
def request_acts(request: HttpRequest) -> Iterator[None]:
    """What is recorded inside is done by this request's user."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


class TrailMiddleware:
    """What is recorded during a request is done by its user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_acts(request):
            return self._get_response(request)


def this_process_is(kind: str) -> None:
    """Who acts in this process where no request does: "worker" or "command"."""
    global _process  # noqa: PLW0603 (one process is one thing)
    _process = WORKER if kind == WORKER.kind else Actor(kind, origin=_operating_user())


def current_actor() -> Actor:
    request = _request.get()
    if request is None:
        return _process
    origin = client_address(request)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return Actor("user", str(user.pk), origin)
    return Actor("visitor", origin=origin)


def user_actor(user_id: int, origin: str = "") -> Actor:
    return Actor("user", str(user_id), origin or current_actor().origin)


def _operating_user() -> str:
    try:
        return f"{getpass.getuser()}@{platform.node()}"
    except (KeyError, OSError):
        # A container may run under a user id without a name.
        return platform.node()


def as_values(entry: Entry) -> dict[str, str]:
    """An entry as `bookbridge_audit_append` takes it: for SQL that itself finds out whether it is to be told."""
    actor = entry.actor or current_actor()
    kind, identity = _named(entry.subject)
    told = {name: _told(name, pair) for name, pair in (entry.changes or {}).items()}
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "origin": actor.origin,
        "action": entry.action,
        "subject_kind": kind,
        "subject_id": identity,
        # All ASCII: no character of it can be refused by PostgreSQL.
        "changes": json.dumps(told, sort_keys=True, default=str),
    }


def _named(subject: Subject) -> tuple[str, str]:
    if isinstance(subject, models.Model):
        return str(subject._meta.model_name), str(subject.pk)
    kind, identity = subject
    return kind, "" if identity is None else str(identity)


def _told(name: str, pair: Sequence[Any]) -> list[Any]:
    if _SECRET.search(name) or name.rpartition(".")[2] in _PERSONAL:
        return [CHANGED, CHANGED]
    before, after = pair
    return [_short(before), _short(after)]


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return f"{value[:_LONGEST_VALUE]}… ({len(value)} characters, sha256 {digest(value)})"
    return value
