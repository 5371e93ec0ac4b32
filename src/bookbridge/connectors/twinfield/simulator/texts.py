"""What Twinfield says when it refuses something.

Texts marked `seen` are in public issue trackers and support pages (see the fact sheet). The others are composed here in
the same style, because no source shows them: a client may rely on the seen ones only.
"""

from typing import Final

TEXTS: Final = {
    "not_balanced": "De boeking is niet in balans. Er ontbreekt {amount} {side}.",  # seen
    "not_balanced_base": "De boeking balanceert niet in de basisvaluta. Er ontbreekt {amount} {side}.",  # seen
    "date_outside": "Datum {date} valt buiten de opgegeven periode ({period}).",  # seen
    "no_period": "De boeking kan niet gemaakt worden omdat periode {period} niet bestaat",  # seen
    "closed": "De boeking kan niet gemaakt worden omdat periode {period} is afgesloten",  # composed
    "format": "De code voldoet niet aan het formaat {mask}.",  # seen
    "dimension": "Dimensie {code} komt niet voor in administratie {office}.",  # seen
    "no_control": "De dimensie {code} met financieel niveau 1 niet gevonden.",  # seen
    "no_account": "Grootboekrekening {code} bestaat niet.",  # seen
    "absent": "Dimensie {code} bestaat niet.",  # seen
    "hidden": "Dimensie {code} is niet actief.",  # composed
    "control": "Op dimensie {code} kan niet zonder relatie geboekt worden.",  # composed
    "vat_account": "Op dimensie {code} kan niet handmatig geboekt worden.",  # composed
    "wrong_relation": "Dimensie {code} hoort niet bij dit dagboek.",  # composed
    "vat": "Btw {code} bestaat niet of is (nog) niet actief.",  # seen
    "vat_side": "Btw {code} kan niet in dit dagboek gebruikt worden.",  # composed
    "ascription": "Begunstigde is ongeldig",  # seen
    "destiny": "Incorrecte XML - de bestemming is ongeldig.",  # seen
    "inuse": "Het element 'inuse' mag niet worden aangeleverd.",  # seen
    "name": "Naam moet worden ingevuld",  # seen
    "no_access": "U hebt geen toegang tot deze administratie.",  # seen
    "repeated": "Factuurnummer {number} komt reeds voor.",  # seen
    "daybook": "Dagboek {code} bestaat niet.",  # composed
    "currency": "Valuta {code} bestaat niet.",  # composed
    "too_long": "De omschrijving is te lang.",  # composed
    "lines": "Een boeking heeft ten minste twee regels.",  # composed
    "line_type": "Het regeltype is ongeldig voor dit dagboek.",  # composed
    "no_transaction": "De transactie bestaat niet.",  # composed
    "no_vat_code": "Btw-code {code} bestaat niet.",  # composed
    "no_company": "Toegang geweigerd. Company ontbreekt in request header.",  # seen
    "token": "Access denied. Token invalid.",  # seen
    "token_coded": "Access denied. Token invalid (code 354)",  # seen
    "field": "Veld {field} bestaat niet.",  # seen
}


def said(key: str, **values: object) -> str:
    return TEXTS[key].format(**values)
