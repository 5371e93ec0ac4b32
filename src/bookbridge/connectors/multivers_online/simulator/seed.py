"""The demo books: two fiscal years of a made-up campsite."""

from calendar import monthrange
from datetime import date
from typing import Any

from bookbridge.kit.simulation import SimulatorStore

DEMO_DATABASE = "MVL00124"
SECOND_DATABASE = "MVL00125"
DATABASES = {DEMO_DATABASE: "Camping Het Voorbeeld", SECOND_DATABASE: "Voorbeeld Beheer BV"}
YEARS = (2025, 2026)
BASE_CURRENCY = "EUR"

JOURNAL_TYPES = {1: "Verkoopboek", 2: "Inkoopboek", 3: "Bankboek", 4: "Kasboek", 5: "Memoriaal"}
SALES, PURCHASE, BANK, CASH, MEMORIAL = JOURNAL_TYPES
ACCOUNT_TYPES = {0: "Overig", 1: "Debiteuren", 2: "Crediteuren", 3: "Btw", 4: "Bank", 5: "Kas"}
PLAIN, DEBTORS, CREDITORS, VAT, BANK_ACCOUNT, CASH_ACCOUNT = ACCOUNT_TYPES
GROUPS = {1: "Standaard"}
YEAR_STATES = {0: "Open", 1: "Afgesloten"}

DEBTORS_ACCOUNT, CREDITORS_ACCOUNT, VAT_TO_PAY, VAT_TO_CLAIM, BANK_LEDGER = "1300", "1600", "1500", "1510", "1100"
_ACCOUNTS: tuple[tuple[str, str, int, bool, bool], ...] = (
    # code, description, type, blocked, cost centre required
    ("0400", "Inventaris", PLAIN, False, False),
    ("1000", "Kas", CASH_ACCOUNT, False, False),
    (BANK_LEDGER, "Bank", BANK_ACCOUNT, False, False),
    ("1200", "Kruisposten", PLAIN, False, False),
    ("1210", "Tussenrekening reserveringen", PLAIN, False, False),
    (DEBTORS_ACCOUNT, "Debiteuren", DEBTORS, False, False),
    (VAT_TO_PAY, "Af te dragen btw", VAT, False, False),
    (VAT_TO_CLAIM, "Te vorderen btw", VAT, False, False),
    (CREDITORS_ACCOUNT, "Crediteuren", CREDITORS, False, False),
    ("4300", "Huisvestingskosten", PLAIN, False, False),
    ("4500", "Linnen en was", PLAIN, False, False),
    ("4900", "Overige kosten", PLAIN, False, True),
    ("8000", "Omzet kampeerplaatsen", PLAIN, False, False),
    ("8010", "Omzet winkel", PLAIN, False, False),
    ("8999", "Omzet oud", PLAIN, True, False),
)
_JOURNALS = (
    ("VRK", "Verkoop", SALES, None),
    ("VR2", "Verkoop winkel", SALES, None),
    ("INK", "Inkoop", PURCHASE, None),
    ("MEM", "Memoriaal", MEMORIAL, None),
    ("BNK", "Bank", BANK, BANK_LEDGER),
    ("KAS", "Kas", CASH, "1000"),
)
_VAT_CODES = ((0, "Geen", "0"), (1, "Laag", "9"), (2, "Hoog", "21"), (3, "Nul", "0"))
SALES_SCENARIOS = {1: "Verkoop binnenland", 2: "Verkoop binnen EU"}
PURCHASE_SCENARIOS = {11: "Inkoop binnenland", 12: "Inkoop verlegd"}
REVERSE_CHARGE = (12,)
_CONDITIONS = (("14", "14 dagen", 14), ("30", "30 dagen", 30), ("CON", "Contant", 0))
_COST_CENTRES = {"CAMP": "Camping", "SHOP": "Winkel", "TECH": "Technische dienst"}
_COST_UNITS = {"P26014": "Plaats 14", "P26015": "Plaats 15"}
_CURRENCIES = {"EUR": "Euro", "USD": "Amerikaanse dollar", "GBP": "Britse pond"}


def sow(store: SimulatorStore, database: str) -> None:
    """Fill an administration's books."""

    def keep(kind: str, id: str, record: dict[str, Any], reference: str | None = None) -> None:
        store.add(kind, database, id, record, reference=reference)

    for year in YEARS:
        keep("fiscal_year", str(year), {"fiscalYear": year, "_start": f"{year}-01-01", "_end": f"{year}-12-31"})
        for period in range(13):
            keep("period", f"{year}/{period}", _period(year, period), str(year))
        for code, description, type_id, blocked, required in _ACCOUNTS:
            account = {"accountId": code, "description": description, "accountTypeId": type_id, "blocked": blocked}
            account |= {"costCentreIdRequired": required, "costUnitIdRequired": False, "fiscalYear": year}
            keep("account", f"{year}/{code}", account, str(year))
    for code, description, type_id, account_id in _JOURNALS:
        journal = {"journalId": code, "description": description, "journalType": type_id, "journalKind": 0}
        keep("journal", code, {**journal, "accountId": account_id, "currencyId": BASE_CURRENCY})
    for number, description, percentage in _VAT_CODES:
        keep("vat_code", str(number), {"vatCodeId": number, "description": description, "vatPercentage": percentage})
    for code, description, days in _CONDITIONS:
        keep("condition", code, {"paymentConditionId": code, "description": description, "paymentDays": days})
    for kind, names in (("cost_centre", _COST_CENTRES), ("cost_unit", _COST_UNITS), ("currency", _CURRENCIES)):
        for code, name in names.items():
            keep(kind, code, {"name": code, "value": name})


def _period(year: int, number: int) -> dict[str, Any]:
    """Period 0 holds the opening balance. All of 2025 is closed."""
    month = max(number, 1)
    last = monthrange(year, month)[1] if number else 1
    days = {"_start": date(year, month, 1).isoformat(), "_end": date(year, month, last).isoformat()}
    return {"fiscalYear": year, "periodNumber": number, "description": str(number), **days, "closed": year < 2026}
