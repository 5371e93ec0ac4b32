"""What the simulator says when it refuses. Minox publishes no wordings, so each of these is composed."""

TEXTS: dict[str, str] = {
    "account_blocked": "Grootboekrekening {value} is geblokkeerd",
    "account_collective": "Op verzamelrekening {value} kan niet rechtstreeks worden geboekt",
    "account_unknown": "Grootboekrekening {value} bestaat niet",
    "account_vat": "Op btw-rekening {value} kan niet rechtstreeks worden geboekt",
    "amounts": "Debet en credit moeten bedragen zijn waarvan er hoogstens een gevuld is",
    "batch_id": "Batch id {value} is geen uuid4",
    "body": "De aanvraag kan niet worden gelezen: {value}",
    "cost_center_unknown": "Kostenplaats {value} bestaat niet",
    "customer_exists": "Debiteur {value} bestaat al",
    "customer_here": "Debiteur {value} is niet toegestaan in dit dagboek",
    "customer_unknown": "Debiteur {value} bestaat niet",
    "entry_in_use": "Boekstuknummer {value} komt al voor in dit dagboek",
    "entry_not_free": "Boekstuknummer {value} mag in dit dagboek niet worden opgegeven",
    "invoice_in_use": "Factuurnummer {value} komt al voor bij deze relatie",
    "invoice_missing": "Factuurnummer is verplicht",
    "invoice_too_long": "Factuurnummer {value} heeft meer dan 8 posities",
    "journal_unknown": "Dagboek {value} bestaat niet",
    "lines_apart": "De regels van een boeking hebben een verschillend {value}",
    "missing": "Verplicht veld ontbreekt: {value}",
    "name_missing": "Naam is verplicht",
    "not_balanced": "Boeking is niet in evenwicht, verschil {value}",
    "payment_term_unknown": "Betalingsconditie {value} bestaat niet",
    "period_closed": "Periode {value} is afgesloten",
    "period_unknown": "Periode {value} bestaat niet",
    "supplier_exists": "Crediteur {value} bestaat al",
    "supplier_here": "Crediteur {value} is niet toegestaan in dit dagboek",
    "supplier_unknown": "Crediteur {value} bestaat niet",
    "unknown_field": "Onbekend veld: {value}",
    "vat_unknown": "Btw-code {value} bestaat niet",
}


class RefusalError(Exception):
    """What Minox would refuse; `key` is one of the texts above."""

    def __init__(self, key: str, value: object = "") -> None:
        super().__init__(key)
        self.text = TEXTS[key].format(value=value)


class NotThereError(Exception):
    """No record at this address."""
