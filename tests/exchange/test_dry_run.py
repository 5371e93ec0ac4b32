"""What a paused run would book: the package's codes, the same checks, balanced rows; and nothing is sent by looking."""

from decimal import Decimal

import pytest

from bookbridge.documents import InvoiceLine, JournalEntry, JournalLine, PurchaseInvoice, SalesInvoice
from bookbridge.exchange import pausing, settling
from bookbridge.exchange.decisions import Decision
from bookbridge.exchange.dry_run import REFUSED, WouldBe, rows_of, would_be
from bookbridge.exchange.models import Attempt, Run
from bookbridge.exchange.preflight import SettingsIndex
from bookbridge.integrations.connecting import known_package_settings
from bookbridge.kit.package_settings import LedgerAccount, PackageSettings, VatCode
from bookbridge.portal import words
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.exchange.test_pausing import work_on_what_is_due

INDEX = SettingsIndex(
    PackageSettings(
        ledger_accounts=(LedgerAccount(code="8000", name="Revenue"),),
        vat_codes=(VatCode(code="2", name="High", inclusive=False), VatCode(code="3", name="In", inclusive=True)),
    )
)
HEAD = {"administration": "1", "journal": "70", "fiscal_year": 2026, "entry_date": "2026-11-03"}


def shown(
    document: SalesInvoice | PurchaseInvoice | JournalEntry,
) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    return [(row.what, row.account, row.debit, row.credit) for row in rows_of(document, INDEX)]


def sale(vat: str = "exclusive", total: str = "121.00", **line: str | None) -> SalesInvoice:
    values = {"ledger_account": "8000", "amount": "100.00", "vat_code": "2", "vat_amount": "21.00", **line}
    return SalesInvoice(**HEAD, customer="100", vat=vat, total=total, lines=(InvoiceLine(**values),))


def test_a_sale_debits_the_customer_and_credits_revenue_and_vat() -> None:
    assert shown(sale()) == [
        ("relation", "100", Decimal(121), None),
        ("line", "8000", None, Decimal(100)),
        ("vat", "", None, Decimal(21)),
    ]
    assert [row.name for row in rows_of(sale(), INDEX)] == ["", "Revenue", ""]


@pytest.mark.parametrize(("vat", "code"), [("inclusive", "2"), ("by_code", "3")])
def test_vat_in_the_amount_is_taken_out_of_it(vat: str, code: str) -> None:
    assert shown(sale(vat, amount="121.00", vat_code=code)) == shown(sale())


def test_vat_that_the_file_does_not_give_is_the_packages_to_work_out() -> None:
    assert shown(sale(vat_amount=None))[-1] == ("rest", "", None, Decimal(21))
    assert shown(sale(total="120.00"))[-1] == ("difference", "", Decimal(1), None)


def test_a_purchase_and_a_credit_note_are_turned_round() -> None:
    line = InvoiceLine(ledger_account="7000", amount="100.00", vat_code="2", vat_amount="21.00")
    bought = PurchaseInvoice(**HEAD, supplier="200", vat="exclusive", total="121.00", lines=(line,))
    assert shown(bought)[0] == ("relation", "200", None, Decimal(121))
    assert shown(sale(total="-121.00", amount="-100.00", vat_amount="-21.00"))[0][3] == Decimal(121)


def test_a_memorial_entry_stands_as_its_signs_say() -> None:
    lines = tuple(JournalLine(ledger_account=code, amount=amount) for code, amount in (("1", "5"), ("2", "-5")))
    entry = JournalEntry(**HEAD, lines=lines)
    assert shown(entry) == [("line", "1", Decimal(5), None), ("line", "2", None, Decimal(5))]


def test_a_paused_run_shows_what_it_would_book_and_books_exactly_that(stage: Stage) -> None:
    """With the package's lists, which were never read before."""
    anna = factories.member(stage.configuration.organisation)
    stage.configuration.mappings = {"vat_codes": {"H": "2"}}
    stage.configuration.save(update_fields=["mappings"])
    pausing.pause(stage.configuration, anna)
    wrong = files.sale("26000003", account="8999")
    entries = files.joined(files.sale("26000001", code="H"), files.sale("26000002"), wrong)
    stage.drop(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=entries)
    work_on_what_is_due(stage)
    run = Run.objects.get()
    looked = tried(stage, run)
    assert {one.line.identifier: one.what for one in looked} == {
        "100": "send",
        "26000001": "send",
        "26000002": "send",
        "26000003": "refused",
    }
    assert [one.debit - one.credit for one in looked] == [0, 0, 0, 0]
    by_number = {one.line.identifier: one for one in looked}
    assert by_number["26000001"].document.lines[0].vat_code == "2"
    assert [problem.value for problem in by_number["26000003"].problems] == ["8999"]
    assert not Attempt.objects.exists()

    pausing.resume(stage.configuration, anna)
    stage.work()
    outcomes = {line.identifier: line.outcome for line in run.lines.all()}
    assert outcomes == {"100": "posted", "26000001": "posted", "26000002": "posted", "26000003": "refused"}
    pausing.pause(stage.configuration, anna)
    stage.drop(fmuta6__csv=files.joined(files.sale("26000001", code="H"), files.sale("26000002", amount="90.00")))
    work_on_what_is_due(stage)
    again = {one.line.identifier: one.what for one in tried(stage, Run.objects.latest("pk"))}
    assert again == {"26000001": "already_posted", "26000002": "changed"}


def tried(stage: Stage, run: Run) -> list[WouldBe]:
    lines = run.lines.select_related("posting").order_by("phase", "pk")
    return would_be(lines, stage.configuration, known_package_settings(stage.configuration))


def test_what_a_person_decided_about_stays_out_of_it_too(stage: Stage) -> None:
    anna = factories.member(stage.configuration.organisation)
    wrong = files.sale("26000002", account="8999")
    stage.run_files(debitr__csv=files.joined(files.customer("100")), fmuta6__csv=files.joined(files.sale("26000001")))
    changed = files.sale("26000001", amount="200.00", vat="42.00")
    for line in stage.run_files(fmuta6__csv=files.joined(changed, wrong)).lines.order_by("identifier"):
        decide = settling.leave_as_posted if line.identifier == "26000001" else settling.leave_out
        decide(line, "A test", anna)
    pausing.pause(stage.configuration, anna)
    run = stage.dropped(fmuta6__csv=files.joined(changed, wrong))
    work_on_what_is_due(stage)

    stage.configuration.refresh_from_db()
    settings = known_package_settings(stage.configuration)
    lines = run.lines.select_related("posting")
    assert {each.what for each in would_be(lines, stage.configuration, settings)} == {"left_out"}


def test_whatever_would_become_of_a_document_has_a_word() -> None:
    assert {decision.value for decision in Decision} | {REFUSED} == set(words.WOULD_BE)
