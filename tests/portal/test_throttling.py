"""How often one may try: by account and by address, over all web processes, with a page that says what to do."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from bookbridge.commands.processes import free_port, listens
from bookbridge.organisations.models import User
from tests import factories, roles
from tests.portal.people import code_of, log_in, show_oneself

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_tries_yet")]


def statuses(tries: int, visit: Any) -> list[int]:
    return [visit(number).status_code for number in range(tries)]


def test_an_account_is_tried_five_times_in_five_minutes(anna: User) -> None:
    """From wherever, by whatever host name: a botnet and a forged header get no more."""
    tries = statuses(
        6,
        lambda n: log_in(
            Client(REMOTE_ADDR=f"192.0.2.{n}"),
            "ANNA@example.org ",
            f"wrong {n}",
            headers={"host": f"localhost:{n + 1}"},
        ),
    )
    assert tries == [200] * 5 + [429]
    right = log_in(Client(REMOTE_ADDR="192.0.2.99"), anna.email)
    assert right.status_code == 429, "even the right password has to wait"
    assert right["Retry-After"] == "300"
    assert "Wait a few minutes" in right.content.decode()
    assert log_in(Client(), factories.user("bram@example.org").email).status_code == 302, "others don't have to"


def test_an_unknown_account_is_counted_like_a_known_one() -> None:
    assert statuses(6, lambda n: log_in(Client(), "nobody@example.org", f"wrong {n}")) == [200] * 5 + [429]


def test_an_address_that_tries_many_accounts_is_stopped() -> None:
    tries = statuses(12, lambda n: log_in(Client(), f"person{n}@example.org", "wrong"))
    assert tries == [200] * 10 + [429] * 2


def test_right_log_ins_are_not_counted_as_tries(anna: User) -> None:
    assert statuses(12, lambda n: log_in(Client(), anna.email)) == [302] * 12


@pytest.mark.parametrize(
    ("trusted", "second_half"),
    [((), 429), ((ip_network("10.0.0.5"),), 200)],
    ids=["a stranger's header", "our proxy's header"],
)
def test_x_forwarded_for_is_believed_of_our_proxies_alone(trusted: Any, second_half: int, settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, trusted_proxies=trusted)
    client = Client(REMOTE_ADDR="10.0.0.5")
    tries = statuses(
        20,
        lambda n: log_in(client, f"p{n}@example.org", "wrong", headers={"x-forwarded-for": f"203.0.113.{n // 10}"}),
    )
    assert tries == [200] * 10 + [second_half] * 10


def test_codes_are_tried_five_times_and_fifty_times_a_day(anna: User) -> None:
    secret = factories.second_step(anna)
    client = Client()
    log_in(client, anna.email)
    path = "/accounts/2fa/authenticate/"
    wrong = statuses(6, lambda n: client.post(path, {"code": f"{n:06}"}))
    assert wrong == [200] * 5 + [429]
    assert client.post(path, {"code": code_of(secret)}).status_code == 429
    again = Client()
    log_in(again, anna.email)
    assert again.post(path, {"code": code_of(secret)}).status_code == 429, "a new session is no way round"


def test_showing_oneself_is_limited_too(anna: User, client: Client) -> None:
    client.force_login(anna)
    wrong = statuses(6, lambda n: client.post("/accounts/reauthenticate/", {"password": f"wrong {n}", "next": "/"}))
    assert wrong == [200] * 5 + [429]
    assert show_oneself(client).status_code == 429


def test_mails_to_one_address_are_limited(anna: User) -> None:
    for address in (anna.email, "nobody@example.org"):
        asked = statuses(4, lambda n, a=address: Client().post("/accounts/password/reset/", {"email": a.upper()}))
        assert asked == [302] * 3 + [429], "known or not"


@pytest.fixture
def two_portals(transactional_db: None, tmp_path: Path) -> Iterator[list[str]]:
    """Two web processes on one database."""
    environment = {**os.environ, **roles.addresses_of_this_test(), "BOOKBRIDGE_DATA": str(tmp_path)}
    ports = [free_port(8300), free_port(8400)]
    with (tmp_path / "log").open("wb") as log:
        portals = [
            subprocess.Popen(
                [sys.executable, "-m", "bookbridge", "serve", "--port", str(port)],
                env=environment,
                stdout=log,
                stderr=log,
            )
            for port in ports
        ]
        try:
            for port, portal in zip(ports, portals, strict=True):
                while not listens(port):
                    assert portal.poll() is None, (tmp_path / "log").read_text()
            yield [f"http://127.0.0.1:{port}" for port in ports]
        finally:
            for portal in portals:
                portal.terminate()
            for portal in portals:
                portal.wait(timeout=60)


def test_tries_count_over_all_web_processes(two_portals: list[str]) -> None:
    factories.user("anna@example.org")
    answers = [try_at(two_portals[number % 2], number) for number in range(7)]
    assert answers == [200] * 5 + [429] * 2


def try_at(portal: str, number: int) -> int:
    with httpx.Client(base_url=portal, timeout=60) as browser:
        form = browser.get("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert token is not None
        data = {"csrfmiddlewaretoken": token[1], "login": "anna@example.org", "password": f"wrong {number}"}
        return browser.post("/accounts/login/", data=data, headers={"origin": portal}).status_code
