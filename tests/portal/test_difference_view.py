"""What differs between what was posted and what came now, in the user's words."""

from typing import Any

from django.utils.translation import override

from bookbridge.documents import document_to_json
from bookbridge.portal.difference_view import differences
from tests import factories

BEFORE = document_to_json(factories.sales_invoice())


def rows(after: dict[str, Any], language: str = "en") -> list[tuple[str, str, str]]:
    with override(language):
        return [(each.label, str(each.was), str(each.now)) for each in differences(BEFORE, after)]


def test_the_same_differs_in_nothing() -> None:
    assert rows(BEFORE) == []


def test_each_field_is_told_in_the_user_s_form() -> None:
    first, *rest = BEFORE["lines"]
    after = {**BEFORE, "total": "1234.50", "lines": [{**first, "vat_code": "<b>9</b>"}, *rest]}
    told = {label: now.replace("\u00a0", " ") for label, _, now in rows(after)}
    assert told == {"Total": "1,234.50 EUR", "VAT code, line 1": "&lt;b&gt;9&lt;/b&gt;"}
    assert "1.234,50" in {label: now for label, _, now in rows(after, "nl")}["Totaal"]


def test_a_line_more_or_less_is_told_whole() -> None:
    [row] = rows({**BEFORE, "lines": BEFORE["lines"][:-1]})
    assert row[0] == f"Line {len(BEFORE['lines'])}"
    assert row[2] == "–"
    assert "Ledger account" in row[1]
    [row] = rows({**BEFORE, "lines": [*BEFORE["lines"], {"ledger_account": "<i>", "amount": "1.00"}]})
    assert row[1] == "–"
    assert "&lt;i&gt;" in row[2]
    assert "&amp;" not in row[2]
