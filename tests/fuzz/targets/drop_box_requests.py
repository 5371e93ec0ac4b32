"""Requests of anything, signed and not: an answer in S3's words, and nothing written outside the inbox."""

import atexit
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

from obstore.store import LocalStore
from structlog.testing import capture_logs

from bookbridge.storage.dropbox.errors import STATUSES
from bookbridge.storage.dropbox.request import Request
from bookbridge.storage.objects import Storage
from tests.storage.dropbox.house import HOME, HOST, House, Said, inbox, signed

SEEDS = [
    b"GET\0/bookbridge\0list-type=2&prefix=a&delimiter=/\0range: bytes=0-1\0",
    f"PUT\0/bookbridge/{inbox('a.csv')}\0\0x-amz-checksum-crc32: NhCmhg==\0hello".encode(),
    f"PUT\0/bookbridge/{inbox('../../a.csv')}\0\0content-md5: x\0hello".encode(),
    f"POST\0/bookbridge/{inbox('a.csv')}\0uploads\0x-amz-checksum-algorithm: CRC32\0".encode(),
    f"PUT\0/bookbridge/{inbox('a.csv')}\0partNumber=1&uploadId={'0' * 32}\0\0hello".encode(),
    f"POST\0/bookbridge/{inbox('a.csv')}\0uploadId={'0' * 32}\0\0<CompleteMultipartUpload><Part/>".encode(),
    b"POST\0/bookbridge\0delete\0\0<Delete><Object><Key>a</Key></Object></Delete>",
    f"GET\0/bookbridge/{inbox('a.csv')}\0response-content-type=x\0if-none-match: *\nrange: bytes=-1\0".encode(),
    f"DELETE\0/bookbridge/{inbox('a.csv')}\0\0\0".encode(),
    b"GET\0/\0X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=1\0authorization: AWS4-HMAC-SHA256 Credential=a/b\0",
]
INSTRUMENTED = ("bookbridge.storage.dropbox",)
_OF_THE_SIGNATURE = ("authorization", "host", "x-amz-date", "x-amz-content-sha256", "date")


def check(data: bytes) -> None:
    """Method, path, query, headers a line each, and body, with NULs between them."""
    method, path, query, lines, body = (data.split(b"\0", 4) + [b""] * 4)[:5]
    headers = dict(_header(line) for line in lines.split(b"\n") if b":" in line)
    given = {"host": HOST, "content-length": str(len(body)), **headers}
    _hold(Request(method.decode("latin-1"), path, query, given, read=lambda: [body]))
    own = {name: value for name, value in headers.items() if name not in _OF_THE_SIGNATURE and value.isascii()}
    text = quote(path.decode("utf-8", "replace") or "/", safe="/-_.~")
    pairs = query.decode("utf-8", "replace")
    verb = method.decode("ascii", "replace").upper()
    verb = verb if verb.isalpha() else "GET"
    _hold(signed(verb, text if text.startswith("/") else f"/{text}", query=pairs, headers=own, body=body))


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    clean = "".join(character for character in value if character.isprintable())
    return name.strip().lower()[:40] or "x", clean.strip()[:200]


def _hold(request: Request) -> None:
    with capture_logs():
        # Thousands of answers a minute are no news.
        said: Said = _house().send(request)
    assert said.status < 500 or said.status == 501, said.body
    assert said.status < 400 or not said.body or said.code in STATUSES
    folder = _house().storage.folder
    assert folder is not None
    allowed = tuple(HOME.prefix + part for part in ("inbox/", "received/", "uploads/"))
    for path in Path(folder).rglob("*"):
        if path.is_file():
            assert str(path.relative_to(folder)).startswith(allowed), path
            path.unlink()


_made: list[House] = []


def _house() -> House:
    if not _made:
        folder = Path(tempfile.mkdtemp(prefix="bookbridge-fuzz-box-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _made.append(House(Storage(LocalStore(folder), folder)))
    return _made[0]
