"""Made-up documents of every kind, for property tests."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from bookbridge.documents import (
    Customer,
    Document,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PurchaseInvoice,
    SalesInvoice,
    Supplier,
)

codes = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)
texts = st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
amounts = st.decimals(Decimal(-(10**9)), Decimal(10**9), places=2)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))

_line = {
    "ledger_account": codes,
    "amount": amounts,
    "vat_code": st.none() | codes,
    "vat_amount": st.none() | amounts,
    "description": texts,
    "cost_centre": st.none() | codes,
    "quantity": st.none() | amounts,
}
_head = {
    "administration": st.none() | codes,
    "number": st.none() | codes,
    "journal": codes,
    "fiscal_year": st.integers(1900, 2999),
    "period": st.none() | st.integers(1, 99),
    "entry_date": days,
    "description": texts,
    "currency": st.sampled_from(["EUR", "USD", "JPY", "KWD"]),
    "reversal": st.booleans(),
}
_invoice = {
    **_head,
    "due_date": st.none() | days,
    "invoice_number": st.none() | codes,
    "your_reference": st.none() | codes,
    "vat": st.sampled_from(["exclusive", "inclusive", "by_code"]),
    "total": amounts,
    "lines": st.lists(st.builds(InvoiceLine, **_line), min_size=1, max_size=3),
}
_relation = {
    "number": codes,
    "name": st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=30),
    "city": texts,
    "vat_number": st.none() | codes,
    "credit_limit": st.none() | amounts,
    "blocked": st.none() | st.booleans(),
}
documents: st.SearchStrategy[Document] = st.one_of(
    st.builds(Customer, **_relation),
    st.builds(Supplier, our_customer_number=st.none() | codes, **_relation),
    st.builds(SalesInvoice, customer=codes, **_invoice),
    st.builds(PurchaseInvoice, supplier=codes, **_invoice),
    st.builds(
        JournalEntry,
        lines=st.lists(st.builds(JournalLine, customer=st.none() | codes, **_line), min_size=1, max_size=3),
        **_head,
    ),
)
