"""What an agent tells of itself: one small object for each installation, which replaces the one before."""

from datetime import timedelta

from bookbridge.storage.dropbox.bodies import Upload
from bookbridge.storage.dropbox.desk import Caller
from bookbridge.storage.dropbox.errors import S3Error
from bookbridge.storage.dropbox.names import Place
from bookbridge.storage.dropbox.request import Answer, Request
from bookbridge.storage.objects import Storage
from bookbridge.storage.places import LONGEST_SIGN, installation_of

MOST_IN_A_DAY = 100
"""Installations of one integration that tell of themselves in a day: a stolen key must not fill the disk unseen."""


def put(storage: Storage, caller: Caller, place: Place, request: Request) -> tuple[Answer, bytes]:
    """The answer, and the sign that was stored."""
    if installation_of(place.name) is None:
        message = "The name is the installation's id, 32 hexadecimal digits, and .json."
        raise S3Error("InvalidArgument", message, ArgumentName="key", ArgumentValue=place.name[:200])
    if "if-none-match" in request.headers or "if-match" in request.headers:
        raise S3Error("NotImplemented", "A sign of life replaces the one before, on no condition.", Header="If-Match")
    _refuse_too_many(storage, caller, place)
    upload = Upload(request, caller, most=LONGEST_SIGN)
    content = b"".join(upload.content())
    caller.confirm()
    storage.put(place.key, content)
    return Answer(200, {"etag": f'"{upload.etag()}"'}), content


def _refuse_too_many(storage: Storage, caller: Caller, place: Place) -> None:
    if storage.exists(place.key):
        return
    there = storage.list(caller.home.box_prefix(place.box).rstrip("/"))
    if sum(caller.now - found.modified_at < timedelta(days=1) for found in there) >= MOST_IN_A_DAY:
        raise S3Error("SlowDown", f"More than {MOST_IN_A_DAY} installations in a day. Please try again tomorrow.")
