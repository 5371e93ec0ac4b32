"""The reconciliation of a run and of a period: as a page, as CSV and as PDF, with whatever a file may bring."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from pypdf import PdfReader

from bookbridge.exchange.models import Line, Posting, Run
from bookbridge.portal import letters, pdf, periods, sheets
from bookbridge.portal.exports import cell
from tests import factories
from tests.portal.people import today_of_a_user

pytestmark = pytest.mark.django_db
MARCH = "?since=2026-03-01&until=2026-03-31"
HOSTILE = "=1+1<script>alert(1)</script>&amp;\u202e"


@pytest.fixture
def run() -> Run:
    """A document refused and one changed since it was posted, in two currencies, one journal with a hostile name."""
    made = factories.run(factories.whole_integration())
    factories.line(made, factories.sales_invoice("1", total="1210.50"))
    factories.line(made, factories.sales_invoice("2", total="-10.25"), "refused")
    factories.line(made, factories.sales_invoice("3", total="99.99", currency="GBP", exchange_rate="1.17"), "uncertain")
    factories.line(made, factories.sales_invoice("4", total="5.00", journal=HOSTILE))
    return factories.conclude(made)


@pytest.fixture
def client_of(client: Client) -> Callable[..., Client]:
    def log_in(run: Run, role: str = "viewer", **fields: Any) -> Client:
        client.force_login(factories.member(run.organisation, role, **fields))
        return client

    return log_in


def address(run: Run, name: str = "reconciliation", query: str = MARCH) -> str:
    its = run.pk if name.startswith("run_") else run.configuration.integration_id
    return reverse(name, args=(run.organisation_id, its)) + ("" if name.startswith("run_") else query)


def content_of(client: Client, page: str) -> bytes:
    answer = client.get(page)
    assert answer.status_code == 200, page
    assert "attachment" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    return b"".join(answer.streaming_content)


def rows_of(content: bytes, delimiter: str = ",") -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_the_page_proves_the_period(run: Run, client_of: Any) -> None:
    answer = client_of(run).get(address(run))
    text = answer.content.decode()
    assert "1,210.50\u00a0EUR" in text
    assert "\u221210.25\u00a0EUR" in text
    assert text.count("Agrees") == len(answer.context["rows"]) + len(answer.context["totals"]) == 5
    assert 'class="wrong"' not in text
    assert "<script>alert" not in text


def test_a_retry_moves_the_document_to_posted(run: Run, client_of: Any) -> None:
    line = Line.objects.get(run=run, outcome="refused")
    again = factories.run(run.configuration, trigger="retry", previous=run)
    factories.line(again, factories.sales_invoice("2", total="-12.00"), posting=line.posting)
    Posting.objects.filter(pk=line.posting_id).update(state="posted")
    answer = client_of(run).get(address(run))
    (sales,) = [row for row in answer.context["rows"] if (row.journal, row.currency) == ("VK", "EUR")]
    assert (sales.file, sales.posted, sales.refused) == (Decimal("1200.25"), Decimal("1200.25"), Decimal("0.00"))
    assert "Booked otherwise than the file said" in answer.content.decode()
    assert "\u22121.75\u00a0EUR" in answer.content.decode()


def test_amounts_that_do_not_add_up_are_red_everywhere(run: Run, client_of: Any) -> None:
    Line.objects.filter(run=run, outcome="refused").delete()
    client = client_of(run)
    text = client.get(address(run)).content.decode()
    assert 'class="wrong"' in text
    assert "These amounts do not add up" in text
    rows = rows_of(content_of(client, address(run, "reconciliation_csv")))
    assert [row[-1] for row in rows[1:] if row[:2] == ["VK", "EUR"]] == ["-10.25"]


def test_no_page_asks_more_than_fifteen_queries(run: Run, client_of: Any) -> None:
    client = client_of(run)
    for name in ("reconciliation", "reconciliation_csv", "reconciliation_pdf"):
        with CaptureQueriesContext(connection) as asked:
            client.get(address(run, name))
        assert len(asked) <= 15, name


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?since=2026-03-31&until=2026-03-01", "before the first one"),
        ("?since=2020-01-01&until=2026-03-01", "two years at most"),
        ("?since=0001-01-01&until=0001-02-01", "between 1990 and 2199"),
        ("?since=9999-12-01&until=9999-12-31", "between 1990 and 2199"),
        ("?since=nonsense&until=2026-03-01", "Enter a valid date"),
        ("?since=2026-03-01", "Give both days"),
    ],
)
def test_a_period_that_makes_no_sense_is_named_at_its_field(query: str, said: str, run: Run, client_of: Any) -> None:
    client = client_of(run)
    answer = client.get(address(run, query=query))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    for name in ("reconciliation_csv", "reconciliation_pdf"):
        assert client.get(address(run, name, query))["Location"] == address(run, query=query)


def test_without_a_period_it_is_this_month(run: Run, client_of: Any) -> None:
    answer = client_of(run).get(address(run, query=""))
    today = today_of_a_user()
    assert answer.context["days"] == periods.Days(today.replace(day=1), today)
    assert "No amounts came in by file in this period" in answer.content.decode()
    assert answer.content.decode().count('aria-current="true"') >= 1


def test_quick_periods() -> None:
    today = date(2026, 1, 15)
    assert periods.last_month(today) == periods.Days(date(2025, 12, 1), date(2025, 12, 31))
    assert periods.this_year(today) == periods.Days(date(2026, 1, 1), today)
    assert periods.last_year(today) == periods.Days(date(2025, 1, 1), date(2025, 12, 31))


def test_a_day_is_a_day_of_the_user(client_of: Any) -> None:
    """23:30 UTC on the 12th is the 13th in Amsterdam."""
    run = factories.run(factories.whole_integration(), at=factories.NOW.replace(hour=23))
    factories.line(run, factories.sales_invoice("1"))
    factories.conclude(run)
    client = client_of(run, time_zone="Europe/Amsterdam")
    assert client.get(address(run, query="?since=2026-03-13&until=2026-03-13")).context["rows"]
    assert not client.get(address(run, query="?since=2026-03-12&until=2026-03-12")).context["rows"]


def test_what_is_special_about_a_period_is_said(run: Run, client_of: Any) -> None:
    posting = Posting.objects.get(key=factories.posting_key(factories.sales_invoice("1")))
    later = factories.run(run.configuration, at=factories.NOW + timedelta(days=1))
    changed = factories.sales_invoice("1", total="7.00")
    factories.line(later, changed, "skipped", reason="changed_since_posted", posting=posting)
    factories.conclude(later)
    factories.run(run.configuration, state="working")
    old = factories.run(run.configuration, lines_forgotten_at=factories.NOW)
    assert old.pk
    text = client_of(run).get(address(run)).content.decode()
    assert "1 document came with other content" in text
    assert "The lines of 1 run are no longer kept" in text
    assert "1 run has not ended yet" in text


def test_the_csv_of_a_period(run: Run, client_of: Any) -> None:
    rows = rows_of(content_of(client_of(run), address(run, "reconciliation_csv")))
    assert rows[0] == [
        *("Journal", "Currency", "Documents", "File", "Posted", "Refused", "Uncertain", "Skipped", "Waiting"),
        "Difference",
    ]
    assert rows[1:] == [
        [f"'{HOSTILE}", "EUR", "1", "5.00", "5.00", "0.00", "0.00", "0.00", "0.00", "0.00"],
        ["VK", "EUR", "2", "1200.25", "1210.50", "-10.25", "0.00", "0.00", "0.00", "0.00"],
        ["VK", "GBP", "1", "99.99", "0.00", "0.00", "99.99", "0.00", "0.00", "0.00"],
    ]


def test_the_csv_of_a_run_in_dutch(run: Run, client_of: Any) -> None:
    rows = rows_of(content_of(client_of(run, language="nl"), address(run, "run_reconciliation_csv")), ";")
    assert rows[0][0] == "Dagboek"
    assert rows[2][:6] == ["VK", "EUR", "2", "1200,25", "1210,50", "-10,25"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("-10.25"), "-10.25"),
        (Decimal("0E-2"), "0.00"),
        (Decimal("1E+3"), "1000"),
        (-5, "-5"),
        (None, ""),
        ("VK", "VK"),
        ("-10.25", "'-10.25"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("a=1", "a=1"),
        ("a\0b", "a\ufffdb"),
    ],
)
def test_no_text_of_a_csv_is_a_formula(value: Any, told: str) -> None:
    assert cell(value) == told


def test_the_pdf_of_a_period(run: Run, client_of: Any) -> None:
    content = content_of(client_of(run), address(run, "reconciliation_pdf"))
    text = text_of(content).replace("\u00a0", " ")
    for said in (
        *("Reconciliation of a period", "Camping De Eik", "Reserveringen", "1 Mar 2026 – 31 Mar 2026", "Made on"),
        *("page 1 of 1", "1,210.50 EUR", "\u221210.25 EUR", "99.99 GBP", "Everything that came in by file"),
        "<script>",
    ):
        assert said in text, said
    assert "[U+202E]" in text.replace("\n", "")
    assert PdfReader(io.BytesIO(content)).metadata["/Author"] == "Bookbridge"


def test_the_pdf_of_a_run_in_french(run: Run, client_of: Any) -> None:
    text = text_of(content_of(client_of(run, language="fr"), address(run, "run_reconciliation_pdf")))
    assert "1 210,50 EUR" in text.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Rapprochement" in text


def test_a_run_that_has_no_reconciliation_offers_none(run: Run, client_of: Any) -> None:
    client = client_of(run)
    other = factories.run(run.configuration, state="working")
    for name in ("run_reconciliation_csv", "run_reconciliation_pdf"):
        assert client.get(address(other, name)).status_code == 404
    page = client.get(reverse("run", args=(run.organisation_id, run.pk))).content.decode()
    assert "reconciliation.csv" in page
    assert "reconciliation.pdf" in page


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Verkoop – Ελλάδα Україна Łódź", "Verkoop – Ελλάδα Україна Łódź"),
        ("日本 売上", "日本 売上"),
        ("한국", "한국"),
        ("税务", "税务"),
        ("\U0001f600 \u0e01", "[U+1F600] [U+0E01]"),
        ("a\x07b", "a[U+0007]b"),
        ("שלום עולם", "שלום עולם"),
        ("VK עברית 70", "עברית"),
    ],
)
def test_any_letters_are_legible_in_a_pdf(text: str, found: str) -> None:
    """What is read from the right is drawn from the right: the reader turns it back."""
    table = sheets.Table("t", ["Journal", "File"], [[text, "1.00 EUR"]])
    with override("en"):
        content = pdf.written(sheets.Sheet("t", [("x", text)], [table]), factories.NOW)
    assert text_of(content).count(found) == 2


def test_a_long_table_goes_on_over_pages_with_its_header() -> None:
    rows = [[f"J{number}", "1.00 EUR"] for number in range(200)]
    with override("en"):
        content = pdf.written(sheets.Sheet("t", [], [sheets.Table("t", ["Journal", "File"], rows)]), factories.NOW)
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 3
    assert all("Journal" in page.extract_text() for page in pages)
    assert f"page {len(pages)} of {len(pages)}" in pages[-1].extract_text()


def test_a_font_is_only_asked_for_letters_that_it_has() -> None:
    assert list(letters.parts("aあ한", {ord("a")})) == [("", "a"), ("HeiseiKakuGo-W5", "あ"), ("HYGothic-Medium", "한")]
