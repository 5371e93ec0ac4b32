"""A real mail server for tests, which keeps what it is given."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller


class Sink:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 kept"

    def read(self) -> list[EmailMessage]:
        """The mails as a mail program reads them."""
        return [message_from_bytes(mail.content, policy=policy.default) for mail in self.mails]  # type: ignore[arg-type]

    def password_link(self, public_address: str) -> str:
        """The path that the only mail's link to set a password leads to."""
        (envelope,) = self.mails
        text = envelope.content.decode("utf-8").replace("=\r\n", "").replace("=3D", "=")
        link = re.search(re.escape(public_address) + r"(/accounts/password/reset/key/\S+)", text)
        assert link is not None, text
        return link[1]


@pytest.fixture
def mail_sink(settings: Any) -> Iterator[Sink]:
    # Imported here: Django is set up by the time a test runs, not when this module is loaded.
    from bookbridge.commands.processes import free_port
    from bookbridge.server.mail_server import MailServer

    sink = Sink()
    port = free_port(2525)
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    for name, value in MailServer.at(f"smtp://127.0.0.1:{port}?tls=none").django_settings().items():
        setattr(settings, name, value)
    yield sink
    controller.stop()
