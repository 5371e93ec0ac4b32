"""Notices by mail: who is told of what, when, once, in which words; read back from a real mail server."""

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookbridge.exchange import silence, sweep
from bookbridge.exchange.models import Delivery, Line, OutstandingSnapshot, Posting, Run
from bookbridge.integrations.models import Configuration
from bookbridge.organisations import members
from bookbridge.organisations.models import Membership, Notice, Organisation, User
from bookbridge.organisations.notices import next_morning
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.notices import looking
from tests import factories
from tests.exchange import files
from tests.exchange.stage import Stage
from tests.mail_sink import Sink
from tests.plans import know_the_tables, rows_read
from tests.portal.people import send_mails
from tests.portal.told import announced, ended, in_the_queue, jobs_of, later, mails, read_at, text, wish

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def books(settings: Any) -> Configuration:
    return factories.whole_integration(factories.organisation("Camping De Eik"))


@pytest.fixture
def anna(books: Configuration) -> User:
    return factories.member(books.organisation, "bookkeeper", "anna@example.org", name="Anna")


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


WORDS = {
    "en": ("Camping De Eik: 1 document is held up", "1 document, 225.85 EUR: VAT code 9", "What to do: Map it"),
    "nl": (
        "Camping De Eik: 1 document wordt tegengehouden",
        "1 document, 225,85 EUR: Btw-code 9",
        "Wat u kunt doen: K",
    ),
    "fr": ("Camping De Eik: 1 document est bloqué", "1 document, 225,85 EUR: Le code TVA 9", "Que faire : Associez-le"),
}


@pytest.mark.parametrize("language", WORDS)
def test_each_gets_it_in_the_own_language_and_at_the_own_clock(
    language: str, mail_sink: Sink, anna: User, books: Configuration
):
    User.objects.update(language=language, time_zone="America/Curacao")
    run = ended(books, 1)
    local = run.created_at.astimezone(ZoneInfo("America/Curacao"))
    [mail] = mails(mail_sink)
    subject, held_up, remedy = WORDS[language]
    assert mail["Subject"] == subject
    said = text(mail)
    assert held_up in said
    assert remedy in said
    assert f"{local:%H:%M}" in said


def test_whoever_is_not_there_or_does_not_want_it_gets_nothing(mail_sink: Sink, books: Configuration):
    company = books.organisation
    factories.member(company, "owner", "owner@example.org")
    factories.member(company, "viewer", "viewer@example.org")
    factories.member(company, "owner", "closed@example.org", is_active=False)
    unwilling = factories.member(company, "owner", "unwilling@example.org")
    wish(unwilling, errors="none")
    willing = factories.member(company, "viewer", "willing@example.org")
    wish(willing, errors="at_once")
    with acting_for(company.pk):
        members.invite(company, "invited@example.org", "owner")
    ended(books, 1)
    assert [mail["To"] for mail in mails(mail_sink)] == ["owner@example.org", "willing@example.org"]


def test_whoever_left_between_the_run_and_the_mail_gets_nothing(mail_sink: Sink, anna: User, books: Configuration):
    ended(books, 1)
    with acting_for(books.organisation_id):
        factories.member(books.organisation, "owner", "closed@example.org", is_active=False)
    looking.look()
    with acting_for(books.organisation_id):
        members.remove(books.organisation, Membership.objects.get(user=anna).pk)
    send_mails()
    assert mail_sink.mails == []
    ended(books, 2)
    assert Notice.objects.filter(told_at=None).count() == 0


def test_the_same_cause_in_run_after_run_is_one_mail_a_day(mail_sink: Sink, anna: User, books: Configuration):
    ended(books, 1)
    assert len(mails(mail_sink)) == 1
    for number in (2, 3):
        ended(books, number)
        assert mails(mail_sink) == []
    ended(books, 4, value="8")
    [mail] = mails(mail_sink)
    assert "VAT code 8" in text(mail)
    later(DAY)
    ended(books, 5)
    assert len(mails(mail_sink)) == 1


def test_a_cause_that_was_put_right_and_comes_again_is_news(mail_sink: Sink, anna: User, books: Configuration):
    ended(books, 1)
    assert len(mails(mail_sink)) == 1
    later(timedelta(hours=2))
    Posting.objects.update(state=Posting.State.POSTED)
    ended(books, 2)
    assert len(mails(mail_sink)) == 1


@pytest.mark.parametrize("looked_before", [True, False])
def test_what_was_put_right_before_the_mail_goes_is_not_told(
    looked_before: bool, mail_sink: Sink, anna: User, books: Configuration
):
    ended(books, 1)
    if looked_before:
        looking.look()
    Posting.objects.update(state=Posting.State.POSTED)
    assert mails(mail_sink) == []
    assert Notice.objects.filter(told_at=None).count() == 0


def test_rows_and_files_that_could_not_be_read_are_counted(mail_sink: Sink, anna: User, books: Configuration):
    run = factories.run(books, at=timezone.now(), result=Run.Result.WITH_ERRORS)
    for _ in range(2):
        factories.line(run, None, Line.Outcome.REFUSED, [factories.DATE_UNREADABLE(value="31-02-2026")])
    problem = factories.NOT_A_LAYOUT().model_dump(mode="json")
    factories.delivery(run, "x.csv", state=Delivery.State.SET_ASIDE, problem=problem)
    announced(factories.conclude(run))
    [mail] = mails(mail_sink)
    assert mail["Subject"] == "Camping De Eik: a run with errors"
    assert "- 2 rows of files: “31-02-2026” is no date." in text(mail)
    assert "- 1 file: This file has no layout that we know." in text(mail)


@pytest.mark.parametrize("decided", ["offered", "left out", "corrected"])
def test_rows_that_somebody_put_right_are_not_told(decided: str, mail_sink: Sink, anna: User, books: Configuration):
    run = factories.run(books, at=timezone.now(), result=Run.Result.WITH_ERRORS)
    unread = [factories.DATE_UNREADABLE(value="31-02-2026")]
    factories.line(run, None, Line.Outcome.REFUSED, unread, reason="not_read", delivery=factories.delivery(run))
    how = {"offered": {"retried_in": factories.run(books)}, "left out": {"reason": "A test"}, "corrected": {}}[decided]
    factories.row_correction(run, **how)
    announced(factories.conclude(run))
    assert len(mails(mail_sink)) == (1 if decided == "corrected" else 0)


def test_a_held_reading_is_told_until_somebody_decides(mail_sink: Sink, anna: User, books: Configuration):
    announced(factories.held_run(books))
    [mail] = mails(mail_sink)
    assert "- 9 of the last items would vanish." in text(mail)
    later(DAY)
    announced(factories.held_run(factories.whole_integration(books.organisation, name="More")))
    OutstandingSnapshot.objects.filter(state="held").update(state="written")
    assert mails(mail_sink) == []


def test_what_changed_since_it_was_posted_is_told_until_it_is_settled(
    mail_sink: Sink, anna: User, books: Configuration
):
    run = factories.run(books, at=timezone.now(), result=Run.Result.WITH_ERRORS)
    posted = factories.posting(books, factories.sales_invoice(total="7.00"))
    line = factories.line(
        run,
        factories.sales_invoice(),
        Line.Outcome.SKIPPED,
        [factories.unknown_vat_code()],
        posting=posted,
        reason=Line.Reason.CHANGED,
    )
    announced(factories.conclude(run))
    assert len(mails(mail_sink)) == 1
    settled = factories.settlement(line)
    settled.kind = "left_as_posted"
    settled.save()
    later(DAY)
    Notice.objects.filter(kind="run").delete()
    announced(run)
    assert mails(mail_sink) == []


def test_one_mail_a_day_goes_at_seven_and_holds_the_causes_of_all_runs(
    mail_sink: Sink, anna: User, books: Configuration
):
    wish(anna, errors="daily")
    runs = [ended(books, number) for number in range(1, 8)]
    due = Notice.objects.values_list("due_at", flat=True).distinct()
    assert [moment.astimezone(ZoneInfo(anna.time_zone)).strftime("%H:%M") for moment in due] == ["07:00"]
    assert mails(mail_sink) == []
    later(DAY)
    [mail] = mails(mail_sink)
    said = text(mail)
    assert "- 7 documents, 1,580.95 EUR: VAT code 9" in said
    assert said.count("/runs/") == 5
    assert f"/runs/{runs[-1].pk}/" in said
    assert "and 2 other runs" in said
    assert mails(mail_sink) == []


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-28T06:59:59+01:00", "2026-03-28T07:00:00+01:00"),
        ("2026-03-28T07:00:00+01:00", "2026-03-29T07:00:00+02:00"),
        ("2026-03-29T01:30:00+01:00", "2026-03-29T07:00:00+02:00"),
        ("2026-10-24T12:00:00+02:00", "2026-10-25T07:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T07:00:00+01:00"),
    ],
)
def test_seven_is_seven_over_a_change_of_the_clocks(now: str, then: str):
    morning = next_morning("Europe/Amsterdam", datetime.fromisoformat(now).astimezone(UTC))
    assert morning == datetime.fromisoformat(then)


def test_nobody_gets_more_than_a_handful_within_an_hour(mail_sink: Sink, anna: User, books: Configuration):
    sent = []
    for number in range(1, looking.MAILS_AN_HOUR + 4):
        ended(books, number, value=str(number + 100))
        sent.append(mails(mail_sink))
    told = [mail for together in sent for mail in together]
    assert len(told) == looking.MAILS_AN_HOUR
    assert ["many mails within an hour" in text(mail) for mail in told] == [False] * 4 + [True]
    later(timedelta(hours=1))
    [rest] = mails(mail_sink)
    assert rest["Subject"] == "Camping De Eik: 3 documents are held up"


def test_many_companies_at_once_share_the_last_mail(mail_sink: Sink, anna: User, books: Configuration):
    for number in range(looking.MAILS_AN_HOUR + 2):
        other = factories.whole_integration(factories.organisation(f"Company {number}"))
        Membership.objects.create(organisation=other.organisation, user=anna, role="owner")
        ended(other, 1)
    told = mails(mail_sink)
    assert len(told) == looking.MAILS_AN_HOUR
    assert told[-1]["Subject"] == "Bookbridge: 3 companies need attention"
    assert len(re.findall(r"^== Company \d ==$", text(told[-1]), re.MULTILINE)) == 3
    assert mails(mail_sink) == []


HOSTILE = 'X"\r\nBcc: everybody@evil.example\r\n\r\nhttps://evil.example/login\u202egnp.www \x00<b>'


def test_hostile_names_and_contents_stay_words(mail_sink: Sink, anna: User, books: Configuration):
    Organisation.objects.filter(pk=books.organisation_id).update(name="De Eik\r\nBcc: a@evil.example")
    Configuration.objects.update(administration_name=HOSTILE.replace("\x00", ""))
    books.refresh_from_db()
    ended(books, 1, value=HOSTILE.replace("\x00", "") + "y" * 5000)
    [mail] = mails(mail_sink)
    assert mail_sink.mails[0].rcpt_tos == ["anna@example.org"]
    assert mail["Subject"] == "De Eik Bcc: a@evil.example: 1 document is held up"
    assert mail["Bcc"] is None
    assert mail.get_content_type() == "text/plain"
    said = text(mail)
    assert "://evil" not in said
    assert not re.search(r"^Bcc:", said, re.MULTILINE)
    assert "\u202e" not in said
    assert len(said) < 2500


def test_several_workers_at_once_send_one_mail(mail_sink: Sink, anna: User, books: Configuration):
    ended(books, 1)
    read_at(books, timedelta(hours=5))
    start = threading.Barrier(4)

    def work() -> None:
        start.wait(20)
        try:
            silence.announce()
            looking.look()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert jobs_of(anna).count() == 1
    assert Notice.objects.filter(kind="schedule").count() == 1
    assert len(mails(mail_sink)) == 1


def test_a_look_that_breaks_off_leaves_all_to_be_told(
    mail_sink: Sink, anna: User, books: Configuration, monkeypatch: pytest.MonkeyPatch
):
    ended(books, 1)
    with monkeypatch.context() as patch:
        patch.setattr(looking.mail_notices, "defer", lambda **_: 1 / 0)
        looking.look()
    assert Notice.objects.get().told_at is None
    assert len(mails(mail_sink)) == 1


def test_a_job_of_a_worker_that_died_is_done_by_another(mail_sink: Sink, anna: User, books: Configuration):
    ended(books, 1)
    looking.look()
    in_the_queue(anna, "status = 'doing', worker_id = NULL")
    send_mails()
    assert mail_sink.mails == []
    sweep.free_abandoned_work()
    assert len(mails(mail_sink)) == 1


def test_a_mail_server_that_is_away_delays_the_mail(mail_sink: Sink, anna: User, books: Configuration, settings: Any):
    ended(books, 1)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert mails(mail_sink) == []
    settings.EMAIL_PORT = port
    job = jobs_of(anna).get()
    assert (job.status, job.attempts) == ("todo", 1)
    assert set(job.args) == {"user_id", "mail", "organisations", "is_last"}
    in_the_queue(anna, "scheduled_at = now()")
    [mail] = mails(mail_sink)
    assert mail["Message-ID"] == f"<notices-{job.args['mail']}@127.0.0.1>"


def test_a_mail_that_can_not_be_delivered_is_logged(mail_sink: Sink, anna: User, books: Configuration, settings: Any):
    ended(books, 1)
    looking.look()
    in_the_queue(anna, "attempts = 8")
    settings.EMAIL_PORT = 1
    with structlog.testing.capture_logs() as logs:
        send_mails()
    assert [entry["user"] for entry in logs if entry["event"] == "mail_not_delivered"] == [anna.pk]
    assert not jobs_of(anna).exists()


def test_the_look_reads_no_more_however_many_runs_have_ended(mail_sink: Sink, anna: User, books: Configuration):
    def read() -> tuple[int, int]:
        know_the_tables("exchange_run", "exchange_line", "exchange_delivery", "organisations_notice")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            silence.announce()
            looking.look()
        return len(queries), sum(map(rows_read, [query["sql"] for query in queries]))

    before = read()
    for number in range(60):
        ended(books, number, value=str(number))
        factories.delivery(books.integration)
    looking.look()
    Notice.objects.update(told_at=timezone.now() - DAY)
    assert read() == before


def test_a_run_s_end_writes_what_there_is_to_tell(stage: Stage, mail_sink: Sink):
    factories.member(stage.configuration.organisation, "owner", "anna@example.org")
    good = stage.run_files(debitr__csv=files.joined(files.customer("100")))
    assert good.result == Run.Result.GOOD
    bad = stage.run_files(fmuta6__csv=files.joined(files.sale("26000001", code="XX")))
    assert [notice.about for notice in Notice.objects.all()] == [str(bad.pk)]
    [mail] = mails(mail_sink)
    assert "1 document, 121.00 EUR" in text(mail)
