"""The address of the mail server: right, wrong, and never told."""

import pytest

from bookbridge.server.environment import WrongSettingError, read_environment
from bookbridge.server.mail_server import MailServer


@pytest.mark.parametrize(
    ("address", "host", "port", "user", "password", "tls"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, "", "", "start"),
        ("smtp://anna%40x.org:p%3Aw@mail.example.org:2525", "mail.example.org", 2525, "anna@x.org", "p:w", "start"),
        ("smtps://u:p@mail.example.org", "mail.example.org", 465, "u", "p", "always"),
        ("smtp://127.0.0.1:25?tls=none", "127.0.0.1", 25, "", "", "none"),
    ],
)
def test_an_address_says_all(address: str, host: str, port: int, user: str, password: str, tls: str) -> None:
    server = MailServer.at(address)
    assert (server.host, server.port, server.user, server.password, server.tls) == (host, port, user, password, tls)
    settings = server.django_settings()
    assert (settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (tls == "start", tls == "always")


@pytest.mark.parametrize(
    "address",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://u:s3cr3t@mail.example.org:many",
        "smtp://u:s3cr3t@mail.example.org/path",
        "smtp://u:s3cr3t@mail.example.org?tls=none",
        "smtps://mail.example.org?tls=none",
        "smtp://mail.example.org?tls=maybe",
    ],
)
def test_a_wrong_address_is_named_and_not_shown(address: str, tmp_path) -> None:
    with pytest.raises(WrongSettingError, match="BOOKBRIDGE_MAIL_URL: ") as wrong:
        read_environment({"BOOKBRIDGE_DATA": str(tmp_path), "BOOKBRIDGE_MAIL_URL": address})
    assert "s3cr3t" not in str(wrong.value)


def test_the_password_is_among_what_no_log_may_show(tmp_path) -> None:
    environment = read_environment(
        {"BOOKBRIDGE_DATA": str(tmp_path), "BOOKBRIDGE_MAIL_URL": "smtp://u:s3cr3t@mail.example.org"}
    )
    assert "s3cr3t" in set(environment.secrets())
    assert "s3cr3t" not in repr(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REQUIRE_MFA", "some"),
        ("SESSION_IDLE_MIN", "0"),
        ("SESSION_LIFETIME_H", "never"),
        ("TRUSTED_PROXIES", "10.0.0.5, proxy.example.org"),
    ],
)
def test_a_wrong_setting_of_the_log_in_is_named(name: str, value: str, tmp_path) -> None:
    with pytest.raises(WrongSettingError, match=f"BOOKBRIDGE_{name}"):
        read_environment({"BOOKBRIDGE_DATA": str(tmp_path), f"BOOKBRIDGE_{name}": value})
