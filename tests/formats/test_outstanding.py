"""Outstanding items: written, read back, and the cases of the fact sheet."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.documents import OutstandingItem
from bookbridge.formats import (
    OutstandingFile,
    ProfileError,
    Reject,
    SourceItem,
    load_profile,
    read_outstanding,
    write_outstanding,
)
from tests.formats.rows import sample


def item(**values: object) -> OutstandingItem:
    common = {"kind": "sales", "external_id": "x", "relation_number": "100234", "invoice_number": "26700123"}
    amounts = {"invoice_amount": "242.00", "paid_amount": "100.00", "open_amount": "142.00"}
    return OutstandingItem.model_validate({**common, **amounts, "invoice_date": date(2026, 2, 3), **values})


def write(*items: OutstandingItem, adjust: str = "", profile: str = "dbopen_default") -> OutstandingFile:
    return write_outstanding(items, load_profile(profile, adjust))


def read(content: bytes, adjust: str = "", profile: str = "dbopen_default") -> list[SourceItem | Reject]:
    return list(read_outstanding(BytesIO(content), load_profile(profile, adjust), "dbopen.csv"))


def read_items(content: bytes, adjust: str = "", profile: str = "dbopen_default") -> list[OutstandingItem]:
    results = read(content, adjust, profile)
    assert all(isinstance(result, SourceItem) for result in results), results
    return [result.item for result in results if isinstance(result, SourceItem)]


def told(file: OutstandingFile) -> list[str]:
    return [problem.code for problem in file.problems]


def test_sample_is_read_and_written_back_byte_for_byte() -> None:
    items = read_items(sample("dbopen.csv"))
    assert [str(read.open_amount) for read in items] == ["142.00", "-60.50", "1210.00"]
    assert items[0].last_payment_date == date(2026, 2, 20)
    file = write(*items)
    assert file.content == sample("dbopen.csv")
    assert (file.rows, file.problems, file.writable) == (3, (), True)


def test_profile_of_the_documented_relative() -> None:
    file = write(item(), profile="dbopen_reflexblue7")
    names, row = file.content.decode("cp1252").splitlines()
    assert names == '"relation","invoice","date","expiration","description","invoice amount","paid"'
    assert row == '"100234","26700123","03022026","","",242.00,100.00'
    assert read_items(file.content, profile="dbopen_reflexblue7")[0].open_amount == Decimal("142.00")


def test_only_the_kinds_of_the_profile_are_written() -> None:
    both = (item(), item(kind="purchase", relation_number="200017"))
    assert write(*both).rows == 1
    file = write(*both, adjust='kinds = ["sales", "purchase"]')
    assert [line[:3] for line in file.content.split(b"\r\n")[:2]] == [b'"D"', b'"C"']


def test_paid_items_are_left_out_unless_the_scope_says_all() -> None:
    paid = item(paid_amount="242.00", open_amount="0.00")
    assert write(paid).rows == 0
    assert write(paid, adjust='scope = "all"').rows == 1


def test_overpaid_and_credit_items_are_negative() -> None:
    file = write(
        item(paid_amount="250.00", open_amount="-8.00"), item(invoice_amount="-5", paid_amount=None, open_amount="-5")
    )
    assert [read.open_amount for read in read_items(file.content)] == [Decimal("-8.00"), Decimal("-5.00")]


def test_unlinked_payment_is_left_out_and_told() -> None:
    payment = item(invoice_number=None, unmatched_payment=True, open_amount="-10")
    file = write(payment)
    assert (file.rows, told(file), file.writable) == (0, ["dbopen.unmatched_left_out"], True)
    assert write(payment, adjust='unmatched_payments = "write"').rows == 1


def test_missing_number_is_told_and_the_item_written() -> None:
    file = write(item(invoice_number=None))
    assert (file.rows, told(file)) == (1, ["dbopen.number_missing"])


def test_amounts_that_the_package_leaves_out_are_worked_out() -> None:
    by_open = write(item(invoice_amount=None, paid_amount="100.00"))
    by_invoice = write(item(paid_amount=None))
    for file in (by_open, by_invoice):
        read = read_items(file.content)[0]
        assert (read.invoice_amount, read.paid_amount) == (Decimal("242.00"), Decimal("100.00"))


def test_letters_the_encoding_lacks_are_replaced_by_the_nearest_and_told() -> None:
    file = write(item(reference="Łódź ęą 漢"))
    assert read_items(file.content)[0].reference == "Lódz ea ?"
    assert told(file) == ["dbopen.character_replaced"]
    assert file.problems[0].source
    assert (file.problems[0].source.row, file.problems[0].source.column) == (1, "reference")


def test_letters_the_encoding_lacks_can_be_refused_and_then_no_file_is_made() -> None:
    file = write(item(), item(reference="漢"), adjust='unmappable_characters = "refuse"')
    assert (file.content, file.rows, file.writable) == (b"", 0, False)
    assert told(file) == ["dbopen.character_refused"]


def test_utf8_takes_every_letter() -> None:
    file = write(item(reference="漢"), adjust='encoding = "utf-8"')
    assert file.problems == ()
    assert "漢".encode() in file.content
    with_mark = write(item(reference="漢"), adjust='encoding = "utf-8-sig"')
    assert with_mark.content.startswith(b"\xef\xbb\xbf")
    assert read_items(with_mark.content, 'encoding = "utf-8-sig"')[0].reference == "漢"


def test_line_breaks_and_quotes_are_never_written() -> None:
    file = write(item(reference='two\r\nlines "x"'))
    assert file.content.count(b"\r\n") == 1
    assert read_items(file.content)[0].reference == "two lines 'x'"
    assert told(file) == ["dbopen.text_changed"]


def test_long_references_are_cut_and_told() -> None:
    file = write(item(reference="x" * 70))
    assert read_items(file.content)[0].reference == "x" * 60
    assert told(file) == ["dbopen.text_changed"]


@pytest.mark.parametrize(
    "adjust",
    ['separator = ";"', 'decimal = "comma"', 'quoting = "all"', 'quoting = "none"', 'line_end = "lf"',
     'encoding = "cp850"', 'date_formats = "dd-mm-yyyy"', 'date_formats = "mm/dd/yyyy"', "name_row = true",
     'sign = "ledger"\nkinds = ["purchase"]',
     'decimal = "comma"\nseparator = ";"\nquoting = "none"'],
)  # fmt: skip
def test_what_a_setting_writes_the_same_setting_reads(adjust: str) -> None:
    kind = "purchase" if "purchase" in adjust else "sales"
    given = item(kind=kind, reference="Ref; a", due_date=date(2026, 3, 5), fiscal_year=2026, journal="70")
    adjust += '\nkinds = ["sales", "purchase"]' if "kinds" not in adjust else ""
    (result,) = read_items(write(given, adjust=adjust).content, adjust)
    expected = "Ref a" if 'separator = ";"\nquoting = "none"' in adjust else "Ref; a"
    assert result.model_dump(exclude={"external_id", "reference"}) == given.model_dump(
        exclude={"external_id", "reference"}
    )
    assert result.reference == expected


def test_ledger_sign_turns_purchases_round() -> None:
    file = write(item(kind="purchase"), adjust='sign = "ledger"\nkinds = ["purchase"]')
    assert b"-242.00" in file.content


def test_foreign_currency_keeps_its_decimals_and_rate() -> None:
    file = write(
        item(currency="KWD", invoice_amount="1.234", paid_amount="0", open_amount="1.234", exchange_rate="2.9")
    )
    assert b"2.900000,1.234,,0.000,1.234" in file.content


def test_open_amount_leads_when_amounts_disagree() -> None:
    content = write(item()).content.replace(b"142.00", b"140.00")
    (result,) = read(content)
    assert isinstance(result, SourceItem)
    assert result.item.open_amount == Decimal("140.00")
    assert [problem.code for problem in result.notices] == ["dbopen.amounts_disagree"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [(b'"D"', b'"X"', "dbopen.kind_unknown"), (b"142.00", b"abc", "value.amount_unreadable"),
     (b"03022026", b"31022026", "value.date_unreadable"), (b"EUR", b"EURO", "value.currency_unreadable")],
)  # fmt: skip
def test_unreadable_items_are_rejects(old: bytes, new: bytes, code: str) -> None:
    good = write(item()).content
    rejected, accepted = read(good.replace(old, new) + good)
    assert isinstance(rejected, Reject)
    assert [problem.code for problem in rejected.problems] == [code]
    assert isinstance(accepted, SourceItem)


def test_duplicate_looking_rows_are_kept() -> None:
    assert write(item(), item()).rows == 2


def test_profile_of_another_format_is_refused() -> None:
    with pytest.raises(ProfileError, match="dbopen"):
        write_outstanding([], load_profile("fmuta6_globe40"))
    with pytest.raises(ProfileError, match="dbopen"):
        read_outstanding(BytesIO(), load_profile("debitr_globe53"), "f")


codes = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
amounts = st.decimals(-(10**9), 10**9, places=2)
days = st.none() | st.dates(date(1900, 1, 1), date(2999, 12, 31))


@given(
    st.lists(
        st.builds(
            item,
            kind=st.sampled_from(["sales", "purchase"]),
            relation_number=codes,
            invoice_number=codes,
            voucher_number=st.none() | codes,
            invoice_date=days,
            due_date=days,
            reference=st.none() | st.text(st.characters(codec="cp1252", categories=["L", "N", "P", "Zs"]), max_size=60),
            invoice_amount=amounts,
            paid_amount=amounts,
            open_amount=amounts,
            vat_amount=st.none() | amounts,
            fiscal_year=st.none() | st.integers(1900, 2999),
        ),
        max_size=5,
    )
)
def test_written_items_are_read_back_the_same(items: list[OutstandingItem]) -> None:
    adjust = 'kinds = ["sales", "purchase"]\nscope = "all"'
    file = write(*items, adjust=adjust)
    back = read_items(file.content, adjust) if items else []
    changed = {"external_id", "reference"} if file.problems else {"external_id"}
    assert [one.model_dump(exclude=changed) for one in back] == [one.model_dump(exclude=changed) for one in items]


@given(st.lists(st.text(max_size=80), min_size=1, max_size=4), st.sampled_from(["cp1252", "cp850", "utf-8", "latin-1"]))
def test_no_text_breaks_the_file(texts: list[str], encoding: str) -> None:
    items = [item(reference=text, relation_name=text) for text in texts]
    file = write(*items, adjust=f'encoding = "{encoding}"')
    assert file.content.count(b"\r\n") == len(items)
    assert len(read_items(file.content, f'encoding = "{encoding}"')) == len(items)
