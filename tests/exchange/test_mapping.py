"""The source's codes become the package's."""

from datetime import date
from decimal import Decimal

from bookbridge.documents import Customer, JournalEntry, JournalLine, SalesInvoice
from bookbridge.exchange.mapping import mapped

INVOICE = SalesInvoice(
    journal="V1",
    fiscal_year=2026,
    entry_date=date(2026, 11, 3),
    customer="7",
    total=Decimal(121),
    payment_condition="30D",
    lines=[{"ledger_account": "O1", "amount": "100", "vat_code": "H", "cost_centre": "A"}],
)
MAPPINGS = {
    "journals": {"V1": "70"},
    "ledger_accounts": {"O1": "8000"},
    "vat_codes": {"H": "2"},
    "payment_conditions": {"30D": "30"},
    "cost_centres": {"A": "100"},
}


def test_every_code_of_an_invoice_is_mapped():
    found = mapped(INVOICE, MAPPINGS)
    line = found.lines[0]
    assert (found.journal, found.payment_condition) == ("70", "30")
    assert (line.ledger_account, line.vat_code, line.cost_centre) == ("8000", "2", "100")
    assert found.customer == "7"


def test_a_code_without_an_entry_stays_as_it_is():
    assert mapped(INVOICE, {}) == INVOICE


def test_memorial_lines_and_relations_are_mapped_too():
    entry = JournalEntry(
        journal="M",
        fiscal_year=2026,
        entry_date=date(2026, 11, 3),
        lines=[
            JournalLine(ledger_account="O1", amount=Decimal(1)),
            JournalLine(ledger_account="X", amount=Decimal(-1)),
        ],
    )
    assert [line.ledger_account for line in mapped(entry, MAPPINGS).lines] == ["8000", "X"]
    customer = Customer(number="7", name="Name", payment_condition="30D", ledger_account="O1")
    assert (mapped(customer, MAPPINGS).payment_condition, mapped(customer, MAPPINGS).ledger_account) == ("30", "8000")
