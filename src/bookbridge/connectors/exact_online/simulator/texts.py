"""What Exact says when it refuses a document, in the language of the user who connected.

Texts marked `seen` are in public issue trackers and support pages (see the fact sheet). The others are composed here in
the same style, because no source shows them: a client may rely on the seen ones only.
"""

_DUTCH_ENGLISH: dict[str, tuple[str, str]] = {
    # key: (Dutch, English)
    "mandatory": ("Verplicht: {field}", "Mandatory: {field}"),  # nl seen, en composed
    "bad_reference": ("Ongeldige referentie: {target}", "Invalid reference: {target}"),  # nl seen, en composed
    "wrong_journal": ("Ongeldig: Dagboek", "Invalid: Journal"),  # nl seen, en composed
    "blocked_journal": ("Geblokkeerd: Dagboek", "Blocked: Journal"),  # composed
    "not_customer": ("Ongeldig: Klant (Type)", "Invalid: Customer (Type)"),  # nl seen, en composed
    "not_supplier": ("Ongeldig: Leverancier (Type)", "Invalid: Supplier (Type)"),  # composed after the customer's
    "blocked_account": ("Geblokkeerd: Relatie", "Blocked: Account"),  # composed
    "control_account": ("Ongeldig: Grootboekrekeningtype", "Invalid: G/L account type"),  # nl seen, en composed
    "blocked_gl_account": ("Geblokkeerd: Grootboekrekening", "Blocked: G/L account"),  # composed
    "vat_not_allowed": ("Niet toegestaan: Btw-code", "Not allowed: VAT code"),  # en seen, nl composed
    "unknown_year": (  # both seen
        "Onbekend: Boekjaar (Periode-datumtabel)",
        "Unknown: Financial year (Period-date table)",
    ),
    "period_closed": ("Periode is afgesloten: {year} - {period}", "Period is closed: {year} - {period}"),  # nl seen
    "number_in_use": ("In gebruik: Boekstuknummer", "In use: Document number"),  # both seen
    "exists": ("Gegeven bestaat reeds.", "Data already exists."),  # nl seen, en composed
    "not_balanced": (  # en seen, nl composed
        "Deze boeking is niet in evenwicht op: {year} / {period} (Type: {type}) - Verschil: {currency} {difference}",
        "This entry is not balanced on: {year} / {period} (Type: {type}) - Difference: {currency} {difference}",
    ),
    "cost_center": ("Ongeldig: Koppeling kostenplaats", "Invalid: Cost center link"),  # en seen, nl composed
    "cost_unit": ("Ongeldig: Koppeling kostendrager", "Invalid: Cost unit link"),  # composed after the cost centre's
    "currency": ("Ongeldig: Valuta", "Invalid: Currency"),  # composed
    "has_payments": (
        "Niet toegestaan: Wijzigen, er zijn betalingen",
        "Not allowed: Change, there are payments",
    ),  # composed
}
FIELDS: dict[str, tuple[str, str]] = {
    "Name": ("Naam", "Name"),
    "Customer": ("Klant", "Customer"),
    "Supplier": ("Leverancier", "Supplier"),
    "Journal": ("Dagboek", "Journal"),
    "JournalCode": ("Dagboek", "Journal"),
    "GLAccount": ("Grootboekrekening", "G/L account"),
    "AmountFC": ("Bedrag", "Amount"),
    "CostCenter": ("Kostenplaats", "Cost center"),
    "CostUnit": ("Kostendrager", "Cost unit"),
    "SalesEntryLines": ("Regels", "Lines"),
    "PurchaseEntryLines": ("Regels", "Lines"),
    "GeneralJournalEntryLines": ("Regels", "Lines"),
    "Account": ("Relatie", "Account"),
    "BankAccount": ("Bankrekening", "Bank account"),
}
LANGUAGES = ("nl", "en")
ENTRY_TYPES: dict[int, tuple[str, str]] = {
    10: ("Openingsbalans", "Opening balance"),
    20: ("Verkoopboeking", "Sales entry"),
    21: ("Verkoop-creditnota", "Sales credit note"),
    30: ("Inkoopboeking", "Purchase entry"),
    31: ("Inkoop-creditnota", "Purchase credit note"),
    90: ("Overige", "Other"),
}


class BusinessRefusalError(Exception):
    """A document that Exact would refuse; `key` is one of the texts above."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def text(self, language: str) -> str:
        """The refusal as the user would read it."""
        column = LANGUAGES.index(language)
        values = dict(self.values)
        if "field" in values:
            values["field"] = FIELDS[str(values["field"])][column]
        if isinstance(values.get("type"), int):
            values["type"] = ENTRY_TYPES[int(str(values["type"]))][column]
        return _DUTCH_ENGLISH[self.key][column].format(**values)
