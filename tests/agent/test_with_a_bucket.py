"""The same synchronisation against an S3 service that nobody here wrote."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bookbridge_agent import folder, sending
from bookbridge_agent.box import PART, Box
from bookbridge_agent.fetching import SALES
from tests.agent.desk import COMPANY, INTEGRATION, Desk, once_at
from tests.storage.buckets import Bucket, bucket_service, new_bucket

INBOX, OUTBOX = f"{COMPANY}/{INTEGRATION}/inbox/", f"{COMPANY}/{INTEGRATION}/outbox/"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with bucket_service() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(service: str) -> Bucket:
    return new_bucket(service)


@pytest.fixture
def desk(tmp_path: Path, bucket: Bucket) -> Desk:
    return Desk(tmp_path, bucket.endpoint, bucket.name)


def arrived(bucket: Bucket) -> dict[str, bytes]:
    """Key below the inbox → content."""
    listed = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=INBOX).get("Contents", [])
    return {each["Key"].removeprefix(INBOX): content(bucket, each["Key"]) for each in listed}


def content(bucket: Bucket, key: str) -> bytes:
    body: bytes = bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read()
    return body


def offer(bucket: Bucket, body: bytes, name: str = SALES) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key=OUTBOX + name, Body=body)


def names(bucket: Bucket) -> list[str]:
    return sorted(key.partition("/")[2] for key in arrived(bucket))


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 2 * PART + 17])
def test_a_file_of_any_size_arrives_byte_for_byte(desk: Desk, bucket: Bucket, size: int) -> None:
    body = os.urandom(size)
    desk.write("fmuta6.csv", body)
    assert desk.troubles() == []
    assert list(arrived(bucket).values()) == [body]
    assert desk.archived() == [body]


@pytest.mark.parametrize(
    "name", ["fmuta6 100%25 #a+b=c&d;e,f@g!~'.csv", "fmuta6 [1]{2}^`|.csv", "fmuta6 é Ωλ票据😀.csv"]
)
def test_odd_names_arrive_as_they_are(desk: Desk, bucket: Bucket, name: str) -> None:
    desk.write(name, b"a\n")
    assert desk.troubles() == []
    assert names(bucket) == [name]


def test_a_name_in_parts_is_sent_composed(desk: Desk, bucket: Bucket) -> None:
    desk.write("fmuta6 e\u0301.csv", b"a\n")
    desk.once()
    assert names(bucket) == ["fmuta6 \u00e9.csv"]


def test_relations_are_sent_before_entries(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    create = Box.create
    monkeypatch.setattr(Box, "create", lambda box, key, *rest: sent.append(key) or create(box, key, *rest))
    for name in ("fmuta6.csv", "debitr.csv", "credit.csv"):
        desk.write(name, b"a\n")
    desk.once()
    assert [key.rpartition("/")[2] for key in sent][2] == "fmuta6.csv"


def test_an_answer_that_got_lost_makes_no_second_delivery(
    desk: Desk, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("fmuta6.csv", b"a\n")
    create = Box.create

    def lost(box: Box, *given: Any) -> bool:
        create(box, *given)
        raise OSError("the line was cut")

    with monkeypatch.context() as cut:
        cut.setattr(Box, "create", lost)
        assert desk.troubles() == ["file_unreadable"]
    first = arrived(bucket)
    assert desk.troubles() == []
    assert arrived(bucket) == first
    assert (len(first), desk.archived()) == (1, [b"a\n"])


def test_one_that_was_taken_in_meanwhile_is_offered_under_the_same_name(
    desk: Desk, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform knows it again (`tests/exchange/test_offered_again.py`)."""
    desk.write("fmuta6.csv", b"a\n")
    with monkeypatch.context() as dying:
        once_at(dying, sending.Journal, "confirm", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.once()
    [key] = arrived(bucket)
    bucket.client.delete_object(Bucket=bucket.name, Key=INBOX + key)
    desk.once()
    assert arrived(bucket) == {key: b"a\n"}


@pytest.mark.parametrize("after", ["archive", "delete"])
def test_a_lost_or_damaged_journal_sends_nothing_twice(desk: Desk, bucket: Bucket, after: str) -> None:
    desk.set(after=after)
    desk.write("fmuta6.csv", b"a\n")
    desk.once()
    desk.home.journal.write_bytes(b"no database at all" * 100)
    assert desk.troubles() == []
    assert len(arrived(bucket)) == 1
    assert desk.home.journal.with_name("journal.sqlite3.damaged").exists()
    assert desk.archived() == ([b"a\n"] if after == "archive" else [])


def test_what_confirmed_before_a_crash_is_put_away_without_a_word_to_the_storage(
    desk: Desk, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("fmuta6.csv", b"a\n")
    with monkeypatch.context() as dying:
        once_at(dying, folder, "archive", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.once()
    [key] = arrived(bucket)
    bucket.client.delete_object(Bucket=bucket.name, Key=INBOX + key)
    assert desk.troubles() == []
    assert (arrived(bucket), desk.archived()) == ({}, [b"a\n"])


def test_a_file_that_changes_while_it_is_sent_arrives_as_two(
    desk: Desk, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that still has it open writes on after it was taken. Nothing of it is lost."""
    desk.write("fmuta6.csv", b"first\n")
    once_at(monkeypatch, Box, "create", lambda: desk.waiting()[0].write_bytes(b"first\nsecond\n"))
    desk.once()
    desk.once()
    assert sorted(arrived(bucket).values()) == [b"first\n", b"first\nsecond\n"]
    assert desk.archived() == [b"first\nsecond\n"]


def test_a_large_file_that_changes_while_it_is_sent_is_not_stored_as_what_it_was(
    desk: Desk, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = b"a" * PART + b"\n", b"b" * PART + b"\n"
    desk.write("fmuta6.csv", old)
    once_at(monkeypatch, Box, "create_large", lambda: desk.waiting()[0].write_bytes(new))
    desk.once()
    desk.once()
    assert list(arrived(bucket).values()) == [new]


def test_outstanding_items_are_fetched_when_they_changed(desk: Desk, bucket: Bucket, tmp_path: Path) -> None:
    sales, purchase = tmp_path / "sales.csv", tmp_path / "purchase.csv"
    desk.set(sales_output=sales, purchase_output=purchase)
    assert desk.troubles() == []
    assert not sales.exists()

    offer(bucket, b"first\n")
    offer(bucket, b"bought\n", "dbopen_purchase.csv")
    desk.once()
    assert (sales.read_bytes(), purchase.read_bytes()) == (b"first\n", b"bought\n")

    sales.write_bytes(b"the reader's own")
    desk.once()
    assert sales.read_bytes() == b"the reader's own", "it did not change, so it is left alone"

    sales.unlink()
    offer(bucket, b"second\n", "dbopen_purchase.csv")
    desk.once()
    assert (sales.read_bytes(), purchase.read_bytes()) == (b"first\n", b"second\n")


def test_a_missing_or_unwritable_output_folder_has_words_and_stops_nothing_else(
    desk: Desk, bucket: Bucket, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked.csv"
    blocked.mkdir()
    desk.set(sales_output=tmp_path / "no such folder" / "dbopen.csv", purchase_output=blocked)
    offer(bucket, b"open\n")
    offer(bucket, b"open\n", "dbopen_purchase.csv")
    desk.write("fmuta6.csv", b"a\n")
    assert sorted(desk.troubles()) == ["output_missing", "output_unwritable"]
    assert len(arrived(bucket)) == 1
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_wrong_bucket_is_named(desk: Desk) -> None:
    desk.set(bucket="another-bucket")
    desk.write("fmuta6.csv", b"a\n")
    assert desk.troubles() == ["wrong_bucket"]
    assert len(desk.waiting()) == 1


def test_a_missing_secret_is_named_and_the_files_are_taken_all_the_same(desk: Desk) -> None:
    (desk.home.folder / "secrets.json").write_text("{}")
    desk.write("fmuta6.csv", b"a\n")
    assert desk.troubles() == ["no_secret"]
    assert len(desk.waiting()) == 1


def test_a_missing_source_folder_has_words_and_keeps_no_items_away(desk: Desk, bucket: Bucket, tmp_path: Path) -> None:
    desk.set(sales_output=tmp_path / "dbopen.csv")
    offer(bucket, b"open\n")
    desk.source.rmdir()
    assert desk.troubles() == ["source_missing"]
    assert (tmp_path / "dbopen.csv").read_bytes() == b"open\n"


def test_names_that_can_not_be_sent_are_told_and_left(desk: Desk, bucket: Bucket) -> None:
    left = desk.write("fmuta6 " + "é" * 100 + ".csv", b"a\n")
    desk.write("fmuta6.csv", b"a\n")
    [trouble] = desk.once().state.troubles()
    assert "200 bytes. Rename it." in str(trouble)
    assert left.exists()
    assert names(bucket) == ["fmuta6.csv"]


def test_what_is_no_file_of_ours_is_left(desk: Desk, bucket: Bucket) -> None:
    for name in ("fmuta6.csv.part", ".fmuta6.csv", "~fmuta6.csv", "readme.txt"):
        desk.write(name, b"a\n")
    (desk.source / "fmuta6 folder.csv").mkdir()
    (desk.source / "fmuta6 link.csv").symlink_to(desk.source / "readme.txt")
    assert desk.troubles() == []
    assert arrived(bucket) == {}
    assert len(list(desk.source.iterdir())) == 6


@pytest.mark.parametrize("held", [b"a\n", b"b\n"])
def test_what_is_held_without_a_digest_is_told_apart_by_its_content(
    desk: Desk, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, held: bytes
) -> None:
    """A storage may forget what was told beside a file, and a late writer keep its size."""
    desk.write("fmuta6.csv", b"a\n")
    with monkeypatch.context() as dying:
        once_at(dying, sending.Journal, "confirm", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.once()
    [key] = arrived(bucket)
    bucket.client.put_object(Bucket=bucket.name, Key=INBOX + key, Body=held)
    desk.once()
    desk.once()
    assert sorted(arrived(bucket).values()) == sorted({held, b"a\n"})
    assert desk.archived() == [b"a\n"]
