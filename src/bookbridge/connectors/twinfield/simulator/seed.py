"""The demo offices: a Dutch chart, daybooks, VAT codes and the rest, the same at every start, and invented."""

import calendar
from datetime import date
from typing import Any, Final

from bookbridge.kit.simulation import SimulatorStore

DEMO_OFFICE = "NL001"
SECOND_OFFICE = "NL002"
OFFICES: Final = {DEMO_OFFICE: "Bookbridge Demo BV", SECOND_OFFICE: "Bookbridge Tweede BV"}
YEARS: Final = range(2024, 2028)
CLOSED_YEARS: Final = {2025}
BASE_CURRENCY = "EUR"
CURRENCIES: Final = {"EUR": "1", "USD": "0.92", "GBP": "1.17", "CHF": "1.05"}

DAYBOOKS: Final = (
    ("VRK", "Verkoopfactuur", "sales"),
    ("INK", "Inkoopfactuur", "purchase"),
    ("MEMO", "Memoriaal", "journal"),
    ("BNK", "Standaard bank", "bank"),
    ("KAS", "Kas", "cash"),
)
BALANCE: Final = (
    *(("0110", "Software"), ("0200", "Bedrijfsgebouwen"), ("0300", "Inventaris"), ("0340", "Vervoermiddelen")),
    *(("0500", "Aandelenkapitaal"), ("0510", "Algemene reserve"), ("0700", "Lening bank lang")),
    *(("1000", "Kas"), ("1100", "Bank"), ("1200", "Kruisposten"), ("1210", "Tussenrekening betalingen")),
    *(("1300", "Debiteuren"), ("1310", "Voorziening dubieuze debiteuren"), ("1400", "Vooruitbetaalde kosten")),
    *(("1500", "Af te dragen btw hoog"), ("1501", "Af te dragen btw laag"), ("1502", "Af te dragen btw verlegd")),
    *(("1520", "Te vorderen btw"), ("1600", "Crediteuren"), ("1700", "Nog te betalen kosten")),
)
RESULT: Final = (
    *(("4000", "Lonen"), ("4010", "Linnen"), ("4300", "Onderhoud"), ("4310", "Energie"), ("4500", "Kantoorkosten")),
    *(("8000", "Omzet kampeerplaatsen"), ("8010", "Omzet verhuur"), ("8020", "Omzet diversen"), ("8999", "Oude omzet")),
)
HIDDEN: Final = {"8999"}
COST_CENTRES: Final = (("CAMP", "Camping"), ("SHOP", "Winkel"), ("RECP", "Receptie"))
PROJECTS: Final = (("P26014", "Nieuw sanitair"), ("P26015", "Zwembad"))
CONTROL: Final = {"DEB": "1300", "CRD": "1600"}
MASTERS: Final = (("DEB", "Debiteuren"), ("CRD", "Crediteuren"))

# code, name, side, percentage, accounts with their share of the VAT.
VAT: Final = (
    ("VH", "BTW hoog", "sales", "21", (("1500", "100"),)),
    ("VL", "BTW laag", "sales", "9", (("1501", "100"),)),
    ("VN", "BTW nul", "sales", "0", ()),
    ("IH", "BTW hoog inkoop", "purchase", "21", (("1520", "100"),)),
    ("IL", "BTW laag inkoop", "purchase", "9", (("1520", "100"),)),
    ("IN", "BTW nul inkoop", "purchase", "0", ()),
    ("IVL", "BTW verlegd inkoop", "purchase", "21", (("1520", "100"), ("1502", "-100"))),
)


def sow(store: SimulatorStore, office: str) -> None:
    """Fill a new office."""
    for type, rows in (("BAS", BALANCE), ("PNL", RESULT), ("KPL", COST_CENTRES), ("PRJ", PROJECTS)):
        for code, name in rows:
            put_dimension(store, office, {"type": type, "code": code, "name": name, "hidden": code in HIDDEN})
    for type, name in MASTERS:
        put_dimension(store, office, {"type": type, "code": type, "name": name, "substitutewith": CONTROL[type]})
    for code, name, side, percentage, accounts in VAT:
        data = {"code": code, "name": name, "side": side, "percentage": percentage, "accounts": accounts}
        store.add("vat", office, code, data, code=code)
    for code, name, category in DAYBOOKS:
        store.add("daybook", office, code, {"code": code, "name": name, "category": category}, code=code)
    for year in YEARS:
        for month in range(1, 13):
            end = date(year, month, calendar.monthrange(year, month)[1])
            period = {"year": year, "number": month, "end": end.isoformat(), "open": year not in CLOSED_YEARS}
            store.add("period", office, f"{year}/{month:02}", period, code=f"{year}/{month:02}")


def put_dimension(store: SimulatorStore, office: str, data: dict[str, Any]) -> None:
    key = f"{data['type']}/{data['code']}"
    store.add("dimension", office, key, data, code=key)
