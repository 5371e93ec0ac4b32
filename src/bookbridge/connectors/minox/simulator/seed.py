"""The demo books: two tenants, as an accountant's token reaches them, and what each administration is set up with."""

from calendar import monthrange
from typing import Any, Final

TENANTS: Final = {10001: "Camping De Eik", 10002: "Administratiekantoor Beek"}
ADMINISTRATIONS: Final = {
    "10001/1": "Camping De Eik BV",
    "10001/2": "De Eik Horeca BV",
    "10002/1": "Bakkerij Smit",
}
DEMO_ADMINISTRATION: Final = "10001/1"
YEARS: Final = (2025, 2026)
CLOSED_YEARS: Final = frozenset({2025})
DIFFERENCES: Final = 2990
"""The account for differences of an entry (tab Grootboek of an administration's settings)."""

# id: description, VAT id
_ACCOUNTS: Final[dict[int, tuple[str, int | None]]] = {
    1000: ("Kas", None),
    1100: ("Bank", None),
    1200: ("Kruisposten", None),
    1210: ("Tussenrekening verhuur", None),
    1300: ("Debiteuren", None),
    1510: ("Af te dragen btw hoog", None),
    1511: ("Af te dragen btw laag", None),
    1520: ("Te vorderen btw", None),
    1530: ("Verlegde btw", None),
    1600: ("Crediteuren", None),
    2010: ("Vooruitontvangen", None),
    DIFFERENCES: ("Boekingsverschillen", None),
    4300: ("Linnen", 5),
    4310: ("Verzekeringen", None),
    4510: ("Onderhoud", 5),
    8000: ("Omzet kampeerplaatsen", 2),
    8010: ("Omzet laag", 1),
    8020: ("Omzet vrijgesteld", None),
    8999: ("Omzet oud", 2),
}
_BLOCKED: Final = frozenset({8999})
# id: description, percentage, type, account
_VAT: Final[dict[int, tuple[str, int, str, int | None]]] = {
    1: ("Verkoop laag 9%", 9, "verkoop", 1511),
    2: ("Verkoop hoog 21%", 21, "verkoop", 1510),
    3: ("Verkoop 0%", 0, "verkoop", None),
    4: ("Inkoop laag 9%", 9, "inkoop", 1520),
    5: ("Inkoop hoog 21%", 21, "inkoop", 1520),
    6: ("Inkoop verlegd 21%", 21, "inkoop verlegd", 1530),
    7: ("Geen btw", 0, "geen", None),
}
# id: description, type, account, whether numbers are free
_JOURNALS: Final[dict[str, tuple[str, str, int | None, bool]]] = {
    "VRK": ("Verkopen", "sales", 1300, True),
    "INK": ("Inkopen", "purchase", 1600, False),
    "MEM": ("Memoriaal", "general", None, True),
    "BNK": ("Bank", "bank", 1100, False),
    "KAS": ("Kas", "cash", 1000, False),
}
_TERMS: Final = {8: ("8 dagen", 8), 14: ("14 dagen", 14), 30: ("30 dagen", 30)}
_COST_CENTERS: Final = {12: "Camping", 20: "Horeca"}
_COST_TYPES: Final = {1: "Vast", 2: "Variabel"}


def ledger_accounts() -> list[dict[str, Any]]:
    return [
        {
            "id": id,
            "description": description,
            "vat": {"id": vat} if vat else None,
            "debit_credit_suggestion": "credit" if id >= 8000 else "debet",
            "allow_free_vat_input": False,
            "blocked": {"active": id in _BLOCKED, "reason": "Niet meer in gebruik" if id in _BLOCKED else ""},
            "aggregation": {"aggregation_level": 5},
        }
        for id, (description, vat) in _ACCOUNTS.items()
    ]


def vat_codes() -> list[dict[str, Any]]:
    return [
        {"id": id, "description": description, "percentage": percentage, "type": kind, "ledger_account_id": account}
        for id, (description, percentage, kind, account) in _VAT.items()
    ]


def journals() -> list[dict[str, Any]]:
    return [
        {
            "id": id,
            "description": description,
            "type": kind,
            "ledger_account_id": account,
            "entry_number": 1,
            "next_invoice_number": 1,
            "free_entry_number_input": free,
            "range": {"start": 1, "end": 99_999_999, "is_automatically_assigned": not free},
        }
        for id, (description, kind, account, free) in _JOURNALS.items()
    ]


def payment_terms() -> list[dict[str, Any]]:
    return [{"id": id, "description": description, "days": days} for id, (description, days) in _TERMS.items()]


def cost_centers() -> list[dict[str, Any]]:
    return [{"id": id, "description": description} for id, description in _COST_CENTERS.items()]


def cost_types() -> list[dict[str, Any]]:
    return [{"id": id, "description": description} for id, description in _COST_TYPES.items()]


def administration(code: str) -> dict[str, Any]:
    return {"id": int(code.partition("/")[2]), "name": ADMINISTRATIONS[code], "fiscal_years": [_year(y) for y in YEARS]}


def _year(year: int) -> dict[str, Any]:
    periods = [
        {
            "id": month,
            "start_date": f"{year}-{month:02}-01",
            "end_date": f"{year}-{month:02}-{monthrange(year, month)[1]}",
            "closed": year in CLOSED_YEARS,
        }
        for month in range(1, 13)
    ]
    return {
        "fiscal_year": year,
        "start_date": periods[0]["start_date"],
        "end_date": periods[-1]["end_date"],
        "periods": periods,
    }


RESOURCES: Final = {
    "ledger_account": ledger_accounts,
    "vat": vat_codes,
    "journal": journals,
    "payment_term": payment_terms,
    "cost_center": cost_centers,
    "cost_type": cost_types,
}
"""What `sow` puts in the books of each administration, by the resource's name."""
