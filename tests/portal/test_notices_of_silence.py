"""Notices of lost accounts, and of schedules and sources of files that have gone silent: each once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookbridge.exchange import silence
from bookbridge.exchange.models import Delivery
from bookbridge.integrations.models import Authorisation, Configuration, Integration
from bookbridge.integrations.tokens import needs_signing_in_again
from bookbridge.organisations.models import Notice, User
from bookbridge.organisations.walls import acting_for
from tests import factories
from tests.mail_sink import Sink
from tests.portal.told import later, mails, read_at, text, went_silent, wish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(settings: Any) -> Configuration:
    return factories.whole_integration(factories.organisation("Camping De Eik"))


@pytest.fixture
def anna(books: Configuration) -> User:
    return factories.member(books.organisation, "bookkeeper", "anna@example.org", name="Anna")


def test_a_lost_account_is_told_once_until_it_is_lost_anew(mail_sink: Sink, anna: User, books: Configuration):
    account = books.authorisation

    def lose() -> None:
        with acting_for(books.organisation_id):
            needs_signing_in_again(Authorisation.objects.get(pk=account.pk), "expired")

    lose()
    lose()
    [mail] = mails(mail_sink)
    assert mail["Subject"] == "Camping De Eik: an account needs signing in again"
    assert f"/integrations/{books.integration_id}/" in text(mail)
    assert mails(mail_sink) == []
    Authorisation.objects.update(status="active", authorised_at=timezone.now())
    lose()
    assert len(mails(mail_sink)) == 1
    Authorisation.objects.update(status="active", authorised_at=timezone.now())
    lose()
    Authorisation.objects.update(status="active", authorised_at=timezone.now())
    assert mails(mail_sink) == []


def test_a_schedule_is_missed_once_after_three_intervals(mail_sink: Sink, anna: User, books: Configuration):
    read_at(books, timedelta(minutes=89))
    went_silent()
    assert mails(mail_sink) == []
    other = factories.configuration(books.integration, books.authorisation, administration="2")
    read_at(other, timedelta(minutes=91))
    went_silent()
    [mail] = mails(mail_sink)
    assert mail["Subject"] == "Camping De Eik: outstanding items are no longer read"
    assert "are read every 30 minutes" in text(mail)
    went_silent()
    assert mails(mail_sink) == []
    read_at(other, timedelta(minutes=90, seconds=1))
    went_silent()
    assert len(mails(mail_sink)) == 1


@pytest.mark.parametrize("how", ["paused", "inactive", "no kinds", "lost", "read again", "integration paused"])
def test_what_is_not_missed_is_not_told(how: str, mail_sink: Sink, anna: User, books: Configuration):
    read_at(books, timedelta(hours=5))
    silence.announce()
    assert Notice.objects.filter(kind="schedule").count() == 1
    own = Configuration.objects.filter(pk=books.pk)
    changes: dict[str, Callable[[], Any]] = {
        "paused": lambda: own.update(paused_at=timezone.now()),
        "inactive": lambda: own.update(is_active=False),
        "no kinds": lambda: own.update(outstanding_kinds=[]),
        "lost": lambda: Authorisation.objects.update(status="sign_in_again"),
        "read again": lambda: read_at(books, timedelta()),
        "integration paused": lambda: Integration.objects.update(is_paused=True),
    }
    changes[how]()
    later(silence.MENDS_ITSELF_WITHIN)
    assert mails(mail_sink) == []
    Notice.objects.all().delete()
    own.update(silence_told_since=None)
    silence.announce()
    assert not Notice.objects.exists()


def test_a_source_of_files_is_missed_once_after_its_own_time(mail_sink: Sink, anna: User, books: Configuration):
    Configuration.objects.update(outstanding_kinds=[])
    source = books.integration
    Integration.objects.update(silent_after_h=80)
    went_silent()
    assert not Notice.objects.exists()
    factories.delivery(source, at=timezone.now() - timedelta(hours=79))
    went_silent()
    assert not Notice.objects.exists()
    Delivery.objects.update(received_at=timezone.now() - timedelta(hours=81))
    factories.access_key(source, last_used_at=timezone.now() - timedelta(hours=81))
    went_silent()
    [mail] = mails(mail_sink)
    assert mail["Subject"] == "Camping De Eik: no files come in any more"
    assert "The access key Kassa-pc was last used on" in text(mail)
    went_silent()
    assert mails(mail_sink) == []
    factories.delivery(source, at=timezone.now() - timedelta(hours=80, minutes=1))
    went_silent()
    assert len(mails(mail_sink)) == 1


def test_silence_is_told_to_whoever_wants_it(mail_sink: Sink, anna: User, books: Configuration):
    wish(anna, silence=False, losses=False)
    read_at(books, timedelta(hours=5))
    went_silent()
    with acting_for(books.organisation_id):
        needs_signing_in_again(books.authorisation, "expired")
    assert not Notice.objects.exists()
