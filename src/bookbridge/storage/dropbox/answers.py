"""The XML of answers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime

from bookbridge.storage.dropbox.errors import XML_HEAD, xml_text
from bookbridge.storage.dropbox.request import Answer

HARMLESS = {"content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff"}
"""On every answer: the portal has the same origin, so nothing here may act as one of its pages, whoever stored it."""
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
Element = tuple[str, "str | int | bool | list[Element]"]


def xml(root: str, parts: Iterable[Element]) -> bytes:
    return f'{XML_HEAD}<{root} xmlns="{_NAMESPACE}">{_inner(parts)}</{root}>'.encode()


def _inner(parts: Iterable[Element]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in parts)


def _value(value: "str | int | bool | list[Element]") -> str:
    if isinstance(value, list):
        return _inner(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return xml_text(value)


def xml_answer(root: str, parts: Iterable[Element], **headers: str) -> Answer:
    return Answer(200, {"content-type": "application/xml", **headers}, xml(root, parts))


def moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def http_date(value: datetime) -> str:
    return format_datetime(value.astimezone(UTC).replace(microsecond=0), usegmt=True)
