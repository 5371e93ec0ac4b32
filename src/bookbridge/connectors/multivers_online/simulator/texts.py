"""What the simulator says when it refuses. Wordings that were seen in public stand first; the others are composed."""

# documentation.cloud.reflex-systems.nl/id/9472
VAT_NUMBER_FORM = (
    "Ongeldig btw-nummer. Het nummer moet in het volgende formaat worden ingevoerd: NL999999999B99 - 1 blok van 14"
    " karakters. (De 12e positie is altijd ‘B’.) (Voorbeeld: NL000000000B00)"
)
TEXTS = {
    # documentation.cloud.reflex-systems.nl/id/9472
    "vat_test": "Btwnummer ‘{number}’ voldoet niet aan de 97-proef.",
    # Composed from here on.
    "missing": "{field} is verplicht.",
    "too_long": "{field} mag maximaal {room} tekens bevatten.",
    "range": "Transactienummer moet tussen 0 en 9999 liggen.",
    "number_taken": "Transactienummer {number} bestaat al in dagboek {journal}.",
    "journal_full": "In dagboek {journal} zijn geen transactienummers meer vrij.",
    "id_taken": "Factuurnummer {number} bestaat al.",
    "digits_only": "Het factuurnummer mag alleen cijfers bevatten.",
    "relation_exists": "{field} {number} bestaat al.",
    "relation_unknown": "{field} {number} bestaat niet.",
    "year_unknown": "Boekjaar {year} bestaat niet.",
    "year_closed": "Boekjaar {year} is afgesloten.",
    "period_closed": "Periode {period} van boekjaar {year} is afgesloten.",
    "period_unknown": "Periode {period} van boekjaar {year} bestaat niet.",
    "journal_unknown": "Dagboek {journal} bestaat niet.",
    "journal_unfit": "Dagboek {journal} is geen dagboek voor deze boeking.",
    "account_unknown": "Grootboekrekening {account} bestaat niet in boekjaar {year}.",
    "account_blocked": "Grootboekrekening {account} is geblokkeerd.",
    "account_unfit": "Op grootboekrekening {account} kan niet rechtstreeks geboekt worden.",
    "vat_unknown": "Btw-code {code} bestaat niet.",
    "scenario_unknown": "Btw-scenario {code} bestaat niet.",
    "condition_unknown": "Betalingsconditie {code} bestaat niet.",
    "currency_unknown": "Valuta {code} bestaat niet.",
    "cost_centre_unknown": "Kostenplaats {code} bestaat niet.",
    "cost_unit_unknown": "Kostendrager {code} bestaat niet.",
    "cost_centre_missing": "Kostenplaats is verplicht bij grootboekrekening {account}.",
    "not_balanced": "De boeking is niet in evenwicht.",
    "type_first": "Could not create an instance of type FinTransEntryProxy. Type is an interface or abstract class.",
    "invoice_unknown": "Factuur {number} bestaat niet.",
    "bad_date": "{field} is geen geldige datum.",
    "bad_json": "The request is invalid.",
    "not_found": "No HTTP resource was found that matches the request URI.",
    "dangerous": "A potentially dangerous Request.Path value was detected from the client (%).",
}


class RefusedError(Exception):
    """A refusal on its way to becoming an answer."""

    def __init__(self, name: str, **parts: object) -> None:
        super().__init__(name)
        self.text = VAT_NUMBER_FORM if name == "vat_number" else TEXTS[name].format(**parts)
