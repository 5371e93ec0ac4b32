"""The second line that keeps secrets and people's data out of the logs; the first is not to log them.

Of an exception the log gets where it was raised and its kind. Its message is left out, since it often holds the value
that broke something; only messages that we know to hold none stay. With BOOKBRIDGE_DEBUG=yes all of them do.
"""

import re
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import psycopg
import structlog

LEFT_OUT = "[left out]"
_SECRET_NAMES = re.compile(
    r"(?i)(^|_)(password|passwd|secret|secret_key|client_secret|token|access_token|refresh_token|id_token|cookie|cookies|"
    r"set_cookie|authorization|api_key|access_key_secret|encryption_keys?|otp|recovery_codes?|database_url|session_key)$"
)
_PERSONAL_NAMES = frozenset(
    {"email", "mail", "user_name", "person", "iban", "phone", "body", "document", "raw", "content"}
)
_PATTERNS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 [left out]"),
    (re.compile(r"gAAAA[\w=-]{60,}"), LEFT_OUT),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), LEFT_OUT),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), LEFT_OUT),
    (
        re.compile(
            r"(?i)((?:access_token|refresh_token|id_token|client_secret|password|csrfmiddlewaretoken|csrftoken|sessionid|"
            r"x-amz-signature|x-amz-security-token|signature)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&;,]{6,}"
        ),
        r"\1[left out]",
    ),
    (re.compile(r"(?i)([?&](?:code|state)=)[^\s\"'&]+"), r"\1[left out]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[mail address]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"), "[account number]"),
    (re.compile(r"(?m)^(DETAIL|CONTEXT|QUERY|STATEMENT): .*(?:\n(?!\w+: ).*)*"), r"\1: [left out]"),
    (re.compile(r"(?i)(Key \([^)]*\)=\().*?(\))"), r"\1[left out]\2"),
    (re.compile(r"input_value=.*?, input_type="), "input_value=[left out], input_type="),
]
_MAY_SPEAK = frozenset(
    {
        "ClaimLostError",
        "UnreachableError",
        "LaterError",
        "AddressRefusedError",
        "UnreadableSecretError",
        "EmbeddedPostgresError",
        "WrongSettingError",
        "DecisionTooLateError",
    }
)
"""Exceptions of ours whose message is our own words alone."""

_shows_messages = False
_own_secrets: tuple[str, ...] = ()


def hide(secrets: Iterator[str] | list[str], *, show_messages: bool = False) -> None:
    """Tell which texts of this installation must never be shown, such as its keys."""
    global _own_secrets, _shows_messages  # noqa: PLW0603 (there is one log in a process)
    _own_secrets = tuple(sorted({secret for secret in secrets if secret and len(secret) >= 8}, key=len, reverse=True))
    _shows_messages = show_messages


def redact(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor of structlog: what is secret by its name or by its looks is left out."""
    return {name: _shown(name, value) for name, value in event.items()}


def _shown(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRET_NAMES.search(name) or name.lower() in _PERSONAL_NAMES:
        return LEFT_OUT
    if isinstance(value, dict):
        return {key: _shown(str(key), part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown("", part) for part in value]
    if isinstance(value, str):
        return redacted(value)
    # Processors of structlog and of the standard library pass objects of their own under these names.
    return value if name.startswith("_") or name == "exc_info" else redacted(str(value))


def redacted(text: str) -> str:
    for secret in _own_secrets:
        text = text.replace(secret, LEFT_OUT)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def traceback_text(exc_info: Any) -> str:
    """Where an exception was raised and its kind, with those it came from."""
    return "".join(_told(exc_info[1], set())).rstrip("\n")


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause, context = error.__cause__, None if error.__suppress_context__ else error.__context__
    if cause is not None and id(cause) not in seen:
        yield from _told(cause, seen)
        yield "\nThe above exception was the direct cause of the following exception:\n\n"
    elif context is not None and id(context) not in seen:
        yield from _told(context, seen)
        yield "\nDuring handling of the above exception, another exception occurred:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}{_message(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            if id(part) not in seen:
                yield from _told(part, seen)


def _message(error: BaseException) -> str:
    if _shows_messages or type(error).__name__ in _MAY_SPEAK:
        return f": {redacted(str(error))}"
    if isinstance(error, OSError):
        return f": {error.strerror}" if error.strerror else ""
    known = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(known, psycopg.Error):
        return _of_postgresql(known)
    return ""


def _of_postgresql(error: psycopg.Error) -> str:
    """PostgreSQL's messages quote values of rows; its diagnosis names what they were in."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        lines = str(error).strip().splitlines()
        return f": {redacted(lines[0])}" if lines else ""
    diagnosis = error.diag
    named = (error.sqlstate, diagnosis.table_name, diagnosis.column_name, diagnosis.constraint_name)
    return f": {' '.join(part for part in named if part)}" if any(named) else ""


def guard_the_last_words() -> None:
    """What nobody caught is written to standard error too: in the log's own form."""
    log = structlog.get_logger("bookbridge").critical

    def end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log("unhandled", exc_info=(kind, error, trace))

    def thread_ends(given: threading.ExceptHookArgs) -> None:
        if not issubclass(given.exc_type, SystemExit) and given.exc_value is not None:
            log("unhandled_in_thread", exc_info=(given.exc_type, given.exc_value, given.exc_traceback))

    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = end
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = thread_ends
