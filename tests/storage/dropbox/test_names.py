"""Keys: what is taken lies where it says, can be listed and fetched; the rest is refused with a reason."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.names import check_new_name, place_of
from tests.storage.dropbox.house import HOME, House, changed, inbox, signed

TRICKS = {
    "../a.csv": "AccessDenied",
    "../../../a.csv": "AccessDenied",
    "a/../../outbox/a.csv": "AccessDenied",
    "./a.csv": "AccessDenied",
    "..\\a.csv": "AccessDenied",
    "a\\..\\..\\b.csv": "AccessDenied",
    "": "InvalidArgument",
    "/a.csv": "InvalidArgument",
    "a//b.csv": "InvalidArgument",
    "a/": "InvalidArgument",
    "a.csv/": "InvalidArgument",
    "a\\b.csv": "InvalidArgument",
    "a\x00.csv": "InvalidArgument",
    "a\n.csv": "InvalidArgument",
    "a\x7f.csv": "InvalidArgument",
    "a\u202e.csv": "InvalidArgument",
    "a\ufeff.csv": "InvalidArgument",
    "a\ufffd.csv": "InvalidArgument",
    "a.csv.": "InvalidArgument",
    "a.csv ": "InvalidArgument",
    " a.csv": "InvalidArgument",
    "\u3000a.csv": "InvalidArgument",
    "a.csv#1": "InvalidArgument",
    ".hidden": "InvalidArgument",
    "~a.csv": "InvalidArgument",
    "a.csv.part": "InvalidArgument",
    "a.TMP": "InvalidArgument",
    "a" * 201: "KeyTooLongError",
    "a" * 1024: "KeyTooLongError",
    "é" * 101: "KeyTooLongError",
    "/".join("abcdefghijklmnopq"): "InvalidArgument",
    "a/" * 600 + "a": "KeyTooLongError",
}
FINE = [
    "fmuta6.csv",
    "a b.csv",
    "a+b=c&d;e,f@g!.csv",
    "2026/03/a.csv",
    "debitr (2).csv",
    "100%25.csv",
    "50%.csv",
    "a#b.csv",
    "é.csv",
    "Ωλ 票据.csv",
    "😀.csv",
    "\uff0e\uff0e\uff0fa.csv",  # Full-width dots and slash: look-alikes that mean nothing.
    "\u2024\u2024\u2215a.csv",  # One-dot leaders and a division slash.
    "a" * 196 + ".csv",
    "?x=y.csv",
    "'\"<>|*:.csv",
]


@pytest.mark.parametrize("name", TRICKS, ids=ascii)
def test_tricks_are_refused_and_nothing_is_written(small_house: House, name: str):
    said = small_house.put(name)
    assert said.code == TRICKS[name]
    assert len(said.xml.findtext("Message")) > 20
    assert list(small_house.storage.list("")) == []
    assert small_house.ask("POST", inbox(name), query="uploads").code == TRICKS[name]


@pytest.mark.parametrize("name", FINE, ids=ascii)
def test_what_is_taken_is_where_it_says(house: House, name: str):
    assert house.put(name, b"x").status == 200
    assert house.stored() == {inbox(name): b"x"}
    assert house.ask("GET", inbox(name)).body == b"x"
    assert house.ask("GET", query="list-type=2").keys == [inbox(name)]
    assert house.ask("DELETE", inbox(name)).status == 204
    assert house.stored() == {}


def test_two_spellings_of_one_name_are_one_object(house: House):
    composed, taken_apart = "café.csv", unicodedata.normalize("NFD", "café.csv")
    assert house.put(taken_apart, b"x").status == 200
    assert house.stored() == {inbox(composed): b"x"}
    for name in (composed, taken_apart):
        assert house.ask("GET", inbox(name)).body == b"x"
    assert house.ask("GET", query="list-type=2").keys == [inbox(composed)]


def test_bytes_that_are_no_text_are_refused(small_house: House):
    request = changed(signed("PUT", f"/bookbridge/{inbox('a')}"), path=f"/bookbridge/{inbox('')}%ff.csv".encode())
    assert small_house.send(request).code == "InvalidURI"


names = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("./\\#~ %é\u0301"), max_size=30)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names)
def test_whatever_the_name_it_is_refused_or_stored_inside(small_house: House, name: str):
    before = set(_files(small_house))
    said = small_house.put(name, b"x")
    assert said.status in (200, 400, 403), said.body
    new = [path for path in set(_files(small_house)) - before if "/received/" not in path]
    if said.status == 200:
        key = inbox(unicodedata.normalize("NFC", name))
        assert new == [key]
        assert key in small_house.ask("GET", query="list-type=2").keys
        assert small_house.ask("DELETE", inbox(name)).status == 204
    else:
        assert new == []


def _files(house: House) -> list[str]:
    folder = house.storage.folder
    assert folder is not None
    return [str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_a_key_never_leads_out_of_its_boxes(key: str):
    for whole in (key, HOME.prefix + key, inbox(key), f"{HOME.prefix}outbox/{key}"):
        place, code = None, ""
        try:
            place = place_of(whole, HOME)
            check_new_name(place)
        except S3Error as error:
            code = error.code
        assert code in ("", "AccessDenied", "InvalidArgument", "KeyTooLongError")
        if place is not None and not code:
            assert place.key.startswith((inbox(""), f"{HOME.prefix}outbox/"))
            assert not {".", "..", ""} & set(place.key.split("/"))
