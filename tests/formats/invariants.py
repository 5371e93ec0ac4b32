"""What must hold of every reading, whatever the bytes are: no exception, no lost row, nothing that can't be stored."""

import re
from io import BytesIO, StringIO
from random import Random

from bookbridge.documents import document_from_json, document_to_json, fingerprint
from bookbridge.formats import (
    Reject,
    SourceDocument,
    SourceItem,
    Summary,
    load_profile,
    read_documents,
    read_outstanding,
)
from tests.formats.rows import memorial, sale, sample

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
    """What `check_results` checks, and that every filled physical line is somewhere."""
    profile = load_profile(name)
    check_results(results)
    if not any(isinstance(result, Reject) and result.whole_file for result in results):
        assert_no_line_is_lost(results, content, profile.encoding, named=profile.name_row)


def check_results(results: list[Result]) -> None:
    """Positions count on, rows are never given twice, and everything can be stored and shown."""
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
    starts = [row for result in results for row in rows_of(result)]
    assert len(starts) == len(set(starts)) == summary.rows


def check_kept(results: list[Result]) -> None:
    """A document comes back from JSON as it was, and says the same."""
    for result in results:
        if isinstance(result, SourceDocument):
            again = document_from_json(document_to_json(result.document))
            assert again == result.document
            assert fingerprint(again) == fingerprint(result.document)


def rows_of(result: Result) -> tuple[int, ...]:
    if isinstance(result, SourceDocument):
        # Where an entry has no header row, its first detail stands for it too.
        rows = result.rows[1:] if result.rows[:1] == result.rows[1:2] else result.rows
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
