"""Files that are no FMUTA6 at all, or need another profile: one reject with one clear reason, rows counted."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest

from bookbridge.formats import Reject, Summary, load_profile, read_documents
from tests.formats.rows import (
    codes,
    detail,
    entry_row,
    header,
    memorial,
    only_document,
    only_reject,
    read,
    sale,
    sample,
)


def zipped(files: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "rows"),
    [
        (b"", "file.empty", 0),
        (b"\r\n\r\n  \r\n", "file.empty", 0),
        (b"\xef\xbb\xbf", "file.empty", 0),
        (b"\x1a", "file.empty", 0),
        (gzip.compress(b"x" * 5000, mtime=0), "file.archive", None),
        (bz2.compress(b"x" * 5000), "file.archive", None),
        (lzma.compress(b"x" * 5000), "file.archive", None),
        (zipped({"fmuta6.csv": b"0" * 100_000}), "file.archive", None),
        (zipped({f"{depth}.zip": zipped({"a": b""}) for depth in range(50)}), "file.archive", None),
        (zipped({}), "file.archive", None),
        (b"fmuta6.csv".ljust(257, b"\0") + b"ustar\x0000" + b"\0" * 300, "file.archive", None),
        (b"7z\xbc\xaf\x27\x1c\0\4", "file.archive", None),
        (b"Rar!\x1a\x07\x01\0", "file.archive", None),
        (zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}), "file.workbook", None),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "file.workbook", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file.workbook", None),
        (b"BZhang,1,2\r\n", "file.not_this_format", 1),
        (bytes(range(256)) * 40, "file.binary", None),
        (b"\0" * 1000, "file.empty", 0),
        (b"<?xml version='1.0'?>\n<a/>\n", "file.markup", 2),
        (b"<!DOCTYPE html>\n<html><body>Log in</body></html>", "file.markup", 2),
        (b'{"a": 1}', "file.markup", 1),
        ('0,"V"\n'.encode("utf-16"), "file.utf16", None),
        (b"just some words\nand more\n", "file.not_this_format", 2),
        (b"a;b;c\n1;2;3\n", "file.not_this_format", 2),
    ],
)
def test_what_is_no_fmuta6_is_one_reject(content: bytes, code: str, rows: int | None) -> None:
    reject = only_reject(read(content))
    assert codes(reject) == [code]
    assert reject.whole_file
    assert rows is None or reject.row_count == rows
    assert reject.problems[0].remedy


@pytest.mark.parametrize("name", ["debitr_globe53", "credit_globe51", "fmuta_named"])
def test_an_archive_is_told_whatever_was_expected(name: str) -> None:
    reject = only_reject(read(zipped({"any.csv": b"x"}), name))
    assert codes(reject) == ["file.archive"]
    assert "ZIP" in reject.problems[0].reason
    assert "Unpack it first" in reject.problems[0].remedy


def test_empty_file_is_a_notice() -> None:
    assert only_reject(read(b"")).is_notice


def test_fentry_is_not_mistaken_for_fmuta() -> None:
    text = "".join(sale(str(n)).replace('"V"', f'"{letter}"') for n, letter in enumerate("SPSPIG"))
    assert codes(only_reject(read(text))) == ["file.fentry"]


def test_one_wrong_letter_does_not_make_a_file_fentry() -> None:
    assert [len(codes(result)) for result in read(sale("1") + sale("2", journal_type="S"))] == [0, 1]


def test_company_number_in_front_names_the_fitting_profile() -> None:
    text = "".join(f"007,{line}\r\n" for line in (header() + detail()).splitlines())
    reject = only_reject(read(text))
    assert codes(reject) == ["file.other_layout"]
    assert "fmuta6_financials41" in reject.problems[0].reason


def test_forty_columns_read_with_the_profile_of_32() -> None:
    text = "".join(
        entry_row(separator=";", line_no=line, journal_type="V", journal_no="70", entry_date="03022026", debtor_no="1",
                  gl_account="8" * line, amount="5.00", reserved_33="x")
        for line in (0, 1)
    )  # fmt: skip
    reject = only_reject(read(text, "fmuta6_32"))
    assert codes(reject) == ["file.other_layout"]
    assert "fmuta6_globe40" in reject.problems[0].reason


def test_relations_read_as_entries() -> None:
    assert codes(only_reject(read(sample("debitr.csv")))) == ["file.not_this_format"]


def test_sole_damaged_entry_has_its_own_reason() -> None:
    assert codes(only_reject(read(sale(journal_type="Q")))) == ["fmuta6.journal_type_unknown"]


def test_profile_of_32_columns() -> None:
    columns = [f"c{n}" for n in range(32)]
    assert columns
    text = "".join(
        ";".join(line.replace('"', "").split(",")[:32]) + "\r\n" for line in (header() + detail()).splitlines()
    )
    assert str(only_document(read(text, "fmuta6_32")).document.total) == "121.00"


def test_profile_of_30_columns() -> None:
    text = "".join(",".join(line.split(",")[:30]) + "\r\n" for line in memorial("5.00", "-5.00").splitlines())
    assert only_document(read(text.replace("03022026", "03-02-26"), "fmuta6_30")).document.kind == "journal_entry"


def test_profile_of_dos_files() -> None:
    text = header(entry_date="030205", description="Café", fiscal_year="05") + detail(
        entry_date="030205", amount="121.00", fiscal_year="05"
    ).replace('"",', '"",')
    text = text.replace('121.00,"",', '121.00"",')
    result = only_document(read(text, "fmuta6_davi_dos", encoding="cp850"))
    assert (str(result.document.entry_date), result.document.description) == ("2005-02-03", "Café")
    assert result.document.vat == "inclusive"
    assert set(codes(result)) == {"file.comma_repaired"}


NAMES = "Regelnr;DagboekType;Dagboek;Datum;Boekstuknummer;Debiteur;Grootboekrekening;Bedrag;BTW-code;BTW-bedrag;Incl_Excl;HeaderOmschrijving;RegelOmschrijving;Iets"  # noqa: E501


def _named(*rows: str) -> bytes:
    return ("\ufeff" + "\r\n".join((NAMES, *rows)) + "\r\n").encode()


def test_columns_by_name_without_header_rows() -> None:
    results = read(
        _named(
            "1;V;70;03022026;1;100;8000;121,00;2;21,00;Incl;Factuur;Werk;x",
            "2;V;70;03022026;1;100;8000;60,50;2;10,50;Incl;Factuur;Meer;x",
            "1;V;70;03022026;2;100;8000;100,00;2;21,00;Excl;Tweede;Werk;x",
        ),
        "fmuta_named",
    )
    first, second = (result.document for result in results)  # type: ignore[union-attr]
    assert (first.number, str(first.total), first.vat) == ("1", "181.50", "inclusive")
    assert (first.description, first.lines[1].description) == ("Factuur", "Meer")
    assert (second.number, str(second.total), second.vat) == ("2", "121.00", "exclusive")
    assert results[0].rows == (2, 2, 3)
    assert [result.row_count for result in results] == [2, 1]


def test_incl_and_excl_in_one_entry_are_refused() -> None:
    reject = only_reject(
        read(
            _named(
                "1;V;70;03022026;1;100;8000;121,00;2;21,00;Incl;F;W;x",
                "2;V;70;03022026;1;100;8000;60,50;2;10,50;Excl;F;W;x",
            ),
            "fmuta_named",
        )
    )
    assert codes(reject) == ["fmuta6.disagrees"]


def test_row_of_names_that_lacks_columns() -> None:
    reject = only_reject(read("Foo;Bar\r\n1;2\r\n", "fmuta_named"))
    assert codes(reject) == ["file.name_row_incomplete"]
    assert "gl_account" in reject.problems[0].reason


def test_own_names_for_columns() -> None:
    text = _named("1;V;70;03022026;1;100;8000;121,00;2;21,00;Incl;F;W;x").decode().replace("Bedrag", "Euros", 1)
    adjusted = read(text.encode(), "fmuta_named", '[column_names]\nEuros = "amount"')
    assert str(only_document(adjusted).document.total) == "121.00"


def test_reordered_columns() -> None:
    text = "0,V,70,03022026,100,,121.00\r\n1,V,70,03022026,,8000,121.00\r\n"
    adjustments = """
        columns = ["line_no", "journal_type", "journal_no", "entry_date", "debtor_no", "gl_account", "amount"]
        min_columns = 7
        max_columns = 7
    """
    assert str(only_document(read(text, adjustments=adjustments)).document.total) == "121.00"


class _Endless(BytesIO):
    """A stream that gives its part again and again without holding it."""

    def __init__(self, part: bytes, times: int) -> None:
        super().__init__()
        self._part, self._left = part, times

    def read(self, size: int | None = -1) -> bytes:
        self._left -= 1
        return self._part if self._left >= 0 else b""


def _results(stream: BytesIO) -> Iterator[object]:
    return read_documents(stream, load_profile("fmuta6_globe40"), "f")


def test_line_without_end_is_one_row_and_bounded() -> None:
    reject = only_reject(list(_results(_Endless(b"x" * 262144, 40))))  # type: ignore[arg-type]
    assert reject.row_count == 1
    assert len(reject.raw) < 10_000


def test_endless_row_between_entries_is_told_alone() -> None:
    long = "z" * 3_000_000 + "\r\n"
    results = read(sale("1") + long + sale("2"))
    assert [isinstance(result, Reject) for result in results] == [False, True, False]
    assert "file.row_too_long" in codes(results[1])
    assert len(results[1].raw) < 70_000


def test_stream_that_reads_byte_by_byte() -> None:
    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(1)

    assert len(list(_results(Slow(sample("fmuta6.csv"))))) == 3


def test_whole_file_reject_keeps_the_sum_of_rows() -> None:
    summary = Summary()
    for result in read(b"nothing,of\r\nthe,kind\r\n\r\n"):
        summary.add(result)
    assert (summary.rows, summary.rejects) == (2, 1)
