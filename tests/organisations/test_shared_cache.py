"""The cache that all processes share: one counts what another one wrote, and of several at once one is first."""

import threading
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_what_is_set_is_there_until_its_time_has_passed() -> None:
    cache.set("tries", [1.5, 2.5], 60)
    assert cache.get("tries") == [1.5, 2.5]
    cache.set("tries", [3], -1)
    assert cache.get("tries", "nothing") == "nothing"
    cache.set("forever", "x", None)
    assert cache.get("forever") == "x"
    assert cache.touch("forever", -1)
    assert cache.get("forever") is None
    assert not cache.touch("never-there")


def test_a_key_is_added_once_and_again_when_it_has_passed() -> None:
    assert cache.add("code", "y", 60)
    assert not cache.add("code", "z", 60)
    assert cache.get("code") == "y"
    cache.touch("code", -1)
    assert cache.add("code", "z", 60)
    assert cache.delete("code")
    assert not cache.delete("code")


def test_of_many_at_once_exactly_one_adds() -> None:
    first = []
    barrier = threading.Barrier(8)

    def add() -> None:
        barrier.wait()
        first.append(cache.add("code", "y", 60))
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(first) == [False] * 7 + [True]


def test_what_has_passed_is_cleared_away() -> None:
    for number in range(400):
        cache.set(f"old-{number}", 1, -1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM organisations_shared")
        assert cursor.fetchone()[0] < 400


def test_only_plain_values_are_kept() -> None:
    """So that whoever could write in the table can't have us load code."""
    with pytest.raises(TypeError):
        cache.set("object", object())
