"""What an agent tells of itself: one small object for each installation, which replaces the one before."""

import re

from bookbridge.storage.dropbox.bodies import Upload
from bookbridge.storage.dropbox.desk import Caller
from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.names import Place
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.objects import Storage

LONGEST = 16 * 1024
_NAME = re.compile(r"[0-9a-f]{32}\.json")


def put(storage: Storage, caller: Caller, place: Place, request: Request) -> Answer:
    if not _NAME.fullmatch(place.name):
        message = "The name is the installation's id, 32 hexadecimal digits, and .json."
        raise S3Error("InvalidArgument", message, ArgumentName="key", ArgumentValue=place.name[:200])
    if "if-none-match" in request.headers or "if-match" in request.headers:
        raise S3Error("NotImplemented", "A sign of life replaces the one before, on no condition.", Header="If-Match")
    upload = Upload(request, caller, most=LONGEST)
    content = b"".join(upload.content())
    caller.confirm()
    storage.put(place.key, content)
    return Answer(200, {"etag": f'"{upload.etag()}"'})
