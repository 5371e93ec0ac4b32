"""What the tests of notices do and read."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookbridge.exchange import silence
from bookbridge.exchange.models import Line, Posting, Run
from bookbridge.integrations.models import Configuration
from bookbridge.organisations import notices
from bookbridge.organisations.models import Membership, Notice, User
from bookbridge.organisations.notices import Wishes
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.notices import looking
from tests import factories
from tests.mail_sink import Sink
from tests.portal.people import send_mails


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


def jobs_of(user: User) -> Any:
    """Those of this test: the queue's tables are not emptied between tests."""
    return ProcrastinateJob.objects.filter(task_name="mail_notices", args__user_id=user.pk)


def in_the_queue(user: User, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE procrastinate_jobs SET {change} WHERE args ->> 'user_id' = %s", [str(user.pk)])


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


def went_silent() -> None:
    silence.announce()
    later(silence.MENDS_ITSELF_WITHIN)


def read_at(books: Configuration, ago: timedelta) -> None:
    factories.snapshot(factories.incoming_run(books, at=timezone.now() - ago))
