"""No exception and no lost row, whatever the bytes are."""

import csv
import re
from io import BytesIO, StringIO
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookbridge.formats import (
    Reject,
    SourceDocument,
    SourceItem,
    Summary,
    load_profile,
    read_documents,
    read_outstanding,
)
from tests.formats.rows import header, memorial, sale, sample

SAMPLES = {
    "fmuta6": sample("fmuta6.csv") + (sale("1", currency="USD") + memorial("1", "-1", number="2")).encode("cp1252"),
    "debitr": sample("debitr.csv") * 2,
    "credit": sample("credit.csv") * 2,
    "dbopen": sample("dbopen.csv"),
}
PROFILES = {
    "fmuta6": ("fmuta6_globe40", "fmuta6_financials41", "fmuta6_32", "fmuta6_30", "fmuta6_davi_dos", "fmuta_named"),
    "debitr": ("debitr_globe53", "debitr_fin54"),
    "credit": ("credit_globe51", "credit_fin52"),
    "dbopen": ("dbopen_default", "dbopen_reflexblue7"),
}
PAIRS = [(format, name) for format, names in PROFILES.items() for name in names]
Result = SourceDocument | SourceItem | Reject


def read_all(content: bytes, name: str, adjustments: str = "") -> list[Result]:
    profile = load_profile(name, adjustments)
    reader = read_outstanding if profile.format == "dbopen" else read_documents
    return list(reader(BytesIO(content), profile, "f.csv"))


def check_invariants(results: list[Result], content: bytes, name: str) -> None:
    """Positions count on, rows are never given twice, and every filled physical line is somewhere."""
    assert [result.position for result in results] == list(range(1, len(results) + 1))
    summary = Summary()
    for result in results:
        summary.add(result)
        assert "\0" not in result.raw
        result.raw.encode("utf-8")
        if isinstance(result, SourceDocument):
            # Entries are made without pydantic's checks: they must be what the checks would have made.
            assert type(result.document).model_validate(result.document.model_dump()) == result.document
        if isinstance(result, Reject):
            assert result.problems
            for problem in result.problems:
                assert problem.reason
                assert problem.remedy
                (problem.value or "").encode("utf-8")
    assert summary.rows == sum(result.row_count for result in results)
    if any(isinstance(result, Reject) and result.whole_file for result in results):
        assert len(results) == 1
        return
    profile = load_profile(name)
    starts = [row for result in results for row in rows_of(result, bool(getattr(profile, "entry_start", 0)))]
    assert len(starts) == len(set(starts)) == summary.rows
    assert_no_line_is_lost(results, content, profile.encoding, named=profile.name_row)


def rows_of(result: Result, first_twice: bool) -> tuple[int, ...]:
    if isinstance(result, SourceDocument):
        rows = result.rows[1:] if first_twice and len(result.rows) > 1 else result.rows
        return rows + result.dropped_rows
    return result.rows


def assert_no_line_is_lost(results: list[Result], content: bytes, encoding: str, *, named: bool) -> None:
    """The raw texts together are the file, but for blank rows, the mark and a row of names."""
    if content.startswith(b"\xef\xbb\xbf"):
        content, encoding = content[3:], "utf-8"
    text = content.rstrip(b"\x1a").decode(encoding.replace("-sig", ""), "surrogateescape")
    text = re.sub("[\ud800-\udfff]", lambda lost: f"\\x{ord(lost[0]) & 0xFF:02x}", text).replace("\0", "\u2400")
    given_back = "".join(result.raw for result in sorted(results, key=lambda result: result.rows[0]))
    lost = list(StringIO(text, newline=""))
    kept = list(StringIO(given_back, newline=""))
    blank = ' ,;"\t\r\n\x1a\u2400\ufeff'
    if named:
        # The row of names is no row of data; it may span lines.
        lost = lost[min((result.rows[0] for result in results), default=len(lost) + 1) - 1 :]
    wanted = sorted(line.strip(blank) for line in lost if line.strip(blank))
    found = sorted(line.strip(blank) for line in kept if line.strip(blank))
    assert found == wanted


def damaged(content: bytes, seed: int) -> bytes:
    """The content with a few bytes flipped, cut, doubled or inserted."""
    random = Random(seed)
    data = bytearray(content)
    for _ in range(random.randint(1, 6)):
        place = random.randrange(len(data)) if data else 0
        match random.randrange(6):
            case 0 if data:
                data[place] ^= 1 << random.randrange(8)
            case 1:
                data[place:place] = bytes(random.choices(b'\0\r\n",;\x1a\x81\xc3\xff01VIM', k=random.randint(1, 4)))
            case 2:
                del data[place : place + random.randint(1, 40)]
            case 3:
                end = min(len(data), place + random.randint(1, 300))
                data[place:place] = data[place:end]
            case 4:
                del data[random.randint(0, len(data)) :]
            case 5:
                data[place:place] = random.choice([b'""', b"\r\n", b'0""', b",,,,", b"1,5", "é".encode(), b"\n\r"])
    return bytes(data)


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
