"""What became of an entry is asked of the books after it was sent; what can't be read then never counts as not sent."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from bookbridge.connectors.multivers_online.client import MultiversClient
from bookbridge.connectors.multivers_online.simulator import shown
from bookbridge.documents import DocumentKind
from bookbridge.kit.conformance.expect import expect, none, only
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.outcomes import AlreadyThere, Found, Unclear
from bookbridge.kit.simulation import FaultKind
from tests.connectors.multivers_online import NAME

ENTRIES: tuple[DocumentKind, ...] = ("sales_invoice", "purchase_invoice", "journal_entry")
FAILURES: dict[str, Callable[[Rig], None]] = {
    "unreachable": lambda rig: rig.fault(FaultKind.SERVER_ERROR, changes=False),
    "later": lambda rig: rig.fault(FaultKind.TOO_MANY_REQUESTS, changes=False),
    "signed_out": lambda rig: rig.simulator.oauth.revoke_all(),
}


def after_sending(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Have something happen between the answer to a sending and whatever is read next."""
    true_create = MultiversClient.create

    def create(self: MultiversClient, resource: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return true_create(self, resource, body)
        finally:
            happens()

    monkeypatch.setattr(MultiversClient, "create", create)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("kind", ENTRIES)
def test_an_entry_that_was_taken_with_a_remark_and_can_not_be_read_back_is_unclear(
    kind: DocumentKind, failure: str, monkeypatch: pytest.MonkeyPatch
):
    with Rig(NAME, warnings=True) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        connector = rig.connector()
        after_sending(monkeypatch, lambda: FAILURES[failure](rig))
        expect(Unclear, rig.post(document, connector))
        only(rig, kind)
        monkeypatch.undo()
        rig.heal()
        if failure != "signed_out":
            expect(Found, rig.connector().find(rig.request(document)))
            expect(AlreadyThere, rig.post(document))
            only(rig, kind)


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_refusal_whose_cause_can_not_be_read_is_unclear(kind: DocumentKind, monkeypatch: pytest.MonkeyPatch):
    """The number may have been ours: an earlier sending of it may have come through."""
    with Rig(NAME) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        connector = rig.connector()
        rig.fault(FaultKind.REFUSE, kind, changes=True, message="Bestaat al")
        after_sending(monkeypatch, lambda: FAILURES["unreachable"](rig))
        unclear = expect(Unclear, rig.post(rig.samples.of_kind(kind), connector))
        assert "can't be asked" in unclear.reason
        none(rig, kind)


@pytest.mark.parametrize("kind", ["customer", *ENTRIES])
def test_a_fault_with_words_is_no_refusal_for_what_was_sent_may_still_come(
    kind: DocumentKind, monkeypatch: pytest.MonkeyPatch
):
    """Nothing can be read at once, and a moment later it is there."""
    with Rig(NAME) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        connector = rig.connector()
        late: list[Request] = []

        def give_up(request: Request) -> Response:
            if not rig.simulator.changes_books(request):
                return true_answer(request)
            request.get_data()
            late.append(request)
            return shown.answer({"messages": [{"message": "Time-out bij het boeken."}]}, 500)

        true_answer = rig.simulator.answer_api
        monkeypatch.setattr(rig.simulator, "answer_api", give_up)
        unclear = expect(Unclear, rig.post(document, connector))
        assert "500: Time-out bij het boeken." in unclear.reason
        none(rig, kind)
        for request in late:
            true_answer(request)
        monkeypatch.undo()
        expect(Found, rig.connector().find(rig.request(document)))
        only(rig, kind)
