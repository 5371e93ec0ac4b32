"""A memorial is known by its `document`. How much of it Multivers keeps is open, so less is a person's matter."""

from dataclasses import replace
from typing import Any

import pytest

from bookbridge.connectors.multivers_online.client import MultiversClient
from bookbridge.kit.conformance.expect import expect, only
from bookbridge.kit.conformance.rig import Rig
from bookbridge.kit.outcomes import Absent, AlreadyThere, Found, Posted, Refused, Unclear
from bookbridge.kit.simulation import FaultKind
from tests.connectors.multivers_online import NAME

ROOMS = [6, 0]


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("created_body", [True, False])
def test_a_document_that_is_not_kept_whole_is_told(room: int, created_body: bool):
    with Rig(NAME, document_room=room, created_body=created_body) as rig:
        posted = expect(Posted, rig.post(rig.samples.memorial()))
        assert [notice.code for notice in posted.notices] == ["multivers_online.document_not_kept"]
        assert ("269004" if room else "–") in posted.notices[0].reason


@pytest.mark.parametrize("created_body", [True, False])
def test_a_document_that_is_kept_whole_is_nothing_to_tell(created_body: bool):
    with Rig(NAME, created_body=created_body) as rig:
        assert not expect(Posted, rig.post(rig.samples.memorial())).notices


@pytest.mark.parametrize("room", ROOMS)
def test_a_memorial_under_our_number_that_says_the_same_is_a_person_s_matter(room: int):
    with Rig(NAME, document_room=room) as rig:
        document = rig.samples.memorial()
        rig.fault(FaultKind.CUT_AFTER, "journal_entry", changes=True, times=1)
        expect(Unclear, rig.post(document))
        found = expect(Found, rig.connector().find(rig.request(document)))
        assert found.differences == ("number",)
        [outcome] = rig.connector().post([rig.request(document)])
        assert [problem.code for problem in expect(Refused, outcome).problems] == ["multivers_online.number_in_use"]
        only(rig, "journal_entry")


def test_a_memorial_with_the_beginning_of_our_document_is_not_booked_again_under_another_number():
    """As by an installation that was restored, and has no number on record."""
    with Rig(NAME, document_room=6) as rig:
        document = rig.samples.memorial()
        rig.posted(document)
        bare = replace(rig.request(document), prepared={})
        assert expect(Found, rig.connector().find(bare)).differences == ("number",)
        expect(Refused, rig.post(document))
        only(rig, "journal_entry")


def test_a_memorial_that_says_something_else_is_none_of_ours_though_it_has_our_number():
    with Rig(NAME) as rig:
        rig.posted(rig.samples.memorial())
        other = rig.samples.doubled(rig.samples.memorial(number="26900418"))
        expect(Absent, rig.connector().find(replace(rig.request(other), prepared={"journal_transaction": "1"})))


def test_a_memorial_of_the_same_content_and_another_document_is_another_one():
    with Rig(NAME) as rig:
        first, second = rig.samples.memorial(), rig.samples.memorial(number="26900418")
        rig.posted(first)
        expect(Posted, rig.post(second))
        expect(AlreadyThere, rig.post(first))
        assert len(rig.held("journal_entry")) == 2


def test_a_memorial_is_found_among_pages_of_lines_that_have_no_order_of_their_own():
    with Rig(NAME, order="as_asked") as rig:
        rig.control(("/_simulator/bookings", {"journal": "MEM", "year": 2026, "times": 50}))
        document = rig.samples.memorial()
        rig.posted(document)
        assert not expect(Found, rig.connector().find(replace(rig.request(document), prepared={}))).differences


def test_somebody_s_memorial_under_our_number_is_not_taken_for_ours_though_multivers_answered_without_refusing(
    monkeypatch: pytest.MonkeyPatch,
):
    """Broken rules in a 2xx may be a refusal, and one that says the same may have come in between."""
    with Rig(NAME, refusal_form="broken_rules") as rig:
        document, connector = rig.samples.memorial(), rig.connector()
        request = rig.prepared(document, connector)
        true_create = MultiversClient.create

        def create(self: MultiversClient, resource: str, body: dict[str, Any]) -> dict[str, Any]:
            true_create(self, resource, {**body, "document": "HAND"})
            return true_create(self, resource, body)

        monkeypatch.setattr(MultiversClient, "create", create)
        [outcome] = connector.post([request])
        expect(Unclear, outcome)
        assert expect(Found, rig.connector().find(request)).differences == ("number",)
        only(rig, "journal_entry")


@pytest.mark.parametrize("room", ROOMS)
def test_a_remark_and_a_document_that_is_not_kept_whole_is_a_person_s_matter(room: int):
    with Rig(NAME, warnings=True, document_room=room) as rig:
        document = rig.samples.memorial()
        expect(Unclear, rig.post(document))
        assert expect(Found, rig.connector().find(rig.request(document))).differences == ("number",)
