"""The chaos run, and that it can fail: what it counts as lost and as doubled."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from bookbridge.commands.chaos import _count
from bookbridge.commands.chaos_documents import Delivery, make_delivery
from bookbridge.kit import catalogue


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    return make_delivery(40, catalogue.stage("exact_online").codes, Random(3))


def booked(delivery: Delivery) -> dict[str, list[str]]:
    return {kind: sorted(numbers) for kind, numbers in delivery.expected.items()}


def test_books_with_everything_once_are_in_order(delivery: Delivery):
    assert sum(len(numbers) for numbers in delivery.expected.values()) == delivery.document_count >= 40
    assert _count(delivery, booked(delivery)) == {"lost": 0, "duplicates": 0}


def test_each_lost_document_is_counted(delivery: Delivery):
    books = booked(delivery)
    kinds = [kind for kind, numbers in books.items() if numbers]
    for kind in kinds:
        books[kind].pop()

    assert _count(delivery, books) == {"lost": len(kinds), "duplicates": 0}
    assert _count(delivery, {kind: [] for kind in books}) == {"lost": delivery.document_count, "duplicates": 0}


def test_each_doubled_document_is_counted(delivery: Delivery):
    books = booked(delivery)
    kind = next(kind for kind, numbers in books.items() if len(numbers) > 1)
    books[kind] += [books[kind][0], books[kind][0], books[kind][1]]

    assert _count(delivery, books) == {"lost": 0, "duplicates": 3}


def test_a_document_that_nobody_sent_counts_as_doubled(delivery: Delivery):
    books = booked(delivery)
    kind = next(iter(books))
    books[kind] += ["from nowhere", "from nowhere"]

    assert _count(delivery, books) == {"lost": 0, "duplicates": 2}


def test_a_document_that_changed_places_is_lost_and_doubled(delivery: Delivery):
    books = booked(delivery)
    kind = next(iter(books))
    books[kind] = ["from nowhere", *books[kind][1:]]

    assert _count(delivery, books) == {"lost": 1, "duplicates": 1}


def test_the_same_seed_makes_the_same_files():
    codes = catalogue.stage("exact_online").codes
    first, again, other = (make_delivery(30, codes, Random(seed)) for seed in (5, 5, 6))

    assert first.files == again.files
    assert first.files != other.files
    assert Counter(map(len, first.expected.values())) == Counter(map(len, again.expected.values()))


@pytest.mark.crash
def test_a_small_chaos_run_loses_and_doubles_nothing(tmp_path: Path):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BOOKBRIDGE_")}
    ended = subprocess.run(
        [sys.executable, "-m", "bookbridge", "chaos", "--documents", "30", "--kills", "2", "--seed", "7", "--json"],
        env={**plain, "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert {name: report[name] for name in ("documents", "lost", "duplicates", "kills", "seed")} == {
        "documents": 30,
        "lost": 0,
        "duplicates": 0,
        "kills": 2,
        "seed": 7,
    }
    assert report["recovered_after_s"] > 0
    assert list(tmp_path.iterdir()) == [], "its folder is gone afterwards"
