"""What is done with a document that is offered, case by case."""

import pytest

from bookbridge.exchange.decisions import Decision, decide


@pytest.mark.parametrize(
    ("state", "same_content", "may_update", "decision"),
    [
        ("pending", True, False, Decision.SEND),
        ("pending", False, False, Decision.SEND),
        ("refused", True, False, Decision.SEND),
        ("refused", False, True, Decision.SEND),
        ("posted", True, False, Decision.ALREADY_POSTED),
        ("posted", True, True, Decision.ALREADY_POSTED),
        ("posted", False, False, Decision.CHANGED),
        ("posted", False, True, Decision.UPDATE),
        ("sending", True, False, Decision.WAIT),
        ("sending", False, True, Decision.WAIT),
        ("uncertain", True, False, Decision.LOOK_UP),
        ("uncertain", False, True, Decision.LOOK_UP),
    ],
)
def test_decision(state: str, same_content: bool, may_update: bool, decision: Decision):
    assert decide(state=state, same_content=same_content, may_update=may_update) is decision


def test_a_state_that_does_not_exist_is_a_bug():
    with pytest.raises(KeyError):
        decide(state="paid", same_content=True, may_update=False)


@pytest.mark.parametrize("same_content", [True, False])
@pytest.mark.parametrize(
    ("state", "decision"),
    [
        ("pending", Decision.LOOK_UP),
        ("refused", Decision.LOOK_UP),
        ("uncertain", Decision.LOOK_UP),
        ("sending", Decision.WAIT),
    ],
)
def test_in_doubt_nothing_is_sent(state: str, same_content: bool, decision: Decision):
    assert decide(state=state, same_content=same_content, may_update=True, in_doubt=True) is decision


def test_what_is_known_to_be_posted_is_not_in_doubt():
    assert decide(state="posted", same_content=True, may_update=True, in_doubt=True) is Decision.ALREADY_POSTED
