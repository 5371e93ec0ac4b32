"""No organisation takes every place of the drop box."""

from collections.abc import Iterator

import pytest

from bookbridge.storage import Storage
from tests.storage.dropbox.house import FOREIGN_KEY, FOREIGN_SECRET, SIBLING_KEY, SIBLING_SECRET, House, inbox, signed


def test_one_organisation_does_not_take_every_turn(folder_storage: Storage):
    house = House(folder_storage, at_once=1)
    inner: list[int] = []

    def while_uploading() -> Iterator[bytes]:
        inner.append(house.ask("GET").status)
        yield b"abc"

    request = signed("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"abc", blocks=while_uploading())
    assert house.send(request).status == 200
    assert inner == [503]
    assert house.ask("GET").status == 200


@pytest.mark.parametrize("reads", [True, False])
def test_a_download_takes_its_organisations_turn_until_it_is_closed(folder_storage: Storage, reads: bool):
    """Whichever of its integrations asks; also when the client left before the first byte."""
    house = House(folder_storage, at_once=1)
    house.put("a.csv", b"abc")
    answer = house.box.answer(signed("GET", f"/bookbridge/{inbox('a.csv')}"))
    if reads:
        assert next(iter(answer.body)) == b"abc"
    assert house.ask("GET").code == "SlowDown"
    assert house.ask("GET", key=SIBLING_KEY, secret=SIBLING_SECRET).code == "SlowDown"
    assert house.ask("GET", key=FOREIGN_KEY, secret=FOREIGN_SECRET).status == 200
    for _ in range(2):
        answer.body.close()  # type: ignore[union-attr]
    assert house.ask("GET", key=SIBLING_KEY, secret=SIBLING_SECRET).status == 200
    assert house.box.answer(signed("GET", f"/bookbridge/{inbox('a.csv')}")).status == 200
    assert house.ask("GET").code == "SlowDown", "it was given back once, not twice"
