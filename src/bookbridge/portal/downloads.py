"""Files for the user to save. They never open in the browser: what is in them came from outside."""

from collections.abc import Iterable

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from bookbridge.storage import StorageError, open_storage


def attachment(key: str, name: str) -> HttpResponseBase:
    """The object as a download. Raises Http404 when it isn't in the storage."""
    storage = open_storage()
    try:
        size = storage.size(key)
    except (FileNotFoundError, StorageError) as error:
        raise Http404("the file is not in the storage") from error
    response = download(storage.stream(key), name, "application/octet-stream")
    response["Content-Length"] = str(size)
    return response


def download(content: Iterable[bytes], name: str, content_type: str) -> HttpResponseBase:
    """Content that the browser saves under a name."""
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
