"""The inbox and outbox of an integration, as the portal shows and fills them."""

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404

from bookbridge.integrations.models import Integration
from bookbridge.storage import StorageError, StoredObject, open_storage
from bookbridge.storage.places import (
    ASKED_VERSION,
    inbox_prefix,
    names_beside,
    outbox_key,
    safe_file_name,
    uploads_prefix,
)
from bookbridge.storage.streaming import NameTakenError

FILES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Box:
    """Files in a box, newest first; `reachable` is False when the storage didn't answer."""

    files: list[StoredObject]
    reachable: bool = True


def inbox(integration: Integration) -> Box:
    """Files that wait to be taken in."""
    return _box(inbox_prefix(integration.organisation_id, integration.pk))


def outbox(integration: Integration) -> Box:
    """Files for people and their programs; what is for agents alone is not among them."""
    found = _box(_outbox_prefix(integration))
    return replace(found, files=[file for file in found.files if file.name != ASKED_VERSION])


def outbox_file_key(integration: Integration, name: str) -> str:
    """The key of a file that is in the outbox now; Http404 for any other name."""
    if name not in {file.name for file in outbox(integration).files}:
        raise Http404("no such file")
    return outbox_key(integration.organisation_id, integration.pk, name)


def drop(integration: Integration, file: UploadedFile) -> str:
    """Put an uploaded file in the inbox. Raises StorageError. Returns its key.

    A file of the same name that still waits is not overwritten: both are taken in, and exactly-once sees to the rest.
    """
    storage = open_storage()
    place = integration.organisation_id, integration.pk
    name = safe_file_name(file.name or "file")
    for free in chain([name], names_beside(name)):
        key = f"{inbox_prefix(*place)}/{free}"
        # Somebody else may have taken the name since it was looked up.
        with suppress(NameTakenError):
            if not storage.exists(key):
                storage.write_stream(key, file.chunks(), uploads_prefix(*place))
                return key
    raise AssertionError("the names never end")


def _outbox_prefix(integration: Integration) -> str:
    return outbox_key(integration.organisation_id, integration.pk, "x").rsplit("/", 1)[0]


def _box(prefix: str) -> Box:
    try:
        files = sorted(open_storage().list(prefix), key=lambda file: file.modified_at, reverse=True)
    except FileNotFoundError:
        return Box([])
    except StorageError:
        return Box([], reachable=False)
    return Box(files[:FILES_SHOWN])
