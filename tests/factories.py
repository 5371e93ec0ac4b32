"""Made-up organisations, integrations, runs and lines for tests and pictures; every name is invented.

Every function makes one thing and what it needs; give it what matters for the test and leave the rest.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password

from bookbridge.documents import (
    Customer,
    Document,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    Problem,
    ProblemKind,
    PurchaseInvoice,
    SalesInvoice,
    SourceRef,
    Text,
    document_to_json,
    fingerprint,
    identifier_of,
    money_of,
    posting_key,
    short_reference,
)
from bookbridge.exchange import corrected_rows, reconciliation
from bookbridge.exchange.models import (
    Attempt,
    Correction,
    Delivery,
    Line,
    OutstandingSnapshot,
    Posting,
    RowCorrection,
    Run,
    Settlement,
)
from bookbridge.integrations.models import AccessKey, AppRegistration, Authorisation, Configuration, Integration
from bookbridge.organisations.models import Membership, Organisation, User

PASSWORD = "a-long-made-up-password"
NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
_numbers = count(1)

VAT_CODE_UNKNOWN = ProblemKind(
    "preflight.vat_code_unknown",
    en=Text(
        "VAT code {value} is not known in the package.", "Map it to one of the package's VAT codes, or correct it."
    ),
    nl=Text(
        "Btw-code {value} is niet bekend in het pakket.", "Koppel hem aan een btw-code van het pakket, of verbeter hem."
    ),
    fr=Text(
        "Le code TVA {value} n'existe pas dans le logiciel.", "Associez-le à un code TVA du logiciel, ou corrigez-le."
    ),
)
DATE_UNREADABLE = ProblemKind(
    "fmuta6.date_unreadable",
    en=Text("“{value}” is no date.", "Correct the date in the source and export again."),
    nl=Text("“{value}” is geen datum.", "Verbeter de datum in de bron en exporteer opnieuw."),
    fr=Text("« {value} » n'est pas une date.", "Corrigez la date dans la source et exportez à nouveau."),
)
NOT_A_LAYOUT = ProblemKind(
    "intake.not_recognised",
    en=Text("This file has no layout that we know.", "Check that the right file was exported, or adjust the layout."),
    nl=Text("Dit bestand heeft geen indeling die we kennen.", "Controleer of het juiste bestand is geëxporteerd."),
    fr=Text("Ce fichier n'a aucun format connu.", "Vérifiez que le bon fichier a été exporté."),
)
SNAPSHOT_SMALLER = ProblemKind(
    "outstanding.smaller",
    en=Text("{value} of the last items would vanish.", "Agree when they were really settled, refuse when not."),
    nl=Text("{value} van de laatste posten zouden verdwijnen.", "Akkoord als ze echt voldaan zijn, anders weigeren."),
    fr=Text("{value} des derniers postes disparaîtraient.", "Acceptez s'ils sont vraiment réglés, refusez sinon."),
)


@cache
def _password() -> str:
    """Hashed once: it is meant to be slow."""
    return make_password(PASSWORD)


def user(email: str = "", **fields: Any) -> User:
    return User.objects.create(email=email or f"person{next(_numbers)}@example.org", password=_password(), **fields)


def organisation(name: str = "Camping De Eik", **fields: Any) -> Organisation:
    return Organisation.objects.create(name=name, **fields)


def member(of: Organisation, role: str = Membership.Role.OWNER, email: str = "", **fields: Any) -> User:
    person = user(email, **fields)
    Membership.objects.create(organisation=of, user=person, role=role)
    return person


def membership(of: Organisation, role: str = Membership.Role.VIEWER) -> Membership:
    """Of somebody whom nothing else is done with."""
    return Membership.objects.get(organisation=of, user=member(of, role))


def integration(of: Organisation, name: str = "Reserveringen", **fields: Any) -> Integration:
    return Integration.objects.create(organisation=of, name=name, **{"package": "exact_online", **fields})


def access_key(of: Integration, label: str = "Kassa-pc", **fields: Any) -> AccessKey:
    return AccessKey.objects.create(
        organisation=of.organisation,
        integration=of,
        label=label,
        **{"key_id": f"BBMADEUP{next(_numbers):012d}", "secret": "made-up-secret-access-key", **fields},
    )


def app_registration(address: str = "https://start.exactonline.example", **fields: Any) -> AppRegistration:
    found, _ = AppRegistration.objects.get_or_create(
        package=fields.pop("package", "exact_online"),
        address=address,
        defaults={"client_id": "made-up-client", "client_secret": "made-up-secret", **fields},
    )
    return found


def authorisation(of: Integration, status: str = Authorisation.Status.ACTIVE, **fields: Any) -> Authorisation:
    active: dict[str, Any] = (
        {
            "access_token": "made-up-access-token",
            "refresh_token": "made-up-refresh-token",
            "access_token_issued_at": NOW,
            "access_token_expires_at": NOW + timedelta(minutes=10),
            "authorised_at": NOW,
        }
        if status == Authorisation.Status.ACTIVE
        else {}
    )
    return Authorisation.objects.create(
        organisation=of.organisation,
        integration=of,
        app=fields.pop("app", None) or app_registration(),
        **{"label": "Administratie", "status": status, **active, **fields},
    )


def configuration(of: Integration, account: Authorisation | None = None, **fields: Any) -> Configuration:
    values = {
        "administration": "210045",
        "administration_name": "De Eik Recreatie BV",
        "mappings": {"vat_codes": {"H": "2", "L": "1"}, "ledger_accounts": {"8010": "8000"}, "journals": {"VK": "70"}},
        "layouts": {"fmuta6": {"profile": "fmuta6_globe40"}},
        "outstanding_kinds": ["sales", "purchase"],
        "next_outstanding_at": NOW + timedelta(minutes=30),
        **fields,
    }
    return Configuration.objects.create(
        organisation=of.organisation, integration=of, authorisation=account or authorisation(of), **values
    )


def whole_integration(of: Organisation | None = None, **fields: Any) -> Configuration:
    """An integration with an active account and a configuration."""
    return configuration(integration(of or organisation(), **fields))


def run(of: Configuration, *, at: datetime = NOW, **fields: Any) -> Run:
    """A run that has ended well, unless the fields say otherwise. It can be given any moment."""
    values: dict[str, Any] = {
        "direction": Run.Direction.OUT,
        "trigger": Run.Trigger.FILE,
        "state": Run.State.ENDED,
        "result": Run.Result.GOOD,
        "resume_at": at,
        "started_at": at + timedelta(seconds=1),
        "ended_at": at + timedelta(seconds=14),
        **fields,
    }
    if values["state"] != Run.State.ENDED:
        values |= {"result": "", "ended_at": None}
    made = Run.objects.create(organisation=of.organisation, configuration=of, **values)
    Run.objects.filter(pk=made.pk).update(created_at=at)
    made.refresh_from_db()
    return made


def delivery(of: Run | Integration, file_name: str = "fmuta6.csv", *, at: datetime = NOW, **fields: Any) -> Delivery:
    its_run, its_integration = (of, of.configuration.integration) if isinstance(of, Run) else (None, of)
    content = uuid4().hex
    place = f"{its_integration.organisation_id}/{its_integration.pk}"
    made = Delivery.objects.create(
        organisation=its_integration.organisation,
        integration=its_integration,
        run=its_run,
        file_name=file_name,
        **{
            "inbox_key": f"{place}/inbox/{file_name}",
            "inbox_version": content,
            "archive_key": f"{place}/archive/{content}/{file_name}",
            "size": 18_432,
            "sha256": content * 2,
            "profile": "fmuta6_globe40",
            "format": "fmuta6",
            "state": Delivery.State.TAKEN_IN,
            "rows": 214,
            **fields,
        },
    )
    Delivery.objects.filter(pk=made.pk).update(received_at=at)
    made.refresh_from_db()
    return made


def sales_invoice(number: str = "26000123", **fields: Any) -> SalesInvoice:
    lines = (
        InvoiceLine(ledger_account="8010", amount="180.00", vat_code="L", description="Kampeerplaats 12, 3 nachten"),
        InvoiceLine(ledger_account="8020", amount="24.50", vat_code="H", description="Fietshuur", cost_centre="REC"),
    )
    values: dict[str, Any] = {
        "administration": "001",
        "number": number,
        "journal": "VK",
        "fiscal_year": 2026,
        "period": 3,
        "entry_date": "2026-03-11",
        "due_date": "2026-03-25",
        "description": "Boeking 8841",
        "invoice_number": number,
        "payment_condition": "14",
        "customer": "100234",
        "total": "225.85",
        "lines": lines,
        **fields,
    }
    return SalesInvoice(**values)


def purchase_invoice(number: str = "26700045", **fields: Any) -> PurchaseInvoice:
    values: dict[str, Any] = {
        "number": number,
        "journal": "IK",
        "fiscal_year": 2026,
        "entry_date": "2026-03-10",
        "supplier": "90012",
        "your_reference": "F2026-88",
        "total": "605.00",
        "lines": (InvoiceLine(ledger_account="4300", amount="500.00", vat_code="H", description="Linnengoed"),),
        **fields,
    }
    return PurchaseInvoice(**values)


def journal_entry(number: str = "26900007", **fields: Any) -> JournalEntry:
    values: dict[str, Any] = {
        "number": number,
        "journal": "ME",
        "fiscal_year": 2026,
        "period": 3,
        "entry_date": "2026-03-11",
        "lines": (
            JournalLine(ledger_account="1100", amount="250.00", description="Afstorting kas"),
            JournalLine(ledger_account="1000", amount="-250.00", description="Afstorting kas"),
        ),
        **fields,
    }
    return JournalEntry(**values)


def customer(number: str = "100234", **fields: Any) -> Customer:
    return Customer(
        number=number, name=fields.pop("name", "Familie Voorbeeld"), city="Apeldoorn", country="NL", **fields
    )


def unknown_vat_code(field: str = "lines.1.vat_code", value: str = "9", **more: Any) -> Problem:
    source = SourceRef(file="fmuta6.csv", row=42, column="btw_code")
    return VAT_CODE_UNKNOWN(field=field, value=value, source=source, **more)


def posting(of: Configuration, document: Document, state: str = Posting.State.POSTED, **fields: Any) -> Posting:
    key = posting_key(document)
    posted: dict[str, Any] = (
        {"external_id": str(uuid4()), "external_number": identifier_of(document), "posted_at": NOW}
        if state == Posting.State.POSTED
        else {}
    )
    return Posting.objects.create(
        organisation=of.organisation,
        configuration=of,
        kind=document.kind,
        key=key,
        reference=short_reference(document.kind, key),
        state=state,
        fingerprint=fingerprint(document),
        document=document_to_json(document),
        **{**posted, **fields},
    )


def line(
    of: Run,
    document: Document | None = None,
    outcome: str = Line.Outcome.POSTED,
    problems: Sequence[Problem] = (),
    **fields: Any,
) -> Line:
    """A line of a document with its posting; without a document a part of a file that could not be read."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "position": number,
        "phase": 1,
        "identifier": f"row {number}",
        "rows": [number],
        "raw": "001;VK;26000123;11-03-2026;100234;225,85",
        "outcome": outcome,
        "problems": [problem.model_dump(mode="json") for problem in problems],
        "concluded_at": None if outcome == Line.Outcome.WAITING else NOW,
    }
    if document is not None:
        money = money_of(document)
        state = outcome if outcome in Posting.State.values else Posting.State.PENDING
        kept = fields.pop("posting", None) or posting(of.configuration, document, state)
        values |= {
            "kind": document.kind,
            "identifier": identifier_of(document),
            "journal": getattr(document, "journal", ""),
            "currency": money.currency if money else "",
            "amount": money.amount if money else None,
            "document": document_to_json(document),
            "fingerprint": fingerprint(document),
            "posting": kept,
            "external_number": kept.external_number if outcome == Line.Outcome.POSTED else "",
        }
    return Line.objects.create(organisation=of.organisation, run=of, **{**values, **fields})


def correction(of: Run, **fields: Any) -> Correction:
    """Of the run's last refused document."""
    corrected = Line.objects.filter(run=of, outcome="refused", document__isnull=False).latest("pk")
    return Correction.objects.create(
        organisation=of.organisation,
        run=of,
        line=corrected,
        document=corrected.document,
        fingerprint=corrected.fingerprint,
        changed_at=NOW,
        **fields,
    )


def row_correction(of: Run, **fields: Any) -> RowCorrection:  # of its last rows that could not be read
    unread = Line.objects.filter(run=of, reason="not_read").latest("pk")
    return RowCorrection.objects.create(
        organisation=of.organisation,
        configuration=of.configuration,
        run=of,
        line=unread,
        digest=corrected_rows.digest_of(unread),
        changed_at=NOW,
        **{
            "changes": {"57.entry_date": ["31-02-2026", "28-02-2026"]},
            "document": document_to_json(sales_invoice("26000133")),
            **fields,
        },
    )


def settlement(of: Line) -> Settlement:
    """A decision not to send it, on record."""
    return Settlement.objects.create(
        organisation=of.organisation,
        posting=of.posting,
        line=of,
        kind="left_out",
        fingerprint=of.fingerprint,
        reason="A test",
        decided_at=NOW,
    )


def attempt(of: Posting, its_run: Run, outcome: str = "posted", **fields: Any) -> Attempt:
    return Attempt.objects.create(
        organisation=of.organisation,
        posting=of,
        run=its_run,
        token=uuid4(),
        worker=uuid4(),
        **{
            "action": "post",
            "fingerprint": of.fingerprint,
            "started_at": NOW,
            "ended_at": NOW + timedelta(milliseconds=340),
            "outcome": outcome,
            **fields,
        },
    )


def conclude(of: Run) -> Run:
    """Count a run's lines and write its reconciliation, as the engine does at the end."""
    of.counts = {**reconciliation.counts(of), "set_aside": of.deliveries.filter(state="set_aside").count()}
    of.reconciliation = reconciliation.as_json(reconciliation.reconcile(of))
    of.save(update_fields=["counts", "reconciliation"])
    return of


def run_with_errors(of: Configuration, *, at: datetime = NOW) -> Run:
    """A run such as a bookkeeper finds in the morning: most is posted, some is refused, one is uncertain."""
    made = run(of, at=at, result=Run.Result.WITH_ERRORS)
    file = delivery(made, at=at)
    delivery(made, "debitr.csv", at=at, profile="debitr_default", format="debitr", rows=61, size=7_210)
    line(made, customer(), delivery=file, phase=0)
    for number in range(26000120, 26000130):
        line(made, sales_invoice(str(number)), delivery=file)
    line(made, purchase_invoice(), delivery=file)
    line(made, journal_entry(), delivery=file)
    line(made, sales_invoice("26000131", currency="GBP", exchange_rate="1.1702", total="120.00"), delivery=file)
    wrong_lines = [
        entry.model_copy(update={"vat_code": "9"} if entry.vat_code == "H" else {}) for entry in sales_invoice().lines
    ]
    refused = line(
        made,
        sales_invoice("26000130", lines=wrong_lines),
        Line.Outcome.REFUSED,
        [unknown_vat_code(evidence="Ongeldige waarde: BTW-code (9)")],
        delivery=file,
        rows=[41, 42, 43],
        raw="0;001;VK;26000130;11-03-2026;100234;225,85\n1;8020;24,50;9;Fietshuur\n1;8010;180,00;L;Kampeerplaats 12",
    )
    assert refused.posting is not None
    attempt(refused.posting, made, "refused", detail="Ongeldige waarde: BTW-code (9)")
    line(made, sales_invoice("26000132", total="98.10"), Line.Outcome.UNCERTAIN, delivery=file)
    line(
        made,
        None,
        Line.Outcome.REFUSED,
        [DATE_UNREADABLE(value="31-02-2026", source=SourceRef(file="fmuta6.csv", row=57, column="boekdatum"))],
        delivery=file,
        reason=Line.Reason.NOT_READ,
        identifier="26000133",
        rows=[57],
        raw="0;001;VK;26000133;31-02-2026;100311;75,00",
    )
    line(made, sales_invoice("26000101"), Line.Outcome.SKIPPED, delivery=file, reason=Line.Reason.ALREADY_POSTED)
    return conclude(made)


def snapshot(of: Run, state: str = OutstandingSnapshot.State.WRITTEN, **fields: Any) -> OutstandingSnapshot:
    items = fields.pop("items", None) or [
        {
            "kind": "sales",
            "external_id": f"item-{number}",
            "relation_number": "100234",
            "relation_name": "Familie Voorbeeld",
            "invoice_number": str(26000100 + number),
            "due_date": "2026-03-25",
            "currency": "EUR",
            "open_amount": "225.85",
        }
        for number in range(1, 13)
    ]
    return OutstandingSnapshot.objects.create(
        organisation=of.organisation,
        configuration=of.configuration,
        run=of,
        state=state,
        **{"taken_at": of.created_at, "items": items, "item_count": len(items), **fields},
    )


def incoming_run(of: Configuration, *, at: datetime = NOW, **fields: Any) -> Run:
    """Outstanding items read and written by the schedule."""
    values = {"direction": Run.Direction.IN, "trigger": Run.Trigger.SCHEDULE, "counts": {"items": 12}, **fields}
    return run(of, at=at, **values)


def held_run(of: Configuration, *, at: datetime = NOW) -> Run:
    """Outstanding items of which most would vanish, after a written snapshot."""
    snapshot(incoming_run(of, at=at - timedelta(minutes=30)))
    why = SNAPSHOT_SMALLER(value="9")
    problem = why.model_dump(mode="json")
    made = incoming_run(of, at=at, result=Run.Result.HELD, problem=problem, counts={"items": 3})
    last = OutstandingSnapshot.objects.get(configuration=of, state="written")
    snapshot(made, "held", items=last.items[:3], vanished=9, problem=problem)
    return made


def second_step(person: User) -> str:
    """An app as the person's second step; its secret."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret
