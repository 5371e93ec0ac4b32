"""Made-up rows of every format, as text, for tests to damage."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from bookbridge.formats import Reject, SourceDocument, load_profile, read_documents
from bookbridge.formats.layouts import CREDIT_COLUMNS, DEBITR_COLUMNS, FMUTA6_COLUMNS

SAMPLES = Path(__file__).parent.parent / "samples" / "formats"
_NUMBERS = {
    *("line_no", "amount", "exchange_rate", "credit_term_amount", "vat_amount", "blocked_account_amount"),
    *("quantity", "credit_limit", "week_no"),
}


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def row(columns: Iterable[str], values: dict[str, object], separator: str = ",", quoted: bool = True) -> str:
    cells = []
    for column in columns:
        text = str(values.get(column, ""))
        bare = not quoted or (column in _NUMBERS and separator not in text)
        cells.append(text if bare else '"' + text.replace('"', '""') + '"')
    return separator.join(cells) + "\r\n"


def entry_row(
    separator: str = ",", quoted: bool = True, columns: Iterable[str] = FMUTA6_COLUMNS, **values: object
) -> str:
    return row(columns, values, separator, quoted)


def header(**values: object) -> str:
    common = {"line_no": 0, "journal_type": "V", "journal_no": "70", "period": "2", "fiscal_year": "2026"}
    more = {"voucher_no": "26700123", "description": "Invoice", "entry_date": "03022026", "debtor_no": "100234"}
    return entry_row(**{**common, **more, "amount": "121.00", "currency": "EUR", **values})


def detail(number: int = 1, **values: object) -> str:
    common = {"line_no": number, "journal_type": "V", "journal_no": "70", "period": "2", "fiscal_year": "2026"}
    more = {"voucher_no": "26700123", "description": "Work", "entry_date": "03022026", "gl_account": "8000"}
    money = {"amount": "100.00", "vat_code": "2", "vat_amount": "21.00"}
    return entry_row(**{**common, **more, "debtor_no": "100234", **money, **values})


def sale(number: str = "26700123", **values: object) -> str:
    """A whole entry of two rows; `values` go to both."""
    return header(voucher_no=number, **values) + detail(voucher_no=number, **values)


def memorial(*amounts: str, number: str = "26900007", **values: object) -> str:
    about = {"journal_type": "M", "journal_no": "90", "voucher_no": number, "debtor_no": "", **values}
    lines = [
        detail(place, **{**about, "gl_account": "4100", "amount": amount, "vat_code": "", "vat_amount": ""})
        for place, amount in enumerate(amounts, start=1)
    ]
    return header(**{**about, "amount": "0.00"}) + "".join(lines)


def debtor(**values: object) -> str:
    return row(DEBITR_COLUMNS, {"debtor_no": "100234", "name": "Jansen", "country": "NL", **values})


def creditor(**values: object) -> str:
    return row(CREDIT_COLUMNS, {"creditor_no": "200017", "name": "De Vries", "country": "NL", **values})


def read(
    content: str | bytes, profile: str = "fmuta6_globe40", adjustments: str = "", encoding: str = "cp1252"
) -> list[SourceDocument | Reject]:
    if isinstance(content, str):
        content = content.encode(encoding)
    return list(read_documents(BytesIO(content), load_profile(profile, adjustments), "fmuta6.csv"))


def only_document(results: list[SourceDocument | Reject]) -> SourceDocument:
    assert len(results) == 1, results
    assert isinstance(results[0], SourceDocument), results[0]
    return results[0]


def only_reject(results: list[SourceDocument | Reject]) -> Reject:
    assert len(results) == 1, results
    assert isinstance(results[0], Reject), results[0]
    return results[0]


def codes(result: SourceDocument | Reject) -> list[str]:
    problems = result.problems if isinstance(result, Reject) else result.notices
    return [problem.code for problem in problems]
