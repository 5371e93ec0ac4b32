"""What the Exact Online simulator books, and what it refuses as Exact does."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookbridge.connectors.exact_online.simulator import SECOND_DIVISION
from tests.connectors.exact_online.simulator_calls import (
    MEMORIALS,
    NOBODY,
    PURCHASES,
    SALES,
    Caller,
    line,
    memorial,
    message,
    purchase,
    running_simulator,
)


@pytest.fixture
def exact() -> Iterator[Caller]:
    with running_simulator() as caller:
        yield caller


def ledger_of(exact: Caller, entry_id: str) -> list[tuple[str, float]]:
    rows = exact.rows("financialtransaction/TransactionLines", filter=f"EntryID eq guid'{entry_id}'")
    return [(row["GLAccountCode"], row["AmountDC"]) for row in rows]


# --- relations


def test_account_codes_are_padded_and_unique(exact: Caller) -> None:
    made = exact.made("crm/Accounts", {"Name": "Kees", "Code": "4711", "Status": "C"})
    assert made["Code"] == "              4711"
    assert exact.rows("crm/Accounts", filter="Code eq '4711'") == []
    assert len(exact.rows("crm/Accounts", filter="Code eq '              4711'")) == 1
    assert exact.refused("crm/Accounts", {"Name": "Piet", "Code": " 4711"}) == "Gegeven bestaat reeds."
    numbered = exact.made("crm/Accounts", {"Name": "Piet"})
    assert numbered["Code"].strip().isdigit()
    url = f"/api/v1/{exact.division}/crm/Accounts(guid'{numbered['ID']}')"
    assert exact.http.put(url, json={"Code": "4711"}).status_code == 500
    assert exact.http.put(url, json={"City": "Epe"}).status_code == 204
    read = exact.rows("crm/Accounts", filter=f"ID eq guid'{numbered['ID']}'")[0]
    assert (read["City"], read["Name"], read["Code"]) == ("Epe", "Piet", numbered["Code"])
    assert len(exact.books()["accounts"]) == 2


def test_a_name_is_mandatory_and_lookups_must_exist(exact: Caller) -> None:
    assert exact.refused("crm/Accounts", {"Status": "C"}) == "Verplicht: Naam"
    assert exact.refused("crm/Accounts", {"Name": "a", "PaymentConditionSales": "99"}).endswith("PaymentConditions")
    assert exact.refused("crm/Accounts", {"Name": "a", "SalesVATCode": "99"}).endswith("VATCodes")
    assert exact.refused("crm/Accounts", {"Name": "a", "GLAccountSales": NOBODY}).endswith("GLAccounts")


def test_the_first_bank_account_is_the_main_one_until_another_is(exact: Caller) -> None:
    supplier = exact.supplier()
    for iban in ("NL02ABNA0123456789", "NL91ABNA0417164300"):
        exact.made("crm/BankAccounts", {"Account": supplier, "BankAccount": iban, "Main": iban.startswith("NL91")})
    rows = exact.rows("crm/BankAccounts", filter=f"Account eq guid'{supplier}'")
    assert [(row["BankAccount"][:4], row["Main"]) for row in rows] == [("NL02", False), ("NL91", True)]
    assert (
        exact.refused("crm/BankAccounts", {"Account": NOBODY, "BankAccount": "x"}) == "Ongeldige referentie: Accounts"
    )
    assert exact.refused("crm/BankAccounts", {"Account": supplier}) == "Verplicht: Bankrekening"


# --- sales and purchases


def test_a_sale_gets_vat_debtor_terms_and_number(exact: Caller) -> None:
    customer = exact.customer(PaymentConditionSales="14")
    made = exact.made(SALES, exact.sale(customer, YourRef="26000123", EntryNumber=26000123))
    assert (made["EntryNumber"], made["InvoiceNumber"], made["Type"], made["Status"]) == (26000123, 26000123, 20, 20)
    assert (made["AmountFC"], made["AmountDC"], made["VATAmountFC"]) == (121.0, 121.0, 21.0)
    assert made["DueDate"] == "/Date(1789430400000)/"  # 15 September 2026
    assert made["SalesEntryLines"]["__deferred"]["uri"].endswith("/SalesEntryLines")
    assert ledger_of(exact, made["EntryID"]) == [("1300", 121.0), ("8000", -100.0), ("1500", -21.0)]
    [expanded] = exact.rows(SALES, filter="EntryNumber eq 26000123 and Journal eq '70'", expand="SalesEntryLines")
    [sold] = expanded["SalesEntryLines"]["results"]
    assert (sold["AmountFC"], sold["VATAmountFC"], sold["VATCode"]) == (100.0, 21.0, "2  ")
    [same] = exact.rows("salesentry/SalesEntryLines", filter=f"EntryID eq guid'{made['EntryID']}'")
    assert same["ID"] == sold["ID"]


def test_vat_kinds(exact: Caller) -> None:
    customer, supplier = exact.customer(), exact.supplier()

    def sold(amount: object, **fields: Any) -> tuple[float, float]:
        made = exact.made(SALES, exact.sale(customer, SalesEntryLines=[line(exact, "8020", amount, **fields)]))
        return made["AmountFC"], made["VATAmountFC"]

    assert sold(100, VATCode="1") == (109.0, 9.0)
    assert sold(121, VATCode="3") == (121.0, 21.0)
    assert sold("99.99", VATCode="3") == (99.99, 17.35)
    assert sold(100, VATCode="7") == (100.0, 0.0)
    assert sold(100, VATCode="0") == (100.0, 0.0)
    assert sold(100) == (100.0, 0.0)
    assert sold(100, VATCode="2", VATAmountFC=20.99) == (120.99, 20.99)
    from_account = exact.made(SALES, exact.sale(customer, SalesEntryLines=[line(exact, "8010", 100)]))
    assert from_account["VATAmountFC"] == 9.0
    reverse = exact.made(PURCHASES, purchase(exact, supplier, PurchaseEntryLines=[line(exact, "7020", 100)]))
    assert (reverse["AmountFC"], reverse["VATAmountFC"]) == (100.0, 0.0)
    assert ledger_of(exact, reverse["EntryID"]) == [
        ("1600", -100.0),
        ("7020", 100.0),
        ("1510", 21.0),
        ("1520", -21.0),
    ]


def test_a_purchase_and_credit_notes(exact: Caller) -> None:
    customer, supplier = exact.customer(), exact.supplier()
    bought = exact.made(PURCHASES, purchase(exact, supplier))
    assert (bought["Type"], bought["AmountDC"], bought["SupplierName"]) == (30, 60.5, "Groothandel Noord BV")
    assert ledger_of(exact, bought["EntryID"]) == [("1600", -60.5), ("4110", 50.0), ("1510", 10.5)]
    note = exact.made(SALES, exact.sale(customer, SalesEntryLines=[line(exact, "8000", -10, VATCode="2")]))
    assert (note["Type"], note["AmountFC"]) == (21, -12.1)
    given_type = exact.made(SALES, exact.sale(customer, Type=21))
    assert given_type["Type"] == 21
    assert Decimal(exact.books()["ledger_sum"]) == 0


def test_foreign_currency_takes_a_given_or_a_known_rate(exact: Caller) -> None:
    customer = exact.customer()
    given_rate = exact.made(SALES, exact.sale(customer, Currency="USD", Rate=0.9))
    assert (given_rate["AmountFC"], given_rate["AmountDC"], given_rate["Rate"]) == (121.0, 108.9, 0.9)
    assert exact.made(SALES, exact.sale(customer, Currency="USD"))["AmountDC"] == 111.32
    assert exact.refused(SALES, exact.sale(customer, Currency="XXX")) == "Ongeldige referentie: Currencies"
    assert exact.refused(SALES, exact.sale(customer, Currency="USD", Journal="75")) == "Ongeldig: Valuta"


def test_an_entry_number_is_used_once_in_a_journal(exact: Caller) -> None:
    customer = exact.customer()
    exact.made(SALES, exact.sale(customer, EntryNumber=26000123))
    assert exact.refused(SALES, exact.sale(customer, EntryNumber=26000123)) == "In gebruik: Boekstuknummer"
    exact.made(SALES, exact.sale(customer, EntryNumber=26000123, Journal="75"))
    assert exact.books()["summary"]["sales_entries"] == 2


def test_the_same_number_sent_at_once_is_booked_once(exact: Caller) -> None:
    body = exact.sale(exact.customer(), EntryNumber=26000555)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(exact.post(SALES, body).status_code)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [500] * 7
    assert exact.books()["summary"]["sales_entries"] == 1


def test_headers_change_and_entries_go_while_unpaid_and_open(exact: Caller) -> None:
    made = exact.made(SALES, exact.sale(exact.customer(), YourRef="old"))
    url = f"/api/v1/{exact.division}/{SALES}(guid'{made['EntryID']}')"
    assert exact.http.put(url, json={"YourRef": "new", "DueDate": "2026-12-01"}).status_code == 204
    [item] = exact.rows("read/financial/ReceivablesList")
    assert (item["YourRef"], item["DueDate"]) == ("new", "/Date(1796083200000)/")
    exact.control("payments", {"entry_id": made["EntryID"], "amount": "1"}).raise_for_status()
    assert exact.http.delete(url).status_code == 500
    other = exact.made(SALES, exact.sale(exact.customer()))
    other_url = f"/api/v1/{exact.division}/{SALES}(guid'{other['EntryID']}')"
    exact.settings(periods=[{"year": 2026, "period": 9, "closed": True}])
    assert message(exact.http.delete(other_url)) == "Periode is afgesloten: 2026 - 9"
    exact.settings(periods=[{"year": 2026, "period": 9, "closed": False}])
    assert exact.http.delete(other_url).status_code == 204
    books = exact.books()
    assert books["summary"]["sales_entries"] == books["summary"]["receivables"] == 1
    assert Decimal(books["ledger_sum"]) == 0


# --- memorials


def test_a_memorial_is_found_by_its_lines_and_its_number(exact: Caller) -> None:
    made = exact.made(MEMORIALS, memorial(exact, "250.00", "-250.00", EntryNumber=26900417))
    assert (made["Type"], made["Status"]) == (90, 20)
    by_text = exact.rows(
        "financialtransaction/TransactionLines",
        filter="JournalCode eq '90' and FinancialYear eq 2026 and FinancialPeriod eq 9 and Description eq 'M-000417'",
        select="EntryID,EntryNumber,AmountFC",
    )
    assert [(row["EntryID"], row["AmountFC"]) for row in by_text] == [
        (made["EntryID"], 250.0),
        (made["EntryID"], -250.0),
    ]
    assert len(exact.rows(MEMORIALS, filter="EntryNumber eq 26900417 and JournalCode eq '90'")) == 1
    lines = exact.rows("generaljournalentry/GeneralJournalEntryLines", filter=f"EntryID eq guid'{made['EntryID']}'")
    assert [row["LineNumber"] for row in lines] == [1, 2]
    assert exact.refused(MEMORIALS, memorial(exact, 1, -1, EntryNumber=26900417)) == "In gebruik: Boekstuknummer"


def test_vat_in_a_memorial_journal_that_allows_it(exact: Caller) -> None:
    lines = [line(exact, "4300", 100, VATCode="5"), line(exact, "1200", -121)]
    made = exact.made(MEMORIALS, memorial(exact, JournalCode="91", GeneralJournalEntryLines=lines))
    assert ledger_of(exact, made["EntryID"]) == [("4300", 100.0), ("1510", 21.0), ("1200", -121.0)]


@settings(max_examples=30, deadline=None)
@given(amounts=st.lists(st.decimals(-10_000, 10_000, places=2), min_size=1, max_size=6), off=st.booleans())
def test_only_what_is_nil_to_the_cent_is_booked(amounts: list[Decimal], off: bool) -> None:
    exact = _module_caller()
    lines = [str(amount) for amount in amounts] + [str(-sum(amounts) + (Decimal("0.01") if off else 0))]
    answer = exact.post(MEMORIALS, memorial(exact, *lines))
    assert answer.status_code == (500 if off else 201), answer.text
    assert Decimal(exact.books()["ledger_sum"]) == 0


_callers: list[Caller] = []


@pytest.fixture(autouse=True, scope="module")
def _module_simulator() -> Iterator[None]:
    with running_simulator() as caller:
        _callers.append(caller)
        yield
        _callers.clear()


def _module_caller() -> Caller:
    return _callers[0]


# --- outstanding items


def test_receivables_are_a_bare_list_and_payables_are_not(exact: Caller) -> None:
    exact.made(SALES, exact.sale(exact.customer(Code="4711"), YourRef="26000123", EntryNumber=26000123))
    exact.made(PURCHASES, purchase(exact, exact.supplier()))
    bare = exact.get("read/financial/ReceivablesList").json()["d"]
    assert isinstance(bare, list)
    [item] = bare
    assert (item["Amount"], item["AccountCode"].strip(), item["YourRef"]) == (121.0, "4711", "26000123")
    assert (item["EntryNumber"], item["InvoiceNumber"], item["JournalCode"]) == (26000123, 26000123, "70")
    wrapped = exact.get("read/financial/PayablesList").json()["d"]["results"]
    assert [(row["Amount"], row["YourRef"], row["ApprovalStatus"]) for row in wrapped] == [(60.5, "F-88", None)]


def test_payments_shrink_and_close_open_items(exact: Caller) -> None:
    made = exact.made(SALES, exact.sale(exact.customer(), EntryNumber=26000123))
    part = exact.control("payments", {"entry_number": 26000123, "journal": "70", "amount": "21.00"}).json()
    assert (part["open"], part["paid"]) == ("100.00", "21.00")
    assert exact.rows("read/financial/ReceivablesList")[0]["Amount"] == 100.0
    exact.settings(simulator={"split_part_paid": True})
    rows = exact.rows("read/financial/ReceivablesList")
    assert sum(row["Amount"] for row in rows) == 100.0
    assert [row["EntryNumber"] for row in rows] == [26000123, 26000123]
    assert len({row["HID"] for row in rows}) == 2
    exact.control("payments", {"entry_id": made["EntryID"]}).raise_for_status()
    assert exact.rows("read/financial/ReceivablesList") == []
    assert exact.control("payments", {"entry_id": made["EntryID"]}).status_code == 400
    assert exact.control("payments", {"entry_number": 1}).status_code == 400
    assert Decimal(exact.books()["ledger_sum"]) == 0


def test_an_unmatched_receipt_is_an_open_row_without_a_reference(exact: Caller) -> None:
    exact.made(SALES, exact.sale(exact.customer(Code="4711"), EntryNumber=26000123))
    body = {"unmatched": True, "account": "4711", "amount": "50", "invoice_number": 26000123}
    exact.control("payments", body).raise_for_status()
    rows = exact.rows("read/financial/ReceivablesList", orderby="Amount")
    assert [(row["Amount"], row["YourRef"], row["InvoiceNumber"]) for row in rows] == [
        (-50.0, None, 26000123),
        (121.0, None, 26000123),
    ]
    assert rows[0]["EntryNumber"] != 26000123
    assert exact.control("payments", {"unmatched": True, "account": "nobody", "amount": "1"}).status_code == 400


def test_many_receivables_come_in_pages_of_both_shapes(exact: Caller) -> None:
    customer = exact.customer()
    for _ in range(65):
        exact.made(SALES, exact.sale(customer))
    first = exact.get("read/financial/ReceivablesList").json()["d"]
    assert len(first["results"]) == 60
    last = exact.http.get(first["__next"]).json()["d"]
    assert isinstance(last, list)
    assert len({row["HID"] for row in first["results"] + last}) == 65


# --- control


def test_settings_block_and_free(exact: Caller) -> None:
    customer = exact.customer(Code="4711")
    body = exact.sale(customer)
    for change, text in (
        ({"accounts": [{"code": "4711", "blocked": True}]}, "Geblokkeerd: Relatie"),
        ({"gl_accounts": [{"code": "8000", "blocked": True}]}, "Geblokkeerd: Grootboekrekening"),
        ({"vat_codes": [{"code": "2", "blocked": True}]}, "Niet toegestaan: Btw-code"),
        ({"journals": [{"code": "70", "blocked": True}]}, "Geblokkeerd: Dagboek"),
        (
            {"periods": [{"year": 2026, "period": 9, "closed": True, "journal": "70"}]},
            "Periode is afgesloten: 2026 - 9",
        ),
    ):
        exact.settings(**change)
        assert exact.refused(SALES, body) == text
        [[name, [state]]] = change.items()
        exact.settings(**{name: [{**state, "blocked" if "blocked" in state else "closed": False}]})
        exact.made(SALES, body)
    closed = exact.rows("read/financial/JournalStatusList", filter="Status eq 1", select="Year")
    assert {row["Year"] for row in closed} == {2025}


def test_wrong_control_calls_say_what_is_wrong(exact: Caller) -> None:
    assert exact.control("settings", {"accounts": [{"code": "x", "blocked": True}]}).json()["error"].endswith("code x.")
    assert exact.control("settings", {"division": 1}).status_code == 400
    assert exact.control("settings", {"simulator": {"langauge": "en"}}).status_code == 400
    assert exact.control("settings", {"periods": [{"year": 1999, "closed": True}]}).status_code == 400
    assert exact.http.get("/_simulator/books", params={"division": 5}).status_code == 400
    assert "client_secret" not in exact.http.get("/_simulator/settings").json()


def test_the_divisions_have_books_of_their_own(exact: Caller) -> None:
    exact.customer()
    assert exact.books(SECOND_DIVISION)["summary"]["accounts"] == 0
    assert exact.books()["summary"]["accounts"] == 1


def test_due_dates_count_month_ends_before_days() -> None:
    from bookbridge.connectors.exact_online.simulator.books import due_date

    def due(date: str, months: int, days: int) -> str:
        return due_date(f"{date}T00:00:00", {"PaymentEndOfMonths": months, "PaymentDays": days})[:10]

    assert due("2026-01-17", 2, 0) == "2026-03-31"
    assert due("2026-01-17", 2, 15) == "2026-04-15"
    assert due("2026-12-31", 0, 14) == "2027-01-14"
    assert due("2026-11-30", 1, 0) == "2026-12-31"
