"""Correcting rows that could not be read: every cell under its column's name, and nothing that is filled in is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookbridge.exchange import intake, repair
from bookbridge.exchange.models import Line, RowCorrection, Run
from bookbridge.integrations.models import PackageCache
from bookbridge.kit.package_settings import LedgerAccount, PackageSettings
from bookbridge.portal import row_form
from tests import factories
from tests.formats.rows import detail as detail_row
from tests.formats.rows import header, sale
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
UNREADABLE = sale("26700009", entry_date="31022026")
Make = Callable[..., Line]


@pytest.fixture
def make(settings: Any, tmp_path: Any) -> Make:
    """A line of rows that could not be read, with the file that it came in."""
    folder = stored_at(settings, tmp_path)
    configuration = factories.configuration(factories.integration(factories.organisation()), mappings={})

    def made(rows: str = UNREADABLE, of: Any = None) -> Line:
        run = factories.run(of or configuration, result="with_errors")
        path = folder / factories.delivery(run, state="waiting").archive_key
        path.parent.mkdir(parents=True)
        path.write_bytes((sale("26700001") + rows).encode("cp1252"))
        intake.take_in(run)
        factories.conclude(run)
        return Line.objects.get(run=run, reason="not_read")

    return made


@pytest.fixture
def line(make: Make) -> Line:
    return make()


def as_a(role: str, line: Line) -> Client:
    client = Client()
    client.force_login(factories.member(line.organisation, role))
    return client


def page_of(line: Line) -> str:
    return reverse("line", args=(line.organisation_id, line.run_id, line.pk))


def shown(client: Client, line: Line) -> str:
    return client.get(page_of(line)).content.decode()


def save(client: Client, line: Line, given: dict[str, str] | None = None, **more: str) -> Any:
    address = reverse("save_rows", args=(line.organisation_id, line.run_id, line.pk))
    right = {"3.entry_date": "28022026", "4.entry_date": "28022026"}
    return client.post(address, {"version": "0", "reoffer": "1", **right, **(given or {}), **more})


def leave_out(client: Client, line: Line, **given: str) -> Any:
    address = reverse("leave_rows_out", args=(line.organisation_id, line.run_id, line.pk))
    return client.post(address, {"version": "0", **given})


def input_of(page: str, name: str) -> str:
    return next(part for part in page.split("<input") if f'name="{name}"' in part)


def test_who_may_not_repair_sees_the_rows_and_no_form(line: Line) -> None:
    page = shown(as_a("viewer", line), line)
    assert "Correct the rows" not in page
    assert "31022026" in page
    assert save(as_a("viewer", line), line).status_code == 403


def test_every_cell_stands_under_its_columns_name_and_the_faulty_one_has_the_focus(line: Line) -> None:
    client = as_a("bookkeeper", line)
    with CaptureQueriesContext(connection) as asked:
        page = shown(client, line)
    assert len(asked) <= 15
    assert "Row 3 of the file" in page
    assert "Row 4 of the file" in page
    faulty = input_of(page, "3.entry_date")
    assert "Column: Date" in page
    assert "autofocus" in faulty
    assert 'aria-invalid="true"' in faulty
    assert "31022026" in faulty
    assert page.count("autofocus") == 1
    for name, value in {"3.debtor_no": "100234", "4.gl_account": "8000", "4.amount": "100.00"}.items():
        assert f'value="{value}"' in input_of(page, name)
    for label in (">Voucher number<", ">Date<", ">Ledger account<", ">Reserved 40<"):
        assert label in page


def test_a_correction_is_kept_and_the_run_says_that_it_is_ready(line: Line) -> None:
    client = as_a("bookkeeper", line)
    run_page = reverse("run", args=(line.organisation_id, line.run_id))
    assert "Can be corrected." in client.get(run_page).content.decode()
    answer = save(client, line)
    assert answer["Location"] == run_page
    kept = RowCorrection.objects.get()
    assert kept.document["entry_date"] == "2026-02-28"
    assert kept.changes == {"3.entry_date": ["31022026", "28022026"], "4.entry_date": ["31022026", "28022026"]}
    with CaptureQueriesContext(connection) as asked:
        page = client.get(run_page).content.decode()
    assert len(asked) <= 15
    assert "1 change is ready" in page
    assert "Ready to be offered again" in page
    assert "ready to be offered again" in shown(client, line)

    client.post(reverse("retry", args=(line.organisation_id, line.run_id)))
    again = Run.objects.get(trigger="retry")
    assert again.lines.get().document["entry_date"] == "2026-02-28"
    page = shown(client, line)
    assert "and offered as Sales invoice 26700009" in page
    assert reverse("line", args=(line.organisation_id, again.pk, again.lines.get().pk)) in page
    assert "Correct the rows" not in page
    assert save(client, line, version="1").status_code == 302
    assert RowCorrection.objects.get().version == 1
    assert "Offered again" in client.get(run_page).content.decode()


def test_what_is_wrong_stays_at_its_cell_and_nothing_is_lost(line: Line) -> None:
    client = as_a("bookkeeper", line)
    given = {"3.entry_date": "31022026", "3.description": "Mine", "4.amount": "1.2.3", "4.description": "Yours"}
    answer = save(client, line, given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "autofocus" in input_of(page, "3.entry_date")
    assert 'value="Mine"' in input_of(page, "3.description")
    assert 'value="1.2.3"' in input_of(page, "4.amount")
    assert "is no date" in input_of(page, "3.entry_date")
    assert not RowCorrection.objects.exists()
    page = save(client, line, given, **{"3.entry_date": "28022026"}).content.decode()
    assert 'aria-invalid="true"' in input_of(page, "4.amount")
    assert 'value="Yours"' in input_of(page, "4.description")


def test_what_makes_two_documents_of_it_is_told(line: Line) -> None:
    answer = save(as_a("bookkeeper", line), line, {"4.line_no": "0"})
    assert answer.status_code == 422
    assert not RowCorrection.objects.exists()


@pytest.mark.parametrize("attack", ['"><script>alert(1)</script>', 'x","0","V","70"\r\n0,V,70', "=cmd|' /C calc'!A0"])
def test_what_is_filled_in_is_one_cell_and_never_script(attack: str, line: Line) -> None:
    client = as_a("bookkeeper", line)
    page = save(client, line, {"3.description": attack, "3.entry_date": "x"}).content.decode()
    assert "<script>alert" not in page
    save(client, line, {"4.description": attack})
    kept = RowCorrection.objects.get()
    assert len(kept.document["lines"]) == 1
    assert kept.document["lines"][0]["description"].split() == attack.split()
    assert "<script>alert" not in shown(client, line)


def test_what_the_package_would_refuse_is_accepted_by_whoever_has_seen_it(line: Line) -> None:
    settings = PackageSettings(ledger_accounts=(LedgerAccount(code="8010", name="Other"),), unknown=_ALL_BUT_ACCOUNTS)
    own = {"organisation": line.organisation, "configuration": line.run.configuration}
    PackageCache.objects.create(**own, settings=settings.model_dump(mode="json"), fetched_at=factories.NOW)
    client = as_a("bookkeeper", line)
    answer = save(client, line)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "ledger account 8000" in input_of(page, "4.gl_account")
    seen = input_of(page, "accepted").partition('value="')[2].partition('"')[0]
    assert save(client, line, accepted="other").status_code == 422
    assert save(client, line, accepted=seen).status_code == 302
    assert RowCorrection.objects.get().is_ready
    answer = save(client, line, {"4.gl_account": "8010"}, version="1", accepted=seen)
    assert answer.status_code == 302


_ALL_BUT_ACCOUNTS = (
    *("vat_codes", "journals", "periods", "currencies"),
    *("payment_conditions", "cost_centres", "cost_units"),
)


def test_somebody_else_was_faster(line: Line) -> None:
    anna, bram = as_a("bookkeeper", line), as_a("bookkeeper", line)
    save(anna, line, {"3.description": "Of Anna"})
    late = save(bram, line, {"3.description": "Of Bram"})
    page = late.content.decode()
    assert late.status_code == 422
    assert "Somebody else has changed this document" in page
    assert 'value="Of Bram"' in input_of(page, "3.description")
    assert "It says now: Of Anna" in input_of(page, "3.description")
    assert RowCorrection.objects.get().cells[0][6] == "Of Anna"


def test_the_same_rows_once_more_lead_to_what_became_of_them(make: Make, line: Line) -> None:
    client = as_a("bookkeeper", line)
    save(client, line)
    client.post(reverse("retry", args=(line.organisation_id, line.run_id)))
    document = Run.objects.get(trigger="retry").lines.get()
    again = make(of=line.run.configuration)
    page = shown(client, again)
    assert "The same rows came before" in page
    assert "They are Sales invoice 26700009" in page
    assert reverse("line", args=(line.organisation_id, document.run_id, document.pk)) in page
    assert "Correct the rows" not in page
    assert save(client, again)["Location"] == page_of(again)
    assert leave_out(client, again, reason="The same").status_code == 302
    assert RowCorrection.objects.get(line=again).reason == "The same"


def test_rows_are_left_out_with_a_reason(make: Make, line: Line) -> None:
    client = as_a("bookkeeper", line)
    assert leave_out(client, line).status_code == 422
    assert leave_out(client, line, reason="Booked by hand")["Location"] == page_of(line)
    page = shown(client, line)
    assert "Not to be sent, as" in page
    assert "Booked by hand" in page
    assert "Not to be sent" in client.get(reverse("run", args=(line.organisation_id, line.run_id))).content.decode()
    assert repair.ready(line.run) == 0
    again = shown(client, make(of=line.run.configuration))
    assert "decided on" in again
    assert "Correct the rows" in again
    assert leave_out(client, line, reason="Late").status_code == 302
    assert RowCorrection.objects.get().reason == "Booked by hand"


def test_the_trail_tells_which_cell_said_what(line: Line) -> None:
    client = as_a("bookkeeper", line)
    save(client, line)
    page = client.get(reverse("line_trail", args=(line.organisation_id, line.run_id, line.pk))).content.decode()
    assert "Rows corrected" in page
    assert "Date, row 3" in page
    assert "31022026" in page
    assert "28022026" in page
    whole = client.get(reverse("trail", args=(line.organisation_id,))).content.decode()
    assert "Date, row 3" in whole
    assert "28022026" not in whole


def test_rows_of_which_not_all_is_kept_say_so(line: Line) -> None:
    Line.objects.filter(pk=line.pk).update(raw=line.raw + "…\n(the rest is left out here)")
    client = as_a("bookkeeper", line)
    assert "too long to be corrected here" in shown(client, line)
    assert save(client, line).status_code == 302
    assert not RowCorrection.objects.exists()


def test_an_entry_of_many_rows_has_the_columns_that_it_uses(make: Make) -> None:
    rows = header(voucher_no="26700009", entry_date="x") + "".join(
        detail_row(number, voucher_no="26700009") for number in range(1, 121)
    )
    page = shown(as_a("bookkeeper", make(rows)), Line.objects.latest("pk"))
    assert "Row 123 of the file" in page
    assert page.count("<input") < row_form.MOST_CELLS
    assert "reserved_40" not in page


def test_line_ends_that_a_browser_takes_out_stay_where_nobody_touched_them() -> None:
    assert row_form._filled("two\r\nlines", "twolines") == "two\r\nlines"
    assert row_form._filled("two\r\nlines", None) == "two\r\nlines"
    assert row_form._filled("two\r\nlines", "one line") == "one line"


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_it_is_said_in_the_users_language(language: str, line: Line) -> None:
    client = Client()
    client.force_login(factories.member(line.organisation, "bookkeeper", language=language))
    page = shown(client, line)
    assert {"nl": ">Boekstuknummer<", "fr": ">Numéro de pièce<"}[language] in page
    assert "Correct the rows" not in page
