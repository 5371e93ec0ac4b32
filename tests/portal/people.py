"""What a person does at the log-in, by HTTP alone."""

import time
import zoneinfo
from datetime import date
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from bookbridge.organisations.models import User
from bookbridge.portal.tasks import MAILS
from tests.coroutines import run
from tests.factories import PASSWORD


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def today_of_a_user() -> date:
    """By the clock of somebody who has not chosen another: late in the evening it is not the day in UTC."""
    return timezone.localdate(timezone=zoneinfo.ZoneInfo(User().time_zone))


def log_in(client: Client, email: str, password: str = PASSWORD, **options: Any) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password}, **options)


def show_oneself(client: Client, next_page: str = "/accounts/2fa/") -> Any:
    """The password once more, as asked for before a log-in is changed."""
    return client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": next_page})


def send_mails() -> None:
    """What a worker does with the queued mails."""
    from procrastinate.contrib.django import app

    async def work() -> None:
        async with app.with_connector(app.connector.get_worker_connector()).open_async() as own:
            await own.run_worker_async(queues=[MAILS], wait=False, install_signal_handlers=False, delete_jobs="always")

    run(work())
