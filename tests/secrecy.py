"""A pytest plugin that searches, after every test, for secrets and people's data where none may be.

- log lines: everything on standard error and through `logging`, of this process and of its children, and every `*.log`
  below the test's `tmp_path`: no secret, nobody's data;
- mails kept in files: no secret;
- pages: every answer of the portal in this process: no secret (people's data is what the portal is for);
- the audit trail: no secret, nobody's data.

A secret is whatever was encrypted or set as a password during the test, and this installation's own keys; nobody has to
remember to list one. People are the users there are, and the invented ones of the sample files and factories.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet, InvalidToken

PEOPLE = (
    *("Jansen", "Dorpsstraat", "Ergenshuizen", "Zeezicht", "Boulevard 1", "Window Traders", "1 Main Street"),
    *("De Vries", "Havenweg", "Linnenservice", "Weverstraat"),
    *("Familie Voorbeeld", "Kampeerplaats", "Fietshuur", "Linnengoed", "Afstorting kas", "Boeking 8841"),
)
"""Names, addresses and descriptions in the sample files and the factories."""
SHOWN_ONCE = {
    *("mfa_activate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes"),
    "make_access_key",
}
"""Pages that give a person a secret of their own, by the names of their addresses."""
_SHORTEST = 8


class Known:
    """What must not be seen, gathered while a test runs, and where it was seen all the same."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self.people: set[str] = set(PEOPLE)
        self.seen: list[str] = []

    def add_secret(self, text: str) -> None:
        if len(text) >= _SHORTEST:
            self.secrets.add(text)

    def search(self, where: str, text: str, *, people: bool = True) -> None:
        for what, words in (("a secret", self.secrets), ("somebody's data", self.people if people else ())):
            for word in words:
                place = text.find(word)
                if place >= 0:
                    shown = text[max(0, place - 120) : place + len(word) + 80]
                    self.seen.append(f"{what} in {where}: … {shown} …")


_known = Known()


@pytest.fixture(scope="session", autouse=True)
def _gather_secrets() -> Iterator[None]:
    """Notes every text that is encrypted and every password that is set, and reads every page."""
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.core.handlers.base import BaseHandler

    with pytest.MonkeyPatch.context() as patch:
        encrypt, set_password, respond = Fernet.encrypt, AbstractBaseUser.set_password, BaseHandler.get_response

        def noting_encrypt(self: Fernet, data: bytes) -> bytes:
            _known.add_secret(data.decode("utf-8", "replace"))
            return encrypt(self, data)

        def noting_set_password(self: Any, raw: str | None) -> None:
            _known.add_secret(raw or "")
            set_password(self, raw)

        def reading_respond(self: Any, request: Any) -> Any:
            response = respond(self, request)
            _read_page(request, response)
            return response

        patch.setattr(Fernet, "encrypt", noting_encrypt)
        patch.setattr(AbstractBaseUser, "set_password", noting_set_password)
        patch.setattr(BaseHandler, "get_response", reading_respond)
        yield


def _read_page(request: Any, response: Any) -> None:
    match = getattr(request, "resolver_match", None)
    if response.streaming or (match and match.url_name in SHOWN_ONCE):
        return
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    text = f"{headers}\n{response.content.decode('utf-8', 'replace')}"
    _known.search(f"the answer to {request.method} {request.path}", text, people=False)


@pytest.fixture(autouse=True)
def _nothing_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    from django.conf import settings

    from tests.factories import PASSWORD

    for secret in (*settings.ENVIRONMENT.secrets(), PASSWORD):
        _known.add_secret(secret)
    uses_database = "_django_db_helper" in request.fixturenames and (
        request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames)
    )
    if uses_database:
        request.getfixturevalue("_django_db_helper")
    processes = ()
    if "empty_database" in request.fixturenames:
        request.getfixturevalue("empty_database")
        processes = (os.environ["DATABASE_OWNER_URL"], request.getfixturevalue("tmp_path"))
    yield
    if uses_database:
        _search_trail()
    if processes:
        _search_processes(*processes)


_PEOPLE = "SELECT email, name FROM organisations_user"
_TRAIL = """
    SELECT concat_ws(' ', actor_kind, actor_id, origin, action, subject_kind, subject_id, changes)
    FROM organisations_auditentry
"""
_ENCRYPTED = """
    SELECT access_token FROM integrations_authorisation UNION SELECT refresh_token FROM integrations_authorisation
    UNION SELECT client_secret FROM integrations_appregistration UNION SELECT secret FROM integrations_accesskey
"""


def _search_trail() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        _search_trail_with(cursor)


def _search_trail_with(cursor: Any) -> None:
    cursor.execute(_PEOPLE)
    _known.people |= {word for row in cursor.fetchall() for word in row if len(word) >= _SHORTEST}
    cursor.execute(_TRAIL)
    for (told,) in cursor.fetchall():
        _known.search("the audit trail", told)


def _search_processes(database: str, folder: Path) -> None:
    """Real processes had a database and keys of their own: what is secret there is learned from these."""
    keys = [path.read_text().strip() for path in folder.rglob("secrets/*") if path.is_file()]
    for key in keys:
        _known.add_secret(key)
    with psycopg.connect(database) as connection:
        if connection.execute("SELECT to_regclass('organisations_auditentry')").fetchone() == (None,):
            return
        for (held,) in connection.execute(_ENCRYPTED).fetchall():
            _known.add_secret(_decrypted(held, keys))
        _search_trail_with(connection.cursor())


def _decrypted(held: str, keys: list[str]) -> str:
    for key in keys:
        with suppress(ValueError, InvalidToken):
            return Fernet(key).decrypt(held.encode()).decode()
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _known.__init__()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    if call.when == "teardown" and item.get_closest_marker("leaks") is None:
        _search_logs(item, report)
        if _known.seen and report.passed:
            report.outcome = "failed"
            report.longrepr = "Seen where it must not be:\n" + "\n".join(_known.seen[:20])
    return report


def _search_logs(item: pytest.Item, report: pytest.TestReport) -> None:
    for name, text in report.sections:
        if "stderr" in name or "log" in name:
            _known.search(name, text)
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    for path in sorted(_logs_in(folder)) if folder else ():
        # Django's file backend names mails so, too: people's data is in them, as on pages.
        _known.search(path.name, path.read_text(errors="replace"), people=path.parent.name != "mail")


def _logs_in(folder: Path) -> Iterator[Path]:
    # Programs that a test has stopped may still be tidying up: what vanishes meanwhile is passed over, as `walk` does.
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names if name.endswith(".log")):
            if path.is_file():
                yield path
