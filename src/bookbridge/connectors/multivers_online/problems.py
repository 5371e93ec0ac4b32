"""Multivers's messages as our problems. The texts of the problems are in texts.py.

No list of its messages is public. Those below were seen (documentation.cloud.reflex-systems.nl/id/9472, BPM release
notes); every other one becomes a general refusal that shows Multivers's own words, at the field that they seem to name.
"""

import re

from bookbridge.connectors.multivers_online import texts
from bookbridge.documents import Document, Problem, ProblemKind

_SEEN: tuple[tuple[str, ProblemKind, str | None], ...] = (
    (r"97-proef|Ongeldig btw-nummer", texts.VAT_NUMBER_UNFIT, "vat_number"),
    (r"Journaalcode mag niet gewijzigd worden", texts.JOURNAL_CODE_FIXED, None),
    (r"machtigingsnummer gekozen worden.* SEPA", texts.MANDATE_UNFIT, "payment_condition"),
    (r"^Forbidden", texts.FORBIDDEN, None),
)
# What Multivers calls a thing on its pages, and our field for it. A guess that only places the message.
_NAMED: tuple[tuple[str, str], ...] = (
    (r"grootboekrekening|account", "lines.ledger_account"),
    (r"kostenplaats|costcentre", "lines.cost_centre"),
    (r"kostendrager|kosteneenheid|dossier|costunit", "lines.cost_unit"),
    (r"btw-?nummer|vatnumber", "vat_number"),
    (r"btw|vat", "lines.vat_code"),
    (r"betalingsconditie|paymentcondition", "payment_condition"),
    (r"boekjaar|fiscalyear", "fiscal_year"),
    (r"periode|period", "period"),
    (r"dagboek|journal", "journal"),
    (r"debiteur|customerid", "customer"),
    (r"crediteur|supplierid", "supplier"),
    (r"valuta|currency", "currency"),
    (r"factuurnummer|invoiceid", "number"),
    (r"naam|name", "name"),
)


def problem_of(words: str, document: Document) -> Problem:
    """The problem that a message stands for."""
    kind, field = texts.REFUSED, _named(words)
    for pattern, seen, place in _SEEN:
        if re.search(pattern, words, re.IGNORECASE):
            kind, field = seen, place
            break
    return kind(field=_placed(field, document), evidence=words[:1000], words=words[:300])


def _named(words: str) -> str | None:
    return next((field for pattern, field in _NAMED if re.search(pattern, words, re.IGNORECASE)), None)


def _placed(field: str | None, document: Document) -> str | None:
    """The field as a path in this document, None where it has none. A message never says which line it means."""
    if field is None:
        return None
    head, _, tail = field.partition(".")
    if tail:
        lines = getattr(document, "lines", None)
        field = tail if lines is None else f"lines.0.{tail}" if len(lines) == 1 else "lines"
        head = field.partition(".")[0]
    return field if head in type(document).model_fields else None
