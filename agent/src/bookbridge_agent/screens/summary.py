"""How a synchronisation is doing, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bookbridge_agent.configuration import Synchronisation
from bookbridge_agent.journal import Journal
from bookbridge_agent.messages import Message
from bookbridge_agent.words import Words


@dataclass(frozen=True)
class Summary:
    of: Synchronisation
    state: str
    """`off`, `starting`, `attention`, `busy` or `good`."""
    waiting: int
    last_sent: str | None
    last_sent_name: str | None
    last_fetched: str | None
    troubles: tuple[str, ...]
    notices: tuple[str, ...]
    """What is worth knowing and nothing is wrong with."""


def of(synchronisation: Synchronisation, journal: Journal, words: Words) -> Summary:
    told = journal.state(synchronisation.id)
    troubles = _sentences(told.get("troubles", ()), words)
    waiting = told.get("waiting", 0)
    return Summary(
        of=synchronisation,
        state=_state(synchronisation, told, troubles),
        waiting=waiting,
        last_sent=told.get("last_sent"),
        last_sent_name=told.get("last_sent_name"),
        last_fetched=told.get("last_fetched"),
        troubles=troubles if synchronisation.is_active else (),
        notices=_sentences(told.get("notices", ()), words),
    )


def _sentences(told: Iterable[dict[str, Any]], words: Words) -> tuple[str, ...]:
    return tuple(words.say(Message(each["code"], each["values"])) for each in told)


def _state(synchronisation: Synchronisation, told: dict[str, Any], troubles: tuple[str, ...]) -> str:
    if not synchronisation.is_active:
        return "off"
    if not told:
        return "starting"
    if troubles:
        return "attention"
    return "busy" if told.get("waiting") else "good"
