"""No exception and no lost row, whatever the bytes are."""

import csv
from io import StringIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.formats.invariants import PAIRS, PROFILES, SAMPLES, check_invariants, damaged, read_all
from tests.formats.rows import header, memorial, sale, sample


@pytest.mark.parametrize(("format", "name"), PAIRS)
def test_damaged_samples_lose_no_row(format: str, name: str) -> None:
    for seed in range(150):
        content = damaged(SAMPLES[format], seed)
        check_invariants(read_all(content, name), content, name)


@pytest.mark.parametrize(("format", "name"), PAIRS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400))
def test_any_bytes(format: str, name: str, content: bytes) -> None:
    check_invariants(read_all(content, name), content, name)


pieces = st.sampled_from(
    ["0", "1", "2", "V", "I", "M", '"', '""', ",", ";", "\r\n", "\n", "\r", "70", "100.00", "1,5", "03022026", "é",
     "\0", "\x1a", " ", "26700123", header(), sale("1"), memorial("1", "-1")]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=60), st.sampled_from(["cp1252", "utf-8", "utf-16", "cp850", "utf-8-sig"]))
def test_any_mixture_of_what_files_are_made_of(parts: list[str], encoding: str) -> None:
    content = "".join(parts).encode(encoding)
    check_invariants(read_all(content, "fmuta6_globe40"), content, "fmuta6_globe40")


@pytest.mark.parametrize("format", ["fmuta6", "debitr", "credit", "dbopen"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp850", "cp037"])
def test_samples_in_every_encoding(format: str, encoding: str) -> None:
    content = SAMPLES[format].decode("cp1252").encode(encoding)
    name = PROFILES[format][0]
    check_invariants(read_all(content, name), content, name)


@pytest.mark.parametrize("format", ["fmuta6", "debitr", "credit", "dbopen"])
def test_every_truncation(format: str) -> None:
    content, name = SAMPLES[format], PROFILES[format][0]
    for end in range(0, len(content), 3):
        check_invariants(read_all(content[:end], name), content[:end], name)


def test_rows_of_a_sound_file_are_as_many_as_the_csv_module_finds() -> None:
    content = SAMPLES["fmuta6"]
    rows = sum(1 for _ in csv.reader(StringIO(content.decode("cp1252"), newline="")))
    assert sum(result.row_count for result in read_all(content, "fmuta6_globe40")) == rows


def test_many_broken_rows_end_in_reasonable_time_and_memory() -> None:
    content = b'0,"V","open\r\n' * 20_000
    results = read_all(sample("fmuta6.csv") + content, "fmuta6_globe40")
    assert sum(result.row_count for result in results) == 20_008
    assert max(len(result.rows) for result in results) <= 1000
