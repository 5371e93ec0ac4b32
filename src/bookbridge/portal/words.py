"""The words, signs and colours of every state, in one place so that all pages say the same."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Look:
    """How a state shows: a word, a sign and a tone. Never the colour alone."""

    word: Any
    icon: str
    tone: str
    help: Any = ""


RUN: dict[str, Look] = {
    "waiting": Look(pgettext_lazy("run", "Waiting"), "clock", "quiet"),
    "working": Look(pgettext_lazy("run", "Working"), "arrows", "busy"),
    "good": Look(pgettext_lazy("run", "Good"), "check", "good"),
    "with_errors": Look(pgettext_lazy("run", "With errors"), "warning", "warn"),
    "failed": Look(pgettext_lazy("run", "Failed"), "cross", "bad"),
    "held": Look(pgettext_lazy("run", "Held"), "pause", "warn"),
    "paused": Look(_("Paused"), "pause", "quiet"),
    "ended": Look(pgettext_lazy("run", "Ended"), "check", "quiet"),
}
OUTCOME: dict[str, Look] = {
    "waiting": Look(pgettext_lazy("outcome", "Waiting"), "clock", "quiet"),
    "posted": Look(pgettext_lazy("outcome", "Posted"), "check", "good"),
    "refused": Look(pgettext_lazy("outcome", "Refused"), "cross", "bad"),
    "uncertain": Look(pgettext_lazy("outcome", "Uncertain"), "question", "warn"),
    "skipped": Look(pgettext_lazy("outcome", "Skipped"), "skip", "quiet"),
}
POSTING: dict[str, Look] = {
    "pending": Look(pgettext_lazy("posting", "To be sent"), "clock", "quiet"),
    "sending": Look(pgettext_lazy("posting", "Being sent"), "arrows", "busy"),
    "posted": Look(pgettext_lazy("posting", "Posted"), "check", "good"),
    "refused": Look(pgettext_lazy("posting", "Refused"), "cross", "bad"),
    "uncertain": Look(pgettext_lazy("posting", "Uncertain"), "question", "warn"),
    "left_out": Look(pgettext_lazy("posting", "Not to be sent"), "skip", "quiet"),
}
AUTHORISATION: dict[str, Look] = {
    "active": Look(pgettext_lazy("authorisation", "Active"), "check", "good"),
    "inactive": Look(pgettext_lazy("authorisation", "Not signed in yet"), "key", "quiet"),
    "sign_in_again": Look(pgettext_lazy("authorisation", "Sign in again"), "key", "bad"),
}
DELIVERY: dict[str, Look] = {
    "waiting": Look(pgettext_lazy("file", "Waiting"), "clock", "quiet"),
    "taken_in": Look(pgettext_lazy("file", "Taken in"), "check", "good"),
    "set_aside": Look(pgettext_lazy("file", "Set aside"), "warning", "bad"),
    "repeated": Look(pgettext_lazy("file", "Offered before"), "skip", "quiet"),
}
SNAPSHOT: dict[str, Look] = {
    "written": Look(pgettext_lazy("outstanding items", "Written"), "check", "good"),
    "held": Look(pgettext_lazy("outstanding items", "Held"), "pause", "warn"),
    "discarded": Look(pgettext_lazy("outstanding items", "Refused by a person"), "cross", "quiet"),
}
AGENT: dict[str, Look] = {
    "alive": Look(pgettext_lazy("agent", "In touch"), "check", "good"),
    "troubled": Look(pgettext_lazy("agent", "With errors"), "warning", "warn"),
    "silent": Look(pgettext_lazy("agent", "Silent"), "warning", "bad"),
}
WOULD_BE: dict[str, Look] = {
    "send": Look(_("Would be posted"), "check", "good"),
    "update": Look(_("Would be updated"), "check", "good"),
    "refused": Look(_("Would be refused"), "cross", "bad"),
    "already_posted": Look(_("Already posted"), "skip", "quiet"),
    "changed": Look(_("Changed since it was posted"), "warning", "warn"),
    "left_out": Look(_("Not to be sent, as a person decided"), "skip", "quiet"),
    "look_up": Look(_("Would be looked up first"), "question", "warn"),
    "wait": Look(_("Waits for another run"), "clock", "quiet"),
}
PAUSED = Look(_("Paused"), "pause", "quiet")
UNKNOWN = Look(_("Unknown"), "question", "quiet")

TABLES: dict[str, dict[str, Look]] = {
    "run": RUN,
    "outcome": OUTCOME,
    "posting": POSTING,
    "authorisation": AUTHORISATION,
    "delivery": DELIVERY,
    "snapshot": SNAPSHOT,
    "agent": AGENT,
    "would_be": WOULD_BE,
    "paused": {"paused": PAUSED},
}

DIRECTION = {"out": _("To the package"), "in": _("From the package"), "cmp": _("Comparison with the books")}
TRIGGER = {
    "file": pgettext_lazy("trigger", "File"),
    "schedule": pgettext_lazy("trigger", "Schedule"),
    "retry": pgettext_lazy("trigger", "Retry"),
    "person": pgettext_lazy("trigger", "Person"),
    "recovery": pgettext_lazy("trigger", "Recovery"),
}
ROLE = {"owner": _("Owner"), "bookkeeper": _("Bookkeeper"), "viewer": _("Viewer")}
ERROR_MAILS = {
    "at_once": _("At once, one mail a run at most"),
    "daily": _("One mail a day, at seven in the morning"),
    "none": _("No mail"),
}
SOURCE = {"file_drop": _("Files")}
LINE_REASON = {
    "already_posted": _("Already posted"),
    "overtaken": _("A newer version was posted before it"),
    "already_there": _("Already in the package"),
    "changed_since_posted": _("Changed since it was posted"),
    "not_read": _("Could not be read from the file"),
    "nothing_to_book": _("Nothing to book"),
    "left_out": _("Not to be sent, as a person decided"),
}
SETTLEMENT = {
    "left_out": _("Not to be sent"),
    "send_after_all": _("To be sent after all"),
    "already_there": _("Already in the package"),
    "left_as_posted": _("To stay as it was posted"),
}
NO_DIFFERENCE = {
    "kind": _("Only an invoice or a memorial entry can be corrected by a difference entry."),
    "not_posted": _("The first entry is not in the books any more."),
    "later": _("The source has sent this document once more since. Decide about the latest line."),
    "open": _("Another difference entry of this document is under way. Decide again once it is booked or left out."),
    "withdrawn": _("Somebody left this difference entry out. On its own page it can be sent after all."),
    "by_hand": _(
        "The document was booked in the package by hand, and not as the source said it. What the difference is can only"
        " be seen there. Book it in the package and leave this as it was posted."
    ),
    "apart": _(
        "One entry can't change this: %(fields)s. Reverse the first entry in the package, book the new one there, and"
        " leave this as it was posted."
    ),
    "codes": _(
        "The mappings have changed since the document was booked, or it is no longer kept in which codes it was"
        " sent, so that the difference might go to other accounts. Book it in the package and leave this as it was"
        " posted."
    ),
    "nothing": _("Only texts or dates differ, so there is nothing to book. Leave this as it was posted."),
}
"""Why a difference entry isn't offered, and what to do instead."""
KIND = {
    "customer": _("Customer"),
    "supplier": _("Supplier"),
    "sales_invoice": _("Sales invoice"),
    "purchase_invoice": _("Purchase invoice"),
    "journal_entry": _("Journal entry"),
    "": _("Not read"),
}
ACTION = {"post": _("Sent"), "update": _("Sent as an update"), "look_up": _("Looked up")}
ATTEMPT_OUTCOME = {
    "posted": pgettext_lazy("attempt", "Posted"),
    "already_there": pgettext_lazy("attempt", "Already there"),
    "refused": pgettext_lazy("attempt", "Refused"),
    "later": pgettext_lazy("attempt", "To be sent later"),
    "sign_in_again": pgettext_lazy("attempt", "Needs signing in again"),
    "unclear": pgettext_lazy("attempt", "No clear answer"),
    "found": pgettext_lazy("attempt", "Found in the package"),
    "absent": pgettext_lazy("attempt", "Not in the package"),
    "abandoned": pgettext_lazy("attempt", "Broken off; looked up next"),
    "late": pgettext_lazy("attempt", "Answered too late to count"),
    "": pgettext_lazy("attempt", "No answer yet"),
}
MAPPING = {
    "vat_codes": _("VAT codes"),
    "ledger_accounts": _("Ledger accounts"),
    "journals": _("Journals"),
    "payment_conditions": _("Payment conditions"),
    "cost_centres": _("Cost centres"),
    "cost_units": _("Cost units"),
    "currencies": _("Currencies"),
    "countries": _("Countries"),
}
FIDELITY = {
    "simulated": _("Against our stand-in"),
    "contract": _("Against the vendor’s specification"),
    "real": _("Against the real program"),
    "live": _("Against the vendor’s servers"),
}
FIDELITY_MEANS = {
    "simulated": _(
        "Checked against a stand-in that we made from what is publicly known. Try it on a test administration first."
    ),
    "contract": _(
        "What we send is checked against the specification that the vendor publishes; the answers come from a stand-in"
        " of ours. Try it on a test administration first."
    ),
    "real": _("Checked against the real program, which ran in our tests."),
    "live": _("Checked against the vendor’s own servers."),
}
FORMAT = {
    "fmuta6": _("Financial entries (fmuta6)"),
    "debitr": _("Customers (debitr)"),
    "credit": _("Suppliers (credit)"),
    "dbopen": _("Outstanding items (dbopen)"),
}
OUTSTANDING_KIND = {
    "sales": pgettext_lazy("open items", "Sales"),
    "purchase": pgettext_lazy("open items", "Purchases"),
}
FIELD = {
    "number": _("Number"),
    "name": _("Name"),
    "invoice_number": _("Invoice number"),
    "your_reference": _("Your reference"),
    "journal": _("Journal"),
    "fiscal_year": _("Financial year"),
    "period": _("Period"),
    "customer": _("Customer"),
    "supplier": _("Supplier"),
    "entry_date": _("Entry date"),
    "due_date": _("Due date"),
    "line_date": _("Date"),
    "description": _("Description"),
    "ledger_account": _("Ledger account"),
    "total": _("Total"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "exchange_rate": _("Exchange rate"),
    "vat": _("VAT in the amounts"),
    "vat_code": _("VAT code"),
    "vat_amount": _("VAT amount"),
    "cost_centre": _("Cost centre"),
    "cost_unit": _("Cost unit"),
    "quantity": _("Quantity"),
    "payment_condition": _("Payment condition"),
    "payment_method": _("Payment method"),
    "blocked_account_amount": _("Amount for the blocked account"),
    "reversal": _("Reversal"),
    "address_line_1": _("Address"),
    "address_line_2": _("Address, second line"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "country": _("Country"),
    "search_code": _("Search code"),
    "phone": _("Phone"),
    "email": _("Mail address"),
    "contact_name": _("Contact"),
    "language": _("Language"),
    "vat_number": _("VAT number"),
    "bank_account": _("Bank account"),
    "blocked_bank_account": _("Blocked bank account"),
    "credit_limit": _("Credit limit"),
    "blocked": _("Blocked"),
    "our_customer_number": _("Our customer number"),
    "administration": _("Administration"),
    "lines": _("Lines"),
}
VALUE = {
    ("vat", "exclusive"): _("without VAT"),
    ("vat", "inclusive"): _("with VAT"),
    ("vat", "by_code"): _("as each VAT code says"),
    ("bool", "True"): _("Yes"),
    ("bool", "False"): _("No"),
}
BROWSERS = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
"""What stands in a browser's name for itself, the most telling first."""
SYSTEMS = [
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("Linux", "Linux")),
]


def look(table: str, state: str) -> Look:
    return TABLES[table].get(state, UNKNOWN)


def word(table: dict[str, Any], key: str) -> Any:
    """The word for a key; the key itself where a connector brought one that we don't know."""
    return table.get(key, key)
