"""What a document refers to, texts that try to break something, and secrets."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from bookbridge.documents import DocumentKind, PurchaseInvoice, SalesInvoice
from bookbridge.kit.conformance.cases import case, each_kind
from bookbridge.kit.conformance.expect import expect, none, only, personal_texts, posted_or_there, refused_at
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.errors import PackageError
from bookbridge.kit.outcomes import Found, Posted, Refused
from bookbridge.kit.simulation import FaultKind

HOSTILE = (
    "O'Brien & \"Zn.\" <script>alert('x')</script>",
    "Ünïcödé €ç – “q” 漢字 🙂",
    "1' or '1' eq '1",
    "=SUM(A1:A9); DROP TABLE x; -- {0} %s ${jndi:ldap}",
    "back\\slash / slash ? & = + % # $filter",
)


@case("sales_invoice", "customer")
def hostile_text(rig: Rig) -> None:
    """Quotes, scripts, other alphabets and signs of query languages arrive as they are, and are found again."""
    for position, hostile in enumerate(HOSTILE):
        text = hostile[: rig.stage.longest_text].strip()
        customer = rig.samples.customer(number=str(50001 + position), name=text)
        number = str(26000001 + position)
        sale = rig.samples.sales(
            number=number, invoice_number=None, customer=customer.number, description=text, your_reference=text
        )
        expect(Posted, rig.post(customer))
        expect(Posted, rig.post(sale))
        found = expect(Found, rig.connector().find(rig.request(sale)))
        assert not found.differences, f"{text}: {found.differences}"
        assert any(record.text == text for record in rig.held("customer")), f"{text}: the name changed"
        described = [record.text for record in rig.held("sales_invoice") if record.number == number]
        assert any(text in one for one in described), f"{text}: the description is {described}"


@case("purchase_invoice")
def hostile_reference(rig: Rig) -> None:
    """A supplier's reference full of quotes is found again when it is what we search by."""
    rig.posted(rig.samples.supplier())
    document = rig.samples.purchase(number=None, invoice_number=None, your_reference="F'26/88 & \"b\" eq '1' or 1")
    external_id = posted_or_there(rig.post(document))
    found = expect(Found, rig.connector().find(rig.request(document)))
    assert (found.external_id, found.differences) == (external_id, ()), f"found {found}"


@case("sales_invoice")
def very_long_text(rig: Rig) -> None:
    """A text of 2,000 signs is kept whole, or refused at a field, or cut with a word on it: never cut in silence."""
    rig.posted(rig.samples.customer())
    text = "lang " * 399 + "einde"
    document = rig.samples.sales(description=text)
    outcome = rig.post(document)
    if isinstance(outcome, Refused):
        refused_at(outcome, document, "description")
        return
    posted_or_there(outcome)
    held = only(rig, "sales_invoice").text
    told = [notice.field for notice in outcome.notices] if isinstance(outcome, Posted) else []
    assert held == text or (held and text.startswith(held) and "description" in told), "the text was cut in silence"


@case("sales_invoice")
def unknown_customer(rig: Rig) -> None:
    """A customer that the package doesn't have is refused at the customer's field, and nothing is sent."""
    document = rig.samples.sales(customer="99999")
    refused_at(rig.post(document), document, "customer")
    none(rig, "sales_invoice")


@case("sales_invoice")
def unknown_ledger_account(rig: Rig) -> None:
    """A ledger account that the package doesn't have is refused at its line."""
    rig.posted(rig.samples.customer())
    document = rig.samples.sales(lines=(rig.samples.line(), rig.samples.line(ledger_account="NO-SUCH")))
    refused_at(rig.post(document), document, "lines.1.ledger_account")
    none(rig, "sales_invoice")


@case("sales_invoice")
def unknown_vat_code(rig: Rig) -> None:
    """A VAT code that the package doesn't have is refused at its line."""
    rig.posted(rig.samples.customer())
    document = rig.samples.sales(lines=(rig.samples.line(vat_code="NO-SUCH"),))
    refused_at(rig.post(document), document, "lines.0.vat_code")


@case("sales_invoice")
def refused_accounts(rig: Rig) -> None:
    """A control account, a VAT account and a blocked account are refused at the line, by the package or before."""
    rig.posted(rig.samples.customer())
    codes = rig.stage.codes
    for account in (codes.customer_control_account, codes.vat_account, codes.blocked_account):
        document = rig.samples.sales(lines=(rig.samples.line(ledger_account=account),))
        refused_at(rig.post(document), document, "lines.0.ledger_account")
    none(rig, "sales_invoice")


@case("sales_invoice")
def closed_period(rig: Rig) -> None:
    """A document in a closed period is refused at its period."""
    rig.posted(rig.samples.customer())
    day = rig.stage.codes.closed_day
    document = rig.samples.sales(entry_date=day, due_date=day, fiscal_year=day.year, period=day.month)
    refused_at(rig.post(document), document, "period")
    none(rig, "sales_invoice")


@case("sales_invoice")
def wrong_journal(rig: Rig) -> None:
    """A sale in a purchase journal, or in none that exists, is refused at the journal."""
    rig.posted(rig.samples.customer())
    for journal in (rig.stage.codes.purchase_journal, "NO"):
        document = rig.samples.sales(journal=journal)
        refused_at(rig.post(document), document, "journal")


@case("journal_entry")
def unbalanced_memorial(rig: Rig) -> None:
    """A memorial that is not in balance is refused, and not half booked."""
    entry = rig.samples.memorial()
    document = entry.model_copy(update={"lines": entry.lines[:1]})
    refused_at(rig.post(document), document, "lines")
    none(rig, "journal_entry")


@case("sales_invoice", code="cost_centre")
def cost_centre_and_unit(rig: Rig) -> None:
    """Cost centres and units that the package has are taken; one that it hasn't is refused at a field."""
    rig.posted(rig.samples.customer())
    codes = rig.stage.codes
    good = rig.samples.line(cost_centre=codes.cost_centre, cost_unit=codes.cost_unit)
    expect(Posted, rig.post(rig.samples.sales(number="26000001", lines=(good,))))
    document = rig.samples.sales(number="26000002", lines=(rig.samples.line(cost_centre="NO-SUCH"),))
    refused_at(rig.post(document), document, "lines.0.cost_centre")


@each_kind("sales_invoice", "purchase_invoice")
def number_in_use(rig: Rig, kind: DocumentKind) -> None:
    """Another entry has our number: refused at the number, and the other stays as it was."""
    rig.posted(*rig.samples.needed_by(kind))
    document = rig.samples.of_kind(kind)
    assert isinstance(document, SalesInvoice | PurchaseInvoice)
    expect(Posted, rig.post(document))
    before = only(rig, kind)
    other = document.model_copy(update={"lines": document.lines * 2, "total": document.total * 2})
    refused_at(rig.post(other), other, "number")
    assert only(rig, kind) == before, "the other entry changed"


@case("sales_invoice")
def find_names_the_differences(rig: Rig) -> None:
    """A found entry is compared: another customer, date, total and lines are each named."""
    rig.posted(rig.samples.customer(), rig.samples.customer(number="47111", name="Ander"), rig.samples.sales())
    sale = rig.samples.sales()
    line = rig.samples.line(amount=sale.lines[0].amount * 2, vat_amount=None)
    day = sale.entry_date.replace(day=sale.entry_date.day + 1)
    changes: dict[str, dict[str, Any]] = {
        "customer": {"customer": "47111"},
        "entry_date": {"entry_date": day},
        "total": {"total": sale.total + 5, "lines": sale.lines},
        "lines": {"lines": (line,)},
        "currency": {"currency": rig.stage.codes.foreign_currency},
    }
    for name, change in changes.items():
        other = sale.model_copy(update=change)
        found = expect(Found, rig.connector().find(rig.request(other)))
        assert found.differences == (name,), f"{name} changed, found {found.differences}"


# --- secrets


@case("sales_invoice", "customer")
def transcript_free_of_secrets(rig: Rig) -> None:
    """No token, secret or personal text in logs, outcomes or errors, whatever goes well or wrong."""
    customer = rig.samples.customer(bank_account="NL91ABNA0417164300", phone="055-1234567")
    with _transcript() as lines:
        said = [repr(rig.post(customer)), repr(rig.post(rig.samples.sales()))]
        for kind in (FaultKind.CUT_AFTER, FaultKind.SERVER_ERROR, FaultKind.TOO_MANY_REQUESTS, FaultKind.CUT_BEFORE):
            connector = rig.connector()
            rig.heal()
            rig.fault(kind)
            said.append(repr(rig.post(rig.samples.sales(number="26000777"), connector)))
            said += _errors(rig)
        rig.heal()
        rig.simulator.oauth.revoke_all()
        said += [repr(rig.post(customer)), *_errors(rig), repr(rig.tokens.pair), repr(rig.app)]
    transcript = "\n".join([*said, *lines])
    assert lines, "nothing was logged at all"
    # A name that a refusal repeats would be the package's own words; here nothing was refused.
    for secret in [*rig.tokens.secrets, rig.app.client_secret, *personal_texts(customer)]:
        assert secret not in transcript, f"the transcript shows {secret[:12]}…"


def _errors(rig: Rig) -> list[str]:
    try:
        rig.open_items(rig.fact_sheet.capabilities.outstanding)
    except PackageError as error:
        chain = []
        place: BaseException | None = error
        while place is not None:
            chain += [repr(place), str(place.args)]
            place = place.__cause__ or place.__context__
        return chain
    return []


@contextmanager
def _transcript() -> Iterator[list[str]]:
    """Everything that is logged, through structlog and through the standard library, down to debug."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level, configured = root.level, structlog.get_config()
    lines: list[str] = []
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    try:
        with structlog.testing.capture_logs() as entries:
            yield lines
        lines += [repr(entry) for entry in entries]
        lines += stream.getvalue().splitlines()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        structlog.configure(**configured)
