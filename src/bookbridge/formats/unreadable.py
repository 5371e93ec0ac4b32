"""The problem that tells why a field's text could not be read."""

from bookbridge.documents import Problem, SourceRef
from bookbridge.formats import texts
from bookbridge.formats.profile import Profile
from bookbridge.formats.text import shown
from bookbridge.formats.texts import words

_KINDS = {
    "date": texts.DATE_UNREADABLE,
    "amount": texts.AMOUNT_UNREADABLE,
    "thousands": texts.THOUSANDS,
    "spreadsheet": texts.SPREADSHEET,
    "number": texts.NUMBER_UNREADABLE,
    "currency": texts.CURRENCY_UNREADABLE,
    "choice": texts.CHOICE_UNREADABLE,
    "long": texts.TOO_LONG,
}


def unreadable(why: str, source: SourceRef, text: str, profile: Profile, limit: int) -> Problem:
    """`why` as in values.Unreadable; `limit` is the greatest length of such a field."""
    formats = ", ".join(profile.date_formats)
    return _KINDS[why](
        source=source, value=shown(text.strip()), formats=formats, limit=limit, **words(source.column or "")
    )
