"""Correcting a line in the portal: what is filled in is never lost, and says at its field what is wrong with it."""

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from bookbridge.documents import JournalLine
from bookbridge.exchange.models import Correction, Line, Run
from bookbridge.portal import repair_form
from tests import factories
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
_INPUT = re.compile(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"')


@pytest.fixture
def line(settings: Any, tmp_path: Any) -> Line:
    stored_at(settings, tmp_path)
    run = factories.run_with_errors(factories.whole_integration())
    return Line.objects.select_related("run", "posting").get(run=run, identifier="26000130")


def as_a(role: str, line: Line) -> Client:
    client = Client()
    client.force_login(factories.member(line.organisation, role))
    return client


def page_of(line: Line) -> str:
    return reverse("line", args=(line.organisation_id, line.run_id, line.pk))


def save(client: Client, line: Line, **given: str) -> Any:
    address = reverse("save_correction", args=(line.organisation_id, line.run_id, line.pk))
    return client.post(address, {"version": "0", "reoffer": "1", **given})


def retry(client: Client, run: Run) -> Any:
    return client.post(reverse("retry", args=(run.organisation_id, run.pk)))


def test_who_may_not_repair_sees_the_document_and_no_form(line: Line) -> None:
    assert "Correct the document" not in as_a("viewer", line).get(page_of(line)).content.decode()
    assert "Correct the document" in as_a("bookkeeper", line).get(page_of(line)).content.decode()


def test_the_faulty_field_has_the_focus_and_says_why(line: Line) -> None:
    page = as_a("bookkeeper", line).get(page_of(line)).content.decode()
    field = next(part for part in page.split("<input") if 'name="lines.1.vat_code"' in part)
    assert "autofocus" in field
    assert 'aria-invalid="true"' in field
    assert page.count("autofocus") == 1
    assert "VAT code 9 is not known in the package." in field


def test_a_correction_is_kept_and_the_run_says_that_it_is_ready(line: Line) -> None:
    client = as_a("bookkeeper", line)
    answer = save(client, line, **{"lines.1.vat_code": "H", "description": " Boeking 8842 "})
    assert answer["Location"] == reverse("run", args=(line.organisation_id, line.run_id))
    kept = Correction.objects.get()
    assert kept.document["lines"][1]["vat_code"] == "H"
    assert kept.document["description"] == "Boeking 8842"
    unchanged = {name: value for name, value in kept.document.items() if name not in ("lines", "description")}
    assert unchanged == {name: line.document[name] for name in unchanged}

    page = client.get(answer["Location"]).content.decode()
    assert "1 change is ready" in page
    assert "Ready to be offered again" in page
    assert "1 change is ready" in as_a("viewer", line).get(answer["Location"]).content.decode()


def test_a_document_of_very_many_lines_can_be_corrected(line: Line) -> None:
    entries = tuple(
        JournalLine(ledger_account="1100" if even else "1000", amount="1.00" if even else "-1.00", description="Part")
        for _ in range(150)
        for even in (True, False)
    )
    long = factories.line(
        line.run, factories.journal_entry("26900300", lines=entries), "refused", [factories.unknown_vat_code()]
    )
    client = as_a("bookkeeper", long)
    page = client.get(page_of(long)).content.decode()
    fields = {html.unescape(name): html.unescape(value) for name, value in _INPUT.findall(page) if "." in name}
    assert len(fields) > 1000
    answer = save(client, long, **{**fields, "lines.299.description": "Mine"})
    assert answer.status_code == 302
    assert Correction.objects.get(line=long).document["lines"][299]["description"] == "Mine"


def test_what_is_wrong_stays_with_its_reason_and_nothing_is_kept(line: Line) -> None:
    answer = save(
        as_a("bookkeeper", line),
        line,
        **{
            "lines.0.amount": "1.234",
            "total": "lots",
            "entry_date": "2026-02-30",
            "journal": "",
            "description": "Mine",
        },
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    for said in ("Write the amount without a sign for thousands", "This is no amount.", "This is no date."):
        assert said in page
    for kept in ('value="1.234"', 'value="lots"', 'value="2026-02-30"', 'value="Mine"'):
        assert kept in page
    assert not Correction.objects.exists()
    needed = save(as_a("bookkeeper", line), line, journal="")
    assert "This field is needed." in needed.content.decode()


def test_what_a_user_fills_in_is_never_script(line: Line) -> None:
    attack = '"><script>alert(1)</script>'
    page = save(as_a("bookkeeper", line), line, description=attack, total="x").content.decode()
    assert "<script>alert" not in page
    save(as_a("bookkeeper", line), line, description=attack)
    assert "<script>alert" not in as_a("bookkeeper", line).get(page_of(line)).content.decode()


def test_somebody_else_was_faster(line: Line) -> None:
    anna, bram = as_a("bookkeeper", line), as_a("bookkeeper", line)
    save(anna, line, **{"lines.1.vat_code": "H"})
    late = save(bram, line, **{"lines.1.vat_code": "L", "description": "Of Bram"})
    assert late.status_code == 422
    assert "Somebody else has changed this document" in late.content.decode()
    assert "Of Bram" in late.content.decode()
    assert late.content.decode().count("It says now: ") == 2
    assert "It says now: H" in late.content.decode()
    assert Correction.objects.get().document["lines"][1]["vat_code"] == "H"


def test_retry_makes_one_run_however_often_it_is_pressed(line: Line) -> None:
    client = as_a("bookkeeper", line)
    save(client, line, **{"lines.1.vat_code": "H"})
    first, second = retry(client, line.run), retry(client, line.run)
    again = Run.objects.get(trigger="retry")
    assert first["Location"] == reverse("run", args=(line.organisation_id, again.pk))
    assert second["Location"] == reverse("run", args=(line.organisation_id, line.run_id))
    assert "Nothing is ready to be offered again" in client.get(second["Location"]).content.decode()
    assert [each.document["lines"][1]["vat_code"] for each in again.lines.all()] == ["H"]

    page = client.get(page_of(line)).content.decode()
    assert "and offered again" in page
    assert "Correct the document" not in page
    assert save(client, line, **{"lines.1.vat_code": "L"}).status_code == 302
    assert Correction.objects.get().document["lines"][1]["vat_code"] == "H"


def test_what_is_not_to_be_offered_yet_waits(line: Line) -> None:
    client = as_a("bookkeeper", line)
    address = reverse("save_correction", args=(line.organisation_id, line.run_id, line.pk))
    client.post(address, {"version": "0", "lines.1.vat_code": "H"})
    retry(client, line.run)
    assert not Run.objects.filter(trigger="retry").exists()
    assert "not to be offered yet" in client.get(page_of(line)).content.decode()


def test_a_line_that_is_in_the_books_has_no_form(line: Line) -> None:
    posted = Line.objects.filter(run=line.run, outcome="posted", document__isnull=False).first()
    assert posted is not None
    client = as_a("owner", line)
    assert "Correct the document" not in client.get(page_of(posted)).content.decode()
    assert save(client, posted, description="other").status_code == 302
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1234.50", "1234.50"), ("1234,50", "1234.50"), ("1.234,50", "1234.50"), ("1,234.50", "1234.50"), ("-5", "-5"),
     ("\u22125,00", "-5.00"), ("1 234,50", "1234.50"), ("0,5", "0.5"), ("1,0825", "1.0825")],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, amount: str) -> None:
    assert repair_form.read_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "1.234", "1,234", "12.345.678", "NaN", "Infinity", "1e9", "1e999999999", "x", "5%"]
)
def test_what_is_no_amount_or_two_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        repair_form.read_amount(text)


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_what_nobody_touched_keeps_its_content_to_the_letter(language: str) -> None:
    content = {
        "kind": "sales_invoice", "journal": "VK", "fiscal_year": 2026, "entry_date": "2026-03-11", "customer": "1",
        "total": "1234.500", "exchange_rate": "1.234", "reversal": False, "vat": "by_code", "number": "007",
        "lines": [{"ledger_account": "8000", "amount": "1234.5", "quantity": "1.000"}],
    }  # fmt: skip
    with override(language):
        form = repair_form.make(content, None, {})
        boxes = [*form.boxes, *form.more, *(box for row in form.rows for box in row)]
        read, errors = repair_form.read(content, {box.path: box.value for box in boxes})
    assert (read, errors) == (content, {})
