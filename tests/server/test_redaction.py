"""Nothing secret and nobody's data gets through the log's second line of defence."""

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields

import psycopg
import pytest
import structlog
from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from bookbridge.organisations.secrets import encrypt
from bookbridge.server import redaction
from bookbridge.server.environment import Environment
from tests import factories

NAME, MAIL, IBAN = "Familie Onthoudmij", "onthoudmij@familie.example", "NL91ABNA0417164300"


@pytest.fixture
def own_key() -> Iterator[str]:
    redaction.hide(["this-installations-own-key"])
    yield "this-installations-own-key"
    redaction.hide(settings.ENVIRONMENT.secrets())


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """What the log, set up as it is in a process of ours, has written since the test began."""
    from bookbridge.server.logs import configure_logs

    before, root = structlog.get_config(), logging.getLogger()
    handlers, level, root.handlers = root.handlers, root.level, []
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs()
    yield written.getvalue
    root.handlers, root.level = handlers, level
    structlog.configure(**before)


@pytest.mark.parametrize(
    "field",
    [
        "password",
        "token",
        "access_token",
        "client_secret",
        "Authorization",
        "set_cookie",
        "cookie",
        "new_password",
        "otp",
    ],
)
def test_what_is_called_a_secret_is_left_out(logged: Callable[[], str], field: str) -> None:
    structlog.get_logger("x").warning("told", **{field: "abc"}, nested={field: ["abc"]})
    assert "abc" not in logged()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer SECRETSECRET",
        "GET /authorise/callback?code=SECRETSECRET&state=SECRETSECRET",
        "refresh_token=SECRETSECRET",
        '{"access_token": "SECRETSECRET"}',
        "postgresql://bookbridge:SECRETSECRET@db.example/books",
        "Cookie: sessionid=SECRETSECRET; csrftoken=SECRETSECRET",
        "?X-Amz-Signature=SECRETSECRET",
        "the key this-installations-own-key is no key",
    ],
)
def test_what_looks_like_a_secret_is_left_out(own_key: str, logged: Callable[[], str], text: str) -> None:
    structlog.get_logger("x").warning("told", reason=text)
    logging.getLogger("library").warning("library said %s", text)
    told = logged()
    assert "told" in told
    assert "library said" in told
    assert "SECRETSECRET" not in told
    assert own_key not in told


def test_a_secret_as_it_is_stored_is_left_out_too(logged: Callable[[], str]) -> None:
    structlog.get_logger("x").warning("told", reason=f"row {encrypt('abc')}")
    assert redaction.LEFT_OUT in logged()


def test_people_are_left_out(logged: Callable[[], str]) -> None:
    structlog.get_logger("x").warning("told", reason=f"{MAIL} pays from {IBAN} or NL91 ABNA 0417 1643 00", email="x")
    told = logged()
    assert not any(part in told for part in (MAIL, IBAN, "0417 1643", '"x"'))


def test_an_ordinary_line_stays_as_it_is(logged: Callable[[], str]) -> None:
    run = {
        "run": 12,
        "organisation": str(factories.NOW),
        "code": "intake.not_recognised",
        "state": "waiting",
        "share": 0.5,
    }
    structlog.get_logger("x").warning("run_ended", **run)
    line = json.loads(logged().strip().splitlines()[-1])
    assert {name: line[name] for name in run} == run
    assert line["event"] == "run_ended"


def _raise(kind: type[Exception], *values: object) -> None:
    raise kind(*values)


@pytest.mark.parametrize("kind", [ValueError, KeyError, AssertionError, RuntimeError, UnicodeError])
def test_an_exception_tells_where_and_its_kind_and_not_with_which_value(
    logged: Callable[[], str], kind: type[Exception]
) -> None:
    try:
        _raise(kind, NAME)
    except kind:
        structlog.get_logger("x").exception("document_bug", line=3)
        logging.getLogger("library").exception("job failed")
    told = logged()
    assert told.count(f"builtins.{kind.__name__}") == 2
    assert "_raise" in told
    assert NAME not in told


def test_an_exception_group_and_a_chain_tell_no_values_either(logged: Callable[[], str]) -> None:
    try:
        try:
            _raise(ValueError, NAME)
        except ValueError as error:
            raise ExceptionGroup(NAME, [error, KeyError(NAME)]) from error
    except ExceptionGroup:
        structlog.get_logger("x").exception("many")
    told = logged()
    assert "KeyError" in told
    assert "ValueError" in told
    assert NAME not in told


@pytest.mark.django_db
def test_postgresql_names_the_column_and_not_the_row(logged: Callable[[], str]) -> None:
    person = factories.user(MAIL)
    with pytest.raises(IntegrityError) as twice, transaction.atomic():
        factories.user(MAIL)
    with pytest.raises(IntegrityError) as null, transaction.atomic():
        type(person).objects.filter(pk=person.pk).update(name=None)
    with pytest.raises(DataError) as not_a_number, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::int", [NAME])
    assert MAIL in str(twice.value)
    for raised in (twice, null, not_a_number):
        structlog.get_logger("x").error("broke", exc_info=raised.value)
    told = logged()
    assert "23505 organisations_user" in told
    assert "23502 organisations_user name" in told
    assert "22P02" in told
    assert MAIL not in told
    assert NAME not in told


def test_a_database_out_of_reach_is_still_named(logged: Callable[[], str]) -> None:
    try:
        psycopg.connect("postgresql://someone:SECRETSECRET@127.0.0.1:1/none")
    except psycopg.OperationalError:
        structlog.get_logger("x").exception("no database")
    told = logged()
    assert "127.0.0.1" in told
    assert "SECRETSECRET" not in told


def test_with_debug_the_message_is_shown(logged: Callable[[], str]) -> None:
    redaction.hide([], show_messages=True)
    try:
        _raise(ValueError, "a value to look at")
    except ValueError:
        structlog.get_logger("x").exception("bug")
    finally:
        redaction.hide(settings.ENVIRONMENT.secrets())
    assert "a value to look at" in logged()


def test_what_nobody_caught_is_told_in_the_same_way() -> None:
    program = (
        "import threading\n"
        "from bookbridge.server import logs, redaction\n"
        "logs.configure_logs(); redaction.guard_the_last_words()\n"
        f"def fail(): raise ValueError({NAME!r})\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "fail()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "unhandled_in_thread" in ended.stderr
    assert ended.stderr.count("builtins.ValueError") == 2
    assert NAME not in ended.stderr


def test_the_settings_show_no_secret() -> None:
    """Django's page for developers, and any traceback with values, shows settings by their repr."""
    shown = repr(settings.ENVIRONMENT)
    assert [secret for secret in settings.ENVIRONMENT.secrets() if secret in shown] == []
    secret = re.compile(r"(?i)secret|(?<!access_)key|password|token|database_url|_url_with|recovery")
    named = {field.name for field in fields(Environment) if secret.search(field.name)}
    assert named == {field.name for field in fields(Environment) if not field.repr and secret.search(field.name)}
    assert {"secret_key", "encryption_keys", "database_url", "s3_secret_key"} <= named
