"""Notices by mail: who is told of what, when, once, in which words; read back from a real mail server."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookbridge.exchange import silence
from bookbridge.exchange.models import Delivery, Line, Posting, Run
from bookbridge.integrations.models import Authorisation, Configuration, Integration
from bookbridge.integrations.tokens import needs_signing_in_again
from bookbridge.organisations import members, notices
from bookbridge.organisations.models import Membership, Notice, Organisation, User
from bookbridge.organisations.notices import Wishes, next_morning
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.notices import looking
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.mail_sink import Sink
from tests.plans import know_the_tables, rows_read
from tests.portal.people import send_mails

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def books(settings: Any) -> Configuration:
    return factories.whole_integration(factories.organisation("Camping De Eik"))


@pytest.fixture
def anna(books: Configuration) -> User:
    return factories.member(books.organisation, "bookkeeper", "anna@example.org", name="Anna")


def ended(of: Configuration, *numbers: int, value: str = "9", **fields: Any) -> Run:
    """A run that has just ended with errors: so many invoices refused for one code."""
    run = factories.run(of, at=timezone.now(), result=Run.Result.WITH_ERRORS, **fields)
    for number in numbers:
        problem = factories.unknown_vat_code(value=value)
        factories.line(run, factories.sales_invoice(f"2600{number:04}"), Line.Outcome.REFUSED, [problem])
    return announced(factories.conclude(run))


def announced(run: Run) -> Run:
    with acting_for(run.organisation_id):
        notices.announce(run.organisation_id, Notice.Kind.RUN, run.pk)
    return run


def mails(sink: Sink) -> list[EmailMessage]:
    """What came since the last time, after a look and a worker's turn."""
    sink.mails.clear()
    looking.look()
    send_mails()
    return sink.read()


def text(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n").replace("\N{NO-BREAK SPACE}", " ")


def later(time: timedelta) -> None:
    """As if that time had passed since everything that was told and is due."""
    for notice in Notice.objects.all():
        notice.due_at -= time
        notice.told_at = notice.told_at and notice.told_at - time
        notice.save()
    Posting.objects.update(created_at=timezone.now() - time)


def wish(user: User, **wishes: Any) -> None:
    member = Membership.objects.get(user=user)
    with acting_for(member.organisation_id):
        chosen = notices.wishes_of(member)
        notices.choose(member, Wishes(**{name: getattr(chosen, name) for name in Wishes.__slots__} | wishes))


def test_a_run_with_errors_is_told_by_cause_with_what_it_holds_up(mail_sink: Sink, anna: User, books: Configuration):
    run = ended(books, 1, 2)
    [mail] = mails(mail_sink)
    assert mail["Subject"] == "Camping De Eik: 2 documents are held up"
    assert mail["To"] == "anna@example.org"
    said = text(mail)
    assert "Not everything is in order with De Eik Recreatie BV (Reserveringen):" in said
    assert "- 2 documents, 451.70 EUR: VAT code 9 is not known in the package." in said
    assert "What to do: Map it to one of the package's VAT codes, or correct it." in said
    assert f"http://127.0.0.1:8000/companies/{books.organisation_id}/runs/{run.pk}/" in said
    assert "/password/" not in said
    assert "Kampeerplaats" not in said
    assert mails(mail_sink) == []
    announced(run)
    assert mails(mail_sink) == []
