"""Keys that no object can have: nothing is there, and asking for it is no failure of ours."""

import pytest

from bookbridge.storage import Storage
from tests.storage.dropbox.house import House, inbox

ODD = [
    "/x",
    "a//b",
    "a/",
    "a\0b",
    "a\tb",
    "a\x7fb",
    "n" * 300,
    "é" * 128,
    "a#1",
    "a#1/b",
    "n" * 300 + "/b",
    "k/" * 20 + "x",
]
TOO_LONG = ["k/" * 3000 + "x", "n" * 1025]


@pytest.mark.parametrize("name", ODD)
def test_nothing_is_there(house: House, name: str):
    house.put("a", b"the file beside")
    said = house.ask("GET", inbox(name))
    assert (said.status, said.code) == (404, "NoSuchKey")
    assert house.ask("HEAD", inbox(name)).status == 404
    assert house.ask("DELETE", inbox(name)).status == 204
    assert house.stored() == {inbox("a"): b"the file beside"}
    assert house.desk.removed_keys == []


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_key_that_is_too_long_for_s3(house: House, name: str):
    assert house.ask("GET", inbox(name)).code == "KeyTooLongError"
    assert house.ask("HEAD", inbox(name)).status == 400
    assert house.ask("DELETE", inbox(name)).status == 204


def test_every_key_of_a_list_is_answered_for_itself(small_house: House):
    small_house.put("last.csv")
    told = delete(small_house, [inbox("a//b"), "elsewhere", inbox("n" * 300), inbox("x/y"), inbox("last.csv")])
    assert told == {
        "Deleted": [inbox("a//b"), inbox("n" * 300), inbox("x/y"), inbox("last.csv")],
        "Error": ["AccessDenied"],
    }
    assert small_house.stored() == {}


def test_a_storage_that_fails_for_one_key_fails_for_no_other(small_house: House):
    for name in ("a.csv", "b.csv"):
        small_house.put(name)
    folder = small_house.storage.local_path(inbox("looped"))
    assert folder is not None
    folder.symlink_to(folder.name)
    told = delete(small_house, [inbox("a.csv"), inbox("looped/x"), inbox("b.csv")])
    assert told == {"Deleted": [inbox("a.csv"), inbox("b.csv")], "Error": ["InternalError"]}


def delete(house: House, keys: list[str]) -> dict[str, list[str]]:
    body = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    said = house.ask("POST", "", f"<Delete>{body}</Delete>".encode(), query="delete")
    assert said.status == 200
    return {
        "Deleted": [each.text for each in said.xml.findall("Deleted/Key")],
        "Error": [each.text for each in said.xml.findall("Error/Code")],
    }


def test_a_bucket_may_hold_names_that_a_folder_can_not(bucket_storage: Storage):
    house, name = House(bucket_storage), "n" * 300
    bucket_storage.put(inbox(name), b"theirs")
    assert house.ask("GET", inbox(name)).body == b"theirs"
    assert house.ask("DELETE", inbox(name)).status == 204
    assert house.stored() == {}
