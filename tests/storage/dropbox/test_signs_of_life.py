"""An agent's sign of life: written, replaced, and out of everybody's reach."""

import pytest

from bookbridge.storage.dropbox.signs_of_life import MOST_IN_A_DAY
from tests.storage.dropbox.house import FOREIGN, HOME, House

INSTALLATION = "0123456789abcdef" * 2
KEY = f"{HOME.prefix}agent/{INSTALLATION}.json"


def test_a_sign_of_life_replaces_the_one_before_and_is_no_file_for_the_books(house: House) -> None:
    assert house.ask("PUT", KEY, b'{"version": "1"}').status == 200
    assert house.ask("PUT", KEY, b'{"version": "2"}').status == 200

    assert house.stored() == {KEY: b'{"version": "2"}'}
    assert house.desk.arrived_keys == []
    assert house.desk.signs == [(KEY, b'{"version": "1"}'), (KEY, b'{"version": "2"}')]


def test_it_is_stored_though_nobody_can_be_told(house: House) -> None:
    house.desk.hears = False
    assert house.ask("PUT", KEY, b"{}").status == 200
    assert house.stored() == {KEY: b"{}"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_it_can_only_be_written(house: House, method: str) -> None:
    house.ask("PUT", KEY, b"{}")
    assert house.ask(method, KEY).status == 403
    assert house.ask(method, KEY, query="uploads").status == 403
    assert house.stored() == {KEY: b"{}"}


def test_it_stands_in_no_list(house: House) -> None:
    house.ask("PUT", KEY, b"{}")
    assert house.ask("GET", query=f"list-type=2&prefix={HOME.prefix}agent/").keys == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a.json", "InvalidArgument"),
        (f"{INSTALLATION}.json/a.json", "InvalidArgument"),
        (f"{INSTALLATION.upper()}.json", "InvalidArgument"),
        (f"{INSTALLATION}.json\n", "InvalidArgument"),
        ("../inbox/a.csv", "AccessDenied"),
    ],
)
def test_other_names_are_refused(house: House, name: str, code: str) -> None:
    assert house.ask("PUT", f"{HOME.prefix}agent/{name}", b"{}").code == code
    assert house.stored() == {}


def test_a_key_makes_no_more_of_them_than_any_company_needs(house: House) -> None:
    keys = [f"{HOME.prefix}agent/{number:032x}.json" for number in range(MOST_IN_A_DAY + 1)]
    assert {house.ask("PUT", key, b"{}").status for key in keys[:-1]} == {200}
    assert house.ask("PUT", keys[-1], b"{}").code == "SlowDown"
    assert house.ask("PUT", keys[0], b"{}").status == 200


def test_it_is_small_whole_and_ones_own(house: House) -> None:
    assert house.ask("PUT", KEY, b"x" * (16 * 1024)).status == 200
    assert house.ask("PUT", KEY, b"x" * (16 * 1024 + 1)).code == "EntityTooLarge"
    assert house.ask("PUT", KEY, query="partNumber=1&uploadId=1").status == 403
    assert house.ask("PUT", f"{FOREIGN.prefix}agent/{INSTALLATION}.json", b"{}").code == "AccessDenied"
    assert house.stored() == {KEY: b"x" * (16 * 1024)}
