"""What was taken, sent, fetched and refused: newest first, with search."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from bookbridge_agent.journal import Activity
from bookbridge_agent.messages import Message
from bookbridge_agent.screens.asking import Asked
from bookbridge_agent.words import Words

WHATS = ("taken", "sent", "fetched", "trouble", "sent_on", "put_back", "removed")
A_PAGE = 50
_LONGEST_SEARCH = 200
_MOST_PAGES = 10_000


@dataclass(frozen=True)
class Entry:
    at: str
    what: str
    of: str
    """The name of its synchronisation."""
    name: str
    """Of the file."""
    why: str


def show(asked: Asked) -> Response:
    args = asked.request.args
    of, what = args.get("of", "")[:64], args.get("what", "")
    text = args.get("q", "")[:_LONGEST_SEARCH].strip()
    page = min(max(args.get("page", 1, type=int), 1), _MOST_PAGES)
    what = what if what in WHATS else ""
    found = asked.desk.journal.find(of=of, what=what, text=text, most=A_PAGE + 1, skip=(page - 1) * A_PAGE)
    names = _names(asked)
    chosen = {name: value for name, value in (("of", of), ("what", what), ("q", text)) if value}
    return asked.page(
        "activity.html",
        entries=[_entry(each, names, asked.words) for each in found[:A_PAGE]],
        names=names,
        whats=WHATS,
        of=of,
        what=what,
        text=text,
        newer=f"?{urlencode(chosen | {'page': page - 1})}" if page > 1 else "",
        older=f"?{urlencode(chosen | {'page': page + 1})}" if len(found) > A_PAGE else "",
        is_filtered=bool(chosen),
    )


def _names(asked: Asked) -> dict[str, str]:
    """Of the synchronisations that there are, and of those that there were."""
    return {**asked.desk.journal.removed(), **{each.id: each.name for each in asked.configuration().synchronisations}}


def _entry(told: Activity, names: dict[str, str], words: Words) -> Entry:
    why = ""
    if told.what == "trouble":
        why = _trouble(told, words)
    return Entry(told.at, told.what, names.get(told.synchronisation, ""), told.name, why)


def _trouble(told: Activity, words: Words) -> str:
    """In the reader's language; in English what an earlier version wrote without its id."""
    code, values = told.told.get("code"), told.told.get("values", "{}")
    if code is None:
        return told.told.get("text", "")
    return words.say(Message(code, json.loads(values)))
