"""Sets a company up in an empty Tryton, over its own JSON-RPC: what a bookkeeper does once by hand.

The order is Tryton's: currencies, company, chart, journals, number series, years with periods, taxes, payment terms, a
user for the link with an application key. Nothing here is read by the connector but over Tryton's REST.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bookbridge.connectors.tryton.simulator.rpc import AdminRpc

MODULES = ("account_invoice", "bank")
COMPANY = "Camping Demo BV"
LINK_USER = "bookbridge"
LINK_GROUPS = ("Accounting", "Party Administration", "Bank Administration")
"""What the user of the application key may do: entries, parties, their bank accounts. No administrator."""
CASH = "1.1.1"
RECEIVABLE, PAYABLE = "1.2.1", "2.1.1"
CLOSED_ACCOUNT = "4.9.9"
_FIRST_DAY = date(1999, 1, 1)
_LAST_MONTH = 12
_LONG_AGO = date(2000, 1, 1)
_SERIES = (("out_invoice", "VK"), ("in_invoice", "IK"), ("out_credit_note", "VC"), ("in_credit_note", "IC"))
_TERMS = (("14 days", 14), ("30 days", 30), ("60 days", 60))


def fill(rpc: AdminRpc, year: int) -> str:
    """Make the company, its books of the year before (closed), this year and the next, and what documents refer to.

    Returns the session in which it was done: every copy of these books knows it.
    """
    euro = _currencies(rpc)
    company = _company(rpc, euro)
    rpc.context = {"company": company}
    _countries(rpc)
    _chart(rpc, company)
    _years(rpc, company, year)
    _taxes(rpc, company)
    for name, days in _TERMS:
        delta = {"months": 0, "weeks": 0, "days": days}
        line = {"type": "remainder", "relativedeltas": [["create", [delta]]]}
        rpc.make("account.invoice.payment_term", {"name": name, "lines": [["create", [line]]]})
    _payment_method(rpc, company)
    _link_user(rpc, company)
    return rpc.session


def _currencies(rpc: AdminRpc) -> int:
    made = [
        rpc.make(
            "currency.currency",
            {
                "name": name,
                "code": code,
                "symbol": code,
                "rounding": Decimal("0.01"),
                "digits": 2,
                "rates": [["create", [{"date": _LONG_AGO, "rate": Decimal(rate)}]]],
            },
        )
        for name, code, rate in (("Euro", "EUR", "1"), ("US dollar", "USD", "1.25"), ("Pound sterling", "GBP", "0.85"))
    ]
    return made[0]


def _company(rpc: AdminRpc, currency: int) -> int:
    address = {"street": "Dorpsstraat 1", "postal_code": "7311AA", "city": "Apeldoorn"}
    party = rpc.make("party.party", {"name": COMPANY, "code": "COMPANY", "addresses": [["create", [address]]]})
    company = rpc.make("company.company", {"party": party, "currency": currency, "cancel_invoice_out": True})
    admin = rpc.only("res.user", ["login", "=", "admin"])
    rpc.call("model.res.user.write", [admin], {"companies": [["add", [company]]], "company": company})
    return company


def _countries(rpc: AdminRpc) -> None:
    for code, name in (("NL", "Netherlands"), ("BE", "Belgium"), ("DE", "Germany"), ("FR", "France")):
        rpc.make("country.country", {"code": code, "name": name})


def _chart(rpc: AdminRpc, company: int) -> None:
    template = rpc.call("model.ir.model.data.get_id", "account", "account_template_root_en")
    session, *_ = rpc.call("wizard.account.create_chart.create")
    chosen = {"account": {"company": company, "account_template": template}}
    rpc.call("wizard.account.create_chart.execute", session, chosen, "create_account")
    accounts = {"account_receivable": account(rpc, RECEIVABLE), "account_payable": account(rpc, PAYABLE)}
    properties = {"properties": {"company": company, **accounts}}
    rpc.call("wizard.account.create_chart.execute", session, properties, "create_properties")
    rpc.call("wizard.account.create_chart.delete", session)
    revenue = rpc.find("account.account", [["type.revenue", "=", True], ["type", "!=", None]], ("type",))[0]
    closed = {"name": "No longer used", "code": CLOSED_ACCOUNT, "type": revenue["type"], "company": company}
    rpc.make("account.account", {**closed, "end_date": _FIRST_DAY.replace(month=_LAST_MONTH, day=31)})


def account(rpc: AdminRpc, code: str) -> int:
    return rpc.only("account.account", ["code", "=", code])


def _years(rpc: AdminRpc, company: int, this_year: int) -> None:
    kinds = {name: rpc.only("ir.sequence.type", ["name", "=", name]) for name in ("Account Move", "Invoice")}

    def series(name: str, prefix: str, kind: str) -> int:
        given = {"name": name, "prefix": prefix, "padding": 5, "sequence_type": kinds[kind], "company": company}
        return rpc.make("ir.sequence.strict", given)

    for year in (this_year - 1, this_year, this_year + 1):
        numbers = {f"{of}_sequence": series(f"{of} {year}", f"{mark}{year}-", "Invoice") for of, mark in _SERIES}
        made = rpc.make(
            "account.fiscalyear",
            {
                "name": str(year),
                "company": company,
                "start_date": date(year, 1, 1),
                "end_date": date(year, 12, 31),
                "move_sequence": series(f"Moves {year}", f"B{year}-", "Account Move"),
                "invoice_sequences": [["create", [{"company": company, **numbers}]]],
            },
        )
        rpc.call("model.account.fiscalyear.create_period", [made])
        if year < this_year:
            closed = [found["id"] for found in rpc.find("account.period", [["fiscalyear", "=", made]], ())]
            rpc.call("model.account.period.close", closed)


def _taxes(rpc: AdminRpc, company: int) -> None:
    """A tax names the account it is booked on; the template chart has one of VAT to be paid."""
    vat = rpc.make(
        "account.account",
        {
            "name": "VAT",
            "code": "2.3.9",
            "type": rpc.find("account.account", [["code", "=", PAYABLE]], ("type.parent",))[0]["type."]["parent"],
            "company": company,
        },
    )

    def tax(name: str, rate: str | None, group: int | None, **more: Any) -> int:
        given: dict[str, Any] = {"name": name, "description": name, "company": company, "group": group, **more}
        if rate is None:
            given |= {"type": "none"}
        else:
            given |= {"type": "percentage", "rate": Decimal(rate), "invoice_account": vat, "credit_note_account": vat}
        return rpc.make("account.tax", given)

    sales, purchases = (
        rpc.make("account.tax.group", {"name": f"VAT {kind}", "code": kind, "kind": kind})
        for kind in ("sale", "purchase")
    )
    for side, group in (("sales", sales), ("purchases", purchases)):
        for name, rate in (("21%", "0.21"), ("9%", "0.09"), ("0%", "0")):
            tax(f"{name} {side}", rate, group)
    both = tax("21% reverse charge", None, purchases)
    tax("21% reverse charge, due", "0.21", purchases, parent=both)
    tax("21% reverse charge, deducted", "-0.21", purchases, parent=both)


def _payment_method(rpc: AdminRpc, company: int) -> None:
    cash = account(rpc, CASH)
    journal = rpc.only("account.journal", ["code", "=", "CASH"])
    given = {"name": "Cash", "company": company, "journal": journal, "debit_account": cash, "credit_account": cash}
    rpc.make("account.invoice.payment.method", given)


def _link_user(rpc: AdminRpc, company: int) -> None:
    groups = [rpc.only("res.group", ["name", "=", name]) for name in LINK_GROUPS]
    given: dict[str, Any] = {"name": "Bookbridge", "login": LINK_USER, "groups": [["add", groups]]}
    rpc.make("res.user", {**given, "companies": [["add", [company]]], "company": company})


def new_key(rpc: AdminRpc) -> str:
    """What a person does who lets the link in: an application key of its user, which an administrator confirms."""
    user = rpc.only("res.user", ["login", "=", LINK_USER])
    made = rpc.make("res.user.application", {"user": user, "application": "rest"})
    [found] = rpc.find("res.user.application", [["id", "=", made]], ("key", "state"))
    if found["state"] == "requested":
        rpc.call("model.res.user.application.validate_", [made])
    return str(found["key"])


def revoke_keys(rpc: AdminRpc) -> None:
    """What a person does who takes the link's access away."""
    held = rpc.find("res.user.application", [["state", "!=", "cancelled"]], ())
    if held:
        rpc.call("model.res.user.application.cancel", [found["id"] for found in held])


def ids(records: Sequence[dict[str, Any]]) -> list[int]:
    return [int(record["id"]) for record in records]
