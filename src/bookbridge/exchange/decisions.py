"""What to do with a document that is offered: pure, so that every case can be read in one table."""

from enum import Enum


class Decision(Enum):
    SEND = "send"
    UPDATE = "update"
    LOOK_UP = "look_up"
    WAIT = "wait"
    ALREADY_POSTED = "already_posted"
    CHANGED = "changed"
    LEFT_OUT = "left_out"


def decide(
    *, state: str, same_content: bool, may_update: bool, in_doubt: bool = False, is_settling: bool = False
) -> Decision:
    """The next step for a posting in a state, offered with the same or another content than it last carried.

    `in_doubt`: the books may hold it though we never sent it, so it is looked up first (see `doubts.py`).
    `is_settling`: an earlier update whose answer was unclear may still reach the package, after the next one.
    `may_update`: the package can change documents of this kind and the kind is one that is meant to change (relations).
    """
    if state == "posted":
        if same_content:
            return Decision.ALREADY_POSTED
        if not may_update:
            return Decision.CHANGED
        return Decision.WAIT if is_settling else Decision.UPDATE
    if state == "left_out" and same_content:
        return Decision.LEFT_OUT
    if in_doubt and state in ("pending", "refused", "left_out"):
        return Decision.LOOK_UP
    return {
        "pending": Decision.SEND,
        "refused": Decision.SEND,
        # A person decided about what it said then; what the source made of it since is offered.
        "left_out": Decision.SEND,
        "uncertain": Decision.LOOK_UP,
        "sending": Decision.WAIT,
    }[state]
