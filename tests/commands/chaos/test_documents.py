"""The files of a chaos run, and the many ways in which the same documents are dropped again."""

from collections import Counter
from random import Random

import pytest

from bookbridge.commands.chaos.documents import Delivery, make_delivery
from bookbridge.exchange.intake import profiles_of
from bookbridge.formats import format_of_file_name, read_documents
from bookbridge.integrations.models import Configuration
from bookbridge.kit import catalogue


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    return make_delivery(80, catalogue.stage("exact_online").codes, Random(3))


def documents_in(files: dict[str, bytes], tmp_path) -> Counter[str]:
    """What the readers find in the files, by content."""
    profiles, _ = profiles_of(Configuration())
    found: Counter[str] = Counter()
    for name, content in files.items():
        profile = format_of_file_name(name, profiles)
        assert profile is not None, f"{name} means no format"
        path = tmp_path / "file"
        path.write_bytes(content)
        with path.open("rb") as stream:
            found.update(part.document.model_dump_json() for part in read_documents(stream, profile, name))
    return found


def test_the_same_seed_makes_the_same_files():
    codes = catalogue.stage("exact_online").codes
    first, again, other = (make_delivery(30, codes, Random(seed)) for seed in (5, 5, 6))

    assert first.files == again.files
    assert first.files != other.files
    assert Counter(map(len, first.expected.values())) == Counter(map(len, again.expected.values()))


@pytest.mark.parametrize("drop", ["parts", "shuffled", "renamed"])
def test_dropped_in_another_way_the_documents_are_the_same(delivery: Delivery, drop: str, tmp_path):
    whole = documents_in(delivery.files, tmp_path)
    if drop == "renamed":
        files = delivery.renamed(Random(1))
    else:
        files = {**delivery.in_parts(4, Random(1), shuffled=drop == "shuffled"), **delivery.relations}

    assert sum(whole.values()) == delivery.document_count == 80
    assert documents_in(files, tmp_path) == whole
    assert set(files) != set(delivery.files)
