"""The settings of an installation: each right and wrong, and what a wrong one does to a start."""

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bookbridge.commands.processes import free_port
from bookbridge.server.environment import KNOWN, Environment, WrongSettingError, read_environment

KEY = base64.urlsafe_b64encode(b"no secret of anybody, 32 bytes..").decode()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def read(data: Path, **variables: str) -> Environment:
    named = {name if name.startswith("DATABASE_") else f"BOOKBRIDGE_{name}": value for name, value in variables.items()}
    return read_environment({"BOOKBRIDGE_DATA": str(data), "PATH": "/usr/bin", **named})


def test_nothing_needs_to_be_set(data: Path):
    environment = read(data)

    assert environment.data == data
    assert environment.database_url is None
    assert environment.public_url == "http://127.0.0.1:8000"
    assert environment.storage == str(data / "storage")
    assert (environment.s3_endpoint, environment.s3_region) == (None, "us-east-1")
    assert environment.inbox_settle_s == 1
    assert environment.debug is False
    assert len(environment.secret_key) > 40
    assert Fernet(environment.encryption_keys[0])


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("PUBLIC_URL", "https://books.example.org/", "public_url", "https://books.example.org"),
        ("PUBLIC_URL", "http://[::1]:8080", "public_url", "http://[::1]:8080"),
        ("STORAGE", "s3://bucket/books of ours", "storage", "s3://bucket/books of ours"),
        ("STORAGE", "/srv/books", "storage", "/srv/books"),
        ("STORAGE", "file:///srv/books", "storage", "file:///srv/books"),
        ("S3_ENDPOINT", "https://project.example.org/storage/v1/s3", "s3_endpoint",
         "https://project.example.org/storage/v1/s3"),
        ("S3_REGION", "eu-west-1", "s3_region", "eu-west-1"),
        ("INBOX_SETTLE_S", "0", "inbox_settle_s", 0),
        ("INBOX_SETTLE_S", "2.5", "inbox_settle_s", 2.5),
        ("DEBUG", "YES", "debug", True),
        ("SECRET_KEY", "given", "secret_key", "given"),
        ("ENCRYPTION_KEYS", f"{KEY}, {KEY},", "encryption_keys", (KEY, KEY)),
        ("DATABASE_URL", "postgres://u:p%40@db.example.org/books", "database_url",
         "postgres://u:p%40@db.example.org/books"),
        ("DATABASE_URL", "postgresql://u@a:1,b:2/books?target_session_attrs=read-write", "database_url",
         "postgresql://u@a:1,b:2/books?target_session_attrs=read-write"),
    ],
)  # fmt: skip
def test_a_right_setting_is_taken(data: Path, name: str, value: str, attribute: str, expected: object):
    assert getattr(read(data, **{name: value}), attribute) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "books.example.org"),
        ("PUBLIC_URL", "ftp://books.example.org"),
        ("PUBLIC_URL", "https://books.example.org/portal"),
        ("PUBLIC_URL", "https://books.example.org?a=b"),
        ("PUBLIC_URL", "https://books.example.org:99999"),
        ("PUBLIC_URL", "https://books.example.org:port"),
        ("PUBLIC_URL", "http://[::1"),
        ("STORAGE", "gs://bucket"),
        ("STORAGE", "s3://"),
        ("STORAGE", "s3:///prefix"),
        ("S3_ENDPOINT", "minio:9000"),
        ("INBOX_SETTLE_S", "soon"),
        ("INBOX_SETTLE_S", "-1"),
        ("INBOX_SETTLE_S", "nan"),
        ("INBOX_SETTLE_S", "3601"),
        ("DEBUG", "1"),
        ("ENCRYPTION_KEYS", "short"),
        ("ENCRYPTION_KEYS", f"{KEY},short"),
        ("ENCRYPTION_KEYS", "é" * 32),
        ("ENCRYPTION_KEYS", ","),
        ("DATABASE_URL", "mysql://u:hidden@host/books"),
        ("DATABASE_URL", "books"),
        ("DATABASE_URL", "postgresql://u:hidden@host"),
        ("DATABASE_URL", "postgresql://u:hidden@[::1/books"),
        ("SECRET_KEY_FILE", "/nowhere/at/all"),
        ("S3_SECRET_KEY", "without its access key"),
    ],
)
def test_a_wrong_setting_is_named(data: Path, name: str, value: str):
    with pytest.raises(WrongSettingError) as raised:
        read(data, **{name: value})

    said = str(raised.value)
    expected = {"S3_SECRET_KEY": "BOOKBRIDGE_S3_ACCESS_KEY"}.get(name, name)
    assert expected in said
    assert "\n" not in said
    assert "hidden" not in said
    assert KEY not in said
    assert "without its access key" not in said


def test_all_wrong_settings_are_named_at_once(data: Path):
    with pytest.raises(WrongSettingError) as raised:
        read(data, DEBUG="perhaps", PUBLIC_URL="here", INBOX_SETTLE_S="soon", STORAGE="gs://x", NOTHING="1")

    lines = str(raised.value).splitlines()
    names = {line.split("=")[0].split(":")[0].removeprefix("BOOKBRIDGE_") for line in lines}
    assert names == {"DEBUG", "PUBLIC_URL", "INBOX_SETTLE_S", "STORAGE", "NOTHING"}


@pytest.mark.parametrize(
    "name", ["SECRET", "SECRET_KEYS", "DATABASE_URL", "secret_key", "", "_FILE", "SECRET_KEY_FILE_FILE"]
)
def test_a_misspelt_setting_is_named(data: Path, name: str):
    with pytest.raises(WrongSettingError, match=f"BOOKBRIDGE_{name}: no such setting"):
        read_environment({"BOOKBRIDGE_DATA": str(data), f"BOOKBRIDGE_{name}": "1"})


def test_every_known_setting_is_explained():
    assert all(len(words) > 10 for words in KNOWN.values())


# --- secrets


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("SECRET_KEY", "from a file", "secret_key", "from a file"),
        ("ENCRYPTION_KEYS", KEY, "encryption_keys", (KEY,)),
        ("DATABASE_URL", "postgresql://u:p@host/books", "database_url", "postgresql://u:p@host/books"),
    ],
)
def test_a_secret_comes_from_a_file(
    data: Path, tmp_path: Path, name: str, value: str, attribute: str, expected: object
):
    (tmp_path / "secret").write_text(f"{value}\n")

    assert getattr(read(data, **{f"{name}_FILE": str(tmp_path / "secret")}), attribute) == expected


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"])
@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "S3_REGION"])
def test_a_file_without_a_secret_is_named_and_nothing_takes_its_place(
    data: Path, tmp_path: Path, name: str, content: bytes
):
    (tmp_path / "secret").write_bytes(content)

    with pytest.raises(WrongSettingError, match=f"{name}_FILE"):
        read(data, **{f"{name}_FILE": str(tmp_path / "secret")})
    assert not (data / "secrets" / name.lower()).exists()


def test_secrets_are_made_once_and_only_their_user_can_read_them(data: Path):
    first = read(data)
    again = read(data)

    assert (again.secret_key, again.encryption_keys) == (first.secret_key, first.encryption_keys)
    kept = sorted((data / "secrets").iterdir())
    assert [path.name for path in kept] == ["encryption_keys", "secret_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE((data / "secrets").stat().st_mode) == 0o700


def test_processes_that_start_at_once_get_the_same_secrets(data: Path):
    program = (
        "from bookbridge.server.environment import read_environment\n"
        "import sys\n"
        "sys.stdin.readline()\n"
        "made = read_environment()\n"
        "print(made.secret_key, made.encryption_keys)\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={**plain_variables(), "BOOKBRIDGE_DATA": str(data)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0] for process in processes]

    assert len(answers[0]) > 80
    assert len(set(answers)) == 1
    assert len(list((data / "secrets").iterdir())) == 2


def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(WrongSettingError, match="BOOKBRIDGE_DATA="):
        read(tmp_path / "file")


# --- a start


def plain_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BOOKBRIDGE_")}


def bookbridge(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bookbridge", *arguments],
        env={**plain_variables(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_a_wrong_setting_stops_the_start_and_is_named(data: Path, command: str):
    # The port it would listen on is tried before the settings are read.
    port = ["--port", str(free_port())] if command == "serve" else []
    ended = bookbridge(command, *port, BOOKBRIDGE_DATA=str(data), BOOKBRIDGE_PUBLIC_URL="here", BOOKBRIDGE_DEBG="yes")

    assert ended.returncode == 1
    assert "BOOKBRIDGE_PUBLIC_URL=here" in ended.stderr
    assert "BOOKBRIDGE_DEBG: no such setting" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_wrong_setting_is_told_before_a_database_is_started(data: Path):
    ended = bookbridge("worker", BOOKBRIDGE_DATA=str(data), BOOKBRIDGE_DEBUG="perhaps", DATABASE_URL="")

    assert (ended.returncode, "BOOKBRIDGE_DEBUG=perhaps" in ended.stderr) == (1, True)
    assert not (data / "postgresql").exists()


def test_a_database_that_does_not_answer_is_said_plainly(data: Path):
    url = "postgresql://somebody:hidden@127.0.0.1:9/books"
    ended = bookbridge("migrate", BOOKBRIDGE_DATA=str(data), DATABASE_URL=url, DATABASE_OWNER_URL="")

    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hidden" not in ended.stderr


def test_the_databases_address_may_lie_in_a_file(data: Path, tmp_path: Path, empty_database: str):
    (tmp_path / "address").write_text(empty_database + "\n")

    ended = bookbridge(
        "migrate", BOOKBRIDGE_DATA=str(data), DATABASE_URL="", DATABASE_URL_FILE=str(tmp_path / "address")
    )

    assert (ended.returncode, ended.stdout) == (0, "The tables are up to date.\n"), ended.stderr
    assert not (data / "postgresql").exists()
