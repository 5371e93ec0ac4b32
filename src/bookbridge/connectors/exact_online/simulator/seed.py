"""The demo divisions: a Dutch chart, journals, VAT codes and the rest, the same at every start.

Everything is invented. Guids are made from the division and the code, so that a restarted or second simulator has the
same ones.
"""

import calendar
import uuid
from typing import Any

from bookbridge.connectors.exact_online.simulator.books import USER_ID, USER_NAME, Books
from bookbridge.connectors.exact_online.simulator.values import pad_vat_code

DEMO_DIVISION = 3141593
SECOND_DIVISION = 2718282
DIVISIONS = {DEMO_DIVISION: "Bookbridge Demo BV", SECOND_DIVISION: "Bookbridge Tweede BV"}
YEARS = range(2024, 2028)
CLOSED_YEARS = {2025}
_NAMESPACE = uuid.UUID("8d0c7c1e-2f0b-5a57-9d43-6b7c8f1f2a10")

# code, name, type, VAT code it proposes. Balance side and type follow from the type.
GL_ACCOUNTS: tuple[tuple[str, str, int, str | None], ...] = (
    ("0100", "Goodwill", 30, None),
    ("0110", "Software", 30, None),
    ("0200", "Bedrijfsgebouwen", 30, None),
    ("0210", "Afschrijving bedrijfsgebouwen", 35, None),
    ("0220", "Verbouwingen", 30, None),
    ("0230", "Afschrijving verbouwingen", 35, None),
    ("0300", "Inventaris", 30, None),
    ("0310", "Afschrijving inventaris", 35, None),
    ("0320", "Computers", 30, None),
    ("0330", "Afschrijving computers", 35, None),
    ("0340", "Vervoermiddelen", 30, None),
    ("0350", "Afschrijving vervoermiddelen", 35, None),
    ("0500", "Aandelenkapitaal", 50, None),
    ("0510", "Algemene reserve", 52, None),
    ("0520", "Onverdeeld resultaat", 52, None),
    ("0700", "Lening bank lang", 55, None),
    ("0710", "Voorziening groot onderhoud", 55, None),
    ("1000", "Kas", 10, None),
    ("1010", "Kas receptie", 10, None),
    ("1100", "Bank", 12, None),
    ("1110", "Spaarrekening", 12, None),
    ("1200", "Kruisposten", 32, None),
    ("1210", "Tussenrekening betalingen", 32, None),
    ("1300", "Debiteuren", 20, None),
    ("1310", "Voorziening dubieuze debiteuren", 32, None),
    ("1400", "Vooruitbetaalde kosten", 26, None),
    ("1410", "Nog te ontvangen bedragen", 26, None),
    ("1420", "Waarborgsommen", 32, None),
    ("1500", "Af te dragen btw hoog", 24, None),
    ("1501", "Af te dragen btw laag", 24, None),
    ("1510", "Te vorderen btw", 24, None),
    ("1520", "Af te dragen btw verlegd", 24, None),
    ("1530", "Btw-afdracht", 24, None),
    ("1600", "Crediteuren", 22, None),
    ("1700", "Nog te betalen kosten", 27, None),
    ("1710", "Vooruitontvangen reserveringen", 27, None),
    ("1720", "Toeristenbelasting af te dragen", 27, None),
    ("1730", "Nettolonen", 25, None),
    ("1740", "Loonheffing", 25, None),
    ("1750", "Pensioenpremie", 25, None),
    ("1760", "Reservering vakantiegeld", 25, None),
    ("1800", "Rekening-courant", 60, None),
    ("3000", "Voorraad winkel", 40, None),
    ("4000", "Lonen", 125, None),
    ("4010", "Sociale lasten", 125, None),
    ("4020", "Pensioenlasten", 125, None),
    ("4030", "Reiskosten personeel", 125, None),
    ("4100", "Huisvestingskosten", 121, "5"),
    ("4110", "Schoonmaak en linnen", 121, "5"),
    ("4120", "Energie", 121, "5"),
    ("4130", "Onderhoud gebouwen", 121, "5"),
    ("4140", "Onroerendezaakbelasting", 121, "0"),
    ("4200", "Afschrijving gebouwen", 122, None),
    ("4210", "Afschrijving inventaris", 122, None),
    ("4300", "Kantoorkosten", 121, "5"),
    ("4310", "Telefoon en internet", 121, "5"),
    ("4320", "Software en abonnementen", 121, "5"),
    ("4330", "Verzekeringen", 121, "0"),
    ("4340", "Accountant en advies", 121, "5"),
    ("4400", "Reclame", 121, "5"),
    ("4410", "Commissie boekingssites", 121, "6"),
    ("4500", "Projectkosten", 121, "5"),
    ("4600", "Autokosten", 121, "5"),
    ("4700", "Bankkosten", 121, "0"),
    ("4710", "Betalingsverschillen", 121, None),
    ("4900", "Overige kosten", 121, "5"),
    ("7000", "Inkopen", 111, "5"),
    ("7010", "Inkopen laag tarief", 111, "4"),
    ("7020", "Inkopen binnen de EU", 111, "6"),
    ("8000", "Omzet hoog tarief", 110, "2"),
    ("8010", "Omzet laag tarief", 110, "1"),
    ("8020", "Omzet overig", 110, None),
    ("8030", "Omzet verblijf", 110, "1"),
    ("8040", "Omzet winkel", 110, "2"),
    ("8050", "Omzet horeca", 110, "1"),
    ("8060", "Omzet verhuur fietsen", 110, "2"),
    ("8070", "Omzet export", 110, "7"),
    ("8100", "Kortingen", 110, None),
    ("8999", "Omzet oud (vervallen)", 110, "2"),
    ("9000", "Rentebaten", 160, None),
    ("9010", "Rentelasten", 160, None),
    ("9100", "Bijzondere baten", 140, None),
    ("9110", "Bijzondere lasten", 130, None),
)
BLOCKED_GL_ACCOUNTS = {"8999"}
COST_CENTER_MANDATORY = {"4500"}
# code, name, type, VAT allowed, any currency
JOURNALS: tuple[tuple[str, str, int, bool, bool], ...] = (
    ("10", "Kas", 10, False, False),
    ("20", "Bank", 12, False, True),
    ("60", "Inkoop", 22, True, True),
    ("70", "Verkoop", 20, True, True),
    ("75", "Verkoop balie", 20, True, False),
    ("90", "Memoriaal", 90, False, True),
    ("91", "Memoriaal met btw", 90, True, True),
)
# code, name, fraction, type, S/P/B, reverse charge, account to pay, account to claim
VAT_CODES: tuple[tuple[str, str, str, str, str, bool, str, str], ...] = (
    ("0", "Geen btw", "0", "N", "B", False, "1500", "1510"),
    ("1", "Btw laag verkoop 9% excl.", "0.09", "E", "S", False, "1501", "1510"),
    ("2", "Btw hoog verkoop 21% excl.", "0.21", "E", "S", False, "1500", "1510"),
    ("3", "Btw hoog verkoop 21% incl.", "0.21", "I", "S", False, "1500", "1510"),
    ("4", "Btw laag inkoop 9% excl.", "0.09", "E", "P", False, "1501", "1510"),
    ("5", "Btw hoog inkoop 21% excl.", "0.21", "E", "P", False, "1500", "1510"),
    ("6", "Btw inkoop binnen de EU verlegd 21%", "0.21", "E", "P", True, "1520", "1510"),
    ("7", "Btw 0% verkoop export", "0", "B", "S", False, "1500", "1510"),
)
PAYMENT_CONDITIONS = (("00", "Contant", 0), ("14", "Binnen 14 dagen", 14), ("30", "Binnen 30 dagen", 30))
COST_CENTERS = (("100", "Receptie"), ("200", "Horeca"), ("CAMP", "Camping"))
COST_UNITS = (("P26014", "Renovatie sanitair"), ("P26015", "Nieuwe speeltuin"))
CURRENCIES = (
    ("EUR", "Euro", "1"),
    ("USD", "Amerikaanse dollar", "0.92"),
    ("GBP", "Brits pond", "1.17"),
    ("CHF", "Zwitserse frank", "1.05"),
    ("DKK", "Deense kroon", "0.134"),
    ("PLN", "Poolse zloty", "0.23"),
)
_BALANCE_TYPES = range(10, 101)
_CREDIT_TYPES = {22, 24, 25, 27, 35, 50, 52, 55, 60, 110, 140}


def guid(division: int, kind: str, code: str) -> str:
    """The lasting guid of a seeded record."""
    return str(uuid.uuid5(_NAMESPACE, f"{division}/{kind}/{code}"))


def sow(books: Books) -> None:
    """Fill an empty division. Call within a transaction."""
    for account in GL_ACCOUNTS:
        _add(books, "gl_account", account[0], _gl_account(account))
    for code, name, fraction, vat_type, side, charged, to_pay, to_claim in VAT_CODES:
        fields: dict[str, Any] = {
            "Code": pad_vat_code(code),
            "Description": name,
            "Percentage": fraction,
            "Type": vat_type,
        }
        fields |= {"VATTransactionType": side, "Charged": charged, "IsBlocked": False}
        for field, target in (("GLToPay", to_pay), ("GLToClaim", to_claim)):
            fields |= {field: guid(books.division, "gl_account", target), f"{field}Code": target}
        _add(books, "vat_code", code, fields)
    for code, name, journal_type, allows_vat, any_currency in JOURNALS:
        fields = {"Code": code, "Description": name, "Type": journal_type, "AllowVAT": allows_vat, "Currency": "EUR"}
        fields |= {"AllowVariableCurrency": any_currency, "AllowVariableExchangeRate": any_currency, "AutoSave": False}
        _add(books, "journal", code, {**fields, "_blocked": False})
    for code, name, days in PAYMENT_CONDITIONS:
        method = "K" if code == "00" else "B"
        fields = {
            "Code": code,
            "Description": name,
            "PaymentDays": days,
            "PaymentEndOfMonths": 0,
            "PaymentMethod": method,
        }
        _add(books, "payment_condition", code, {**fields, "Percentage": "1"})
    for code, name in COST_CENTERS:
        _add(books, "cost_center", code, {"Code": code, "Description": name, "Active": True})
    for code, name in COST_UNITS:
        _add(books, "cost_unit", code, {"Code": code, "Description": name})
    for code, name, rate in CURRENCIES:
        fields = {"Code": code, "Description": name, "AmountPrecision": "0.01", "PricePrecision": "0.01", "_rate": rate}
        _add(books, "currency", code, fields)
    for year in YEARS:
        for month in range(1, 13):
            _add(books, "period", f"{year}/{month}", _period(year, month))


def _add(books: Books, kind: str, code: str, fields: dict[str, Any]) -> None:
    id = guid(books.division, kind, code)
    record = {"ID": id, **books.stamps(), **fields}
    books.store.add(kind, books.administration, id, record, code=code)


def _gl_account(account: tuple[str, str, int, str | None]) -> dict[str, Any]:
    code, name, account_type, vat_code = account
    proposed = next((v for v in VAT_CODES if v[0] == vat_code), None)
    return {
        "Code": code,
        "Description": name,
        "SearchCode": name.upper()[:20],
        "Type": account_type,
        "TypeDescription": None,
        "BalanceSide": "C" if account_type in _CREDIT_TYPES else "D",
        "BalanceType": "B" if account_type in _BALANCE_TYPES else "W",
        "VATCode": pad_vat_code(vat_code) if vat_code else None,
        "VATDescription": proposed[1] if proposed else None,
        "UseCostcenter": 1 if code in COST_CENTER_MANDATORY else 2 if account_type in {20, 22, 24} else 0,
        "UseCostunit": 2 if account_type in {20, 22, 24} else 0,
        "IsBlocked": code in BLOCKED_GL_ACCOUNTS,
        "Matching": account_type in {20, 22},
    }


def _period(year: int, month: int) -> dict[str, Any]:
    last = calendar.monthrange(year, month)[1]
    return {
        "FinYear": year,
        "FinPeriod": month,
        "StartDate": f"{year}-{month:02}-01T00:00:00",
        "EndDate": f"{year}-{month:02}-{last:02}T00:00:00",
        "_closed": year in CLOSED_YEARS,
        "_closed_journals": [],
    }


def division_record(division: int, *, current: bool) -> dict[str, Any]:
    """A division as system/Divisions shows it."""
    return {
        "Code": division,
        "Description": DIVISIONS[division],
        "Hid": list(DIVISIONS).index(division) + 1,
        "Country": "NL",
        "Currency": "EUR",
        "Current": current,
        "CustomerName": DIVISIONS[division],
        "CustomerCode": "1".rjust(18),
        "City": "Apeldoorn",
        "Status": 1,
        "BlockingStatus": 0,
        "IsMainDivision": division == DEMO_DIVISION,
        "VATNumber": "NL001234567B01",
        "Creator": USER_ID,
        "CreatorFullName": USER_NAME,
    }
